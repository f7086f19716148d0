package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/baobab-authz/baobab/bench/engine"
	"github.com/baobab-authz/baobab/bench/reference"
	"github.com/baobab-authz/baobab/bench/report"
	"github.com/baobab-authz/baobab/bench/workload"
	"github.com/baobab-authz/baobab/tuple"
)

const (
	held      = 2_000 // organizations whose tuples are made before they are loaded
	newcomers = 1_000 // subjects whose first question is measured, at most
	commits   = 1_000_000
)

// lifeRows are what is measured in the life of an engine.
type lifeRows struct {
	load                                    *report.Row
	firstTime, firstBytes, firstAllocations *report.Row
	mix                                     *report.Row
	afterLoad, afterMix, afterCommits       *report.Row
	history, historyLater, kept             *report.Row
	get                                     *report.Row // of a BTreeG with as many items
	chains                                  []*report.Row
}

// life opens an engine in each round, loads it, asks the first questions about
// subjects and chains, walks the mix, commits at random, and weighs the engine in
// between. What is asked for the first time is so in each round.
func life(ctx context.Context, b *bench) ([]*report.Row, error) {
	if !slices.Contains(b.names, "baobab") {
		return nil, nil
	}
	r := newLifeRows()
	tree := reference.NewBTree(b.count(), workload.Mix)
	for round := range b.rounds {
		if err := r.round(ctx, b, uint64(round)); err != nil {
			return nil, err
		}
		r.get.Add(tree.Get())
	}
	rows := []*report.Row{r.load, r.firstTime, r.firstBytes, r.firstAllocations, r.mix}
	rows = append(rows, r.chains...)
	rows = append(rows, r.levels()...)
	return append(rows, r.afterLoad, r.history, r.afterMix, r.kept, r.afterCommits, r.historyLater), nil
}

func newLifeRows() *lifeRows {
	row := func(what string, unit report.Unit, target *report.Target) *report.Row {
		return &report.Row{What: what, Who: "baobab", Unit: unit, Target: target}
	}
	r := &lifeRows{
		load:             row("bulk load, tuples", report.PerSecond, report.AtLeast(1e6, "")),
		firstTime:        row("first question about a subject", report.Nanoseconds, nil),
		firstBytes:       row("first question, bytes allocated", report.Bytes, nil),
		firstAllocations: row("first question, allocations", report.Number, nil),
		mix:              row("check, mix, first walk", report.Nanoseconds, report.AtMost(1000, "1M")),
		afterLoad:        row("heap per tuple, loaded", report.Bytes, report.AtMost(110, "1M")),
		afterMix:         row("heap per tuple, after the mix", report.Bytes, report.AtMost(150, "1M")),
		afterCommits:     row("heap per tuple, after commits", report.Bytes, report.AtMost(150, "1M")),
		kept:             row("of which closures and decisions, after the mix", report.Bytes, nil),
		history:          row("of which history, loaded", report.Bytes, nil),
		historyLater:     row("of which history, after commits", report.Bytes, nil),
		get:              row("BTreeG Get", report.Nanoseconds, nil),
	}
	for _, depth := range depths() {
		r.chains = append(r.chains, row(fmt.Sprintf("%d nested teams, first question", depth), report.Nanoseconds, nil))
	}
	return r
}

// round is one life.
func (r *lifeRows) round(ctx context.Context, b *bench, round uint64) error {
	questions := b.questions()
	empty := heap()
	eng, err := r.born(ctx, b)
	if err != nil {
		return err
	}
	defer eng.Close()
	weigh := func(row *report.Row) {
		row.Add((heap() - empty) / float64(eng.Stats().Tuples))
	}
	weigh(r.afterLoad)
	past := func(row *report.Row) {
		row.Add(float64(eng.Stats().Bytes) / float64(eng.Stats().Tuples))
		row.Note = "as the engine estimates it"
	}
	past(r.history)
	if err := r.first(ctx, eng, questions); err != nil {
		return err
	}
	if err := r.walk(ctx, b, eng, questions); err != nil {
		return err
	}
	weigh(r.afterMix)
	cache := eng.Stats().Cache
	r.kept.Add(float64(cache.ClosureBytes+cache.Bytes) / float64(eng.Stats().Tuples))
	r.kept.Note = fmt.Sprintf("%d closures, as the engine estimates them", cache.Closures)
	if err := r.commit(ctx, b, eng, round); err != nil {
		return err
	}
	weigh(r.afterCommits)
	past(r.historyLater)
	return r.chain(ctx, eng)
}

