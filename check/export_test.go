package check

import (
	"context"
	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/tuple"
)

// GraphOnly makes an evaluator decide every question by the graph.
func (e *Evaluator) GraphOnly() *Evaluator {
	e.graphOnly = true
	return e
}

func Steps(e *Evaluator, st *store.State, t tuple.Tuple) int {
	s, _ := e.begin(context.Background(), st)
	s.principal(t.Subject)
	s.ask(t)
	return s.work
}
