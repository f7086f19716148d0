package baobab

import (
	"context"
	"errors"
	"iter"

	"github.com/baobab-authz/baobab/check"
	"github.com/baobab-authz/baobab/expand"
	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/tuple"
)

// The types of the packages below that users meet in signatures.
type (
	// A Decision answers a question. See [check.Decision].
	Decision = check.Decision
	// An Explanation says why. See [check.Explanation].
	Explanation = check.Explanation
	// A Revision is the position of a commit in the history. See [store.Revision].
	Revision = store.Revision
)

// Engine holds tuples and answers questions about them by a schema.
type Engine struct {
	store     *store.Store
	evaluator *check.Evaluator
	lister    *expand.Lister
	caveats   schema.Evaluator
}

// Open returns an engine without tuples. No schema is [store.ErrNoSchema]. One
// that declares caveats needs Options.Caveats: without, it is refused with
// [schema.ErrNoEvaluator], and with [schema.Errors] if an expression is wrong.
func Open(s *schema.Schema, o Options) (*Engine, error) {
	if s == nil {
		return nil, store.ErrNoSchema
	}
	s, err := s.Bind(o.Caveats)
	if err != nil {
		return nil, err
	}
	st, err := store.Open(s, o.Store)
	if err != nil {
		return nil, err
	}
	return newEngine(st, o), nil
}

func newEngine(st *store.Store, o Options) *Engine {
	evaluator := check.New(o.Check)
	return &Engine{store: st, evaluator: evaluator, lister: expand.NewLister(evaluator, o.Lists), caveats: o.Caveats}
}

// OpenLog returns an engine of what a log has: a file that is this process's alone, or
// a database that processes share. Every commit is durable before it is
// acknowledged, and those of other processes come to be in the engine. Questions
// are answered from memory, as fast as without a log; what [View] was asked for says how
// much of the log the answer has seen. The engine closes the log, also if
// OpenLog fails.
//
// The schema becomes the first commit of a log that is new. If the log has another
// one, the error is a [*store.SchemaDiffersError], which lists the changes; without a
// schema the engine has the log's, and [Engine.SetSchema] changes it for all processes.
// Other errors are those of [Open] and of [store.OpenLog], which says what opening costs.
func OpenLog(ctx context.Context, log store.Log, s *schema.Schema, o Options) (*Engine, error) {
	if s != nil {
		bound, err := s.Bind(o.Caveats)
		if err != nil {
			return nil, errors.Join(err, log.Close())
		}
		s = bound
	}
	o.Store.Bind = func(s *schema.Schema) (*schema.Schema, error) { return s.Bind(o.Caveats) }
	st, err := store.OpenLog(ctx, log, s, o.Store)
	if err != nil {
		return nil, err
	}
	return newEngine(st, o), nil
}

// Close ends the engine: every later call, also on views that were taken
// before, fails with [store.ErrClosed]. It waits for the transaction that is
// running, which is not committed, and for what is being appended to a log, and closes
// that; its error is the log's. Closing twice is no error; closing within a
// transaction is [store.ErrReentrant].
func (e *Engine) Close() error { return e.store.Close() }

// Now returns a view of the newest state. It takes no lock and costs about as
// much as reading the clock. On a closed engine the view's questions fail.
func (e *Engine) Now() View { return e.view(e.store.Now()) }

// At returns a view of the state at a revision, judged at the instant of its
// commit. It costs the commits between rev and the nearest snapshot that is
// kept (see [store.Options]), and waits while a commit is entered into the
// history.
//
// Errors: [store.ErrForeignRevision] for a revision of another store,
// [store.ErrRevisionGone] for one that is not retained any more, and
// [store.ErrFutureRevision] for one that is not there yet.
func (e *Engine) At(rev Revision) (View, error) { return e.viewOr(e.store.At(rev)) }

