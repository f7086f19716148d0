package main

import (
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/baobab-authz/baobab"
	"github.com/baobab-authz/baobab/tuple"
)

// A Rule is a sentence with the questions that show it to hold.
type Rule struct {
	Name      string
	Questions []Question
}

// A Question is asked of the stored tuples, unless it says otherwise.
type Question struct {
	Want    bool
	Tuple   tuple.Tuple
	At      time.Time // zero: [Today]
	With    []tuple.Relationship
	Without []tuple.Tuple
	Text    string // the line, without its mark
}

// View returns the view that the question is asked of.
func (q Question) View(v baobab.View) baobab.View {
	if !q.At.IsZero() {
		v = v.AsOf(q.At)
	}
	return v.Without(q.Without...).With(q.With...)
}

// readRules reads the rules of a file. Its form is described in doc.go.
func readRules(files fs.FS, file string) ([]Rule, error) {
	lines, err := readLines(files, file)
	if err != nil {
		return nil, err
	}
	var rules []Rule
	var heads []line
	for _, l := range lines {
		if l.words[0] == "rule" {
			if l.rest(1) == "" {
				return nil, l.errorf("expected what the rule says after %q", l.words[0])
			}
			rules = append(rules, Rule{Name: l.rest(1)})
			heads = append(heads, l)
			continue
		}
		if len(rules) == 0 {
			return nil, l.errorf("expected a rule before %q", l.words[0])
		}
		q, err := parseQuestion(l)
		if err != nil {
			return nil, err
		}
		rule := &rules[len(rules)-1]
		rule.Questions = append(rule.Questions, q)
	}
	for i, r := range rules {
		if !r.asks(true) || !r.asks(false) {
			return nil, heads[i].errorf("the rule %q needs a question with %s and one with %s", r.Name, yes, no)
		}
	}
	return rules, nil
}

// asks reports whether some question expects that answer.
func (r Rule) asks(want bool) bool {
	for _, q := range r.Questions {
		if q.Want == want {
			return true
		}
	}
	return false
}

// parseQuestion reads a mark, a tuple, and what the question changes.
func parseQuestion(l line) (Question, error) {
	want, ok := parseMark(l.words[0])
	if !ok {
		return Question{}, l.errorf("expected rule, %s or %s, not %q", yes, no, l.words[0])
	}
	if len(l.words)%2 != 0 {
		return Question{}, l.errorf("expected a tuple, then pairs of at, with or without and what it names")
	}
	t, err := tuple.Parse(l.words[1])
	if err != nil {
		return Question{}, l.errorf("%w", err)
	}
	q := Question{Want: want, Tuple: t, Text: l.rest(1)}
	for i := 2; i < len(l.words); i += 2 {
		if err := q.qualify(l.words[i], l.words[i+1]); err != nil {
			return Question{}, l.errorf("%w", err)
		}
	}
	return q, nil
}

// qualify takes at, with or without, and what it names.
func (q *Question) qualify(word, what string) error {
	switch word {
	case "at":
		if !q.At.IsZero() {
			return errors.New("at stands twice")
		}
		at, err := time.Parse(time.RFC3339, what)
		q.At = at
		return err
	case "with":
		r, err := tuple.ParseRelationship(what)
		q.With = append(q.With, r)
		return err
	case "without":
		t, err := tuple.Parse(what)
		q.Without = append(q.Without, t)
		return err
	}
	return fmt.Errorf("expected at, with or without, not %q", word)
}
