package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/baobab-authz/baobab"
	"github.com/baobab-authz/baobab/tuple"
)

// An Attempt is a transaction that somebody tries to commit.
type Attempt struct {
	Want       bool
	Who        tuple.Subject // zero: the server, which no guard binds
	Operations []Operation
	Given      map[string]any
	At         time.Time // to which the clock moves before; zero: it stays
	Note       string
	Because    []string // what the refusal says, all of it
	Stripped   []Strip  // the directives without which it is no refusal

	parts []string
}

// An Operation is one step of a transaction.
type Operation func(*baobab.Tx) error

func (a *Attempt) expected() string { return mark(a.Want) }
func (a *Attempt) text() []string   { return a.parts }

// parseAttempt reads a mark, who it is, and the operations.
func (r *storyReader) parseAttempt(l line) (*Attempt, error) {
	if l.words[0] == maybe {
		return nil, fmt.Errorf("expected ask after %s", maybe)
	}
	if len(l.words) < 2 {
		return nil, fmt.Errorf("expected ask, %s or a subject after %s", server, l.words[0])
	}
	who, err := parseWho(l.words[1])
	if err != nil {
		return nil, err
	}
	a := &Attempt{Want: l.words[0] == yes, Who: who, parts: []string{l.words[1]}}
	for words := l.words[2:]; len(words) > 0; {
		word := words[0]
		what, rest, err := operand(words)
		if err != nil {
			return nil, err
		}
		if err := r.operation(a, word, what); err != nil {
			return nil, err
		}
		a.parts = append(a.parts, strings.Join(words[:len(words)-len(rest)], " "))
		words = rest
	}
	if len(a.Operations) == 0 {
		return nil, fmt.Errorf("expected what %s tries to write", l.words[1])
	}
	return a, nil
}

// operand returns what stands behind the first word, one word or a text in
// quotes, and the words after it.
func operand(words []string) (what string, rest []string, err error) {
	if len(words) < 2 {
		return "", nil, fmt.Errorf("expected something after %q", words[0])
	}
	if !strings.HasPrefix(words[1], `"`) {
		return words[1], words[2:], nil
	}
	for i := 1; i < len(words); i++ {
		if text := strings.Join(words[1:i+1], " "); len(text) > 1 && strings.HasSuffix(text, `"`) {
			return text, words[i+1:], nil
		}
	}
	return "", nil, fmt.Errorf("expected a quotation mark to end %s", strings.Join(words[1:], " "))
}

// parseNote reads a text in quotes.
func parseNote(what string) (string, error) {
	text, begins := strings.CutPrefix(what, `"`)
	text, ends := strings.CutSuffix(text, `"`)
	if !begins || !ends || text == "" || strings.Contains(text, `"`) {
		return "", fmt.Errorf("expected a text in quotation marks, not %s", what)
	}
	return text, nil
}

// operation takes one word and what it names.
func (r *storyReader) operation(a *Attempt, word, what string) error {
	switch word {
	case "at":
		at, err := r.parseClock(what)
		a.At = at
		return err
	case "given":
		if a.Who == (tuple.Subject{}) {
			return errors.New("given is for the guards, which the server has none of")
		}
		if a.Given != nil {
			return errors.New("given stands twice")
		}
		given, err := parseGiven(what)
		a.Given = given
		return err
	case "note":
		note, err := parseNote(what)
		a.Note = note
		return err
	}
	op, err := parseOperation(word, what)
	a.Operations = append(a.Operations, op)
	return err
}

func parseOperation(word, what string) (Operation, error) {
	switch word {
	case "create", "touch":
		rel, err := tuple.ParseRelationship(what)
		if word == "touch" {
			return func(tx *baobab.Tx) error { return tx.Touch(rel) }, err
		}
		return func(tx *baobab.Tx) error { return tx.Create(rel) }, err
	case "delete":
		t, err := tuple.Parse(what)
		return func(tx *baobab.Tx) error { return deleteStored(tx, t) }, err
	case "delete-object":
		o, err := tuple.ParseObject(what)
		return func(tx *baobab.Tx) error { return removed(what)(tx.DeleteObject(o)) }, err
	case "delete-matching", "require", "forbid":
		f, err := tuple.ParseFilter(what)
		switch word {
		case "require":
			return func(tx *baobab.Tx) error { return tx.Require(f) }, err
		case "forbid":
			return func(tx *baobab.Tx) error { return tx.Forbid(f) }, err
		}
		return func(tx *baobab.Tx) error { return removed(what)(tx.DeleteMatching(f)) }, err
	}
	return nil, fmt.Errorf("expected create, touch, delete, delete-object, delete-matching, require, forbid, given, at or note, not %q", word)
}

// deleteStored deletes a tuple that must be there: to delete another says
// nothing about who may.
func deleteStored(tx *baobab.Tx, t tuple.Tuple) error {
	for _, err := range tx.Tuples(tuple.FilterOf(t)) {
		if err != nil {
			return err
		}
		return tx.Delete(t)
	}
	return fmt.Errorf("%v %w", t, errIdle)
}

func removed(what string) func(n int, err error) error {
	return func(n int, err error) error {
		if err == nil && n == 0 {
			err = fmt.Errorf("%s %w", what, errIdle)
		}
		return err
	}
}

// commit tries the transaction on an engine, on behalf of who.
func (a *Attempt) commit(ctx context.Context, eng *baobab.Engine, who tuple.Subject) error {
	before := eng.Now().Revision()
	fn := func(tx *baobab.Tx) error {
		for _, op := range a.Operations {
			if err := op(tx); err != nil {
				return err
			}
		}
		return tx.Note(a.Note)
	}
	var rev baobab.Revision
	var err error
	if who == (tuple.Subject{}) {
		rev, err = eng.Update(ctx, fn)
	} else {
		rev, err = eng.UpdateAs(ctx, who, a.Given, fn)
	}
	if err == nil && rev == before {
		return errNoChange
	}
	return err
}

var errNoChange = errors.New("the write changes nothing")

// idle reports whether a write failed because the story is wrong.
func idle(err error) bool { return errors.Is(err, errIdle) || errors.Is(err, errNoChange) }

func (a *Attempt) take(ctx context.Context, t *telling) (string, error) {
	t.moveTo(a.At)
	err := a.commit(ctx, t.eng, a.Who)
	switch {
	case err == nil && !a.Want:
		return "", errors.New("it is committed")
	case err == nil:
		return "", nil
	case a.Want || idle(err):
		return "", err
	}
	return err.Error(), says(err.Error(), a.Because)
}

// says reports which reason is not in a text, whatever the spaces in it.
func says(text string, reasons []string) error {
	text = strings.Join(strings.Fields(text), " ")
	for _, because := range reasons {
		if !strings.Contains(text, because) {
			return fmt.Errorf("expected because %s", because)
		}
	}
	return nil
}
