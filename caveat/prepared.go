package caveat

import (
	"cel.dev/cel-go/common/types/ref"

	"github.com/baobab-authz/baobab/schema"
)

// What costs and what is read are in a [schema.Prepared]'s work.
const (
	unitsPerWork = 4
	partsPerWork = 4
)

// A reading is what reading a parameter's value came to.
type reading struct {
	done  bool
	value ref.Val
	wrong *mismatch
	work  int
}

// read reads a value of a parameter.
func (c *condition) read(i int, v any) reading {
	r := reading{done: true}
	if r.value, r.wrong = c.kinds[i].value(v); r.wrong == nil {
		r.work = parts(v) / partsPerWork
	}
	return r
}

// parts counts the values that a value is made of, which is of its type, so that
// it does not hold itself.
func parts(v any) int {
	n := 1
	switch v := v.(type) {
	case []any:
		n += len(v)
		for _, e := range v {
			switch e.(type) {
			case []any, map[string]any:
				n += parts(e)
			}
		}
	case map[string]any:
		n += len(v)
		for _, e := range v {
			switch e.(type) {
			case []any, map[string]any:
				n += parts(e)
			}
		}
	}
	return n
}

// A prepared is a condition with the values of one question. Each is read when it
// is first needed: one that is always replaced by a stored one may be wrong.
type prepared struct {
	*condition
	given map[string]any
	read  []reading // one for each parameter
}

// Prepare implements [schema.Preparer].
func (c *condition) Prepare(given map[string]any) schema.Prepared {
	return &prepared{c, given, make([]reading, len(c.kinds))}
}

// Evaluate implements [schema.Prepared].
func (p *prepared) Evaluate(stored map[string]any) (schema.Verdict, int, error) {
	return p.evaluate(stored, p.given, p.read)
}
