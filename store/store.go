package store

import (
	"context"
	"fmt"
	"sync/atomic"

	"github.com/baobab-authz/baobab/internal/index"
	"github.com/baobab-authz/baobab/schema"
)

// A Store keeps tuples in memory. It is safe for any number of goroutines:
// those that read never wait for a lock, and those that write take turns.
type Store struct {
	options Options
	id      uint64

	dict      *index.Dict // of the newest state and the history; for whoever has the turn
	compactAt int         // how many objects it has before some may be given back
	admission *admission  // likewise

	head    atomic.Pointer[index.Snapshot] // the newest published state
	history history

	compiled atomic.Pointer[rules] // of the schema in force

	turn    chan struct{} // holds one value while someone writes
	mark    mark          // by which a transaction is known on a stack
	failure atomic.Pointer[failure]
	done    chan struct{} // closed with the store

	line *line // behind the newest published state; nil without a log
}

// Open returns an empty store for tuples of the schema, in memory alone.
func Open(s *schema.Schema, o Options) (*Store, error) {
	if s == nil || len(s.Definitions()) == 0 {
		return nil, ErrNoSchema
	}
	st := newStore(o)
	st.id = NewHistory().store
	if err := st.dict.InternNames(namesOf(s)...); err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	meta := index.Meta{Schema: s, Revision: 1, Swept: index.NeverSwept}
	meta.Time = index.Instant(st.options.Clock())
	st.publish(index.NewSnapshot(st.dict, meta), &entry{meta: meta, dict: st.dict})
	return st, nil
}

func newStore(o Options) *Store {
	st := &Store{
		options: o.withDefaults(),
		mark:    mark{random(), random()},
		dict:    index.NewDict(),
		turn:    make(chan struct{}, 1),
		done:    make(chan struct{}),
	}
	st.compactAt = st.options.CompactAt
	return st
}

// namesOf returns every name that a tuple of the schema can have.
func namesOf(s *schema.Schema) []string {
	var names []string
	for _, d := range s.Definitions() {
		names = append(names, d.Name)
		for _, r := range d.Relations {
			names = append(names, r.Name)
		}
	}
	return names
}

// Close makes everything that is done with the store or its states from now on
// return [ErrClosed], waits until the transaction in progress, which is then
// refused, is over, and lets go of the history. What is being appended to a log
// is waited for, and the log is closed, whose error is returned. Called from within a
// transaction's function it is [ErrReentrant] and does nothing. A second call
// does nothing.
func (s *Store) Close() error {
	select {
	case s.turn <- struct{}{}:
	default:
		if s.reentered() {
			return ErrReentrant
		}
		s.shut()
		s.turn <- struct{}{}
	}
	defer s.release()
	if !s.shut() && s.history.forgotten() {
		return nil
	}
	err := s.hangUp()
	s.history.forget()
	return err
}

// shut reports whether it is this call that closes the store.
func (s *Store) shut() bool {
	if old := s.failure.Swap(&failure{ErrClosed}); old != nil && old.err == ErrClosed {
		return false
	}
	close(s.done)
	if s.line != nil {
		s.line.stop()
	}
	return true
}

// take waits for the turn to write.
func (s *Store) take(ctx context.Context) error {
	if err := s.err(); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("store: before the turn to write: %w", err)
	}
	if err := s.takeAnyway(ctx); err != nil {
		return err
	}
	if err := s.err(); err != nil {
		s.release()
		return err
	}
	return nil
}

// takeAnyway is take also while the store answers nothing.
func (s *Store) takeAnyway(ctx context.Context) error {
	select {
	case s.turn <- struct{}{}:
		return nil
	default:
	}
	if s.reentered() {
		return ErrReentrant
	}
	select {
	case s.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("store: waiting for the turn to write: %w", ctx.Err())
	case <-s.done:
		return ErrClosed
	}
}

func (s *Store) release() { <-s.turn }

// instant returns the time at which a state that begins with snap is judged:
// the clock's, but never before the commit that made snap, nor before the
// expiry of what was swept from it, so that what has expired stays so.
func (s *Store) instant(snap *index.Snapshot) int64 {
	return max(index.Instant(s.options.Clock()), snap.Time, snap.Swept)
}

// Now returns the newest state, judged at the current time. It takes no lock.
func (s *Store) Now() (*State, error) {
	if err := s.err(); err != nil {
		return nil, err
	}
	return s.now(), nil
}

// Current is Now as a value, for who asks it one question and lets go of it. Where no
// stored tuple can expire it does not read the clock, so the state's instant is only
// good for deciding what it has. Nor does it judge staleness, which [State.Err] does.
func (s *Store) Current() (State, error) {
	if f := s.failure.Load(); f != nil {
		return State{}, f.err
	}
	snap := s.head.Load()
	if snap.Expiring() == 0 {
		return State{store: s, reader: snap.ReadAt(snap.Time)}, nil
	}
	return State{store: s, reader: snap.ReadAt(s.instant(snap))}, nil
}

func (s *Store) now() *State {
	snap := s.head.Load()
	return s.state(snap, s.instant(snap))
}

func (s *Store) state(snap *index.Snapshot, instant int64) *State {
	return &State{store: s, reader: snap.ReadAt(instant)}
}

// revision returns the revision of a commit that made a state.
func (s *Store) revision(m *index.Meta) Revision {
	return Revision{store: s.id, epoch: m.Epoch, position: m.Revision, chain: m.Chain}
}

// newest returns the revision of the newest published state.
func (s *Store) newest() Revision { return s.revision(&s.head.Load().Meta) }

// own reports, as ErrForeignRevision, that rev is not of this store.
func (s *Store) own(rev Revision) error {
	if newest := s.newest(); !rev.SameHistory(newest) {
		return fmt.Errorf("%w: %s", ErrForeignRevision, rev)
	}
	return nil
}
