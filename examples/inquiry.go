package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/baobab-authz/baobab/tuple"
)

// An Inquiry is a question asked in the course of a story.
type Inquiry struct {
	Want    string // yes, no or maybe
	Tuple   tuple.Tuple
	Given   map[string]any
	At      time.Time // to which the clock moves before; zero: it stays
	Missing []string  // the parameters that the answer hangs on, if it is maybe
	Because []string  // what the explanation says, all of it

	parts []string
}

func (q *Inquiry) expected() string { return q.Want }
func (q *Inquiry) text() []string   { return q.parts }

// parseInquiry reads a mark, ask, a tuple, and pairs of words.
func (r *storyReader) parseInquiry(l line) (*Inquiry, error) {
	if len(l.words) < 3 || len(l.words)%2 == 0 {
		return nil, errors.New("expected a tuple after ask, then pairs of given, at or missing and what it names")
	}
	t, err := tuple.Parse(l.words[2])
	if err != nil {
		return nil, err
	}
	q := &Inquiry{Want: l.words[0], Tuple: t, parts: []string{l.words[1] + " " + l.words[2]}}
	for i := 3; i < len(l.words); i += 2 {
		if err := r.qualify(q, l.words[i], l.words[i+1]); err != nil {
			return nil, err
		}
		q.parts = append(q.parts, l.words[i]+" "+l.words[i+1])
	}
	if (q.Want == maybe) != (len(q.Missing) > 0) {
		return nil, fmt.Errorf("%s and missing go together", maybe)
	}
	return q, nil
}

func (r *storyReader) qualify(q *Inquiry, word, what string) (err error) {
	switch word {
	case "given":
		if q.Given != nil {
			return errors.New("given stands twice")
		}
		q.Given, err = parseGiven(what)
	case "at":
		q.At, err = r.parseClock(what)
	case "missing":
		q.Missing = strings.Split(what, ",")
		slices.Sort(q.Missing)
	default:
		err = fmt.Errorf("expected given, at or missing, not %q", word)
	}
	return err
}

func (q *Inquiry) take(ctx context.Context, t *telling) (string, error) {
	t.moveTo(q.At)
	v := t.eng.Now().Given(q.Given)
	d, err := v.Check(ctx, q.Tuple)
	if err != nil {
		return "", err
	}
	got := mark(d.Allowed())
	if d.Conditional() {
		got = maybe
	}
	right := got == q.Want && slices.Equal(d.Missing(), q.Missing)
	if right && len(q.Because) == 0 {
		return "", nil
	}
	why, err := v.Explain(ctx, q.Tuple)
	switch {
	case err != nil:
		return "", err
	case !right:
		return why.String(), fmt.Errorf("the answer is %v", d)
	}
	return why.String(), says(why.String(), q.Because)
}
