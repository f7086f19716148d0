package baobab

import (
	"context"
	"errors"
	"strings"

	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/tuple"
)

// ErrConditional is matched by a [*ConditionalError].
var ErrConditional = errors.New("the answer is conditional")

// A ConditionalError says that the answer to a guard depends on parameters of
// caveats that nobody gave a value. It is wrapped by a [store.GuardError].
type ConditionalError struct {
	Missing []string // the parameters, sorted
}

// Error names the parameters.
func (e *ConditionalError) Error() string { return "conditional on " + strings.Join(e.Missing, ", ") }

// Is reports whether target is [ErrConditional].
func (e *ConditionalError) Is(target error) bool { return target == ErrConditional }

// UpdateAs is [Engine.Update] on behalf of an actor, whom the commit names. The
// directives granted-by and deleted-by of the schema apply to what the
// transaction comes to: a relation without granted-by cannot be written, an
// object of a type without deleted-by not be deleted with DeleteObject. The
// guards are decided at commit, by the state on which the transaction began but
// for new objects; fn itself may ask and write what it likes. The values are
// given to the caveats that the guards meet, and those that fn's questions do.
//
// Errors, besides those of Update: a [*store.GuardError], which matches
// [store.ErrGuard] and names the tuple and the directive, also where a guard
// cannot be decided, whose error it wraps, or is only conditional
// ([ErrConditional]); and [store.ErrActor] for an actor that is malformed, a
// wildcard, or of a type that the schema does not have.
//
// A commit costs a check for each object and permission that its guards ask
// about, in the turn to write.
func (e *Engine) UpdateAs(ctx context.Context, actor tuple.Subject, given map[string]any, fn func(*Tx) error) (Revision, error) {
	if fn == nil {
		return Revision{}, store.ErrNoFunction
	}
	as, given, err := e.acting(actor, given)
	if err != nil {
		return Revision{}, err
	}
	return e.store.UpdateAs(ctx, as, func(tx *store.Tx) error { return fn(&Tx{Tx: tx, engine: e, given: given}) })
}

// acting returns an actor with values for caveats, and these in canonical form.
func (e *Engine) acting(actor tuple.Subject, given map[string]any) (store.Actor, map[string]any, error) {
	given, err := tuple.CanonicalContext(given)
	if err != nil {
		return store.Actor{}, nil, err
	}
	return store.Actor{Subject: actor, Judge: e.judge(given)}, given, nil
}

// judge decides guards as View.Check does, with the values given to caveats.
func (e *Engine) judge(given map[string]any) store.Judge {
	return func(ctx context.Context, st *store.State, t tuple.Tuple) (bool, error) {
		st, err := st.Given(given)
		if err != nil {
			return false, err
		}
		d, err := e.evaluator.Check(ctx, st, t)
		if err == nil && d.Conditional() {
			err = &ConditionalError{d.Missing()}
		}
		return d.Allowed(), err
	}
}
