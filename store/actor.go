package store

import (
	"context"
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/tuple"
)

var (
	// ErrActor is what [Store.UpdateAs] and [Tx.By] return for an actor that is
	// none: malformed, a wildcard, or of a type or relation that the schema does
	// not have; and Tx.By within [Store.UpdateAs], where the actor is fixed.
	ErrActor = errors.New("not an actor")
	// ErrNote is what [Tx.Note] returns for a text that cannot be a note.
	ErrNote = errors.New("not a note")
)

// MaxNote is how many bytes a note has at most.
const MaxNote = 4096

// A Judge decides whether t holds in a state: whether t's subject, the actor,
// has a permission on t's object. The state can be asked as long as the judge
// has not returned. An error means no. The context is that given to [Store.UpdateAs].
type Judge func(ctx context.Context, st *State, t tuple.Tuple) (allowed bool, err error)

// An Actor is on whose behalf a transaction writes, and who decides what they
// may. Without a judge they have no permission.
type Actor struct {
	Subject tuple.Subject
	Judge   Judge
}

// An acting is an actor in one transaction.
type acting struct {
	subject tuple.Subject
	judge   func(st *State, t tuple.Tuple) (bool, error)
}

// UpdateAs is like [Store.Update] on behalf of an actor, whom the commit names: the
// directives granted-by and deleted-by of the schema apply to what the
// transaction comes to, closed by default. A relation without granted-by cannot be written,
// and an object of a type without deleted-by cannot be deleted with
// [Tx.DeleteObject]. What is refused is a [*GuardError], which matches
// [ErrGuard] and wraps what the judge could not decide. The guards are decided
// before counts and the other rules, so that who may not write learns
// nothing else. fn itself may read and write what it likes.
//
// The actor has its permissions by the state on which the transaction began,
// but for an object that no tuple named: see the rules for writes. The judge
// is asked once about each object, permission and state, in the turn to
// write, and must not call what waits for it ([ErrReentrant]).
//
// The error is [ErrActor] for a subject that cannot act.
func (s *Store) UpdateAs(ctx context.Context, as Actor, fn func(*Tx) error) (Revision, error) {
	return s.update(ctx, as.in(ctx), fn)
}

// in returns the actor in a transaction with the context.
func (as Actor) in(ctx context.Context) *acting {
	return &acting{as.Subject, func(st *State, t tuple.Tuple) (bool, error) {
		if as.Judge == nil {
			return false, nil
		}
		return as.Judge(ctx, st, t)
	}}
}

// validActor reports why a subject cannot act.
func validActor(sch *schema.Schema, subject tuple.Subject) error {
	if err := subject.Validate(); err != nil {
		return fmt.Errorf("%w: %w", ErrActor, err)
	}
	if subject.IsWildcard() {
		return fmt.Errorf("%w: %s is a wildcard", ErrActor, subject)
	}
	f := tuple.Filter{SubjectType: subject.Type, SubjectID: subject.ID, SubjectRelation: subject.Relation}
	if err := sch.ValidateFilter(f); err != nil {
		return fmt.Errorf("%w: %s: %w", ErrActor, subject, err)
	}
	return nil
}

// By notes who makes the commit, which [Store.Watch] tells; it grants and
// forbids nothing. The last call counts. It is [ErrActor] for a subject that
// cannot act, and within [Store.UpdateAs], which has said who it is.
func (tx *Tx) By(actor tuple.Subject) error {
	if err := tx.usable(); err != nil {
		return err
	}
	if tx.acting != nil {
		return fmt.Errorf("%w: %s in a transaction on behalf of %s", ErrActor, actor, tx.actor)
	}
	if err := validActor(tx.base.Schema, actor); err != nil {
		return err
	}
	tx.actor = actor
	return nil
}

// Note attaches a text to the commit, which [Store.Watch] tells: why it was
// made, or what a request was called. It is valid UTF-8 of up to [MaxNote]
// bytes, or the error is [ErrNote]. The last call counts; a transaction that
// changes nothing makes no commit and leaves no note.
func (tx *Tx) Note(text string) error {
	if err := tx.usable(); err != nil {
		return err
	}
	if len(text) > MaxNote {
		return fmt.Errorf("%w: %d bytes are more than %d", ErrNote, len(text), MaxNote)
	}
	if !utf8.ValidString(text) {
		return fmt.Errorf("%w: it is not valid UTF-8", ErrNote)
	}
	tx.note = text
	return nil
}
