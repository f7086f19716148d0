//go:build baobab_both

package expand

// So few that the small states of random tests come to all stages.
const (
	takenFirst = 1
	takenEach  = 1
)
