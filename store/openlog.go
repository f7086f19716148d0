package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/baobab-authz/baobab/internal/index"
	"github.com/baobab-authz/baobab/schema"
)

// A SchemaDiffersError says that a log has another schema than the one that it was to
// be opened with. It matches [ErrSchemaDiffers].
type SchemaDiffersError struct {
	Changes schema.Changes // from the log's schema to the other
}

// Error lists the changes.
func (e *SchemaDiffersError) Error() string {
	return fmt.Sprintf("%v: open it without a schema and call SetSchema, which would make these changes:\n%s", ErrSchemaDiffers, e.Changes)
}

// Is reports whether target is [ErrSchemaDiffers].
func (e *SchemaDiffersError) Is(target error) bool { return target == ErrSchemaDiffers }

// OpenLog returns a store of what a log has. Its transactions are durable when they
// return, and what other processes append to the log comes to be in the store. The
// store closes the log when it is closed, also if OpenLog fails.
//
// A log that is new gets the schema as its first commit; one that has another schema is
// refused with a [*SchemaDiffersError]. Without a schema the store has the log's, and the error is
// [ErrNoSchema] if there is none. Other errors are those of the log, and
// [ErrCorruptLog] if it has what its schema does not admit.
//
// The log may have forgotten what had expired by its newest commit, see [Log.Compact]. So
// [State.AsOf] an instant before that commit is [ErrSwept] in every state.
//
// It reads all tuples, in about a microsecond each and what the log takes. Then it has
// goroutines until it is closed: one appends, one lets the log forget, and for a log that others share
// one follows it and one watches how stale that is.
func OpenLog(ctx context.Context, log Log, sch *schema.Schema, o Options) (*Store, error) {
	s := newStore(o)
	ctx2, stop := context.WithCancel(context.WithoutCancel(ctx))
	s.line = &line{
		log: log, logger: s.options.Logger, maxStaleness: s.options.MaxStaleness,
		wake: make(chan struct{}, 1), due: make(chan struct{}, 1), ctx: ctx2, stop: stop, start: time.Now(),
	}
	_, s.line.exclusive = log.(Exclusive)
	if s.line.exclusive {
		s.line.maxStaleness = 0
	}
	if err := s.bootstrap(ctx, sch); err != nil {
		stop()
		return nil, errors.Join(err, log.Close())
	}
	s.line.tidied = s.head.Load().Revision
	s.line.workers.Add(1)
	go s.flush()
	if !s.line.exclusive {
		s.line.workers.Add(1)
		go s.followLog(ctx2)
	}
	if s.options.LogCommits > 0 {
		s.line.workers.Add(1)
		go s.tidy(ctx2)
	}
	if s.line.maxStaleness > 0 {
		s.line.workers.Add(1)
		go s.heartbeat(ctx2)
	}
	return s, nil
}

// hangUp ends what a store has to do with its log. The caller has the turn, and the
// store is shut.
func (s *Store) hangUp() error {
	if s.line == nil {
		return nil
	}
	s.line.workers.Wait()
	return s.line.log.Close()
}

// bootstrap reads the log's newest state. A log without commits gets the first.
func (s *Store) bootstrap(ctx context.Context, sch *schema.Schema) error {
	for {
		done, err := s.bootstrapOnce(ctx, sch)
		if done || err != nil && !errors.Is(err, ErrConflict) && !errors.Is(err, ErrCompacted) {
			return err
		}
	}
}

// bootstrapOnce reports whether there was a state to read. If there was none, another
// process may come first with the first commit.
func (s *Store) bootstrapOnce(ctx context.Context, sch *schema.Schema) (done bool, err error) {
	asked := time.Now()
	reading, cancel := context.WithCancel(ctx)
	defer cancel()
	snap, err := s.line.log.Snapshot(reading)
	if err != nil {
		return true, err
	}
	s.id = snap.Revision.store
	if snap.Revision.position > 0 {
		state, err := s.load(ctx, s.dict, snap, sch)
		if err != nil {
			return true, err
		}
		s.begin0(state)
		s.line.heard(asked)
		return true, nil
	}
	cancel() // its tuples will not be read
	if sch == nil || len(sch.Definitions()) == 0 {
		return true, ErrNoSchema
	}
	return false, s.found(ctx, snap.Revision, sch)
}

