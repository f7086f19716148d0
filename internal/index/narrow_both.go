//go:build baobab_both

package index

// Few tuples make a relation wide, so that random tests have wide ones.
const maxNarrow = 2
