package store_test

import (
	"context"
	"iter"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/store/memlog"
)

// watchAll notes what a watcher gets, until its context ends.
func watchAll(ctx context.Context, s *store.Store, from store.Revision, got *[]string) *outcome {
	return begin(func() (store.Revision, error) {
		for c, err := range s.Watch(ctx, from) {
			if err != nil {
				return from, err
			}
			text := ""
			for _, r := range c.Added {
				text += "+" + r.Subject.ID
			}
			for _, r := range c.Removed {
				text += "-" + r.Subject.ID
			}
			if c.Schema != nil {
				text += "schema"
			}
			*got = append(*got, text+c.Note)
		}
		return from, nil
	})
}

// Who watches goes on over a history that is too short, and over a new beginning, by what
// the log has.
func TestWatchGoesOnByTheLog(t *testing.T) {
	bubble(t, func(t *testing.T, truth *memlog.Log) {
		ctx, cancel := context.WithCancel(bg)
		defer cancel()
		writer := openLog(t, truth.Open(), store.Options{})
		from := newest(t, writer)
		mustAdd(t, writer, "ann")
		_, err := writer.Update(bg, func(tx *store.Tx) error {
			require.NoError(t, tx.Note("!"))
			require.NoError(t, tx.Create(rel("document:plan#viewer@user:gone[expiration:1970-01-01T00:00:00Z]")))
			return tx.Delete(viewer("plan", "ann"))
		})
		require.NoError(t, err)
		_, err = writer.SetSchema(bg, schema.MustParse(testSchema.String()+"\ndefinition more {}"), store.SchemaOptions{})
		require.NoError(t, err)
		mustAdd(t, writer, "bob", "cat")

		s, script := openScriptedAs(t, truth, nil, store.Options{HistoryCommits: 2})
		var got []string
		watched := watchAll(ctx, s, from, &got)
		synctest.Wait()
		want := []string{"+ann", "-ann!", "schema", "+bob+cat"}
		require.Equal(t, want, got)

		mustAdd(t, writer, "dan")
		synctest.Wait()
		require.Equal(t, append(want, "+dan"), got, "and then by the history")

		script.on(deaf)
		interrupt(t, s, script)
		mustAdd(t, writer, "eve")
		mustAdd(t, writer, "fay")
		require.NoError(t, truth.Open().Compact(bg, 1))
		script.on(func(l *scripted) { l.tail = nil })
		interrupt(t, s, script)
		synctest.Wait()
		require.ErrorIs(t, errOf(watched.wait()), store.ErrLagged, "that is gone everywhere")
		require.ErrorIs(t, errOf(watched.wait()), store.ErrRevisionGone)
		require.Equal(t, append(want, "+dan"), got)
	})
}

