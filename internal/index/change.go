package index

import (
	"cmp"
	"slices"
)

// A Change is what happened to one tuple: whether it was and is stored, and
// what qualified and qualifies it.
type Change struct {
	Key           Key  // its identity
	Aside         bool // whether the change is to what is set aside, and not to the trees
	Had, Has      bool
	Before, After *Qualifier
}

// Bytes estimates the memory that c takes.
func (c Change) Bytes() int { return 40 + c.Before.Bytes() + c.After.Bytes() }

// Net sorts the changes, which happened in this order, by tuple, and returns
// for each tuple what they come to; a tuple that is as it was is left out. It
// may change them.
func Net(changes []Change) []Change {
	changes = sortChanges(changes)
	net := changes[:0]
	for i := 0; i < len(changes); {
		c := changes[i]
		for i++; i < len(changes) && changes[i].Key == c.Key && changes[i].Aside == c.Aside; i++ {
			c.Has, c.After = changes[i].Has, changes[i].After
		}
		if c.Had != c.Has || c.Had && !EqualQualifiers(c.Before, c.After) {
			net = append(net, c)
		}
	}
	clear(changes[len(net):])
	return net
}

// sortChanges returns the changes by tuple, those to what is set aside behind the
// others of the same tuple, and otherwise in the order in which they were. What is
// sorted is not the changes but their place, which is less to move.
func sortChanges(changes []Change) []Change {
	if slices.IsSortedFunc(changes, func(a, b Change) int {
		return cmp.Or(CompareForward(a.Key, b.Key), compareAside(a, b))
	}) {
		return changes
	}
	type place struct {
		head uint64
		tail uint64 // the subject, and the place
	}
	places := make([]place, len(changes))
	for i, c := range changes {
		places[i] = place{c.Key.forwardHead(), uint64(c.Key.Subject)<<32 | uint64(i)}
	}
	slices.SortFunc(places, func(a, b place) int {
		if a.head != b.head {
			return cmp.Compare(a.head, b.head)
		}
		if a.tail>>32 == b.tail>>32 {
			if c := compareAside(changes[uint32(a.tail)], changes[uint32(b.tail)]); c != 0 {
				return c
			}
		}
		return cmp.Compare(a.tail, b.tail)
	})
	sorted := make([]Change, len(changes))
	for i, p := range places {
		sorted[i] = changes[uint32(p.tail)]
	}
	return sorted
}

func compareAside(a, b Change) int {
	switch {
	case a.Aside == b.Aside:
		return 0
	case b.Aside:
		return -1
	}
	return 1
}

// Redo makes the changes.
func (b *Builder) Redo(changes []Change) error {
	for _, c := range changes {
		if err := b.set(c, c.Has, c.After); err != nil {
			return err
		}
	}
	return nil
}

// Undo takes the changes back.
func (b *Builder) Undo(changes []Change) error {
	for _, c := range changes {
		if err := b.set(c, c.Had, c.Before); err != nil {
			return err
		}
	}
	return nil
}

func (b *Builder) set(c Change, stored bool, q *Qualifier) error {
	switch {
	case c.Aside && stored:
		b.PutAside(c.Key, q)
	case c.Aside:
		b.RemoveAside(c.Key)
	case stored:
		return b.Put(c.Key, q)
	default:
		b.Remove(c.Key)
	}
	return nil
}
