package store

import (
	"fmt"
	"slices"
	"strings"

	"github.com/baobab-authz/baobab/internal/index"
	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/tuple"
)

// A CountError says that a relation, or a permission that is a sum of
// relations, would have more or fewer tuples than a count admits. It matches
// [ErrConstraint].
type CountError struct {
	Count          schema.Count
	Type, Relation string        // of what is counted; it may be a permission
	Object         tuple.Object  // whose tuples are counted, or with "in R" the one in which; zero for "per subject"
	Subject        tuple.Subject // whose tuples are counted; zero unless "per subject"

	Found     int           // all that there are
	Qualified int           // of these, with a caveat or an expiry, which no lower bound counts
	More      bool          // the counting stopped: there may be more than Found says
	Examples  []tuple.Tuple // up to three that were counted
	Cause     tuple.Tuple   // a changed tuple because of which it was counted

	group string
}

// Error says what was found and what is wanted:
//
//	workspace:acme#owner: 2 found, 1 wanted (count 1): workspace:acme#owner@user:ann, workspace:acme#owner@user:bob
func (e *CountError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %d", e.group, e.Found)
	if e.More {
		b.WriteString(" or more")
	}
	b.WriteString(" found")
	if e.Qualified > 0 && e.Found-e.Qualified < e.Count.Min {
		fmt.Fprintf(&b, ", %d of them without caveat or expiry", e.Found-e.Qualified)
	}
	fmt.Fprintf(&b, ", %s wanted (%s)", wanted(e.Count), e.Count)
	for i, t := range e.Examples {
		b.WriteString([]string{": ", ", "}[min(i, 1)] + t.String())
	}
	if len(e.Examples) == 0 {
		b.WriteString(", because of " + e.Cause.String())
	}
	return b.String()
}

// Is reports whether target is [ErrConstraint].
func (e *CountError) Is(target error) bool { return target == ErrConstraint }

// wanted says which numbers are admitted.
func wanted(c schema.Count) string {
	switch {
	case c.Min == c.Max:
		return fmt.Sprint(c.Min)
	case c.Max == schema.Unbounded:
		return fmt.Sprintf("at least %d", c.Min)
	case c.Min == 0:
		return fmt.Sprintf("at most %d", c.Max)
	}
	return fmt.Sprintf("%d to %d", c.Min, c.Max)
}

// A tally counts what is distinct in a group.
type tally struct {
	rule  *countRule
	seen  map[index.Key]standing // nil when nothing can come twice
	found int
	plain int
}

// newTally returns a tally for one group. In the sum of several relations the
// same subject, or per subject the same object, can come twice.
func newTally(rule *countRule) *tally {
	t := &tally{rule: rule}
	if len(rule.counted) > 1 && rule.count.In == "" {
		t.seen = map[index.Key]standing{}
	}
	return t
}

func (t *tally) add(k index.Key, s standing) {
	if t.seen != nil {
		what := index.Key{Subject: k.Subject, SubjectRelation: k.SubjectRelation}
		if t.rule.count.PerSubject {
			what = index.Key{Object: k.Object}
		}
		was := t.seen[what]
		if was >= s {
			return
		}
		t.seen[what] = s
		if was != absent {
			t.plain++ // from qualified
			return
		}
	}
	t.found++
	if s == plain {
		t.plain++
	}
}

// countGroups counts every group that was marked.
func (c *checker) countGroups() {
	for g, m := range c.groups {
		if c.stop() {
			return
		}
		lower, upper := g.rule.count.Min, g.rule.count.Max
		if lower > 0 && c.exempt(g) {
			lower = 0
		}
		if !m.changes {
			upper = schema.Unbounded
		}
		if !c.within(g, lower, upper) {
			c.found.add(violation{g.rule.order, g.text(&c.after), func() error { return c.describe(g, m.because) }})
		}
	}
}

// exempt reports whether the group is of what DeleteObject deleted.
func (c *checker) exempt(g group) bool {
	return g.object != 0 && c.isGone(g.object) || g.subject != 0 && c.isGone(g.subject)
}

// within counts a group until it is known whether it is within its bounds. It
// costs, for
//
//	count N                  the tuples of the object's relations up to the bound
//	count N per subject      those of the subject in relations of these names, of whatever type
//	count N in R             the objects with a tuple x#R@o, and up to the bound of theirs
//	count N per subject in R a lookup or two for each of these, or of the subject's tuples if those are fewer
//
// up to the upper bound and one more, or, if there is none, to the lower one.
func (c *checker) within(g group, lower, upper int) bool {
	if upper == schema.Unbounded && lower == 0 {
		return true
	}
	t := newTally(g.rule)
	c.each(g, func(k index.Key, s standing) bool {
		if c.stop() {
			return false
		}
		t.add(k, s)
		if upper == schema.Unbounded {
			return t.plain < lower
		}
		return t.found <= upper
	})
	return t.plain >= lower && (upper == schema.Unbounded || t.found <= upper)
}

