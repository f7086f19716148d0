package baobab

import (
	"context"
	"iter"

	"github.com/baobab-authz/baobab/store"
)

// A Change is what a commit changed. See [store.Change].
type Change = store.Change

// Watch returns every commit after the one of a revision, in order and without
// a gap, and then waits for more until the context ends. The zero revision is
// the newest one at the time of the call; one that was kept as text is read with
// [store.ParseRevision]. A loop that is slower than the
// writers for so long that a commit is no longer retained gets
// [store.ErrLagged], which never slows a writer. See [store.Store.Watch] for
// the other errors, and what it costs.
func (e *Engine) Watch(ctx context.Context, from Revision) iter.Seq2[Change, error] {
	return e.store.Watch(ctx, from)
}
