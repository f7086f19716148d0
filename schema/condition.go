package schema

import (
	"errors"
	"fmt"
)

// ErrNoEvaluator is matched by the error about a schema that declares caveats
// and has nothing that evaluates them; see [Schema.Bind].
var ErrNoEvaluator = errors.New("nothing evaluates caveats (the engine's option Caveats takes what does, such as caveat.New)")

// An Evaluator gives caveats their meaning. The module's package caveat has the
// usual one, which reads expressions in CEL.
type Evaluator interface {
	// Compile prepares a caveat, once for each schema. Its error says what is
	// wrong with the expression; an [*ExpressionError] in it, or several joined,
	// says where as well.
	Compile(c *Caveat) (Condition, error)
}

// A Condition is a compiled caveat. It is safe for concurrent use and has no
// state: the same values give the same verdict.
type Condition interface {
	// Validate reports why the values cannot be stored with a tuple: one is not of
	// its parameter's type. Values of names that are no parameters do not occur.
	Validate(stored map[string]any) error

	// Evaluate decides the condition with the values that are known, by the
	// parameters' names: those stored with the tuple, and those given with the
	// question, of which it uses only those that are not stored. Names that are
	// no parameters are passed over. It must not keep or change the maps.
	//
	// An error means that the condition went wrong and neither holds nor does
	// not; a parameter without a value is no error.
	Evaluate(stored, given map[string]any) (Verdict, error)
}

// A Preparer is a [Condition] that reads the values that are given with a question
// once for the question. One that has no use for that need not implement it: what
// asks evaluates such a condition with the same values again and again.
type Preparer interface {
	Condition

	// Prepare returns the condition with the values given. It may keep the map,
	// which does not change as long as what it returns is in use.
	Prepare(given map[string]any) Prepared
}

// A Prepared is a [Condition] with the values that are given with one question. It
// is used by one goroutine, and dropped with the question.
type Prepared interface {
	// Evaluate decides the condition as [Condition.Evaluate] does with the same
	// given values. The work is what that took beyond a simple evaluation, in
	// some 200 ns each: a question has a bound for it, an error's included.
	Evaluate(stored map[string]any) (v Verdict, work int, err error)
}

// A Verdict is what a condition comes to, in three-valued logic. The zero
// Verdict is that the condition does not hold.
type Verdict struct {
	// Holds is whether the condition is known to hold.
	Holds bool
	// Missing names, sorted, the parameters without whose values the condition
	// is unknown; it is empty if the condition is known, even where not all
	// parameters had a value. With their values it may come to hang on others.
	// Holds is false if it is not empty.
	Missing []string
}

// Known reports whether the verdict is yes or no, and not "that depends".
func (v Verdict) Known() bool { return len(v.Missing) == 0 }

// An ExpressionError says what is wrong with a caveat's expression, and where
// in it.
type ExpressionError struct {
	Offset  int // in bytes, in [Caveat.Expression]
	Length  int // in bytes, of what is wrong; 0 if that is not known
	Message string
}

// Error returns the message.
func (e *ExpressionError) Error() string { return e.Message }

// Bind returns the schema with its caveats compiled, so that tuples can carry
// them. A schema without caveats needs no evaluator and is returned as it is.
//
// The error is [Errors], which says what is wrong with which expressions, or
// matches [ErrNoEvaluator] when e is nil and there is a caveat.
func (s *Schema) Bind(e Evaluator) (*Schema, error) {
	if len(s.caveats) == 0 {
		return s, nil
	}
	if e == nil {
		c := s.caveats[0]
		if c.Pos == (Pos{}) {
			return nil, fmt.Errorf("the schema declares the caveat %s: %w", c.Name, ErrNoEvaluator)
		}
		return nil, fmt.Errorf("%s: the schema declares the caveat %s: %w", c.Pos, c.Name, ErrNoEvaluator)
	}
	bound := *s
	bound.caveats = make([]*Caveat, len(s.caveats))
	bound.caveatNamed = make(map[string]*Caveat, len(s.caveats))
	report := &reports{}
	for i, c := range s.caveats {
		compiled := *c
		var err error
		if compiled.condition, err = e.Compile(c); err != nil {
			c.report(err, report)
		} else if compiled.condition == nil {
			report.errorf(c.span(0, len(c.Expression)), c.Name, "caveat %s: the evaluator returned no condition", c.Name)
		}
		bound.caveats[i] = &compiled
		bound.caveatNamed[c.Name] = &compiled
	}
	if _, err := report.result(nil); err != nil {
		return nil, err
	}
	return &bound, nil
}

// report turns an evaluator's error into diagnostics.
func (c *Caveat) report(err error, report *reports) {
	var at *ExpressionError
	joined, many := err.(interface{ Unwrap() []error })
	switch {
	case many:
		for _, e := range joined.Unwrap() {
			c.report(e, report)
		}
	case errors.As(err, &at):
		report.errorf(c.span(at.Offset, at.Length), c.Name, "caveat %s: %v", c.Name, err)
	default:
		report.errorf(c.span(0, len(c.Expression)), c.Name, "caveat %s: %v", c.Name, err)
	}
}
