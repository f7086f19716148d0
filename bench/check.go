package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/baobab-authz/baobab/bench/engine"
	"github.com/baobab-authz/baobab/bench/reference"
	"github.com/baobab-authz/baobab/bench/report"
	"github.com/baobab-authz/baobab/bench/workload"
)

// asker is who is asked: an engine, or baobab through prepared principals.
type asker struct {
	who      string
	baobab   bool
	as       bool
	mix, hot walker

	onMix, onHot, allocations *report.Row
}

// checks measures single questions.
func checks(ctx context.Context, b *bench) ([]*report.Row, error) {
	askers, err := b.askers(ctx)
	if err != nil {
		return nil, err
	}
	for _, a := range askers { // to be hot, and to know how far patience goes
		_, a.hot.n, err = a.hot.walk(ctx, 10*b.patience)
		if err != nil {
			return nil, err
		}
		a.hot.at = 0
		if a.hot.n < workload.Hot {
			a.onHot.Note = fmt.Sprintf("%d questions", a.hot.n)
		}
	}
	refs, err := newReferences(b)
	if err != nil {
		return nil, err
	}
	for range b.rounds {
		for _, a := range askers {
			if err := a.round(ctx, b); err != nil {
				return nil, err
			}
		}
		refs.round()
	}
	return checkRows(b, askers, refs), nil
}

// askers returns who is asked, with the questions prepared.
func (b *bench) askers(ctx context.Context) ([]*asker, error) {
	all, err := b.all(ctx)
	if err != nil {
		return nil, err
	}
	mix, hot := b.questions(), b.w.Questions(1, workload.Hot)
	var askers []*asker
	for _, e := range all {
		own, isOwn := e.(engine.Baobab)
		a := newAsker(e.Name(), isOwn, false)
		if a.mix.ask, err = e.Prepare(mix); err != nil {
			return nil, err
		}
		if a.hot.ask, err = e.Prepare(hot); err != nil {
			return nil, err
		}
		askers = append(askers, a)
		if isOwn {
			a := newAsker("baobab, As", true, true)
			a.mix.ask, a.hot.ask = own.PrepareAs(mix), own.PrepareAs(hot)
			askers = append(askers, a)
		}
	}
	return askers, nil
}

func newAsker(who string, baobab, as bool) *asker {
	a := &asker{
		who: who, baobab: baobab, as: as,
		mix:         walker{n: workload.Mix},
		hot:         walker{n: workload.Hot},
		onMix:       &report.Row{What: "check, mix", Who: who, Unit: report.Nanoseconds},
		onHot:       &report.Row{What: "check, hot", Who: who, Unit: report.Nanoseconds},
		allocations: &report.Row{What: "allocations per check, hot", Who: who, Unit: report.Number},
	}
	if baobab {
		a.allocations.Target = report.AtMost(0.01, "") // the clock and the collector may have some
	}
	switch {
	case as:
		a.onMix.Target, a.onHot.Target = report.AtMost(700, "1M"), report.AtMost(100, "")
	case baobab:
		a.onMix.Target, a.onHot.Target = report.AtMost(1000, "1M"), report.AtMost(200, "")
	}
	return a
}

// round takes a sample of each kind.
func (a *asker) round(ctx context.Context, b *bench) error {
	n, err := a.mix.sample(ctx, b.patience, a.onMix)
	if err != nil {
		return err
	}
	if n < workload.Mix {
		a.onMix.Note = fmt.Sprintf("%d questions a round", n)
	}
	if _, _, err := a.hot.walk(ctx, b.patience); err != nil { // the mix has cooled it
		return err
	}
	if _, err := a.hot.sample(ctx, b.patience, a.onHot); err != nil {
		return err
	}
	asked := 0
	took, err := spending(func() (err error) {
		_, asked, err = a.hot.walk(ctx, b.patience)
		return err
	})
	a.allocations.Add(took.allocations / float64(max(1, asked)))
	return err
}

// hotBytes is about what 10,000 questions look at: some fifteen lines of the
// processor's cache each.
const hotBytes = 15 * 64 * workload.Hot

// references are the machine's own.
type references struct {
	tree          *reference.BTree
	table         *reference.Map
	chase         *reference.Chase
	small, large  *reference.LRU
	get, look     *report.Row
	near          *reference.Chase
	access, three *report.Row
	nearby        *report.Row
	few, many     *report.Row
}

// newReferences builds the references for a loaded workload.
func newReferences(b *bench) (*references, error) {
	const probes = workload.Mix
	row := func(what string) *report.Row {
		return &report.Row{What: "the machine", Who: what, Unit: report.Nanoseconds}
	}
	bytes := int(b.heap)
	if bytes == 0 {
		bytes = 100 * b.count()
	}
	r := &references{
		tree:   reference.NewBTree(b.count(), probes),
		table:  reference.NewMap(b.count(), probes),
		chase:  reference.NewChase(bytes, probes),
		get:    row("BTreeG Get"),
		look:   row("map Get"),
		access: row("dependent access"),
		three:  row("three of them"),
		near:   reference.NewChase(hotBytes, probes),
		nearby: row("dependent access, hot"),
		few:    row("golang-lru Get, 10,000 entries"),
		many:   row("golang-lru Get, an entry a tuple"),
	}
	r.get.Note = fmt.Sprintf("%d keys of 16 bytes", b.count())
	r.look.Note = r.get.Note
	r.nearby.Note = "working set of " + report.Bytes.Format(float64(r.near.Bytes())) + ", what the hot questions look at"
	r.access.Note = "working set of " + report.Bytes.Format(float64(r.chase.Bytes()))
	var err error
	if r.small, err = reference.NewLRU(10_000, probes); err != nil {
		return nil, err
	}
	r.large, err = reference.NewLRU(b.count(), probes)
	return r, err
}

func (r *references) round() {
	r.get.Add(r.tree.Get())
	r.look.Add(r.table.Get())
	r.access.Add(r.chase.Access())
	r.three.Add(3 * r.access.Last())
	r.near.Access() // to be hot
	r.nearby.Add(r.near.Access())
	r.few.Add(r.small.Get())
	r.many.Add(r.large.Get())
}

func (r *references) rows() []*report.Row {
	return []*report.Row{r.get, r.look, r.access, r.three, r.nearby, r.few, r.many}
}

// checkRows puts the rows in order and adds the ratios.
func checkRows(b *bench, askers []*asker, refs *references) []*report.Row {
	var mix, hot, allocations, ratios, hotRatios []*report.Row
	var own *asker
	for _, a := range askers {
		mix, hot, allocations = append(mix, a.onMix), append(hot, a.onHot), append(allocations, a.allocations)
		switch {
		case a.as:
			ratios = append(ratios, report.Over("through As against the floor", a.onMix, refs.three, report.AtMost(2, "1M")))
		case a.baobab:
			own = a
		case own != nil:
			target := map[string]*report.Target{"cedar-go": report.AtLeast(25, "1M"), "OpenFGA": report.AtLeast(1000, "100k")}[a.who]
			ratios = append(ratios, report.Over("how much faster, mix", a.onMix, own.onMix, target))
			hotRatios = append(hotRatios, report.Over("how much faster, hot", a.onHot, own.onHot, nil))
		}
	}
	rows := slices.Concat(mix, hot, refs.rows())
	return slices.Concat(rows, ratios, hotRatios, allocations, b.heaps)
}