// AtLeast waits until this process has seen a revision, and returns a view of
// the newest state: who sends the revision of a write along reads that write.
// The zero revision asks for nothing. A revision that a write of this engine returned has been
// seen, so in memory alone there is nothing to wait for.
//
// Errors: [store.ErrForeignRevision] at once, [store.ErrStale], with that
// of the context, when the context ends first, and [store.ErrDiverged] if the log has
// lost the revision.
func (e *Engine) AtLeast(ctx context.Context, rev Revision) (View, error) {
	return e.viewOr(e.store.AtLeast(ctx, rev))
}

// Latest returns a view of a state that has every commit that was acknowledged
// before the call, by any process. It asks a log that is shared, and waits for what that
// has; otherwise it is Now. The error is [store.ErrStale] when the context ends first, or the
// log does not answer.
func (e *Engine) Latest(ctx context.Context) (View, error) { return e.viewOr(e.store.Latest(ctx)) }

func (e *Engine) view(st *store.State, err error) View { return View{e, st, err} }

func (e *Engine) viewOr(st *store.State, err error) (View, error) {
	if err != nil {
		return View{e, nil, err}, err
	}
	return View{e, st, nil}, nil
}

// Check is [View.Check] of Now.
func (e *Engine) Check(ctx context.Context, t tuple.Tuple) (Decision, error) {
	if st, err := e.store.Current(); err == nil {
		if d, ok := e.evaluator.Try(ctx, &st, t); ok {
			return d, nil
		}
	}
	return e.Now().Check(ctx, t)
}

// CheckAll is [View.CheckAll] of Now.
func (e *Engine) CheckAll(ctx context.Context, ts []tuple.Tuple) ([]Decision, error) {
	return e.Now().CheckAll(ctx, ts)
}

// Explain is [View.Explain] of Now.
func (e *Engine) Explain(ctx context.Context, t tuple.Tuple) (*Explanation, error) {
	return e.Now().Explain(ctx, t)
}

// Expand is [View.Expand] of Now.
func (e *Engine) Expand(ctx context.Context, object tuple.Object, relation string, o expand.Options) (*expand.Tree, error) {
	return e.Now().Expand(ctx, object, relation, o)
}

// Tuples is [View.Tuples] of Now.
func (e *Engine) Tuples(f tuple.Filter) iter.Seq2[tuple.Relationship, error] {
	return e.Now().Tuples(f)
}

// Stats are figures about an engine at one moment.
type Stats struct {
	store.Stats
	// Cache is about the decisions that are kept; about those of all engines that
	// share the cache, if there are others.
	Cache check.CacheStats
}

// Stats returns figures about the engine. It waits for no transaction, only
// while a commit is entered into the history.
func (e *Engine) Stats() Stats { return Stats{e.store.Stats(), e.evaluator.CacheStats()} }

// Compact gives back the memory of objects that nothing names any more, and returns
// how many there were. Commits do it on their own: see [store.Store.Compact].
func (e *Engine) Compact(ctx context.Context) (int, error) { return e.store.Compact(ctx) }

// Sweep removes the tuples that expired longer ago than the grace that
// [store.Options] give, and returns how many there were. Commits sweep a few
// each; an engine that seldom commits can be swept now and then. No answer
// changes, and neither does the revision. It waits for its turn as Update does.
// The history keeps what was swept as long as it keeps the revision.
func (e *Engine) Sweep(ctx context.Context) (int, error) { return e.store.Sweep(ctx) }

// Verify checks that the indexes of the newest state agree with each other and
// with all counts, and that the retained history leads to it. It costs time
// and memory in proportion to n, and is meant for tests and for operators.
func (e *Engine) Verify() error { return e.store.Check() }

// Options configure an engine. The zero value gives the defaults.
type Options struct {
	// Store says what tells the time and how much history is retained.
	Store store.Options
	// Check bounds what a question may cost, and the memory for what questions find.
	Check check.Options
	// Lists bounds what is kept of lists that are read in pages.
	Lists expand.ListerOptions
	// Caveats evaluates the caveats of schemas that declare some. Default: none,
	// so that such a schema is refused.
	Caveats schema.Evaluator
}
