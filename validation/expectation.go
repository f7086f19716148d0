package validation

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/tuple"
)

// An expectation is a line of the block validation:
//
//	[user:ann] is <document:1#viewer>/<group:eng#member>
//	[user:bob[...]] is <document:1#viewer>
//	[user:* - {user:cat, user:dan[...]}] is <document:1#viewer>
type expectation struct {
	subject  tuple.Subject
	caveated bool
	except   []exception
	places   []tuple.Subject // the relations whose tuples name the subject; nil if it does not say
}

// An exception is a subject for whom a wildcard does not stand, or only on a caveat.
type exception struct {
	subject  tuple.Subject
	caveated bool
}

const caveatMark = "[...]"

// String returns the expected subject with what is said about it, without brackets.
func (e expectation) String() string {
	text := marked(e.subject, e.caveated)
	if len(e.except) > 0 {
		names := make([]string, len(e.except))
		for i, x := range e.except {
			names[i] = marked(x.subject, x.caveated)
		}
		text += " - {" + strings.Join(names, ", ") + "}"
	}
	return text
}

func marked(s tuple.Subject, caveated bool) string {
	if caveated {
		return s.String() + caveatMark
	}
	return s.String()
}

// parseExpectation reads one line.
func parseExpectation(text string) (expectation, error) {
	var e expectation
	text = strings.TrimSpace(text)
	// An id has no brackets, so that the last ] before "is" closes the subject.
	inside, after, found := strings.Cut(text, "<")
	inside = strings.TrimSpace(inside)
	if found {
		inside, found = strings.CutSuffix(inside, "is")
		inside = strings.TrimSpace(inside)
		if !found {
			return e, errors.New("expected [subject] is <object#relation>")
		}
		after = "<" + after
	}
	if !strings.HasPrefix(inside, "[") || !strings.HasSuffix(inside, "]") || len(inside) < 2 {
		return e, errors.New("expected [subject] is <object#relation>")
	}
	if err := e.parseSubject(strings.TrimSpace(inside[1 : len(inside)-1])); err != nil {
		return e, err
	}
	if after == "" {
		return e, nil
	}
	for _, place := range strings.Split(after, "/<") {
		place = strings.TrimPrefix(strings.TrimSpace(place), "<")
		name, found := strings.CutSuffix(place, ">")
		if !found {
			return e, errors.New("expected > after <" + place)
		}
		s, err := parseUserset(name)
		if err != nil {
			return e, err
		}
		if slices.Contains(e.places, s) {
			return e, fmt.Errorf("<%v> is there twice", s)
		}
		e.places = append(e.places, s)
	}
	return e, nil
}

// parseSubject reads what stands in the brackets.
func (e *expectation) parseSubject(text string) (err error) {
	text, exceptions, found := strings.Cut(text, "{")
	text = strings.TrimSpace(text)
	if found {
		var minus, closed bool
		text, minus = strings.CutSuffix(text, "-")
		exceptions, closed = strings.CutSuffix(strings.TrimSpace(exceptions), "}")
		if !minus || !closed {
			return errors.New("expected exceptions as in [user:* - {user:ann, user:bob}]")
		}
	}
	if e.subject, e.caveated, err = parseMarked(text); err != nil || !found {
		return err
	}
	if !e.subject.IsWildcard() {
		return fmt.Errorf("%v is no wildcard, and has no exceptions", e.subject)
	}
	for _, name := range strings.Split(exceptions, ",") {
		s, caveated, err := parseMarked(name)
		if err != nil {
			return err
		}
		if s.Type != e.subject.Type || s.IsUserset() || s.IsWildcard() {
			return fmt.Errorf("%v is no exception of %v", s, e.subject)
		}
		e.except = append(e.except, exception{s, caveated})
	}
	return nil
}

// parseMarked reads a subject that can be marked as being in on a caveat.
func parseMarked(text string) (tuple.Subject, bool, error) {
	text, caveated := strings.CutSuffix(strings.TrimSpace(text), caveatMark)
	s, err := tuple.ParseSubject(text)
	return s, caveated, err
}

// parseUserset reads object#relation.
func parseUserset(text string) (tuple.Subject, error) {
	s, err := tuple.ParseSubject(text)
	if err == nil && !s.IsUserset() {
		err = fmt.Errorf("%q: expected object#relation", text)
	}
	return s, err
}

// validation reads the block of that name: for each object#relation who is in it.
func (r *reader) validation(s *schema.Schema, n *yaml.Node) []Assertion {
	var all []Assertion
	for _, f := range r.entries(n, "validation") {
		at, err := parseUserset(f.name)
		if err != nil {
			r.errorf(f.key, "%w", err)
			continue
		}
		if !r.known(s, f.key, tuple.New(at.Object, at.Relation, at)) {
			continue
		}
		var expected []expectation
		var lines []Assertion
		for _, item := range r.texts(f.value, f.name) {
			e, ok := r.expectation(s, item, at)
			if !ok {
				continue
			}
			if slices.ContainsFunc(expected, func(o expectation) bool { return o.subject == e.subject }) {
				r.errorf(item, "%v of %s is there twice", e.subject, f.name)
				continue
			}
			expected = append(expected, e)
			lines = append(lines, e.assertion(r.name, item.Line, at))
		}
		all = append(all, nobodyElse(r.name, f.key.Line, at, expected))
		all = append(all, lines...)
	}
	return all
}

// expectation reads a line, all of whose names there are.
func (r *reader) expectation(s *schema.Schema, n *yaml.Node, at tuple.Subject) (expectation, bool) {
	e, err := parseExpectation(n.Value)
	if err != nil {
		r.errorf(n, "%q: %w", n.Value, err)
		return e, false
	}
	ok := r.known(s, n, tuple.New(at.Object, at.Relation, e.subject))
	for _, p := range e.places {
		ok = ok && r.known(s, n, tuple.New(p.Object, p.Relation, e.subject))
	}
	return e, ok
}
