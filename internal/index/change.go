package index

import "slices"

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
// works in place.
func Net(changes []Change) []Change {
	compare := func(x, y Change) int {
		if c := CompareForward(x.Key, y.Key); c != 0 || x.Aside == y.Aside {
			return c
		}
		if y.Aside {
			return -1
		}
		return 1
	}
	if !slices.IsSortedFunc(changes, compare) {
		slices.SortStableFunc(changes, compare)
	}
	net := changes[:0]
	for i := 0; i < len(changes); {
		c := changes[i]
		for i++; i < len(changes) && compare(changes[i], c) == 0; i++ {
			c.Has, c.After = changes[i].Has, changes[i].After
		}
		if c.Had != c.Has || c.Had && !EqualQualifiers(c.Before, c.After) {
			net = append(net, c)
		}
	}
	clear(changes[len(net):])
	return net
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
