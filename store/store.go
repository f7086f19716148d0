package store

import (
	"context"
	"crypto/rand"
	"encoding/binary"
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
	epoch   uint32

	dict      *index.Dict // of the newest state and the history; for whoever has the turn
	compactAt int         // how many objects it has before some may be given back
	admission *admission  // likewise

	head    atomic.Pointer[index.Snapshot] // the newest published state
	history history

	compiled atomic.Pointer[rules] // of the schema in force

	turn   chan struct{} // holds one value while someone writes
	mark   mark          // by which a transaction is known on a stack
	closed atomic.Bool
	done   chan struct{} // closed with the store
}

// Open returns an empty store for tuples of the schema.
func Open(s *schema.Schema, o Options) (*Store, error) {
	if s == nil || len(s.Definitions()) == 0 {
		return nil, ErrNoSchema
	}
	var random [3 * 8]byte
	_, _ = rand.Read(random[:]) // never fails
	st := &Store{
		options: o.withDefaults(),
		id:      binary.BigEndian.Uint64(random[:]) | 1, // never 0, which the zero Revision has
		mark:    mark{binary.BigEndian.Uint64(random[8:]), binary.BigEndian.Uint64(random[16:])},
		dict:    index.NewDict(),
		turn:    make(chan struct{}, 1),
		done:    make(chan struct{}),
	}
	st.compactAt = st.options.CompactAt
	if err := st.dict.InternNames(namesOf(s)...); err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	meta := index.Meta{Schema: s, Revision: 1, Swept: index.NeverSwept}
	meta.Time = index.Instant(st.options.Clock())
	st.publish(index.NewSnapshot(st.dict, meta), &entry{meta: meta, dict: st.dict})
	return st, nil
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
// refused, is over, and lets go of the history. Called from within a
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
	s.shut()
	s.history.forget()
	<-s.turn
	return nil
}

func (s *Store) shut() {
	if s.closed.CompareAndSwap(false, true) {
		close(s.done)
	}
}

// take waits for the turn to write.
func (s *Store) take(ctx context.Context) error {
	if s.closed.Load() {
		return ErrClosed
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("store: before the turn to write: %w", err)
	}
	select {
	case s.turn <- struct{}{}:
	default:
		if s.reentered() {
			return ErrReentrant
		}
		select {
		case s.turn <- struct{}{}:
		case <-ctx.Done():
			return fmt.Errorf("store: waiting for the turn to write: %w", ctx.Err())
		case <-s.done:
			return ErrClosed
		}
	}
	if s.closed.Load() {
		s.release()
		return ErrClosed
	}
	return nil
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
	if s.closed.Load() {
		return nil, ErrClosed
	}
	return s.now(), nil
}

// Current is Now as a value, for who asks it one question and lets go of it. Where no
// stored tuple can expire it does not read the clock, so the state's instant is only
// good for deciding what it has.
func (s *Store) Current() (State, error) {
	if s.closed.Load() {
		return State{}, ErrClosed
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

// revision returns the revision of the commit that made snap.
func (s *Store) revision(position uint64) Revision {
	return Revision{store: s.id, epoch: s.epoch, position: position}
}

// own reports, as ErrForeignRevision, that rev is not of this store.
func (s *Store) own(rev Revision) error {
	if rev.store == s.id && rev.epoch == s.epoch {
		return nil
	}
	return fmt.Errorf("%w: %s", ErrForeignRevision, rev)
}

// sweepAll is the limit of Sweep: none.
const sweepAll = int(^uint(0) >> 1)

// Sweep removes every tuple that expired at least the option's SweepGrace ago,
// and returns how many it removed. States taken earlier keep them, and so does
// the history. The revision stays the same: no state's answers change.
func (s *Store) Sweep(ctx context.Context) (int, error) {
	if err := s.take(ctx); err != nil {
		return 0, err
	}
	defer s.release()
	base := s.head.Load()
	b := base.Edit()
	swept := b.Sweep(s.graceEnd(s.instant(base)), sweepAll)
	if len(swept) == 0 {
		return 0, nil
	}
	snap := b.Freeze()
	e := &entry{meta: snap.Meta, dict: s.dict, changes: swept, sweep: true}
	if err := s.verify(base, snap, e); err != nil {
		return 0, err
	}
	s.publish(snap, e)
	return len(swept), nil
}

// graceEnd returns the instant at or before which a tuple must have expired to
// be swept at the instant now.
func (s *Store) graceEnd(now int64) int64 {
	grace := s.options.SweepGrace.Microseconds()
	if now < index.NeverSwept+grace { // before the first instant that there is
		return index.NeverSwept
	}
	return now - grace
}
