package baobab

import (
	"errors"
	"fmt"
)

var (
	// ErrNoView is the error of the zero View.
	ErrNoView = errors.New("baobab: a view that no engine made")
	// ErrCaveats is matched by a [*CaveatError].
	ErrCaveats = errors.New("caveats cannot be evaluated")
)

// A CaveatError says that a schema declares a caveat, which the engine has
// nothing to evaluate with. It names the first one.
type CaveatError struct{ Name string }

// Error names the caveat.
func (e *CaveatError) Error() string {
	return fmt.Sprintf("baobab: the schema declares the caveat %q: %v", e.Name, ErrCaveats)
}

// Is reports whether target is [ErrCaveats].
func (e *CaveatError) Is(target error) bool { return target == ErrCaveats }