const (
	maxFound    = 1000 // beyond the upper bound, how far a violation is counted for its description
	maxExamples = 3
)

func (c *checker) describe(g group, because index.Key) error {
	_, relation, _ := strings.Cut(g.rule.name, "#")
	e := &CountError{
		Count: g.rule.count, Type: g.rule.typeName, Relation: relation,
		Subject: g.subjectOf(&c.after), Cause: c.after.Tuple(because), group: g.text(&c.after),
	}
	if g.object != 0 {
		e.Object = c.after.Object(g.object)
	}
	limit := max(g.rule.count.Min, g.rule.count.Max) + maxFound
	t := newTally(g.rule)
	c.each(g, func(k index.Key, s standing) bool {
		if e.More = t.found == limit; e.More {
			return false
		}
		if t.add(k, s); len(e.Examples) < maxExamples {
			e.Examples = append(e.Examples, c.after.Tuple(k))
		}
		return true
	})
	e.Found, e.Qualified = t.found, t.found-t.plain
	slices.SortFunc(e.Examples, func(a, b tuple.Tuple) int { return strings.Compare(a.String(), b.String()) })
	return e
}

// each calls yield for the tuples of a group, and how they count, until it
// returns false.
func (c *checker) each(g group, yield func(index.Key, standing) bool) {
	rule := g.rule
	more := true
	one := func(k index.Key) bool {
		more = yield(k, standingAs(k))
		return more
	}
	for _, relation := range rule.counted {
		switch {
		case rule.count.In != "" && rule.count.PerSubject:
			c.eachMeeting(g, relation, func(k index.Key, s standing) bool {
				more = yield(k, s)
				return more
			})
		case rule.count.In != "":
			in := index.Key{Subject: g.object, Relation: rule.in}
			eachReverse(&c.after, in, rule.typ, c.buffers[1], func(in index.Key) bool {
				eachForward(&c.after, index.Key{Object: in.Object, Relation: relation}, c.buffers[2], func(k index.Key) bool {
					more = yield(k, min(standingAs(in), standingAs(k)))
					return more
				})
				return more
			})
		case rule.count.PerSubject:
			from := index.Key{Subject: g.subject, SubjectRelation: g.relation, Relation: relation}
			eachReverse(&c.after, from, rule.typ, c.buffers[1], one)
		default:
			eachForward(&c.after, index.Key{Object: g.object, Relation: relation}, c.buffers[1], one)
		}
		if !more {
			return
		}
	}
}

// eachMeeting calls yield for the tuples x#relation@s with a tuple x#R@o. Both
// are in order of x, so each is skipped to where the other is, and the longer
// one is not read.
func (c *checker) eachMeeting(g group, relation index.Name, yield func(index.Key, standing) bool) {
	r := &c.after
	counted := index.Key{Subject: g.subject, SubjectRelation: g.relation, Relation: relation}
	in := index.Key{Subject: g.object, Relation: g.rule.in}
	for {
		k, ok := nextReverse(r, counted)
		if !ok {
			return
		}
		in.Object = k.Object
		l, ok := nextReverse(r, in)
		if !ok {
			return
		}
		if l.Object != k.Object {
			counted.Object = l.Object
			continue
		}
		if r.TypeOf(k.Object) == g.rule.typ && !yield(k, min(standingAs(k), standingAs(l))) {
			return
		}
		counted.Object = k.Object + 1
	}
}

// nextReverse returns the tuple at or after from of the same subject and relation.
func nextReverse(r *index.Reader, from index.Key) (index.Key, bool) {
	var one [1]index.Key
	keys := r.Reverse(from, one[:0])
	if len(keys) == 0 || keys[0].Relation != from.Relation {
		return index.Key{}, false
	}
	return keys[0], true
}

// firstPage is how many keys are read at first, since most groups are small.
const firstPage = 8

// eachForward calls yield for the tuples of an object's relation, from a key
// on, until it returns false.
func eachForward(r *index.Reader, from index.Key, buf []index.Key, yield func(index.Key) bool) {
	for page := buf[:0:firstPage]; ; page = buf {
		keys := r.Forward(from, page)
		for _, k := range keys {
			if !yield(k) {
				return
			}
		}
		if len(keys) < cap(page) {
			return
		}
		from = keys[len(keys)-1].AfterForward()
	}
}

// eachReverse calls yield for the tuples of a subject in a relation of a type
// of objects, from a key on, until it returns false.
func eachReverse(r *index.Reader, from index.Key, typ index.Name, buf []index.Key, yield func(index.Key) bool) {
	for page := buf[:0:firstPage]; ; page = buf {
		keys := r.Reverse(from, page)
		for _, k := range keys {
			if k.Relation != from.Relation || r.TypeOf(k.Object) == typ && !yield(k) {
				return
			}
		}
		if len(keys) < cap(page) {
			return
		}
		from = keys[len(keys)-1].AfterReverse()
	}
}
