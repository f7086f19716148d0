package store

import (
	"context"
	"errors"
	"fmt"
	"time"

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
// checked, and by a store with a log. fn must not keep
// tx, and must not call what waits for the turn: Update, Sweep, Compact, SetSchema,
// Import and Close are [ErrReentrant] then. (If it waits for another goroutine that does so, both
// wait until that one's context ends, or for ever if it is Close.)
//
// With a log, fn runs on the state that includes what other transactions of the store are
// still committing, and Update returns, also with fn's own error, only when all that fn
// has seen and written is durable. If that fails, or another process has committed
// something first, fn runs again. So it does, if it changed nothing or failed, when it has not seen
// all that was acknowledged, by any process, before: a log that is shared is asked for
// that, and if it does not answer the error is [ErrStale]. If ctx ends while the log is writing the commit, the error
// is an [*UnknownError]; before that, nothing has happened. [ErrReadOnly] says that the log takes no more.
// (If fn itself writes to the log by another store, that always comes first, and fn runs until ctx ends.)
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
	if s.line != nil {
		return s.updateLog(ctx, as, fn)
	}
	if err := s.take(ctx); err != nil {
		return Revision{}, err
	}
	defer s.release()
	rev, err := transact(s.mark, s.begin(ctx), as, fn)
	if err := s.reclaim(); err != nil { // it is corrupt, see Options.CheckEachCommit
		return Revision{}, err
	}
	return rev, err
}

// updateLog is update with a log: it runs the transaction until what it returns is true.
func (s *Store) updateLog(ctx context.Context, as *acting, fn func(*Tx) error) (Revision, error) {
	var needed Revision
	for {
		a, err := s.attempt(ctx, as, fn)
		if err != nil {
			return Revision{}, err
		}
		again, err := s.outcome(ctx, a)
		if !again && err == nil && a.own == nil {
			again, err = s.outdated(ctx, a, &needed)
		}
		if again {
			continue
		}
		if a.full {
			if err := s.alone(ctx, s.reclaim); errors.Is(err, ErrCorrupt) { // see Options.CheckEachCommit
				return Revision{}, err
			}
		}
		if err != nil {
			return Revision{}, err
		}
		return a.revision, nil
	}
}

// An attempt is one run of a transaction, and what it came to if that which it saw and
// proposed becomes durable.
type attempt struct {
	own      *proposal // what it proposed; nil if it changed nothing, or failed
	on       *proposal // that made what it saw; nil if that was published
	base     Revision  // that of what it saw
	revision Revision
	err      error
	again    bool // what it saw is not the tip any more
	full     bool // the dictionary has grown enough to be compacted
}

// attempt runs a transaction once. An error says that it has not run.
func (s *Store) attempt(ctx context.Context, as *acting, fn func(*Tx) error) (a attempt, err error) {
	if err := s.catchUp(ctx); err != nil {
		return a, err
	}
	if err := s.takeToPropose(ctx); err != nil {
		return a, err
	}
	defer s.release()
	tx := s.begin(ctx)
	a.on, a.base = tx.on, s.revision(&tx.base.Meta)
	if a.revision, a.err = transact(s.mark, tx, as, fn); a.err == nil {
		a.own = tx.proposed
	}
	a.again = tx.proposed != nil && a.err == errAgain // which an error of fn may not be compared with
	a.full = s.full()
	return a, nil
}

// transact runs a transaction in the turn. The mark is for [Store.reentered] to be
// found on the stack, and so the function must not be inlined.
//
//go:noinline
func transact(_ mark, tx *Tx, as *acting, fn func(*Tx) error) (Revision, error) {
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
	base, on := s.tipState()
	return s.beginOn(ctx, base, on)
}

func (s *Store) beginOn(ctx context.Context, base *index.Snapshot, on *proposal) *Tx {
	return &Tx{
		ctx: ctx, store: s, base: base, on: on, builder: base.Edit(), instant: s.instant(base),
		admission: s.admissionTo(base.Schema),
	}
}

// commit publishes what the transaction changed, or proposes it to the log.
func (tx *Tx) commit() (Revision, error) {
	s := tx.store
	p, err := tx.finish()
	if err != nil {
		return Revision{}, err
	}
	if p == nil {
		return s.revision(&tx.base.Meta), nil
	}
	if s.line == nil {
		s.publish(p.snap, p.steps...)
		return s.revision(&p.snap.Meta), nil
	}
	tx.proposed = p
	if tx.apart {
		return p.commit.Revision, nil
	}
	return p.commit.Revision, s.line.propose(p)
}

// finish returns what the transaction comes to, which breaks no rule, or nil if that is nothing.
func (tx *Tx) finish() (*proposal, error) {
	s := tx.store
	if tx.failed != nil {
		return nil, tx.failed
	}
	changes := index.Net(tx.changes)
	if err := s.err(); err != nil {
		return nil, err
	}
	changed := tx.builder.Peek().Schema != tx.base.Schema
	if !changed && len(changes)+len(tx.roots) > 0 {
		var err error
		if changes, err = tx.guard(changes); err != nil {
			return nil, err
		}
		if err := tx.constrain(changes); err != nil {
			return nil, err
		}
	}
	if changed {
		r := tx.reader()
		if err := s.violations(tx.ctx, &r, r.Snapshot().Schema); err != nil {
			return nil, err
		}
	}
	if len(changes) == 0 && !changed {
		return nil, nil
	}
	return tx.propose(changes)
}

// propose makes the next state.
func (tx *Tx) propose(changes []index.Change) (*proposal, error) {
	s := tx.store
	p := &proposal{base: tx.base, on: tx.on}
	var steps []*entry
	if len(tx.swept) > 0 { // as if swept after the commit before
		meta := tx.base.Meta
		meta.Swept = tx.builder.Peek().Swept
		steps = append(steps, &entry{meta: meta, dict: s.dict, changes: tx.swept, sweep: true})
	}
	meta := tx.builder.Peek().Meta
	meta.Revision++
	meta.Time = tx.instant
	e := &entry{dict: s.dict, changes: changes, actor: tx.actor, note: tx.note}
	if s.line != nil {
		var err error
		if p.commit, err = s.commitOf(tx.base, &meta, e); err != nil {
			return nil, err
		}
		meta.Chain = p.commit.Revision.chain
	}
	e.meta = meta
	tx.builder.SetMeta(meta)
	p.snap = tx.builder.Freeze()
	p.steps = append(steps, e)
	return p, s.verify(tx.base, p.snap, p.steps...)
}

// commitOf returns what a step of the history is in the log.
func (s *Store) commitOf(base *index.Snapshot, meta *index.Meta, e *entry) (Commit, error) {
	c := Commit{Parent: s.revision(&base.Meta), ID: NewCommitID(), Time: time.UnixMicro(meta.Time).UTC(), Actor: e.actor, Note: e.note}
	if meta.Schema != base.Schema {
		text, err := meta.Schema.MarshalJSON()
		if err != nil {
			return c, err
		}
		c.Schema = string(text)
	}
	for _, x := range e.changes {
		if x.Had {
			c.Removed = append(c.Removed, Stored{e.relationship(x.Key, x.Before), x.Aside})
		}
		if x.Has {
			c.Added = append(c.Added, Stored{e.relationship(x.Key, x.After), x.Aside})
		}
	}
	c.Seal()
	return c, nil
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
