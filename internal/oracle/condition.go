package oracle

import (
	"fmt"
	"maps"
	"math"
	"slices"
)

// A Caveat is a condition that relationships can carry. Its expression is in
// the small part of CEL that expression.go reads.
type Caveat struct {
	Name       string
	Parameters []Parameter
	Expression string
}

// A Parameter has a type: bool, int or string.
type Parameter struct{ Name, Type string }

// An Outcome is what a condition comes to. One with an error has failed; one
// that is missing parameters is unknown; any other is true or false.
type Outcome struct {
	Holds   bool
	Missing []string // sorted
	Err     error
}

// Undecided reports whether the condition is unknown or has failed.
func (o Outcome) Undecided() bool { return o.Err != nil || len(o.Missing) > 0 }

// Evaluate decides the caveat with values from the relationship and from the
// question. It panics if the expression is wrong.
func (c *Caveat) Evaluate(stored, given map[string]any) Outcome {
	expression, err := c.compile()
	if err != nil {
		panic(fmt.Sprintf("oracle: caveat %s: %v", c.Name, err))
	}
	values := map[string]any{}
	for _, p := range c.Parameters {
		value, there := stored[p.Name]
		if !there {
			value, there = given[p.Name]
		}
		if !there {
			continue
		}
		converted, err := p.convert(value)
		if err != nil {
			return Outcome{Err: err} // even if the expression would not need it
		}
		values[p.Name] = converted
	}
	r := expression.eval(values)
	switch {
	case r.err != nil:
		return Outcome{Err: r.err}
	case r.missing != nil:
		return Outcome{Missing: slices.Sorted(maps.Keys(r.missing))}
	}
	return Outcome{Holds: r.value.(bool)}
}

// Validate reports why the values cannot be stored with a tuple.
func (c *Caveat) Validate(stored map[string]any) error {
	for _, name := range slices.Sorted(maps.Keys(stored)) {
		p := c.parameter(name)
		if p == nil {
			return fmt.Errorf("caveat %s has no parameter %s", c.Name, name)
		}
		if _, err := p.convert(stored[name]); err != nil {
			return err
		}
	}
	return nil
}

func (c *Caveat) parameter(name string) *Parameter {
	for i, p := range c.Parameters {
		if p.Name == name {
			return &c.Parameters[i]
		}
	}
	return nil
}

// convert returns a value as the parameter's type has it: a bool, an int64 or a
// string. Numbers of JSON are float64s; an int has no fraction.
func (p *Parameter) convert(value any) (any, error) {
	switch v := value.(type) {
	case bool:
		if p.Type == "bool" {
			return v, nil
		}
	case string:
		if p.Type == "string" {
			return v, nil
		}
	case int:
		return p.convert(int64(v))
	case int64:
		if p.Type == "int" {
			return v, nil
		}
	case float64:
		if p.Type == "int" && v == math.Trunc(v) && v >= -1<<63 && v < 1<<63 {
			return int64(v), nil
		}
	}
	return nil, fmt.Errorf("%v is no value of the parameter %s, which is of the type %s", value, p.Name, p.Type)
}
