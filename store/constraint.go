package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/baobab-authz/baobab/internal/index"
	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/tuple"
)

// ErrConstraint is matched by a [*ConstraintError], and by what that holds: a
// [*CountError], an [*OnDeleteError] or an [*ExpiryError].
var ErrConstraint = errors.New("a rule of the schema is broken")

// maxViolations is how many violations a ConstraintError describes.
const maxViolations = 10

// A ConstraintError says by what a transaction would have broken the schema's
// directives count, on-delete and expires-within. It matches [ErrConstraint],
// and errors.As finds the first violation of each kind in it.
type ConstraintError struct {
	// Violations are the first ten, in the order of the directives in the schema
	// and then of what they are about: each a [*CountError], an
	// [*OnDeleteError] or an [*ExpiryError].
	Violations []error
	Total      int // how many there are, at least one
}

// Error describes the violations, a line each, and says how many more there are.
func (e *ConstraintError) Error() string {
	var b strings.Builder
	for i, v := range e.Violations {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(v.Error())
	}
	if more := e.Total - len(e.Violations); more > 0 {
		fmt.Fprintf(&b, "\nand %d more", more)
	}
	return b.String()
}

// Unwrap returns the violations.
func (e *ConstraintError) Unwrap() []error { return e.Violations }

// Violations collects what is broken, and keeps the first of it.
type violations struct {
	list  []violation
	total int
}

type violation struct {
	order    int    // of the directive
	about    string // what it is about
	describe func() error
}

func (v violation) compare(w violation) int {
	if v.order != w.order {
		return v.order - w.order
	}
	return strings.Compare(v.about, w.about)
}

func (v *violations) add(x violation) {
	v.total++
	i, _ := slices.BinarySearchFunc(v.list, x, violation.compare)
	if i == maxViolations {
		return
	}
	if len(v.list) == maxViolations {
		v.list = v.list[:maxViolations-1]
	}
	v.list = slices.Insert(v.list, i, x)
}

// err returns what was collected; nil for nothing.
func (v *violations) err() error {
	if v.total == 0 {
		return nil
	}
	e := &ConstraintError{Total: v.total}
	for _, x := range v.list {
		e.Violations = append(e.Violations, x.describe())
	}
	return e
}

// A checker decides whether what changed from one state to another keeps to
// the rules of the schema.
type checker struct {
	*rules
	before, after index.Reader
	deleted       map[index.ID]struct{} // by DeleteObject
	gone          map[index.ID]bool     // of these, what is known to be named by no tuple any more, or to be no actor's to delete
	groups        map[group]marked      // to be counted, and why
	seen          map[index.ID]struct{} // objects whose groups are among them
	found         violations
	contents      map[contents]struct{} // whose containers have been marked
	buffers       [3][]index.Key

	ctx     context.Context
	steps   int
	stopped error // by ctx
}

func newChecker(ctx context.Context, r *rules, before, after index.Reader) *checker {
	c := &checker{ctx: ctx, rules: r, before: before, after: after, groups: map[group]marked{}, seen: map[index.ID]struct{}{}, contents: map[contents]struct{}{}}
	for i := range c.buffers {
		c.buffers[i] = make([]index.Key, 0, pageKeys)
	}
	return c
}

// stop reports whether the context has ended, at which it looks now and then: the
// groups of few tuples can be many.
func (c *checker) stop() bool {
	if c.steps++; c.steps%1024 == 0 && c.stopped == nil {
		c.stopped = c.ctx.Err()
	}
	return c.stopped != nil
}

// result returns what was found, or why nothing can be said.
func (c *checker) result() error {
	if c.stopped != nil {
		return fmt.Errorf("store: while the rules of the schema were checked: %w", c.stopped)
	}
	return c.found.err()
}

// constrain reports how the pending state breaks the rules of the schema.
//
// Without directives it costs nothing. Otherwise it costs a lookup or two for
// each object that a changed tuple names and has a count, and then what the
// counting takes: see checker.count.
func (tx *Tx) constrain(changes []index.Change) error {
	rules := tx.store.rules(tx.base.Schema)
	if !rules.constrained {
		return nil
	}
	c := newChecker(tx.ctx, rules, tx.base.ReadAt(tx.instant), tx.reader())
	c.deleted = tx.deleted
	if tx.acting != nil {
		c.gone = map[index.ID]bool{}
		for id := range tx.deleted {
			c.gone[id] = tx.entitled[id]
		}
	}
	for _, change := range changes {
		if c.stop() {
			break
		}
		if change.Aside || !c.live(change.Had, change.Before) && !c.live(change.Has, change.After) {
			continue // it is not seen, or it had expired, or has, and so is no change
		}
		c.expiry(change)
		c.mark(change.Key)
	}
	c.refuse()
	c.countGroups()
	return c.result()
}

// live reports whether a tuple that is or is not stored exists.
func (c *checker) live(stored bool, q *index.Qualifier) bool {
	return stored && !q.Expired(c.after.Instant())
}

// violations checks every count and every limit of an expiry of a schema on a
// whole state, which may be of another one, as if all of its tuples were written
// at once: every group that a tuple names. It is called by whoever has the turn
// to write, and interns the schema's names. The error is a [*ConstraintError], or
// [ErrFull]. It costs reading all tuples, and memory in proportion to the
// objects that can be groups.
func (s *Store) violations(ctx context.Context, r *index.Reader, sch *schema.Schema) error {
	if err := s.dict.InternNames(namesOf(sch)...); err != nil {
		return err
	}
	rules := s.rules(sch)
	if len(rules.counts)+len(rules.expiries) == 0 {
		return nil
	}
	nothing := index.NewSnapshot(s.dict, index.Meta{})
	c := newChecker(ctx, rules, nothing.ReadAt(r.Instant()), *r)
	buf := make([]index.Key, 0, pageKeys)
	for from := (index.Key{}); ; {
		keys := r.All(from, buf)
		for _, k := range keys {
			if k.Qualifier != 0 {
				q := r.Qualifier(k)
				c.expiry(index.Change{Key: k.Identity(), Has: true, After: &q})
			}
			c.mark(k.Identity())
		}
		if len(keys) < cap(buf) || c.stop() {
			break
		}
		from = keys[len(keys)-1].AfterForward()
	}
	c.countGroups()
	return c.result()
}

// isGone reports whether DeleteObject deleted an object, by right of the actor
// if there is one, and no tuple names it any more.
func (c *checker) isGone(id index.ID) bool {
	if _, ok := c.deleted[id]; !ok {
		return false
	}
	gone, known := c.gone[id]
	if !known {
		if c.gone == nil {
			c.gone = map[index.ID]bool{}
		}
		gone = !isNamed(&c.after, id)
		c.gone[id] = gone
	}
	return gone
}

// isNamed reports whether a tuple names an object. It costs two lookups, and
// what has expired and not been swept.
func isNamed(r *index.Reader, id index.ID) bool {
	var one [1]index.Key
	return len(r.ForwardObject(index.Key{Object: id}, one[:0])) > 0 ||
		len(r.ReverseSubject(index.Key{Subject: id}, one[:0])) > 0
}

// isWildcard reports whether an id is that of a wildcard, which names no object.
func isWildcard(r *index.Reader, id index.ID) bool { return r.Object(id).ID == tuple.Wildcard }
