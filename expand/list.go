package expand

import (
	"fmt"

	"github.com/baobab-authz/baobab/check"
	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/tuple"
)

// An ObjectAnswer is an entry of [Lister.Objects]: an object, and whether the
// subject has the permission on it, which is never denied: either it is allowed,
// or it is conditional and names what is missing. Beside an error the Decision
// is a deny.
type ObjectAnswer struct {
	Object   tuple.Object
	Decision check.Decision
}

// String returns the object and, unless it is allowed, the decision.
func (a ObjectAnswer) String() string { return decided(a.Object.String(), a.Decision) }

// A SubjectAnswer is an entry of [Lister.Subjects]: a subject, and whether it has
// the permission, as in an [ObjectAnswer].
//
// The entry of a wildcard speaks for every subject of its type that is not in
// Except, known or unknown. Except is sorted by id, and nil for other entries.
// An exception need not be denied: if it is allowed or conditional, or if its
// answer is an error, it has an entry of its own.
type SubjectAnswer struct {
	Subject  tuple.Subject
	Decision check.Decision
	Except   []tuple.Subject
}

// String returns the subject with its exceptions and, unless it is allowed, the
// decision: user:* except ann, bob.
func (a SubjectAnswer) String() string {
	s := a.Subject.String()
	for i, e := range a.Except {
		if i == 0 {
			s += " except " + e.ID
		} else {
			s += ", " + e.ID
		}
	}
	return decided(s, a.Decision)
}

// A PermissionAnswer is an entry of [Lister.Permissions]: a relation or permission,
// and whether the subject has it, as in an [ObjectAnswer].
type PermissionAnswer struct {
	Permission string
	Decision   check.Decision
}

// String returns the name and, unless it is allowed, the decision.
func (a PermissionAnswer) String() string { return decided(a.Permission, a.Decision) }

func decided(what string, d check.Decision) string {
	if d.Allowed() {
		return what
	}
	return fmt.Sprintf("%s (%v)", what, d)
}

// A ListOption says which part of a list is wanted, and how.
type ListOption func(*listOptions)

type listOptions struct {
	after     Cursor
	limit     int // 0 is none
	unordered bool
}

// After begins a list behind a place in it. Default: at its beginning.
func After(c Cursor) ListOption { return func(o *listOptions) { o.after = c } }

// Limit ends a list after n entries, errors included, so that it may go on
// behind the last of them. Default: none, as for every n below 1.
func Limit(n int) ListOption { return func(o *listOptions) { o.limit = max(n, 0) } }

// Unordered lists the same entries, each once, without an order: they come as they are
// found, which saves the sorting, more than half of what a long list costs, and leaves
// less to wait for before the first. The order means nothing, but is the same whenever
// the same view is asked. A wildcard still comes first. There are no places to
// go on from: with [After] the list is [ErrCursor]. Default: in the order of ids.
func Unordered() ListOption { return func(o *listOptions) { o.unordered = true } }

// readOptions returns the options of a list of st.
func readOptions(st *store.State, options []ListOption) (listOptions, error) {
	var o listOptions
	for _, set := range options {
		set(&o)
	}
	if o.unordered && o.after != (Cursor{}) {
		return o, fmt.Errorf("%w: a list without an order has no places to go on from (leave out Unordered, or After)", ErrCursor)
	}
	return o, o.after.of(st)
}

// paged reports whether the list is a part of one that may be read in parts.
func (o *listOptions) paged() bool { return !o.unordered && (o.limit > 0 || o.after.Last != "") }

// another reports whether another page may follow, of so many candidates.
func (o *listOptions) another(candidates int) bool {
	return o.paged() && o.limit > 0 && candidates > o.limit
}
