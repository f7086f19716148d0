package check

import (
	"encoding/binary"
	"math"
	"slices"

	"github.com/baobab-authz/baobab/internal/index"
	"github.com/baobab-authz/baobab/schema"
)

// depends is what the answers of a rule can depend on beside the question: the
// relations whose tuples a search can reach from it, and the parameters of the
// caveats that these can carry. Whatever is excluded counts.
type depends struct {
	relations  []index.Name
	parameters []string // sorted
	many       bool     // there are too many relations, so that nothing is kept
}

// maxDepends bounds the relations that a kept result may depend on: their epochs
// are looked up for each question.
const maxDepends = 256

// depends returns what a rule depends on, which is found out once, with any dictionary
// of the plan.
func (p *plan) depends(d *index.Dict, id int32, typ, relation string) *depends {
	if needs := p.needs[id].Load(); needs != nil {
		return needs
	}
	p.needs[id].CompareAndSwap(nil, newDepends(p.key.schema, d, typ, relation))
	return p.needs[id].Load()
}

func newDepends(s *schema.Schema, dict *index.Dict, typ, relation string) *depends {
	type rule struct{ typ, relation string }
	d := &depends{}
	seen := map[rule]bool{}
	var todo []rule
	reach := func(typ, relation string) {
		if at := (rule{typ, relation}); !seen[at] {
			seen[at] = true
			todo = append(todo, at)
		}
	}
	read := func(rel *schema.Relation) {
		name, _ := dict.Name(rel.Name)
		d.relations = append(d.relations, name)
		for _, sub := range rel.Subjects {
			if c := s.Caveat(sub.Caveat); c != nil {
				for _, p := range c.Parameters {
					d.parameters = append(d.parameters, p.Name)
				}
			}
		}
	}
	for reach(typ, relation); len(todo) > 0; {
		at := s.Definition(todo[len(todo)-1].typ)
		rel := at.Relation(todo[len(todo)-1].relation)
		todo = todo[:len(todo)-1]
		schema.Walk(rel.Rewrite, func(w schema.Rewrite) bool {
			switch w := w.(type) {
			case schema.This:
				read(rel)
				for _, sub := range rel.Subjects {
					if sub.Relation != "" {
						reach(sub.Type, sub.Relation)
					}
				}
			case schema.Computed:
				reach(at.Name, w.Relation)
			case schema.TupleToUserset:
				tupleset := at.Relation(w.Tupleset)
				read(tupleset)
				for _, sub := range tupleset.Subjects {
					if t := s.Definition(sub.Type); t != nil && t.Relation(w.Computed) != nil {
						reach(sub.Type, w.Computed)
					}
				}
			}
			return true
		})
	}
	slices.Sort(d.relations)
	slices.Sort(d.parameters)
	d.relations, d.parameters = slices.Compact(d.relations), slices.Compact(d.parameters)
	d.many = len(d.relations) > maxDepends
	return d
}

// maxGiven bounds the values of a question whose result is kept, in bytes.
const maxGiven = 1 << 12

// values returns the given values of the parameters as bytes, which are the same for
// the same values alone; false if they are too many to be kept.
func (d *depends) values(given map[string]any, buf []byte) ([]byte, bool) {
	any := false
	for _, name := range d.parameters {
		v, ok := given[name]
		if !ok {
			buf = append(buf, tagNone)
			continue
		}
		any = true
		if buf, ok = appendValue(buf, v); !ok {
			return nil, false
		}
	}
	if !any {
		buf = buf[:0]
	}
	return buf, true
}

// Each value begins with what it is.
const (
	tagNone = iota
	tagNull
	tagFalse
	tagTrue
	tagNumber
	tagString
	tagList
	tagMap
)

// appendValue appends a value of a canonical context.
func appendValue(b []byte, v any) ([]byte, bool) {
	ok := true
	switch v := v.(type) {
	case nil:
		b = append(b, tagNull)
	case bool:
		if v {
			b = append(b, tagTrue)
		} else {
			b = append(b, tagFalse)
		}
	case float64:
		b = binary.BigEndian.AppendUint64(append(b, tagNumber), math.Float64bits(v))
	case string:
		b = appendString(append(b, tagString), v)
	case []any:
		b = binary.AppendUvarint(append(b, tagList), uint64(len(v)))
		for i := 0; ok && i < len(v); i++ {
			b, ok = appendValue(b, v[i])
		}
	case map[string]any:
		b, ok = appendMap(b, v)
	default:
		return nil, false
	}
	return b, ok && len(b) <= maxGiven
}

func appendMap(b []byte, m map[string]any) (_ []byte, ok bool) {
	if len(m) > maxGiven {
		return nil, false
	}
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	b = binary.AppendUvarint(append(b, tagMap), uint64(len(m)))
	for _, name := range names {
		if b, ok = appendValue(appendString(b, name), m[name]); !ok {
			return nil, false
		}
	}
	return b, true
}

func appendString(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}
