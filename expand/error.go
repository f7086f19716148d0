package expand

import "errors"

var (
	// ErrTooLarge is what [Expand] returns for a tree of more nodes than
	// Options.MaxNodes.
	ErrTooLarge = errors.New("the tree is too large")
	// ErrMalformed is what [Tree.UnmarshalJSON] returns for JSON that is not that
	// of a tree, and [Tree.MarshalJSON] for a tree that Expand does not make.
	ErrMalformed = errors.New("not a userset tree")
)
