package store_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/store/memlog"
	"github.com/baobab-authz/baobab/tuple"
)

// The schemas of the machine: with and without a relation, and with one by another name.
var fleetSchemas = func() []*schema.Schema {
	full := testSchema.String()
	return []*schema.Schema{
		testSchema,
		schema.MustParse(strings.Replace(strings.Replace(full, "relation editor: user | team#member", "", 1), "editor + ", "", 1)),
		schema.MustParse(strings.ReplaceAll(full, "editor", "author")),
	}
}()

// A fleet is stores of one log, with clocks that differ, and what their transactions were
// told.
type fleet struct {
	t     *rapid.T
	truth *memlog.Log
	ships []*ship
	book  logbook

	mu    sync.Mutex
	told  map[string]told // of each transaction, by its mark
	seen  map[string]bool // marks that somebody was shown
	marks int
}

// A told is what was said of a transaction.
type told struct {
	rev     store.Revision // of its commit, or of the one that there may be
	outcome string         // in, out, unknown, lost
}

// A ship is a store with its script and its clock.
type ship struct {
	s      *store.Store
	script *scripted
	mu     sync.Mutex
	offset time.Duration

	appends, tails []string // the faults to come
}

func (p *ship) now() time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return at(0).Add(p.offset)
}

// next takes the next fault of a list.
func (p *ship) next(list *[]string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(*list) == 0 {
		return ""
	}
	fault := (*list)[0]
	*list = (*list)[1:]
	return fault
}

func (p *ship) append(_ []store.Commit, do func() error) error {
	switch p.next(&p.appends) {
	case "before":
		return errScripted
	case "after":
		_ = do()
		return errScripted
	case "late":
		time.Sleep(20 * time.Millisecond)
	case "bare":
		if err := do(); err != nil && errors.Is(err, store.ErrConflict) {
			return store.ErrConflict
		} else {
			return err
		}
	}
	return do()
}

func (p *ship) tail(_ context.Context, _ store.Revision, do iter.Seq2[store.Commit, error]) iter.Seq2[store.Commit, error] {
	return func(yield func(store.Commit, error) bool) {
		for c, err := range do {
			if err == nil {
				switch p.next(&p.tails) {
				case "broken":
					yield(store.Commit{}, errScripted)
					return
				case "late":
					time.Sleep(15 * time.Millisecond)
				}
			}
			if !yield(c, err) {
				return
			}
		}
	}
}

func (f *fleet) open(p *ship) {
	t := f.t
	p.script = &scripted{Log: f.truth.Open()}
	p.script.on(func(l *scripted) { l.append, l.tail = p.append, p.tail })
	s, err := store.OpenLog(bg, p.script, nil, store.Options{
		Clock: p.now, CheckEachCommit: true, Logger: f.book.logger(),
		HistoryCommits: rapid.SampledFrom([]int{1, 3, 1000}).Draw(t, "history"), PinEvery: 5,
		CompactAt:      rapid.SampledFrom([]int{1, 25, -1}).Draw(t, "compact at"),
		SweepGrace:     rapid.SampledFrom([]time.Duration{-1, 5 * time.Second, time.Hour}).Draw(t, "grace"),
		SweepPerCommit: rapid.SampledFrom([]int{-1, 1, 64}).Draw(t, "sweep"),
	})
	require.NoError(t, err)
	p.s = s
}

func newFleet(t *rapid.T) *fleet {
	f := &fleet{t: t, truth: memlog.New(), told: map[string]told{}, seen: map[string]bool{}}
	first, err := store.OpenLog(bg, f.truth.Open(), testSchema, store.Options{Clock: func() time.Time { return at(0) }})
	require.NoError(t, err)
	require.NoError(t, first.Close())
	for range 3 {
		p := &ship{}
		f.open(p)
		f.ships = append(f.ships, p)
	}
	return f
}

