package check

import (
	"context"
	"errors"

	"github.com/baobab-authz/baobab/internal/index"
	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/tuple"
)

// An Asker asks one state many questions, one after the other. Questions about
// the same subject in a row share what they find out, and all of them what the
// values given to caveats come to. They neither look for what is kept in a [Cache]
// nor add to it: there may be very many, and each finds most of what it needs found.
// It is for one goroutine; after Close it may not be used.
type Asker struct {
	evaluator  *Evaluator
	ctx        context.Context
	state      *store.State
	solver     *solver // nil before the first question, and after one that was given up
	subject    tuple.Subject
	conditions map[string]prepared
	steps      int // of questions before the present subject's

	fast fast

	kept  bool // what the questions find is kept
	cheap int  // how many searches in a row were not worth it
}

// Asker returns who asks st. Its Close must be called.
func (e *Evaluator) Asker(ctx context.Context, st *store.State) *Asker {
	return &Asker{evaluator: e, ctx: ctx, state: st, conditions: make(map[string]prepared)}
}

// Close gives back what the questions used.
func (a *Asker) Close() {
	if a.solver != nil {
		a.steps += a.solver.work
		a.evaluator.end(a.solver)
		a.solver = nil
	}
}

// Steps returns how many steps the questions took so far that were decided by a
// search, as [Options].MaxSteps counts them.
func (a *Asker) Steps() int {
	if a.solver == nil {
		return a.steps
	}
	return a.steps + a.solver.work
}

// Check is [Evaluator.Check].
func (a *Asker) Check(t tuple.Tuple) (Decision, error) {
	v, tried := a.try(&t, !a.kept)
	if v != unsure && fastMode != both {
		return decided(v), nil
	}
	return a.search(t, v, tried)
}

// search answers a question from what is kept, from rosters if they have not been
// tried, and otherwise by the graph. If v is not unsure it is what rosters say.
func (a *Asker) search(t tuple.Tuple, v value, tried bool) (Decision, error) {
	var l lookup
	if a.kept && a.cheap < maxCheap {
		l = a.evaluator.lookup(a.ctx, a.state, &t)
	}
	kept, found := l.find()
	if found && fastMode != both {
		return kept, nil
	}
	if !tried {
		if v, _ = a.try(&t, true); v != unsure && fastMode != both {
			l.guess(false)
			return decided(v), nil
		}
	}
	if err := validate(a.state, t); err != nil {
		return Decision{}, err
	}
	if err := a.turn(t.Subject); err != nil {
		return Decision{}, err
	}
	d, err := a.solver.ask(t)
	mustAgree(t, v, d, err)
	mustBeKept(t, kept, found, d, err)
	switch {
	case err == nil:
		a.keep(&t, &l, d)
	case !ofCandidate(err): // what the solver knows is incomplete
		a.Close()
	}
	return d, err
}

// maxCheap is after how many searches in a row that were not worth it an asker does
// not look for what is kept any more: what they share has been found.
const maxCheap = 8

// keep keeps what the search has found.
func (a *Asker) keep(t *tuple.Tuple, l *lookup, d Decision) {
	steps := a.solver.work - a.solver.begun
	switch {
	case steps < a.evaluator.keepFrom:
		a.cheap++
	case a.kept && a.cheap >= maxCheap:
		*l = a.evaluator.lookup(a.ctx, a.state, t)
		fallthrough
	default:
		a.cheap = 0
	}
	l.keep(d, steps, a.solver.until)
}

// ofCandidate reports whether an error is an answer about one tuple, beside
// which others can be answered.
func ofCandidate(err error) bool { return errors.Is(err, ErrCycle) || errors.Is(err, ErrCondition) }

// try answers a question from rosters if they suffice, and reports whether it was
// tried: it is not if it will probably take a search, unless that is wanted.
func (a *Asker) try(t *tuple.Tuple, always bool) (v value, tried bool) {
	if a.fast.plan == nil || a.state.Err() != nil {
		a.fast = fast{}
		a.fast.prepare(a.ctx, a.evaluator, a.state)
	}
	a.fast.always, a.fast.skipped = always, false
	v = a.fast.question(t)
	return v, !a.fast.skipped
}

// turn makes a solver ready for questions about a subject.
func (a *Asker) turn(subject tuple.Subject) error {
	if err := a.begin(); err != nil {
		return err
	}
	if subject == a.subject { // never the zero Subject, which no question has
		return nil
	}
	if err := a.ctx.Err(); err != nil { // nobody else looks, if the questions are short
		return err
	}
	a.steps += a.solver.work
	a.solver.forget()
	a.solver.principal(subject)
	a.subject = subject
	return nil
}

// begin sees to it that there is a solver.
func (a *Asker) begin() error {
	if a.solver != nil {
		return nil
	}
	s, err := a.evaluator.begin(a.ctx, a.state)
	if err != nil {
		return err
	}
	s.conditions = a.conditions
	a.solver, a.subject = s, tuple.Subject{}
	return nil
}

// Condition reports whether the condition of a stored tuple, which the state's
// reader returned, is true or, as far as can be decided, might be: then holds is
// true and certain is false. The error is that of the context.
func (a *Asker) Condition(k index.Key) (holds, certain bool, err error) {
	if err := a.begin(); err != nil {
		return false, false, err
	}
	holds, known := a.solver.holds(k)
	return holds || !known, holds && known, a.ctx.Err()
}
