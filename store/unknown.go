package store

import "fmt"

// An UnknownError says that a transaction may have been committed, and may yet be, or
// not: what became of it in the log could not be found out. It matches [ErrUnknown].
type UnknownError struct {
	// Revision is that of the commit if there was one: then [Store.AtLeast] returns a
	// state that has it, and if there was none, [ErrDiverged] when another has its place.
	Revision Revision
	Err      error
}

// Error names the revision.
func (e *UnknownError) Error() string {
	return fmt.Sprintf("%v (it would be %s): %v", ErrUnknown, e.Revision, e.Err)
}

// Is reports whether target is [ErrUnknown].
func (e *UnknownError) Is(target error) bool { return target == ErrUnknown }

// Unwrap returns why it is not known.
func (e *UnknownError) Unwrap() error { return e.Err }