func (f *fleet) close() {
	for _, p := range f.ships {
		if err := p.s.Close(); err != nil {
			f.t.Error(err)
		}
	}
}

func (f *fleet) ship(what string) *ship { return rapid.SampledFrom(f.ships).Draw(f.t, what) }

var (
	markRelation = tuple.MustParse("document:mark#viewer@user:x")
	orderOf      = func(n int) tuple.Relationship { return viewer("order", fmt.Sprint(n)).Always() }
)

// marksOf returns the transactions that a state has.
func marksOf(st *store.State) ([]string, error) {
	var marks []string
	for r, err := range st.Tuples(tuple.Filter{ObjectType: "document", ObjectID: markRelation.Object.ID}) {
		if err != nil {
			return nil, err
		}
		marks = append(marks, r.Subject.ID)
	}
	return marks, nil
}

func (f *fleet) show(marks []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, m := range marks {
		f.seen[m] = true
	}
}

// A deed is one transaction, as it was drawn.
type deed struct {
	mark    string
	ops     []func(tx *store.Tx) error
	patient time.Duration // how long its context lasts; 0 for ever
	fails   bool
	idle    bool // it only reads
}

var errDeed = errors.New("the transaction fails")

func (f *fleet) deed() deed {
	t := f.t
	d := deed{mark: fmt.Sprint("m", f.marks)}
	f.marks++
	for range rapid.IntRange(0, 4).Draw(t, "ops") {
		r := genRelationship.Draw(t, "relationship")
		switch rapid.IntRange(0, 4).Draw(t, "op") {
		case 0:
			d.ops = append(d.ops, func(tx *store.Tx) error { return tx.Create(r) })
		case 1, 2:
			d.ops = append(d.ops, func(tx *store.Tx) error { return tx.Touch(r) })
		case 3:
			d.ops = append(d.ops, func(tx *store.Tx) error { return tx.Delete(r.Tuple) })
		case 4:
			d.ops = append(d.ops, func(tx *store.Tx) error {
				_, err := tx.DeleteMatching(tuple.Filter{ObjectType: r.Object.Type, ObjectID: r.Object.ID})
				return err
			})
		}
	}
	d.patient = time.Duration(rapid.SampledFrom([]int{0, 0, 0, 1, 8, 30}).Draw(t, "patience")) * time.Millisecond
	switch rapid.IntRange(0, 5).Draw(t, "kind") {
	case 0:
		d.fails = true
	case 1:
		d.idle = true
	}
	return d
}

// fn runs a deed: every transaction leaves its mark, and takes the next number of all.
func (d deed) fn(saw *[]string) func(tx *store.Tx) error {
	return func(tx *store.Tx) error {
		st, err := tx.State()
		if err != nil {
			return err
		}
		if *saw, err = marksOf(st); err != nil {
			return err
		}
		if d.idle {
			return nil
		}
		if err := tx.Create(orderOf(len(*saw)), viewer(markRelation.Object.ID, d.mark).Always()); err != nil {
			return err
		}
		for _, op := range d.ops {
			var unknown *schema.NameError // that of the schema in force
			if err := op(tx); err != nil && !errors.Is(err, store.ErrExists) && !errors.As(err, &unknown) {
				return err
			}
		}
		if d.fails {
			return errDeed
		}
		return nil
	}
}

// do runs a deed on a ship, and notes what it was told.
func (f *fleet) do(p *ship, d deed) {
	ctx := bg
	if d.patient > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(bg, d.patient)
		defer cancel()
	}
	var saw []string
	rev, err := p.s.Update(ctx, d.fn(&saw))
	f.note(d, rev, err, saw)
}

