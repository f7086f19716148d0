package store

import (
	"fmt"
	"iter"
	"time"

	"github.com/baobab-authz/baobab/internal/index"
	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/tuple"
)

// A State is the tuples at one revision, judged at one instant. It never
// changes, and is safe for any number of goroutines. As long as it is held it
// keeps the parts of the trees that have changed since.
type State struct {
	store  *Store
	reader index.Reader
	given  map[string]any // canonical; never changed
	tx     *Tx            // of a pending state

	unpublished bool // it may never be that of a commit
}

// Revision returns that of the commit that made the state. Of a hypothetical
// state it is that of the state under it, and of a pending one that of the
// state on which the transaction began.
func (s *State) Revision() Revision { return s.store.revision(&s.reader.Snapshot().Meta) }

// Time returns the instant at which expiry is judged.
func (s *State) Time() time.Time { return s.reader.Now() }

// Schema returns the schema that the tuples are of.
func (s *State) Schema() *schema.Schema { return s.reader.Snapshot().Schema }

// Reader returns what evaluators read the state with. Whoever answers a
// question with it asks Err first.
func (s *State) Reader() *index.Reader { return &s.reader }

// Committed reports whether the state is exactly that of a commit: neither
// hypothetical nor pending.
func (s *State) Committed() bool { return s.tx == nil && !s.unpublished && !s.reader.Hypothetical() }

// Err returns nil while the state can be asked. It is [ErrClosed] when its
// store is closed, and [ErrTxDone] for a pending state whose transaction is over.
func (s *State) Err() error {
	if s.tx != nil {
		return s.tx.usable()
	}
	return s.store.err()
}

// With returns the state with the relationships added hypothetically, each of
// which must be admitted as if it were written. One that is there is replaced
// in what qualifies it. Neither the store nor what it knows of objects
// changes. It costs the number of all relationships added to the state so far.
func (s *State) With(rels ...tuple.Relationship) (*State, error) {
	if err := s.Err(); err != nil {
		return nil, err
	}
	canonical := make([]tuple.Relationship, len(rels))
	for i, rel := range rels {
		var err error
		if canonical[i], err = admitted(s.Schema(), rel); err != nil {
			return nil, err
		}
	}
	r, err := s.reader.With(canonical)
	if err != nil {
		return nil, err
	}
	return s.derive(r), nil
}

// Without returns the state with the tuples removed hypothetically. Those that
// are not there are passed over, if they are tuples of the schema. It costs
// the number of relationships added to the state and removed from it so far.
func (s *State) Without(tuples ...tuple.Tuple) (*State, error) {
	if err := s.Err(); err != nil {
		return nil, err
	}
	for _, t := range tuples {
		if err := wellTyped(s.Schema(), t); err != nil {
			return nil, err
		}
	}
	return s.derive(s.reader.Without(tuples)), nil
}

// AsOf returns the same tuples judged at another instant: those of this state
// that had not expired then, or will not have. It does not go back to an
// earlier revision; [Store.At] does. An instant before the expiry of a tuple
// that has been swept from this state is [ErrSwept], and so is one before the
// commit from which a store of a log was opened.
func (s *State) AsOf(t time.Time) (*State, error) {
	if err := s.Err(); err != nil {
		return nil, err
	}
	now := index.Instant(t)
	if swept := s.reader.Snapshot().Swept; now < swept {
		return nil, fmt.Errorf("%w: %s is before %s", ErrSwept, t.UTC().Format(time.RFC3339Nano), time.UnixMicro(swept).UTC().Format(time.RFC3339Nano))
	}
	return s.derive(s.reader.AsOf(now)), nil
}

// Given returns the state with values for parameters of caveats, by name, in
// place of those that it had: what JSON can express, as in the context of a
// relationship. Names that are no parameters are passed over, and what a value
// must be is decided where a caveat uses it. The values are copied.
//
// The error is that of [tuple.CanonicalContext].
func (s *State) Given(context map[string]any) (*State, error) {
	if err := s.Err(); err != nil {
		return nil, err
	}
	given, err := tuple.CanonicalContext(context)
	if err != nil {
		return nil, err
	}
	derived := s.derive(s.reader)
	derived.given = given
	return derived, nil
}

// Context returns what the state was Given, which must not be changed.
func (s *State) Context() map[string]any { return s.given }

func (s *State) derive(r index.Reader) *State {
	return &State{store: s.store, reader: r, given: s.given, tx: s.tx, unpublished: s.unpublished}
}

// Tuples returns the relationships that f matches. Their order is that of the
// tree which serves the filter: by object if f names one, or names no one
// object or subject at all, and by subject if it names only a subject. It is
// the same whenever the same state is asked, and otherwise means nothing.
//
// With an object or a subject it costs what that one has; otherwise all
// tuples are read. The one error, after which the sequence ends, is that of
// [State.Err] or of a filter that is malformed or names what the schema does
// not have.
func (s *State) Tuples(f tuple.Filter) iter.Seq2[tuple.Relationship, error] {
	return func(yield func(tuple.Relationship, error) bool) {
		err := s.Err()
		var q *query
		if err == nil {
			q, err = newQuery(&s.reader, f)
		}
		if err != nil {
			yield(tuple.Relationship{}, err)
			return
		}
		q.each(func(k index.Key) bool {
			if err = s.Err(); err != nil {
				return false
			}
			return yield(s.reader.Relationship(k), nil)
		})
		if err != nil {
			yield(tuple.Relationship{}, err)
		}
	}
}

// Get returns the relationship that is stored as t, or false when there is none.
func (s *State) Get(t tuple.Tuple) (tuple.Relationship, bool, error) {
	if err := s.Err(); err != nil {
		return tuple.Relationship{}, false, err
	}
	if err := wellTyped(s.Schema(), t); err != nil {
		return tuple.Relationship{}, false, err
	}
	if k, ok := s.reader.Key(t); ok {
		if k, ok = s.reader.Get(k); ok {
			return s.reader.Relationship(k), true, nil
		}
	}
	return tuple.Relationship{}, false, nil
}

// Count returns the number of tuples that f matches, at the cost of Tuples.
func (s *State) Count(f tuple.Filter) (int, error) {
	if err := s.Err(); err != nil {
		return 0, err
	}
	q, err := newQuery(&s.reader, f)
	if err != nil {
		return 0, err
	}
	n := 0
	q.each(func(index.Key) bool { n++; return true })
	return n, nil
}
