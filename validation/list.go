package validation

import (
	"context"
	"slices"
	"strings"

	"github.com/baobab-authz/baobab"
	"github.com/baobab-authz/baobab/tuple"
)

// An objectList asks which objects of a type a subject has a permission on.
type objectList struct {
	subject    tuple.Subject
	permission string
	objectType string
	context    map[string]any
	want       []tuple.Object
}

func (l objectList) assertion(file string, line int) Assertion {
	a := Assertion{File: file, Line: line, Kind: ListObjects, question: l,
		Text: l.objectType + "#" + l.permission + "@" + l.subject.String() + with(l.context)}
	names := make([]string, len(l.want))
	for i, o := range l.want {
		names[i] = o.String()
	}
	slices.Sort(names)
	a.Want = listed(names)
	return a
}

// listed returns the elements of a list, or that there are none.
func listed(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}

func (l objectList) ask(ctx context.Context, w *world) outcome {
	v := w.view.Given(l.context)
	c := newComparison(ctx, v)
	for _, o := range l.want {
		c.expect(o.String(), tuple.New(o, l.permission, l.subject))
	}
	for a, err := range v.Objects(ctx, l.subject, l.permission, l.objectType) {
		if err != nil && a.Object.IsZero() {
			return failed(err)
		}
		c.found(a.Object.String(), tuple.New(a.Object, l.permission, l.subject), a.Decision, err)
	}
	return c.outcome()
}

// A subjectList asks which subjects of some types have a permission on an object.
type subjectList struct {
	object     tuple.Object
	permission string
	filters    []userFilter
	context    map[string]any
	want       []tuple.Subject
}

func (l subjectList) assertion(file string, line int) Assertion {
	a := Assertion{File: file, Line: line, Kind: ListUsers, question: l,
		Text: l.object.String() + "#" + l.permission + "@" + joined(l.filters) + with(l.context)}
	names := make([]string, len(l.want))
	for i, s := range l.want {
		names[i] = s.String()
	}
	slices.Sort(names)
	a.Want = listed(names)
	return a
}

func (l subjectList) ask(ctx context.Context, w *world) outcome {
	v := w.view.Given(l.context)
	c := newComparison(ctx, v)
	for _, s := range l.want {
		c.expect(s.String(), tuple.New(l.object, l.permission, s))
	}
	for _, f := range l.filters {
		for a, err := range v.Subjects(ctx, l.object, l.permission, f.String()) {
			if err != nil && a.Subject.IsZero() {
				return failed(err)
			}
			c.found(a.Subject.String(), tuple.New(l.object, l.permission, a.Subject), a.Decision, err)
		}
	}
	return c.outcome()
}

// A comparison holds what a list should have against what it has.
type comparison struct {
	ctx      context.Context
	view     baobab.View
	expected map[string]tuple.Tuple
	got      []string
	wrong    []wrong
}

// A wrong element is one that should not be there, or should be and is not.
type wrong struct {
	name, what string
	tuple      tuple.Tuple
}

func newComparison(ctx context.Context, v baobab.View) *comparison {
	return &comparison{ctx: ctx, view: v, expected: map[string]tuple.Tuple{}}
}

func (c *comparison) expect(name string, t tuple.Tuple) { c.expected[name] = t }

// found takes an element of the list. One that is there on a condition, or of
// which nothing can be said, is wrong whether it is expected or not.
func (c *comparison) found(name string, t tuple.Tuple, d baobab.Decision, err error) {
	_, expected := c.expected[name]
	delete(c.expected, name)
	what := ""
	switch {
	case err != nil:
		what = "error" // explain says which
	case !d.Allowed():
		what = d.String()
	case !expected:
		what = "not expected"
	}
	if what == "" || what == "not expected" {
		c.got = append(c.got, name)
	} else {
		c.got = append(c.got, name+" ("+what+")")
	}
	if what != "" {
		c.wrong = append(c.wrong, wrong{name, what, t})
	}
}

func (c *comparison) outcome() outcome {
	for name, t := range c.expected {
		c.wrong = append(c.wrong, wrong{name, "missing", t})
	}
	slices.Sort(c.got)
	slices.SortFunc(c.wrong, func(a, b wrong) int { return strings.Compare(a.name, b.name) })
	var why strings.Builder
	for _, x := range c.wrong {
		why.WriteString(explain(c.ctx, c.view, x.tuple))
	}
	return outcome{got: listed(c.got), pass: len(c.wrong) == 0, why: why.String()}
}
