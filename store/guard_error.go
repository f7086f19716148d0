package store

import (
	"errors"
	"fmt"
	"strings"

	"github.com/baobab-authz/baobab/tuple"
)

// ErrGuard is matched by a [*GuardError].
var ErrGuard = errors.New("a guard of the schema does not let the actor write that")

// A GuardError says what an actor may not write or delete, under
// [Store.UpdateAs], and by which directive of the schema. It matches
// [ErrGuard].
type GuardError struct {
	Actor   tuple.Subject
	Tuple   tuple.Tuple  // that would be written or removed; zero if an object would be deleted
	Removed bool         // Tuple would be removed
	Object  tuple.Object // that DeleteObject would delete; zero if Tuple is the matter
	Rule    string       // the directive that fails, as granted-by share on subject; empty if there is none
	Asked   tuple.Tuple  // what the judge did not allow; zero if it was not asked
	New     bool         // Tuple's object is new: no tuple named it before
	Begun   bool         // and the actor may begin it, by a tuple that is granted on its subject
	Err     error        // why the judge could not decide; nil if it denied
}

// Error names the actor, the tuple or object, and the directive.
func (e *GuardError) Error() string {
	if e.Tuple == (tuple.Tuple{}) {
		return fmt.Sprintf("%s may not delete %s: %s", e.Actor, e.Object, e.reason(e.Object.Type+" has no deleted-by"))
	}
	verb := "write"
	if e.Removed {
		verb = "remove"
	}
	return fmt.Sprintf("%s may not %s %s: %s", e.Actor, verb, e.Tuple, e.reason(e.Tuple.Object.Type+"#"+e.Tuple.Relation+" has no granted-by"))
}

func (e *GuardError) reason(none string) string {
	if e.Rule == "" {
		return none
	}
	text := e.Rule
	asked := ""
	if e.Asked != (tuple.Tuple{}) {
		asked = ": " + e.Asked.String()
	}
	switch {
	case e.Err != nil && strings.HasPrefix(e.Err.Error(), strings.TrimPrefix(asked, ": ")): // it names the question itself
		return text + ": " + e.Err.Error()
	case e.Err != nil:
		return text + asked + ": " + e.Err.Error()
	case asked == "":
		return text
	}
	text += asked + " is denied"
	switch {
	case e.Begun:
		text += ", also in the state that is written"
	case e.New:
		text += fmt.Sprintf("; %s is new, and begins with a tuple that is granted on its subject", e.Tuple.Object)
	}
	return text
}

// Is reports whether target is [ErrGuard].
func (e *GuardError) Is(target error) bool { return target == ErrGuard }

// Unwrap returns why the judge could not decide.
func (e *GuardError) Unwrap() error { return e.Err }
