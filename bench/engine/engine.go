// Package engine puts the engines that are measured behind one small interface.
//
// An engine is loaded with the standard workload, and is then asked. Whatever an
// engine wants a question to look like is made before the clock runs
// ([Engine.Prepare]), so that no engine pays for the form in which package
// workload has it; all begin with strings. What an engine can do beside that is
// in interfaces of its own, [Lister] and [Writer].
package engine

import (
	"context"
	"fmt"
	"iter"

	"github.com/baobab-authz/baobab/bench/workload"
	"github.com/baobab-authz/baobab/tuple"
)

// Engine is an engine under measurement. Load comes first and once; questions may
// then be asked by several goroutines.
type Engine interface {
	// Name returns what the table calls the engine.
	Name() string
	// Load stores tuples of the workload's schema.
	Load(context.Context, iter.Seq[tuple.Tuple]) error
	// Prepare returns a function that answers the i-th of the questions.
	Prepare([]workload.Question) (Ask, error)
	Close() error
}

// Ask answers a question by its number.
type Ask func(ctx context.Context, i int) (bool, error)

// Lister is an engine that lists. Both return how many there are.
type Lister interface {
	Objects(ctx context.Context, who tuple.Subject, permission, objectType string) (int, error)
	Subjects(ctx context.Context, what tuple.Object, permission, subjectType string) (int, error)
}

// Writer is an engine that writes one tuple at a time.
type Writer interface {
	Write(context.Context, tuple.Tuple) error
	Delete(context.Context, tuple.Tuple) error
}

// Verify asks every question once. The error names the first that is answered
// wrongly, or not at all.
func Verify(ctx context.Context, e Engine, questions []workload.Question) error {
	ask, err := e.Prepare(questions)
	if err != nil {
		return fmt.Errorf("%s: %w", e.Name(), err)
	}
	for i, q := range questions {
		allowed, err := ask(ctx, i)
		if err != nil {
			return fmt.Errorf("%s: %s: %w", e.Name(), q.Tuple, err)
		}
		if allowed != q.Allowed() {
			return fmt.Errorf("%s: %s is answered %t", e.Name(), q.Tuple, allowed)
		}
	}
	return nil
}
