package store

import (
	"errors"
	"fmt"
	"slices"

	"github.com/baobab-authz/baobab/internal/index"
	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/tuple"
)

// Create stores the relationships, all or none. It is [ErrExists], naming the
// tuple, if one of them is there already, whatever qualifies it, or is given
// twice. One that has expired is not there.
func (tx *Tx) Create(rels ...tuple.Relationship) error { return tx.put(rels, true) }

// Touch stores the relationships, all or none, and replaces what qualifies
// those that are there. Of one given twice the last counts.
func (tx *Tx) Touch(rels ...tuple.Relationship) error { return tx.put(rels, false) }

func (tx *Tx) put(rels []tuple.Relationship, create bool) error {
	if err := tx.usable(); err != nil {
		return err
	}
	puts := make([]index.Put, len(rels))
	for i, rel := range rels {
		rel, err := admitted(tx.base.Schema, rel)
		if err != nil {
			return err
		}
		puts[i].Qualifier = index.QualifierOf(rel)
	}
	for i, rel := range rels {
		k, err := tx.store.intern(rel.Tuple)
		if err != nil {
			return err
		}
		puts[i].Key = k
	}
	if create {
		if err := tx.absent(puts); err != nil {
			return err
		}
	}
	return tx.apply(puts)
}

// admitted returns rel in canonical form, or why the schema does not admit it.
func admitted(s *schema.Schema, rel tuple.Relationship) (tuple.Relationship, error) {
	rel, err := rel.Canonical()
	if err != nil {
		return rel, err
	}
	return rel, named(s.ValidateRelationship(rel), rel.Tuple)
}

// wellTyped reports why no tuple of the schema can be t.
func wellTyped(s *schema.Schema, t tuple.Tuple) error {
	if err := t.Validate(); err != nil {
		return err
	}
	return named(s.ValidateStored(t), t)
}

// named adds the tuple to an error that says only which name in it is unknown.
func named(err error, t tuple.Tuple) error {
	var unknown *schema.NameError
	if errors.As(err, &unknown) {
		return fmt.Errorf("%s: %w", t, err)
	}
	return err
}

// intern returns the identity of t, giving ids to objects that have none.
func (s *Store) intern(t tuple.Tuple) (index.Key, error) {
	var k index.Key
	var err error
	if k.Object, err = s.dict.Intern(t.Object); err != nil {
		return k, err
	}
	if k.Subject, err = s.dict.Intern(t.Subject.Object); err != nil {
		return k, err
	}
	k.Relation, _ = s.dict.Name(t.Relation) // the schema has it
	k.SubjectRelation, _ = s.dict.Name(t.Subject.Relation)
	return k, nil
}

// absent returns ErrExists if one of the tuples exists or is given twice. It
// sorts them.
func (tx *Tx) absent(puts []index.Put) error {
	r := tx.reader()
	slices.SortFunc(puts, comparePuts)
	for i, p := range puts {
		_, exists := r.Get(p.Key)
		if exists || i > 0 && puts[i-1].Key == p.Key {
			return fmt.Errorf("%w: %s", ErrExists, r.Tuple(p.Key))
		}
	}
	return nil
}

func comparePuts(a, b index.Put) int { return index.CompareForward(a.Key, b.Key) }

// apply stores the tuples, all or none, and notes what changed.
func (tx *Tx) apply(puts []index.Put) error {
	tx.sweep()
	if !slices.IsSortedFunc(puts, comparePuts) {
		slices.SortStableFunc(puts, comparePuts)
	}
	snap := tx.builder.Peek()
	mark := len(tx.changes)
	changed := puts[:0]
	for i, p := range puts {
		if i+1 < len(puts) && puts[i+1].Key == p.Key {
			continue // the last counts
		}
		c := index.Change{Key: p.Key, Has: true, After: p.Qualifier}
		c.Before, c.Had = snap.Lookup(p.Key)
		if !c.Had || !index.EqualQualifiers(c.Before, c.After) {
			tx.changes = append(tx.changes, c)
			changed = append(changed, p)
		}
	}
	if err := tx.builder.PutAll(changed); err != nil {
		tx.changes = tx.changes[:mark]
		return err
	}
	if snap.Aside() > 0 {
		for _, p := range changed {
			tx.dropAside(p.Key) // it has taken its place
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
	for _, t := range tuples {
		if err := wellTyped(tx.base.Schema, t); err != nil {
			return err
		}
	}
	r := tx.reader()
	keys := make([]index.Key, 0, len(tuples))
	for _, t := range tuples {
		if k, ok := r.Key(t); ok {
			keys = append(keys, k)
			tx.dropAside(k)
		}
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
	n := 0
	for _, k := range keys {
		r := tx.reader()
		if _, ok := r.Get(k); !ok {
			continue
		}
		tx.sweep()
		tx.drop(k)
		n++
	}
	return n
}

// drop removes a tuple that is stored, and notes it.
func (tx *Tx) drop(k index.Key) {
	k = k.Identity()
	c := index.Change{Key: k, Had: true}
	c.Before, _ = tx.builder.Peek().Lookup(k)
	tx.changes = append(tx.changes, c)
	tx.builder.Remove(k)
}
