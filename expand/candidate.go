package expand

import (
	"slices"
	"strings"

	"github.com/baobab-authz/baobab/internal/index"
	"github.com/baobab-authz/baobab/tuple"
)

// A goal is a relation of an object, as in package check.
type goal struct {
	object   index.ID
	relation index.Name
}

// A foreign object is one that the state does not know, but the question names:
// it has no tuples, and is itself. Its id is the greatest that is not local to a
// view, where no store's ids arrive.
const foreign = index.ID(1<<31 - 1)

// A lookup finds the objects of a state, and the one of the question.
type lookup struct {
	reader *index.Reader
	own    tuple.Object // the foreign one
	typ    index.Name   // its type
}

// id returns the id of the object that the question names.
func (p *lookup) id(o tuple.Object) index.ID {
	if id, ok := p.reader.ID(o); ok {
		return id
	}
	p.own = o
	p.typ, _ = p.reader.Name(o.Type)
	return foreign
}

func (p *lookup) object(id index.ID) tuple.Object {
	if id == foreign {
		return p.own
	}
	return p.reader.Object(id)
}

func (p *lookup) typeOf(id index.ID) index.Name {
	if id == foreign {
		return p.typ
	}
	return p.reader.TypeOf(id)
}

// A candidate is an object that may be in a list; or must be, if it is certain.
type candidate struct {
	object tuple.Object
	level  level
}

// A level says what is known of a goal or a candidate.
type level uint8

const (
	unseen  level = iota
	against       // it is on the right side of an exclusion
	maybe         // it is on the way, but something has to be decided
	certain       // it holds
)

func byID(a, b candidate) int { return strings.Compare(a.object.ID, b.object.ID) }

// behind returns the candidates behind an id, of which they are sorted.
func behind(candidates []candidate, id string) []candidate {
	i, found := slices.BinarySearchFunc(candidates, id, func(c candidate, id string) int { return strings.Compare(c.object.ID, id) })
	if found {
		i++
	}
	return candidates[i:]
}