func (f *fleet) note(d deed, rev store.Revision, err error, saw []string) {
	var unknown *store.UnknownError
	said := told{rev, "in"}
	switch {
	case err == nil && d.idle:
		f.show(saw)
		return
	case err == nil:
		f.show(saw)
	case errors.As(err, &unknown):
		said = told{unknown.Revision, "unknown"}
	case errors.Is(err, errDeed):
		f.show(saw)
		said.outcome = "out"
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, store.ErrDiverged), errors.Is(err, store.ErrForeignRevision):
		said.outcome = "out"
	default:
		f.t.Errorf("%s: %v", d.mark, err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.told[d.mark] = said
}

// ask looks at a state, in one of the ways.
func (f *fleet) ask(p *ship, n int) {
	var st *store.State
	var err error
	switch n % 3 {
	case 0:
		st, err = p.s.Now()
	case 1:
		ctx, cancel := context.WithTimeout(bg, 10*time.Millisecond)
		defer cancel()
		st, err = p.s.Latest(ctx)
	default:
		f.mu.Lock()
		var rev store.Revision
		var must string
		for m, x := range f.told {
			if x.outcome == "in" && x.rev.Position() > rev.Position() {
				rev, must = x.rev, m
			}
		}
		f.mu.Unlock()
		ctx, cancel := context.WithTimeout(bg, 10*time.Millisecond)
		defer cancel()
		if st, err = p.s.AtLeast(ctx, rev); err == nil && must != "" {
			_, ok, err := st.Get(viewer(markRelation.Object.ID, must))
			if err != nil || !ok {
				f.t.Errorf("a state at least as new as %s is without it (%v)", must, err)
			}
		}
	}
	if err != nil {
		return
	}
	marks, err := marksOf(st)
	if err != nil {
		return
	}
	f.show(marks)
}

// burst runs transactions and questions of all ships at once, with faults.
func (f *fleet) burst(t *rapid.T) {
	for _, p := range f.ships {
		p.mu.Lock()
		p.appends = rapid.SliceOfN(rapid.SampledFrom([]string{"", "", "before", "after", "late", "bare"}), 0, 6).Draw(t, "appends")
		p.tails = rapid.SliceOfN(rapid.SampledFrom([]string{"", "", "broken", "late"}), 0, 6).Draw(t, "tails")
		p.mu.Unlock()
	}
	var all sync.WaitGroup
	for range rapid.IntRange(1, 8).Draw(t, "transactions") {
		p, d := f.ship("ship"), f.deed()
		all.Go(func() { f.do(p, d) })
	}
	for i := range rapid.IntRange(0, 4).Draw(t, "questions") {
		p, wait := f.ship("ship"), rapid.IntRange(0, 40).Draw(t, "after")
		all.Go(func() {
			time.Sleep(time.Duration(wait) * time.Millisecond)
			f.ask(p, i)
		})
	}
	if rapid.Bool().Draw(t, "compact meanwhile") {
		all.Go(func() {
			time.Sleep(10 * time.Millisecond)
			_ = f.truth.Open().Compact(bg, 1)
		})
	}
	if rapid.Bool().Draw(t, "quiet meanwhile") {
		p := f.ship("ship")
		all.Go(func() { _, _ = p.s.Compact(bg) })
		all.Go(func() { _, _ = p.s.Sweep(bg) })
	}
	all.Wait()
}

func (f *fleet) one(t *rapid.T) { f.do(f.ship("ship"), f.deed()) }

func (f *fleet) clock(t *rapid.T) {
	p := f.ship("ship")
	p.mu.Lock()
	defer p.mu.Unlock()
	p.offset = time.Duration(rapid.IntRange(-20, 60).Draw(t, "clock")) * time.Second
}

func (f *fleet) quiet(t *rapid.T) {
	p := f.ship("ship")
	_, err := p.s.Sweep(bg)
	require.NoError(t, err)
	_, err = p.s.Compact(bg)
	require.NoError(t, err)
}

// schema puts another schema in place, with what it does not admit set aside or renamed.
func (f *fleet) schema(t *rapid.T) {
	p := f.ship("ship")
	st, err := p.s.Latest(bg)
	require.NoError(t, err)
	sch := rapid.SampledFrom(fleetSchemas).Draw(t, "schema")
	o := store.SchemaOptions{SetAside: true}
	has := func(s *schema.Schema, name string) bool { return s.Definition("document").Relation(name) != nil }
	if rapid.Bool().Draw(t, "rename") && has(st.Schema(), "editor") && has(sch, "author") {
		o.Renames = schema.Renames{{Type: "document", Relation: "editor", To: "author"}}
	} else if rapid.Bool().Draw(t, "rename back") && has(st.Schema(), "author") && has(sch, "editor") {
		o.Renames = schema.Renames{{Type: "document", Relation: "author", To: "editor"}}
	}
	_, err = p.s.SetSchema(bg, sch, o)
	if err != nil {
		require.ErrorIs(t, err, store.ErrExists) // a rename onto one that is set aside
	}
}

// prepare appends a commit that a store has only prepared, or gives it up.
func (f *fleet) prepare(t *rapid.T) {
	p, d := f.ship("ship"), f.deed()
	log := f.truth.Open()
	head, err := log.Head(bg)
	require.NoError(t, err)
	var saw []string
	c, err := p.s.Prepare(bg, head, d.fn(&saw))
	if err == nil && !d.idle {
		require.Equal(t, head, c.Parent)
		if rapid.Bool().Draw(t, "given up") {
			err = errDeed
		} else {
			err = log.Append(bg, []store.Commit{c})
		}
	}
	require.Equal(t, err == nil && !d.idle, c.ID != store.CommitID{} && err == nil)
	f.note(d, c.Revision, err, saw)
}

func (f *fleet) compactLog(t *rapid.T) {
	require.NoError(t, f.truth.Open().Compact(bg, uint64(rapid.IntRange(0, 3).Draw(t, "keep"))))
}

// lose takes commits away from the log, while nobody writes.
func (f *fleet) lose(t *rapid.T) {
	head, err := f.truth.Open().Head(bg)
	require.NoError(t, err)
	f.truth.Lose(min(rapid.IntRange(1, 3).Draw(t, "lost"), int(head.Position())-1))
	head, err = f.truth.Open().Head(bg)
	require.NoError(t, err)
	for m, x := range f.told {
		if x.rev.Position() > head.Position() {
			f.told[m] = told{x.rev, "lost"}
			delete(f.seen, m)
		}
	}
	f.settle(t)
}

func (f *fleet) fork(t *rapid.T) {
	f.truth.Fork()
	f.settle(t)
	for m, x := range f.told {
		if x.outcome == "in" {
			f.told[m] = told{outcome: "in"} // its revision is of another epoch
		}
	}
}

// settle waits until all ships have found out what has become of the log.
func (f *fleet) settle(t *rapid.T) {
	synctest.Wait()
	time.Sleep(3 * time.Second)
	synctest.Wait()
}

func (f *fleet) reopen(t *rapid.T) {
	p := f.ship("ship")
	require.NoError(t, p.s.Close())
	f.open(p)
}

// inBubble is a test without a deadline, for which one may not ask in a bubble.
type inBubble struct{ testing.TB }

// Stores of one log have the same tuples, and those of the transactions that were
// acknowledged, whatever fails.
func TestFleet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rapid.Check(inBubble{t}, func(t *rapid.T) {
			f := newFleet(t)
			defer f.close()
			actions := map[string]func(*rapid.T){
				"burst": f.burst, "one": f.one, "clock": f.clock, "quiet": f.quiet, "schema": f.schema,
				"prepare": f.prepare, "compact": f.compactLog, "lose": f.lose, "fork": f.fork, "reopen": f.reopen,
			}
			names := []string{"burst", "burst", "burst", "one", "one", "clock", "quiet", "schema", "prepare", "compact", "lose", "fork", "reopen"}
			for range rapid.IntRange(1, 12).Draw(t, "steps") {
				actions[rapid.SampledFrom(names).Draw(t, "action")](t)
				f.Check(t)
			}
		})
	})
}
