package caveat

import (
	"errors"
	"fmt"
	"slices"
	"sync"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/interpreter"

	"github.com/baobab-authz/baobab/schema"
)

// A condition is a compiled caveat.
type condition struct {
	caveat   *schema.Caveat
	index    map[string]int // of the parameters, by name
	kinds    []kind         // and what follows: one for each parameter
	used     []bool         // whether the expression names it
	patterns []*cel.AttributePatternType

	// Looking whether a variable is unknown costs time at each access, so there
	// is a program that does without, for when all values are there.
	full, partial cel.Program

	limit uint64
	nodes *ast.SourceInfo
	pool  sync.Pool // of *values
}

// Validate implements [schema.Condition].
func (c *condition) Validate(stored map[string]any) error {
	for i, p := range c.caveat.Parameters {
		v, ok := stored[p.Name]
		if !ok {
			continue
		}
		if _, wrong := c.kinds[i].value(v); wrong != nil {
			return c.typeError(p.Name, wrong)
		}
	}
	return nil
}

// Evaluate implements [schema.Condition].
func (c *condition) Evaluate(stored, given map[string]any) (schema.Verdict, error) {
	v, _, err := c.evaluate(stored, given, nil)
	return v, err
}

// evaluate decides the condition. Of the given values it uses those that are read,
// and reads what it needs of the others; read may be nil.
func (c *condition) evaluate(stored, given map[string]any, read []reading) (_ schema.Verdict, work int, _ error) {
	vs := c.pool.Get().(*values)
	defer vs.release()
	for i, p := range c.caveat.Parameters {
		var r reading
		if v, ok := stored[p.Name]; ok {
			r = c.read(i, v)
			work += r.work
		} else if read != nil && read[i].done {
			r = read[i]
		} else if v, ok := given[p.Name]; ok {
			r = c.read(i, v)
			work += r.work
			if read != nil {
				read[i] = r
			}
		}
		// A value that the expression has no use for must be of its type too, so
		// that what is an error does not depend on how the expression is evaluated.
		if r.wrong != nil {
			return schema.Verdict{}, work, c.typeError(p.Name, r.wrong)
		}
		if vs.known[i] = r.value; r.value == nil && c.used[i] {
			vs.unknown = append(vs.unknown, c.patterns[i])
		}
	}
	program := c.full
	if len(vs.unknown) > 0 {
		program = c.partial
	}
	result, details, err := program.Eval(vs)
	if cost := details.ActualCost(); cost != nil {
		work += int(min(*cost, c.limit) / unitsPerWork)
	}
	if err != nil {
		err = c.failure(err)
		if details == nil && errors.Is(err, ErrCost) { // that it was stopped is all that CEL says
			work += int(c.limit / unitsPerWork)
		}
		return schema.Verdict{}, work, err
	}
	switch result := result.(type) {
	case types.Bool:
		return schema.Verdict{Holds: bool(result)}, work, nil
	case *types.Unknown:
		return schema.Verdict{Missing: c.missing(result, vs)}, work, nil
	}
	return schema.Verdict{}, work, c.error(ErrEvaluation, c.caveat.Pos, fmt.Sprintf("it came to %s", typeName(result)))
}

// missing names the parameters that an unknown result hangs on.
func (c *condition) missing(u *types.Unknown, vs *values) []string {
	if len(vs.unknown) == 1 {
		for i, p := range c.caveat.Parameters {
			if c.patterns[i] == vs.unknown[0] {
				return []string{p.Name}
			}
		}
	}
	var names []string
	for _, id := range u.IDs() {
		trails, _ := u.GetAttributeTrails(id)
		for _, t := range trails {
			if i, ok := c.index[t.Variable()]; ok && vs.known[i] == nil {
				names = append(names, t.Variable())
			}
		}
	}
	if len(names) == 0 { // CEL does not say: any of them
		for i, p := range c.caveat.Parameters {
			if c.used[i] && vs.known[i] == nil {
				names = append(names, p.Name)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// typeError is the error about a parameter's value.
func (c *condition) typeError(parameter string, wrong *mismatch) error {
	e := c.error(ErrType, c.caveat.Pos, wrong.reason(parameter))
	e.Parameter = parameter
	return e
}

// failure is the error about an evaluation that went wrong. Of CEL's error it
// keeps the text, so that none of CEL's types reaches those who use the package.
func (c *condition) failure(err error) error {
	var cancelled interpreter.EvalCancelledError
	if errors.As(err, &cancelled) && cancelled.Cause == interpreter.CostLimitExceeded {
		return c.error(ErrCost, c.caveat.Pos, fmt.Sprintf("the evaluation costs more than the limit of %d", c.limit))
	}
	pos := c.caveat.Pos
	var failed *types.Err
	if errors.As(err, &failed) {
		if where, ok := c.nodes.GetOffsetRange(failed.NodeID()); ok {
			pos = c.caveat.At(byteOffset(c.caveat.Expression, int(where.Start)))
		}
	}
	return c.error(ErrEvaluation, pos, err.Error())
}

func (c *condition) error(kind error, pos schema.Pos, reason string) *Error {
	return &Error{Caveat: c.caveat.Name, Pos: pos, Reason: reason, kind: kind}
}

func typeName(v ref.Val) string {
	if v == nil {
		return "nothing"
	}
	return "a value of type " + v.Type().TypeName()
}

// A values is what an evaluation knows. It is an activation of CEL, and a
// partial one.
type values struct {
	c       *condition
	known   []ref.Val // one for each parameter; nil if it has no value
	unknown []*cel.AttributePatternType
}

func newValues(c *condition) *values {
	return &values{c, make([]ref.Val, len(c.kinds)), make([]*cel.AttributePatternType, 0, len(c.kinds))}
}

// release makes the values available to another evaluation.
func (vs *values) release() {
	clear(vs.known)
	vs.unknown = vs.unknown[:0]
	vs.c.pool.Put(vs)
}

// ResolveName implements interpreter.Activation.
func (vs *values) ResolveName(name string) (any, bool) {
	i, ok := vs.c.index[name]
	if !ok || vs.known[i] == nil {
		return nil, false
	}
	return vs.known[i], true
}

// Parent implements interpreter.Activation.
func (vs *values) Parent() interpreter.Activation { return nil }

// UnknownAttributePatterns implements interpreter.PartialActivation.
func (vs *values) UnknownAttributePatterns() []*interpreter.AttributePattern { return vs.unknown }

// AsPartialActivation is how cel-go finds out that it is a partial one.
func (vs *values) AsPartialActivation() (interpreter.PartialActivation, bool) { return vs, true }