// born opens and loads an engine. The tuples are made before, where memory allows.
func (r *lifeRows) born(ctx context.Context, b *bench) (engine.Baobab, error) {
	eng, err := engine.NewBaobab()
	if err != nil {
		return eng, err
	}
	all := b.w.Tuples()
	if b.w.Orgs <= held {
		all = slices.Values(slices.Collect(all))
	} else {
		r.load.Note = "the time includes that of making the tuples"
	}
	from := time.Now()
	err = eng.Load(ctx, all)
	r.load.Add(float64(eng.Stats().Tuples) / time.Since(from).Seconds())
	return eng, err
}

// first asks a tenth of the users, and no more than 1,000, their first question.
func (r *lifeRows) first(ctx context.Context, eng engine.Baobab, questions []workload.Question) error {
	some := firsts(questions, min(newcomers, len(firsts(questions, len(questions)))/10))
	ask, err := eng.Prepare(some)
	if err != nil {
		return err
	}
	k := walker{ask: ask, n: len(some)}
	took, err := spending(func() error {
		_, err := k.sample(ctx, time.Hour, r.firstTime)
		return err
	})
	r.firstBytes.Add(took.bytes / float64(len(some)))
	r.firstAllocations.Add(took.allocations / float64(len(some)))
	r.firstTime.Note = fmt.Sprintf("%d subjects", len(some))
	return err
}

// firsts returns up to n questions, each about another subject.
func firsts(questions []workload.Question, n int) []workload.Question {
	seen := map[tuple.Subject]bool{}
	var some []workload.Question
	for _, q := range questions {
		if len(some) == n {
			break
		}
		if !seen[q.Tuple.Subject] {
			seen[q.Tuple.Subject] = true
			some = append(some, q)
		}
	}
	return some
}

// walk asks the mix of an engine that has seen few of its subjects.
func (r *lifeRows) walk(ctx context.Context, b *bench, eng engine.Baobab, questions []workload.Question) error {
	ask, err := eng.Prepare(questions)
	if err != nil {
		return err
	}
	k := walker{ask: ask, n: len(questions)}
	asked, err := k.sample(ctx, 10*b.patience, r.mix)
	r.mix.Note = fmt.Sprintf("%d questions, %.0f %% of them the first about their subject", asked, 100*workload.FirstShare(questions[:asked]))
	return err
}

// commit deletes and writes again stored tuples, one a commit, until there were as
// many commits as tuples.
func (r *lifeRows) commit(ctx context.Context, b *bench, eng engine.Baobab, round uint64) error {
	n := min(commits, eng.Stats().Tuples)
	for t := range b.w.Random(round, n/2) {
		if err := eng.Delete(ctx, t); err != nil {
			return err
		}
		if err := eng.Write(ctx, t); err != nil {
			return err
		}
	}
	r.afterCommits.Note = fmt.Sprintf("%d commits", n)
	return nil
}

// chain asks the first question about the member of each chain.
func (r *lifeRows) chain(ctx context.Context, eng engine.Baobab) error {
	for t := range workload.Deep() {
		if err := eng.Write(ctx, t); err != nil {
			return err
		}
	}
	for i, depth := range depths() {
		question, _ := workload.Chain(depth)
		ask, err := eng.Prepare([]workload.Question{question})
		if err != nil {
			return err
		}
		from := time.Now()
		_, err = ask(ctx, 0)
		r.chains[i].Add(float64(time.Since(from).Nanoseconds()))
		if err != nil {
			return err
		}
	}
	return nil
}

// levels compares the first questions about chains with what they may cost: a
// BTreeG Get and 100 ns a level.
func (r *lifeRows) levels() []*report.Row {
	var rows []*report.Row
	for i, depth := range depths() {
		floor := &report.Row{Who: "what it may"}
		for _, get := range r.get.Values {
			floor.Add(float64(depth) * (get + 100))
		}
		against := report.Over(fmt.Sprintf("%d nested teams, first against a Get and 100 ns a level", depth), r.chains[i], floor, report.AtMost(1, ""))
		against.Who = "baobab"
		rows = append(rows, against)
	}
	return rows
}
