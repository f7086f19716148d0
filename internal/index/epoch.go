package index

import "slices"

// An epoch is the number of a freeze, which no other of the same dictionary has. A
// snapshot knows for each relation the last freeze that changed one of its tuples.
// The greatest among some relations says for all of them which tuples they have,
// wherever it comes from: what was found out from them is right as long as it stays.

// newEpochs returns epochs with a new one for the relations that have changed.
func newEpochs(epochs []uint64, changed []Name, epoch uint64) []uint64 {
	next := make([]uint64, max(len(epochs), int(slices.Max(changed))+1))
	copy(next, epochs)
	for _, n := range changed {
		next[n] = epoch
	}
	return next
}

// Epoch returns the greatest of the relations' epochs. It says nothing about what
// is hypothetical.
func (r *Reader) Epoch(relations []Name) uint64 {
	var epoch uint64
	for _, n := range relations {
		if int(n) < len(r.snap.epochs) {
			epoch = max(epoch, r.snap.epochs[n])
		}
	}
	return epoch
}
