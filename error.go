package baobab

import "errors"

// ErrNoView is the error of the zero View.
var ErrNoView = errors.New("baobab: a view that no engine made")