func openScriptedAs(t testing.TB, truth *memlog.Log, sch *schema.Schema, o store.Options) (*store.Store, *scripted) {
	script := &scripted{Log: truth.Open()}
	o.CheckEachCommit = true
	if o.Logger == nil {
		o.Logger = new(logbook).logger()
	}
	s, err := store.OpenLog(bg, script, sch, o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s, script
}

// Over a new beginning nothing is missing either, if the log still has it.
func TestWatchOverANewBeginning(t *testing.T) {
	bubble(t, func(t *testing.T, truth *memlog.Log) {
		ctx, cancel := context.WithCancel(bg)
		defer cancel()
		writer := openLog(t, truth.Open(), store.Options{})
		s, script := openScripted(t, truth, store.Options{})
		var got []string
		watched := watchAll(ctx, s, newest(t, s), &got)
		mustAdd(t, writer, "ann")
		synctest.Wait()
		var n atomic.Int32
		script.on(func(l *scripted) {
			l.tail = func(_ context.Context, after store.Revision, do iter.Seq2[store.Commit, error]) iter.Seq2[store.Commit, error] {
				return func(yield func(store.Commit, error) bool) {
					if n.Add(1) == 1 {
						mustAdd(t, writer, "bob")
						mustAdd(t, writer, "cat")
						yield(store.Commit{}, store.ErrCompacted) // as it says
						return
					}
					do(yield)
				}
			}
		})
		interrupt(t, s, script)
		mustAdd(t, writer, "dan")
		synctest.Wait()
		require.Equal(t, []string{"+ann", "+bob", "+cat", "+dan"}, got)
		require.NoError(t, s.Close())
		require.ErrorIs(t, errOf(watched.wait()), store.ErrClosed)
	})
}

// What the log has lost ends a watch, whether it was had from the log or from the history,
// and whether something else has its place.
func TestWatchOverLostCommits(t *testing.T) {
	for n := range 4 {
		bubble(t, func(t *testing.T, truth *memlog.Log) {
			early, replaced := n&1 != 0, n&2 != 0
			writer := openLog(t, truth.Open(), store.Options{})
			from := newest(t, writer)
			s, _ := openScripted(t, truth, store.Options{})
			mustAdd(t, writer, "ann")
			mustAdd(t, writer, "bob")
			if !early {
				s, _ = openScripted(t, truth, store.Options{})
			}
			var got []string
			seen := newStop()
			watched := begin(func() (store.Revision, error) {
				for c, err := range s.Watch(bg, from) {
					if err != nil {
						return store.Revision{}, err
					}
					got = append(got, c.Added[0].Subject.ID)
					if len(got) == 2 {
						seen.wait()
					}
				}
				return store.Revision{}, nil
			})
			synctest.Wait()
			truth.Lose(1)
			synctest.Wait()
			if replaced {
				mustAdd(t, s, "cat")
			}
			seen.open()
			require.ErrorIs(t, errOf(watched.wait()), store.ErrDiverged)
			require.Equal(t, []string{"ann", "bob"}, got)
		})
	}
}

// A watcher that reads the log ends with the store, with its context, and by leaving.
func TestWatchOfTheLogEnds(t *testing.T) {
	for _, how := range []string{"closed", "cancelled", "left", "broken"} {
		bubble(t, func(t *testing.T, truth *memlog.Log) {
			writer := openLog(t, truth.Open(), store.Options{})
			from := newest(t, writer)
			for _, u := range []string{"ann", "bob", "cat"} {
				mustAdd(t, writer, u)
			}
			ctx, cancel := context.WithCancel(bg)
			defer cancel()
			s, script := openScripted(t, truth, store.Options{})
			if how == "broken" {
				script.on(func(l *scripted) {
					l.tail = func(_ context.Context, after store.Revision, do iter.Seq2[store.Commit, error]) iter.Seq2[store.Commit, error] {
						return func(yield func(store.Commit, error) bool) {
							for c, err := range do {
								if !yield(c, err) {
									return
								}
								if after == from {
									yield(store.Commit{}, errScripted)
									return
								}
							}
						}
					}
				})
			}
			var last error
			n := 0
			for _, err := range s.Watch(ctx, from) {
				if last = err; err != nil {
					break
				}
				n++
				switch how {
				case "closed":
					require.NoError(t, s.Close())
				case "cancelled":
					cancel()
				}
				if how == "left" {
					break
				}
			}
			require.Equal(t, 1, n)
			switch how {
			case "closed":
				require.ErrorIs(t, last, store.ErrClosed)
			case "cancelled":
				require.ErrorIs(t, last, context.Canceled)
			case "left":
				require.NoError(t, last)
			case "broken":
				require.ErrorIs(t, last, errScripted)
			}
		})
	}
}

// A schema in the log that a watcher cannot use ends its watch.
func TestWatchOfABadSchema(t *testing.T) {
	bubble(t, func(t *testing.T, truth *memlog.Log) {
		writer := openLog(t, truth.Open(), store.Options{})
		from := newest(t, writer)
		_, err := writer.SetSchema(bg, schema.MustParse(testSchema.String()+"\ndefinition bad {}"), store.SchemaOptions{})
		require.NoError(t, err)
		_, err = writer.SetSchema(bg, testSchema, store.SchemaOptions{})
		require.NoError(t, err)
		s, _ := openScripted(t, truth, store.Options{Bind: func(sch *schema.Schema) (*schema.Schema, error) {
			if sch.Definition("bad") != nil {
				return nil, errScripted
			}
			return sch, nil
		}})
		require.ErrorIs(t, watchError(s, from), errScripted)
	})
}
