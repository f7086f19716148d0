//go:build !baobab_both

package expand

// Steps that going down the right sides of exclusions may take at first, and more for
// each candidate for which it is needed; besides as many as checks took for lack of it.
const (
	takenFirst = 512
	takenEach  = 32
)
