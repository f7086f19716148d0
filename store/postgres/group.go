package postgres

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"time"

	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/tuple"
)

// A group is commits that are appended together, as the arrays that a statement takes.
type group struct {
	parent  store.Revision
	commits []store.Commit

	revisions []string
	ids       [][16]byte
	times     []time.Time
	data      [][]byte
	bytes     int // of data

	schema  string // the last that one of them puts in force; empty if none does
	removed [][16]byte
	put     rows
}

// rows are rows of the tuple table, a slice a column. What all rows lack is nil.
type rows struct {
	keys                                  [][16]byte
	objectTypes, objectIDs, relations     []string
	subjectTypes, subjectIDs, subjectRels []string
	caveats, contexts                     []*string
	expires                               []*time.Time
	aside                                 []bool
}

// newGroup seals commits and works out what they come to. The error says that they do not
// follow one another, and so are no group.
func newGroup(salt []byte, commits []store.Commit) (*group, error) {
	g := &group{parent: commits[0].Parent, commits: commits}
	parent := g.parent
	for i := range commits {
		c := &commits[i]
		data := c.Seal()
		if c.Parent != parent {
			return nil, fmt.Errorf("commit %d of a group is made on %s, and the one before made %s", i, c.Parent, parent)
		}
		parent = c.Revision
		g.revisions = append(g.revisions, c.Revision.String())
		g.ids = append(g.ids, c.ID)
		g.times = append(g.times, c.Time)
		g.data = append(g.data, data)
		g.bytes += len(data)
		if c.Schema != "" {
			g.schema = c.Schema
		}
	}
	g.net(salt)
	return g, nil
}

// net works out the net changes of the tuple table: each key is in removed or in put, once.
func (g *group) net(salt []byte) {
	type change struct {
		key [16]byte
		put *store.Stored // nil if it is removed
	}
	var changes []change
	index := make(map[[16]byte]int)
	k := keyer{prefix: salt}
	note := func(key [16]byte, put *store.Stored) {
		if at, ok := index[key]; ok {
			changes[at].put = put
			return
		}
		index[key] = len(changes)
		changes = append(changes, change{key, put})
	}
	for i := range g.commits {
		c := &g.commits[i]
		for j := range c.Removed {
			note(k.key(&c.Removed[j]), nil)
		}
		for j := range c.Added {
			note(k.key(&c.Added[j]), &c.Added[j])
		}
	}
	for _, c := range changes {
		if c.put == nil {
			g.removed = append(g.removed, c.key)
		} else {
			g.put.add(c.key, c.put)
		}
	}
}

// A keyer makes the keys of tuples: hashes, as a tuple can be longer than what fits into an index.
// They begin with a secret, so that nobody can look for two tuples with the same.
type keyer struct{ prefix, buffer []byte }

func (k *keyer) key(s *store.Stored) (key [16]byte) {
	b := append(k.buffer[:0], k.prefix...)
	for _, part := range [...]string{s.Object.Type, s.Object.ID, s.Tuple.Relation, s.Subject.Type, s.Subject.ID, s.Subject.Relation} {
		b = append(b, part...)
		b = append(b, 0) // which is in no name and no id
	}
	if s.Aside {
		b = append(b, 1)
	}
	k.buffer = b
	sum := sha256.Sum256(b)
	copy(key[:], sum[:])
	return key
}

// add adds a row.
func (r *rows) add(key [16]byte, s *store.Stored) {
	n := len(r.keys)
	r.keys = append(r.keys, key)
	r.objectTypes, r.objectIDs, r.relations = append(r.objectTypes, s.Object.Type), append(r.objectIDs, s.Object.ID), append(r.relations, s.Tuple.Relation)
	r.subjectTypes, r.subjectIDs, r.subjectRels = append(r.subjectTypes, s.Subject.Type), append(r.subjectIDs, s.Subject.ID), append(r.subjectRels, s.Subject.Relation)
	if s.Caveat != "" {
		r.caveats = append(extend(r.caveats, n), &s.Caveat)
		if len(s.Context) > 0 {
			context := contextText(&s.Relationship)
			r.contexts = append(extend(r.contexts, n), &context)
		}
	}
	if !s.Expires.IsZero() {
		r.expires = append(extend(r.expires, n), &s.Expires)
	}
	if s.Aside {
		r.aside = append(extend(r.aside, n), true)
	}
}

// extend returns a of length n, with zero values at the end.
func extend[T any](a []T, n int) []T { return append(a, make([]T, n-len(a))...) }

// slice returns rows from up to to.
func (r *rows) slice(from, to int) rows {
	return rows{r.keys[from:to], r.objectTypes[from:to], r.objectIDs[from:to], r.relations[from:to],
		r.subjectTypes[from:to], r.subjectIDs[from:to], r.subjectRels[from:to],
		part(r.caveats, from, to), part(r.contexts, from, to), part(r.expires, from, to), part(r.aside, from, to)}
}

// part returns what a has of the elements from up to to.
func part[T any](a []T, from, to int) []T { return a[min(from, len(a)):min(to, len(a))] }

// args returns the rows as parameters.
func (r *rows) args() []any {
	return []any{r.keys, r.objectTypes, r.objectIDs, r.relations, r.subjectTypes, r.subjectIDs, r.subjectRels, r.caveats, r.contexts, r.expires, r.aside}
}

// row returns a row as its columns.
func (r *rows) row(i int) ([]any, error) {
	return []any{r.keys[i], r.objectTypes[i], r.objectIDs[i], r.relations[i], r.subjectTypes[i], r.subjectIDs[i], r.subjectRels[i],
		at(r.caveats, i), at(r.contexts, i), at(r.expires, i), at(r.aside, i)}, nil
}

// at returns an element, or nil if a ends before it.
func at[T any](a []T, i int) any {
	if i < len(a) {
		return a[i]
	}
	return nil
}

// short is a tuple around which only a caveat's context is printed and read.
var short = tuple.New(tuple.Object{Type: "o", ID: "o"}, "r", tuple.Subject{Object: tuple.Object{Type: "s", ID: "s"}})

// contextText returns the context of a caveat in JSON.
func contextText(r *tuple.Relationship) string {
	text := short.When("c", r.Context).String()
	return strings.TrimSuffix(text[len(short.String())+len("[c:"):], "]")
}

// readContext reads what contextText returns.
func readContext(text string) (map[string]any, error) {
	r, err := tuple.ParseRelationship(short.String() + "[c:" + text + "]")
	return r.Context, err
}
