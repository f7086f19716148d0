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
	"sync"

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

// Verify asks every question once, on two goroutines, because some engines take
// their time. The error names one that is answered wrongly, or not at all.
func Verify(ctx context.Context, e Engine, questions []workload.Question) error {
	ask, err := e.Prepare(questions)
	if err != nil {
		return fmt.Errorf("%s: %w", e.Name(), err)
	}
	half := len(questions) / 2
	var first, second error
	var wait sync.WaitGroup
	wait.Go(func() { first = verify(ctx, ask, questions, 0, half) })
	wait.Go(func() { second = verify(ctx, ask, questions, half, len(questions)) })
	wait.Wait()
	if first == nil {
		first = second
	}
	if first != nil {
		return fmt.Errorf("%s: %w", e.Name(), first)
	}
	return nil
}

// verify asks the questions from one number to before another.
func verify(ctx context.Context, ask Ask, questions []workload.Question, from, to int) error {
	for i := from; i < to; i++ {
		q := questions[i]
		allowed, err := ask(ctx, i)
		if err != nil {
			return fmt.Errorf("%s: %w", q.Tuple, err)
		}
		if allowed != q.Allowed() {
			return fmt.Errorf("%s is answered %t", q.Tuple, allowed)
		}
	}
	return nil
}
