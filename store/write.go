package store

import (
	"fmt"

	"github.com/baobab-authz/baobab/internal/index"
	"github.com/baobab-authz/baobab/tuple"
)

// Create stores the relationships, all or none. It is [ErrExists], naming the
// tuple, if one of them is there already, whatever qualifies it, or is given
// twice. One that has expired is not there.
func (tx *Tx) Create(rels ...tuple.Relationship) error { return tx.put(true, rels) }

// Touch stores the relationships, all or none, and replaces what qualifies
// those that are there. Of one given twice the last counts.
func (tx *Tx) Touch(rels ...tuple.Relationship) error { return tx.put(false, rels) }

// put stores the relationships of all chunks, all or none.
func (tx *Tx) put(create bool, chunks ...[]tuple.Relationship) error {
	if err := tx.usable(); err != nil {
		return err
	}
	tx.puts.Reset()
	tx.puts.Grow(size(chunks))
	for _, rels := range chunks {
		for i := range rels {
			q, err := tx.admission.check(&rels[i])
			if err != nil {
				return err
			}
			tx.puts.Add(index.Key{}, q)
		}
	}
	n := 0
	for _, rels := range chunks {
		for i := range rels { // none is interned unless all are admitted
			k, err := tx.admission.intern(&rels[i].Tuple)
			if err != nil {
				return err
			}
			tx.puts.SetKey(n, k)
			n++
		}
	}
	if create {
		if err := tx.absent(); err != nil {
			return err
		}
	}
	return tx.apply()
}

func size(chunks [][]tuple.Relationship) int {
	n := 0
	for _, rels := range chunks {
		n += len(rels)
	}
	return n
}

// intern returns the identity of t, giving ids to objects that have none.
func (s *Store) intern(t tuple.Tuple) (index.Key, error) {
	a := admission{dict: s.dict}
	return a.intern(&t)
}

// absent returns ErrExists if one of the tuples to put exists or is given twice. It
// sorts them.
func (tx *Tx) absent() error {
	r := tx.reader()
	tx.puts.Sort()
	stored := r.Snapshot().Len() > 0
	for i := range tx.puts.Len() {
		k, exists := tx.puts.Key(i), false
		if stored {
			_, exists = r.Get(k)
		}
		if exists || i > 0 && tx.puts.Key(i-1) == k {
			return fmt.Errorf("%w: %s", ErrExists, r.Tuple(k))
		}
	}
	return nil
}

// apply stores the tuples to put, all or none, and notes what changed.
func (tx *Tx) apply() error {
	tx.sweep()
	mark := len(tx.changes)
	var err error
	if tx.changes, err = tx.builder.PutAll(&tx.puts, tx.changes); err != nil {
		return err
	}
	if tx.builder.Peek().Aside() > 0 {
		for _, c := range tx.changes[mark:] {
			tx.dropAside(c.Key) // it has taken its place
		}
	}
	return nil
}

// sweep removes some of the tuples that have expired long ago, once, before
// the first write. They do not exist for the transaction anyway.
func (tx *Tx) sweep() {
	if tx.written {
		return
	}
	tx.written = true
	s := tx.store
	tx.swept = tx.builder.Sweep(s.graceEnd(tx.instant), s.options.SweepPerCommit)
}

// Delete removes the tuples, all or, on an error, none. Those that are not
// there are passed over; one of a permission is [schema.ErrNotStored].
func (tx *Tx) Delete(tuples ...tuple.Tuple) error {
	if err := tx.usable(); err != nil {
		return err
	}
	r := tx.reader()
	keys := make([]index.Key, 0, len(tuples))
	for i := range tuples {
		k, ok, err := tx.admission.find(&r, &tuples[i])
		if err != nil {
			return err
		}
		if ok {
			keys = append(keys, k)
		}
	}
	for _, k := range keys {
		tx.dropAside(k)
	}
	tx.remove(keys)
	return nil
}

// DeleteMatching removes every tuple that f matches and returns how many there
// were. The zero Filter matches all.
func (tx *Tx) DeleteMatching(f tuple.Filter) (int, error) {
	if err := tx.usable(); err != nil {
		return 0, err
	}
	r := tx.reader()
	q, err := newQuery(&r, f)
	if err != nil {
		return 0, err
	}
	if !q.nothing {
		tx.dropMatching(q.matches)
	}
	return tx.remove(q.keys()), nil
}

// remove removes the tuples that exist and returns how many did.
func (tx *Tx) remove(keys []index.Key) int {
	expired := tx.builder.Peek().HasExpired(tx.instant)
	n := 0
	for _, k := range keys {
		if expired {
			if q, ok := tx.builder.Peek().Lookup(k); !ok || q.Expired(tx.instant) {
				continue
			}
			tx.sweep()
		}
		if tx.drop(k) {
			n++
		}
	}
	return n
}

// drop removes a tuple, if it is stored, and notes it.
func (tx *Tx) drop(k index.Key) bool {
	q, ok := tx.builder.Remove(k)
	if ok {
		tx.changes = append(tx.changes, index.Change{Key: k.Identity(), Had: true, Before: q})
	}
	return ok
}
