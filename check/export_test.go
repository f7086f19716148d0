package check

import (
	"context"

	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/tuple"
)

// RostersDecide says that questions are decided from rosters alone if that suffices.
const RostersDecide = fastMode == rosters

// GraphOnly makes an evaluator decide every question by the graph.
func (e *Evaluator) GraphOnly() *Evaluator {
	e.graphOnly = true
	return e
}

// Steps returns how many steps a search for the answer takes.
func (e *Evaluator) Steps(st *store.State, t tuple.Tuple) (int, error) {
	s, err := e.begin(context.Background(), st)
	if err != nil {
		return 0, err
	}
	defer e.end(s)
	s.principal(t.Subject)
	_, err = s.ask(t)
	return s.work, err
}
