package validation

import (
	"context"
	"slices"
	"strings"

	"github.com/baobab-authz/baobab/tuple"
)

// An expectedSubject asks whether one subject is in a relation as expected.
type expectedSubject struct {
	at tuple.Subject
	expectation
}

func (e expectation) assertion(file string, line int, at tuple.Subject) Assertion {
	a := Assertion{File: file, Line: line, Kind: Validation, Text: at.String() + " has " + e.subject.String(),
		Want: e.said(e.places), question: expectedSubject{at, e}}
	return a
}

// said returns what is expected, or the case, of a subject, and by which tuples.
func (e expectation) said(places []tuple.Subject) string {
	text := "[" + e.String() + "]"
	if len(places) > 0 {
		text += " is " + angled(places)
	}
	return text
}

// angled returns usersets as an expected subject names them.
func angled(all []tuple.Subject) string {
	names := make([]string, len(all))
	for i, s := range all {
		names[i] = "<" + s.String() + ">"
	}
	slices.Sort(names)
	return strings.Join(names, "/")
}

func (q expectedSubject) ask(ctx context.Context, w *world) outcome {
	m, err := newMembership(ctx, w.open, q.at)
	if err != nil {
		return failed(err)
	}
	got := expectation{subject: q.subject}
	v := m.check(q.at, q.subject)
	got.caveated = v == conditional
	if q.subject.IsWildcard() {
		got.except = m.exceptions(q.subject, v)
	}
	direct, covered := m.places(q.subject)
	if m.err != nil {
		return failed(m.err)
	}
	if v == denied {
		return outcome{got: q.subject.String() + " is not in", why: explain(ctx, w.open, tuple.New(q.at.Object, q.at.Relation, q.subject))}
	}
	places := direct
	if len(direct) == 0 {
		places = covered
	}
	o := outcome{got: got.said(places), pass: got.caveated == q.caveated &&
		sameExceptions(got.except, q.except) && samePlaces(q.places, direct, covered)}
	if q.places == nil {
		o.got = got.said(nil)
	}
	return o
}

// exceptions returns for whom of those that tuples name the wildcard, which
// is in as v says, does not stand.
func (m *membership) exceptions(wildcard tuple.Subject, v verdict) []exception {
	var all []exception
	for _, s := range m.named() {
		if !covers(wildcard, s) {
			continue
		}
		if is := m.check(m.at, s); is < v {
			all = append(all, exception{s, is == conditional})
		}
	}
	return all
}

// sameExceptions reports whether both are the same, in whatever order.
func sameExceptions(a, b []exception) bool {
	return len(a) == len(b) && !slices.ContainsFunc(a, func(x exception) bool { return !slices.Contains(b, x) })
}

// samePlaces reports whether what a line says of a subject's places is right: it
// names each whose tuples name the subject, and can name those whose tuples have a
// wildcard that covers it. A line that says nothing is right.
func samePlaces(said, direct, covered []tuple.Subject) bool {
	if said == nil {
		return true
	}
	for _, p := range said {
		if !slices.Contains(direct, p) && !slices.Contains(covered, p) {
			return false
		}
	}
	return !slices.ContainsFunc(direct, func(p tuple.Subject) bool { return !slices.Contains(said, p) })
}

// An onlyExpected asks whether anyone else is in a relation.
type onlyExpected struct {
	at       tuple.Subject
	expected []expectation
}

func nobodyElse(file string, line int, at tuple.Subject, expected []expectation) Assertion {
	names := make([]string, len(expected))
	for i, e := range expected {
		names[i] = e.subject.String()
	}
	slices.Sort(names)
	want := "nobody"
	if len(names) > 0 {
		want = "nobody but " + strings.Join(names, ", ")
	}
	return Assertion{File: file, Line: line, Kind: Validation, Text: at.String() + " has nobody else", Want: want,
		question: onlyExpected{at, expected}}
}

func (q onlyExpected) ask(ctx context.Context, w *world) outcome {
	m, err := newMembership(ctx, w.open, q.at)
	if err != nil {
		return failed(err)
	}
	var others []string
	var why strings.Builder
	for _, s := range m.found() {
		if slices.ContainsFunc(q.expected, func(e expectation) bool { return e.subject == s }) {
			continue
		}
		others = append(others, marked(s, m.check(q.at, s) == conditional))
		why.WriteString(explain(ctx, w.open, tuple.New(q.at.Object, q.at.Relation, s)))
	}
	switch {
	case m.err != nil:
		return failed(m.err)
	case len(others) == 0:
		return outcome{got: "nobody else", pass: true}
	}
	return outcome{got: "also " + strings.Join(others, ", "), why: why.String()}
}

// found returns who is in by tuples that name them, wildcards and usersets
// included: of those that [baobab.View.Subjects] lists, not who is in by a wildcard
// alone or as the userset itself.
func (m *membership) found() []tuple.Subject {
	var all []tuple.Subject
	var kinds []string
	for _, s := range m.named() {
		kinds = append(kinds, userFilter{s.Type, s.Relation}.String())
	}
	slices.Sort(kinds)
	for _, kind := range slices.Compact(kinds) {
		for a, err := range m.view.Subjects(m.ctx, m.at.Object, m.at.Relation, kind) {
			if err != nil {
				m.err = err
				return nil
			}
			if direct, _ := m.places(a.Subject); len(direct) > 0 {
				all = append(all, a.Subject)
			}
		}
	}
	slices.SortFunc(all, compareSubjects)
	return all
}
