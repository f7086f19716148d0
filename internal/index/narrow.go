//go:build !baobab_both

package index

// maxNarrow is how many tuples of a relation a roster holds. A relation of an object
// that has more is wide. It bounds what a commit copies.
const maxNarrow = 128
