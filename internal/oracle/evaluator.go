package oracle

import (
	"errors"

	"github.com/baobab-authz/baobab/schema"
)

// Conditions lends the oracle's small language to an engine, as what evaluates
// its caveats, so that tests need no CEL.
type Conditions struct{}

// Compile implements [schema.Evaluator].
func (Conditions) Compile(c *schema.Caveat) (schema.Condition, error) {
	own := &Caveat{Name: c.Name, Expression: c.Expression}
	for _, p := range c.Parameters {
		switch typ := p.Type.String(); typ {
		case "bool", "int", "string":
			own.Parameters = append(own.Parameters, Parameter{p.Name, typ})
		default:
			return nil, errors.New("there are no parameters of the type " + typ)
		}
	}
	if _, err := own.compile(); err != nil {
		at := err.(*parseError)
		return nil, &schema.ExpressionError{Offset: at.offset, Message: at.message}
	}
	return lent{own}, nil
}

// lent is a caveat as an engine knows it.
type lent struct{ *Caveat }

func (l lent) Evaluate(stored, given map[string]any) (schema.Verdict, error) {
	o := l.Caveat.Evaluate(stored, given)
	return schema.Verdict{Holds: o.Holds, Missing: o.Missing}, o.Err
}
