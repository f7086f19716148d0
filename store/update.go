package store

import (
	"context"
	"fmt"

	"github.com/baobab-authz/baobab/internal/index"
)

// Update runs fn in a transaction and returns the revision of its commit, at
// which all that it wrote is to be seen. If fn returns an error, Update
// returns it and nothing has happened. A panic in fn goes on through Update;
// nothing has happened then either. If fn changes nothing, there is no commit,
// and the revision is that of the state that fn saw.
//
// What breaks a directive of the schema is refused with a [*ConstraintError];
// granted-by and deleted-by are for [Store.UpdateAs] alone. Without directives
// checking costs nothing; otherwise it costs a few lookups for each object that
// a changed tuple names, and the counting of its groups up to their bounds.
//
// Transactions run one after the other. Waiting for the turn ends with ctx,
// whose error is wrapped; afterwards ctx is asked again only while directives are
// checked. fn must not keep
// tx, and must not call what waits for the turn: Update, Sweep, Compact, SetSchema,
// Import and Close are [ErrReentrant] then. (If it waits for another goroutine that does so, both
// wait until that one's context ends, or for ever if it is Close.)
//
// Objects that only a transaction named which did not commit keep the ids that
// they were given in memory, about 60 bytes each, until a later one gives them
// back: see [Store.Compact].
func (s *Store) Update(ctx context.Context, fn func(*Tx) error) (Revision, error) {
	return s.update(ctx, nil, fn)
}

func (s *Store) update(ctx context.Context, as *acting, fn func(*Tx) error) (Revision, error) {
	if fn == nil {
		return Revision{}, ErrNoFunction
	}
	if err := s.take(ctx); err != nil {
		return Revision{}, err
	}
	defer s.release()
	rev, err := transact(s.mark, s, ctx, as, fn)
	if err := s.reclaim(); err != nil { // it is corrupt, see Options.CheckEachCommit
		return Revision{}, err
	}
	return rev, err
}

// transact runs a transaction in the turn. The mark is for [Store.reentered] to be
// found on the stack, and so the function must not be inlined.
//
//go:noinline
func transact(_ mark, s *Store, ctx context.Context, as *acting, fn func(*Tx) error) (Revision, error) {
	tx := s.begin(ctx)
	defer tx.done.Store(true)
	if as != nil {
		if err := validActor(tx.base.Schema, as.subject); err != nil {
			return Revision{}, err
		}
		tx.acting, tx.actor = as, as.subject
	}
	if err := fn(tx); err != nil {
		return Revision{}, err
	}
	tx.done.Store(true)
	return tx.commit()
}

func (s *Store) begin(ctx context.Context) *Tx {
	base := s.head.Load()
	return &Tx{
		ctx: ctx, store: s, base: base, builder: base.Edit(), instant: s.instant(base),
		admission: s.admissionTo(base.Schema),
	}
}

// commit publishes what the transaction changed.
func (tx *Tx) commit() (Revision, error) {
	s := tx.store
	if tx.failed != nil {
		return Revision{}, tx.failed
	}
	changes := index.Net(tx.changes)
	if s.closed.Load() {
		return Revision{}, ErrClosed
	}
	changed := tx.builder.Peek().Schema != tx.base.Schema
	if !changed && len(changes)+len(tx.roots) > 0 {
		var err error
		if changes, err = tx.guard(changes); err != nil {
			return Revision{}, err
		}
		if err := tx.constrain(changes); err != nil {
			return Revision{}, err
		}
	}
	if changed {
		r := tx.reader()
		if err := s.violations(tx.ctx, &r, r.Snapshot().Schema); err != nil {
			return Revision{}, err
		}
	}
	if len(changes) == 0 && !changed {
		return s.revision(tx.base.Revision), nil
	}
	var steps []*entry
	if len(tx.swept) > 0 { // as if swept after the commit before
		meta := tx.base.Meta
		meta.Swept = tx.builder.Peek().Swept
		steps = append(steps, &entry{meta: meta, dict: s.dict, changes: tx.swept, sweep: true})
	}
	meta := tx.builder.Peek().Meta
	meta.Revision++
	meta.Time = tx.instant
	tx.builder.SetMeta(meta)
	snap := tx.builder.Freeze()
	steps = append(steps, &entry{meta: meta, dict: s.dict, changes: changes, actor: tx.actor, note: tx.note})
	if err := s.verify(tx.base, snap, steps...); err != nil {
		return Revision{}, err
	}
	s.publish(snap, steps...)
	return s.revision(meta.Revision), nil
}

// verify checks, under the option, the snapshot to which the steps lead from base.
func (s *Store) verify(base, snap *index.Snapshot, steps ...*entry) error {
	if !s.options.CheckEachCommit {
		return nil
	}
	if err := snap.Check(); err != nil {
		return err
	}
	b := snap.Beside()
	for i := len(steps) - 1; i >= 0; i-- {
		if err := b.Undo(steps[i].changes); err != nil {
			return err
		}
	}
	if !b.Freeze().Equal(base) {
		return fmt.Errorf("%w: taking back the changes of revision %d does not lead to the one before", ErrCorrupt, snap.Revision)
	}
	return nil
}
