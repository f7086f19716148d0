package expand

import (
	"cmp"
	"encoding/binary"
	"slices"
	"strings"

	"github.com/baobab-authz/baobab/internal/index"
	"github.com/baobab-authz/baobab/tuple"
)

// A foreign object is one that the state does not know, but the question names:
// it has no tuples, and is itself. Its id is the greatest that is not local to a
// view, where no store's ids arrive.
const foreign = index.ID(1<<31 - 1)

// A lookup finds the objects of a state, and the one of the question.
type lookup struct {
	reader *index.Reader
	own    tuple.Object // of the question, foreign or not
}

// id returns the id of the object that the question names.
func (p *lookup) id(o tuple.Object) index.ID {
	if id, ok := p.reader.ID(o); ok {
		return id
	}
	return foreign
}

func (p *lookup) object(id index.ID) tuple.Object {
	if id == foreign {
		return p.own
	}
	return p.reader.Object(id)
}

// A candidate is an object that may be in a list; or must be, if it is certain.
type candidate struct {
	id    index.ID
	level level
}

// A keyed candidate has the first bytes of its id behind what all ids begin with, so
// that most of them compare as numbers.
type keyed struct {
	key uint64
	candidate
}

// sort orders candidates by id. The buffer is for another call.
func (p *lookup) sort(list []candidate, buffer []keyed) []keyed {
	if len(list) < 2 {
		return buffer
	}
	common := p.object(list[0].id).ID
	for _, c := range list[1:] {
		common = common[:prefix(common, p.object(c.id).ID)]
	}
	buffer = buffer[:0]
	for _, c := range list {
		buffer = append(buffer, keyed{firstBytes(p.object(c.id).ID[len(common):]), c})
	}
	slices.SortFunc(buffer, func(a, b keyed) int {
		if a.key != b.key {
			return cmp.Compare(a.key, b.key)
		}
		return strings.Compare(p.object(a.id).ID, p.object(b.id).ID)
	})
	for i := range buffer {
		list[i] = buffer[i].candidate
	}
	return buffer
}

// prefix returns how many bytes a and b begin with in common.
func prefix(a, b string) int {
	n := min(len(a), len(b))
	for i := range n {
		if a[i] != b[i] {
			return i
		}
	}
	return n
}

// firstBytes returns the first eight bytes of s as a number of the same order. What
// compares equal may differ behind them, or only in zeros at the end.
func firstBytes(s string) uint64 {
	var b [8]byte
	copy(b[:], s)
	return binary.BigEndian.Uint64(b[:])
}

// behind returns the candidates behind an id, of which they are sorted.
func (p *lookup) behind(candidates []candidate, id string) []candidate {
	i, found := slices.BinarySearchFunc(candidates, id, func(c candidate, id string) int { return strings.Compare(p.object(c.id).ID, id) })
	if found {
		i++
	}
	return candidates[i:]
}