// found makes the first commit of a log.
func (s *Store) found(ctx context.Context, parent Revision, sch *schema.Schema) error {
	text, err := sch.MarshalJSON()
	if err != nil {
		return err
	}
	first := Commit{Parent: parent, ID: NewCommitID(), Time: time.UnixMicro(index.Instant(s.options.Clock())).UTC(), Schema: string(text)}
	first.Seal()
	return s.line.log.Append(ctx, []Commit{first})
}

// begin0 makes a state the only one that there is.
func (s *Store) begin0(state *index.Snapshot) {
	s.history.restart(s, state)
	s.line.mu.Lock()
	s.line.tip, s.line.last, s.line.behind = state, nil, Revision{}
	s.line.mu.Unlock()
}

// errReading is that the tuples of a log could not be read, perhaps just then.
var errReading = errors.New("store: reading the log's tuples")

// load builds the index of a log's snapshot, in terms of a new dictionary. A schema
// that is given has to be the log's.
func (s *Store) load(ctx context.Context, d *index.Dict, from *Snapshot, sch *schema.Schema) (*index.Snapshot, error) {
	logged, err := s.readSchema(from.Schema)
	if err != nil {
		return nil, fmt.Errorf("store: the log at %s: %w", from.Revision, err)
	}
	if sch == nil {
		sch = logged
	} else if changes, err := schema.Compare(logged, sch); err != nil || len(changes) > 0 {
		return nil, errors.Join(err, &SchemaDiffersError{changes})
	}
	if err := d.InternNames(namesOf(sch)...); err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	r := from.Revision
	at := index.Instant(from.Time)
	// What the log has forgotten had expired by then, and nobody knows how much earlier. So it
	// counts as swept at that instant, and what the log has not forgotten as well.
	meta := index.Meta{Schema: sch, Revision: r.position, Epoch: r.epoch, Chain: r.chain, Time: at, Swept: at}
	b := index.NewSnapshot(d, meta).Edit()
	a := &admission{schema: sch, dict: d}
	var puts index.Puts
	n := 0
	for x, err := range from.Tuples {
		if err == nil && n%1024 == 0 {
			err = ctx.Err()
		}
		if err != nil {
			return nil, fmt.Errorf("%w: %w", errReading, err)
		}
		n++
		if index.QualifierOf(x.Relationship).Expired(meta.Time) {
			continue
		}
		k, q, err := a.admit(&x)
		if err != nil {
			return nil, fmt.Errorf("store: the log at %s: %w", r, err)
		}
		if x.Aside {
			b.PutAside(k, q)
		} else {
			puts.Add(k, q)
		}
	}
	total := puts.Len()
	changes, err := b.PutAll(&puts, nil)
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	if len(changes) != total {
		return nil, fmt.Errorf("%w: at %s it has tuples twice", ErrCorruptLog, r)
	}
	b.SetMeta(meta)
	return b.Freeze(), nil
}

// rebuild builds the index anew from the log, beside the one that is, and then puts it in
// its place. In the meantime no transaction begins; whoever reads does not wait.
func (s *Store) rebuild(ctx context.Context, why error) error {
	if err := s.takeAnyway(ctx); err != nil {
		return err
	}
	defer s.release()
	if err := s.abandon(ctx, why); err != nil {
		return err
	}
	asked := time.Now()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // also of the reading of tuples, if they are not read
	snap, err := s.line.log.Snapshot(ctx)
	if err != nil {
		return err
	}
	if snap.Revision.store != s.id || snap.Revision.position == 0 {
		err := fmt.Errorf("%w: the log is at %s", ErrForeignRevision, snap.Revision)
		s.fail(err)
		return err
	}
	d := s.dict.Empty()
	state, err := s.load(ctx, d, snap, nil)
	if err != nil {
		if !errors.Is(err, errReading) {
			s.fail(err)
		}
		return err
	}
	var trail []Revision
	if snap.Revision.SameHistory(s.newest()) {
		if trail, err = s.trailTo(ctx, snap.Revision); err != nil {
			return err
		}
	}
	s.dict = d
	s.compactAt = max(s.options.CompactAt, 2*d.Len())
	s.line.mu.Lock()
	s.line.trail = trail
	s.line.mu.Unlock()
	s.begin0(state)
	s.line.heard(asked)
	return nil
}
