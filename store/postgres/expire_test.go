package postgres_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/store/postgres"
	"github.com/baobab-authz/baobab/tuple"
)

// noon is about when tuples expire here: neither before nor after the present of every machine.
var noon = time.Date(2027, 1, 1, 12, 0, 0, 0, time.UTC)

// at returns a sealed commit of a time that removes and adds tuples.
func at(parent store.Revision, t time.Time, removed, added []tuple.Relationship) store.Commit {
	c := store.Commit{Parent: parent, ID: store.NewCommitID(), Time: t}
	for _, r := range removed {
		c.Removed = append(c.Removed, store.Stored{Relationship: r})
	}
	for _, r := range added {
		c.Added = append(c.Added, store.Stored{Relationship: r})
	}
	c.Seal()
	return c
}

// guest returns a tuple that expires at noon, or so much later.
func guest(name string, later time.Duration) tuple.Relationship {
	return tuple.MustParse("document:" + name + "#viewer@user:ann").Until(noon.Add(later))
}

// commit appends one commit at the head.
func (a application) commit(t time.Time, removed, added []tuple.Relationship) {
	a.t.Helper()
	require.NoError(a.t, a.log.Append(context.Background(), []store.Commit{at(head(a.t, a.log), t, removed, added)}))
}

func (a application) compact() {
	a.t.Helper()
	require.NoError(a.t, a.log.Compact(context.Background(), 1000))
}

// held begins a transaction that is over with the test, whatever becomes of that.
func (a application) held() pgx.Tx {
	a.t.Helper()
	tx, err := a.pool.Begin(context.Background())
	require.NoError(a.t, err)
	a.t.Cleanup(func() { _ = tx.Rollback(context.Background()) })
	return tx
}

// has compares the rows of the tuple table.
func (a application) has(want ...tuple.Relationship) {
	a.t.Helper()
	all := map[string]bool{}
	for _, r := range want {
		all[r.String()] = false
	}
	require.Equal(a.t, all, stored(a.t, a.log))
}

// TestCompactDeletesExpired has more that has expired than one statement deletes, much of it at one instant,
// and what expires one microsecond after the head.
func TestCompactDeletesExpired(t *testing.T) {
	a := newApplication(t)
	a.compact() // at position 0
	var all []tuple.Relationship
	for i := range 2*postgres.ExpireRows + 500 {
		all = append(all, guest(fmt.Sprint("old-", i), -time.Duration(max(0, i-postgres.ExpireRows-200))*time.Microsecond))
	}
	stays := []tuple.Relationship{guest("later", time.Microsecond), guest("much-later", 1000*time.Hour), tuple.MustParse("document:never#viewer@user:ann").Always()}
	aside := store.Stored{Relationship: guest("aside", -time.Hour), Aside: true}
	c := at(head(t, a.log), noon.Add(-24*time.Hour), nil, append(all, stays...))
	c = store.Commit{Parent: c.Parent, ID: c.ID, Time: c.Time, Added: append(c.Added, aside)}
	require.NoError(t, a.log.Append(context.Background(), []store.Commit{c}))
	a.compact()
	a.rows("tuple", len(all)+4)
	a.commit(noon.Add(-time.Microsecond), nil, nil)
	a.compact()
	a.rows("tuple", postgres.ExpireRows+201+3)
	a.commit(noon, nil, nil)
	a.rows("tuple", postgres.ExpireRows+201+3)
	require.NoError(t, a.log.Compact(context.Background(), 0))
	a.has(stays...)
	a.commit(noon.Add(time.Microsecond), stays[:1], nil)
	a.compact()
	a.has(stays[1:]...)
	a.commit(noon.Add(time.Second), nil, all[:2])
	a.has(append(stays[1:], all[:2]...)...)
	a.compact()
	a.has(stays[1:]...)
}

// TestCompactUsesIndex: what has not expired is not gone through.
func TestCompactUsesIndex(t *testing.T) {
	a := newApplication(t)
	var all []tuple.Relationship
	for i := range 5000 {
		all = append(all, guest(fmt.Sprint(i), time.Duration(i)*time.Minute))
	}
	a.commit(noon, nil, all)
	a.exec(a.pool, "ANALYZE {store}.tuple")
	rows, err := a.pool.Query(context.Background(), "EXPLAIN "+postgres.ExpireStatement(a.name), pgx.QueryExecModeExec, nil)
	require.NoError(t, err)
	plan, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	text := strings.Join(plan, "\n")
	require.Contains(t, text, "tuple_expires")
	require.NotContains(t, text, "Seq Scan on tuple")
	require.NotContains(t, text, "Join")
}

// TestCompactPassesOverWhatIsLocked has an application's transaction that prolongs a tuple, removes one, and touches
// one that has expired, and is not over yet. A Compact waits for none of it.
func TestCompactPassesOverWhatIsLocked(t *testing.T) {
	for _, commits := range []bool{true, false} {
		a := newApplication(t)
		all := []tuple.Relationship{guest("prolonged", 0), guest("removed", 0), guest("touched", 0), guest("other", 0)}
		a.commit(noon, nil, all)
		tx := a.held()
		_, err := a.log.AppendTx(context.Background(), tx, func(_ context.Context, head store.Revision) (store.Commit, error) {
			return at(head, noon.Add(time.Hour), all[:3], []tuple.Relationship{guest("prolonged", 2*time.Hour), guest("touched", time.Second), guest("later", 59*time.Minute)}), nil
		})
		require.NoError(t, err)
		a.compact()
		a.has(all[:3]...)
		if !commits {
			require.NoError(t, tx.Rollback(context.Background()))
			a.compact()
			a.has()
			continue
		}
		require.NoError(t, tx.Commit(context.Background()))
		a.has(guest("prolonged", 2*time.Hour), guest("touched", time.Second), guest("later", 59*time.Minute))
		a.compact()
		a.has(guest("prolonged", 2*time.Hour))
	}
}

// An expired is what a Compact's statement has returned.
type expired struct {
	found, gone int
	last        *time.Time
	err         error
}

// holdUp has a Compact's statement wait, when it has begun and so what it sees is settled, and before it looks at any tuple, until
// fn has run.
func (a application) holdUp(fn func()) expired {
	a.t.Helper()
	const block = 4711
	hold := a.held()
	a.exec(hold, "SELECT pg_advisory_xact_lock($1)", block)
	text := strings.Replace(postgres.ExpireStatement(a.name), "(SELECT at FROM", fmt.Sprintf("(SELECT at FROM (SELECT pg_advisory_xact_lock(%d)) AS held,", block), 1)
	require.Contains(a.t, text, "held")
	done := make(chan expired, 1)
	go func() {
		var e expired
		e.err = a.pool.QueryRow(context.Background(), text, pgx.QueryExecModeExec, nil).Scan(&e.found, &e.last, &e.gone)
		done <- e
	}()
	a.waiting(1)
	fn()
	require.NoError(a.t, hold.Commit(context.Background()))
	e := <-done
	require.NoError(a.t, e.err)
	return e
}

// TestPutBeatsCompact makes commits that change tuples which a Compact's statement is about to look at: by what it
// sees they have expired.
func TestPutBeatsCompact(t *testing.T) {
	a := newApplication(t)
	never := tuple.MustParse("document:never#viewer@user:ann").Always()
	all := []tuple.Relationship{guest("expired", 0), guest("prolonged", 0), tuple.MustParse("document:never#viewer@user:ann").Until(noon),
		guest("shortened", -time.Hour), guest("removed", 0), guest("anew", 0), guest("anew-expired", 0)}
	a.commit(noon, nil, all)
	e := a.holdUp(func() {
		a.commit(noon, all[1:], []tuple.Relationship{guest("prolonged", time.Hour), never, guest("shortened", -2*time.Hour)})
		a.commit(noon.Add(time.Hour), nil, []tuple.Relationship{guest("anew", 2*time.Hour), guest("anew-expired", 0), guest("new", time.Minute)})
	})
	require.Equal(t, 7, e.found)
	require.Equal(t, 2, e.gone, "the first, and the one that was touched and has expired nevertheless")
	a.has(guest("prolonged", time.Hour), never, guest("anew", 2*time.Hour), guest("anew-expired", 0), guest("new", time.Minute))
	a.compact()
	a.has(never, guest("anew", 2*time.Hour))
}

// TestCompactLeapsOverNothing touches one of the tuples that a Compact's statement deletes, so that it expires
// later than many that come after it. These are what the next statement begins with.
func TestCompactLeapsOverNothing(t *testing.T) {
	a := newApplication(t)
	var all []tuple.Relationship
	for i := range postgres.ExpireRows + 10 {
		all = append(all, guest(fmt.Sprint(i), -time.Hour+time.Duration(i)*time.Second))
	}
	a.commit(noon, nil, all)
	e := a.holdUp(func() { a.commit(noon, all[:1], []tuple.Relationship{guest("0", 0)}) })
	require.Equal(t, postgres.ExpireRows, e.found)
	require.Equal(t, postgres.ExpireRows, e.gone)
	require.True(t, all[postgres.ExpireRows-1].Expires.Equal(*e.last), "%s", e.last)
	a.compact()
	a.has()
}

// TestCompactEndsWhereAllIsLocked has more than one statement finds that expired at one instant, all of it locked.
func TestCompactEndsWhereAllIsLocked(t *testing.T) {
	a := newApplication(t)
	var all []tuple.Relationship
	for i := range 2 * postgres.ExpireRows {
		all = append(all, guest(fmt.Sprint(i), 0))
	}
	a.commit(noon, nil, all)
	tx := a.held()
	a.exec(tx, "SELECT 1 FROM {store}.tuple FOR UPDATE")
	a.compact()
	a.has(all...)
	require.NoError(t, tx.Rollback(context.Background()))
	a.compact()
	a.has()
}

// TestAppendAfterCompact lets appends wait for a Compact's statement that has deleted what they change. They find
// nothing there, and what they add is there.
func TestAppendAfterCompact(t *testing.T) {
	a := newApplication(t)
	all := []tuple.Relationship{guest("prolonged", 0), guest("removed", 0), guest("created", 0), guest("other", 0)}
	stays := guest("stays", time.Hour)
	a.commit(noon, nil, append(all, stays))
	tx := a.held()
	a.exec(tx, postgres.ExpireStatement(a.name), nil)

	a.commit(noon, nil, []tuple.Relationship{guest("free", time.Hour)}) // what it has not deleted is free
	done := make(chan error, 1)
	parent := head(t, a.log)
	go func() {
		done <- a.log.Append(context.Background(), []store.Commit{at(parent, noon, all[:2], []tuple.Relationship{guest("prolonged", time.Hour), guest("created", time.Minute)})})
	}()
	a.waiting(1)
	require.NoError(t, tx.Commit(context.Background()))
	require.NoError(t, <-done)
	a.has(stays, guest("free", time.Hour), guest("prolonged", time.Hour), guest("created", time.Minute))
}

// TestCompactBesideAppends compacts all the time while goroutines change the same few tuples, which expire all
// the time. In the end what the commits have made is there, but for what has expired.
func TestCompactBesideAppends(t *testing.T) {
	a := newApplication(t)
	const tuples, writers, each = 12, 4, 60
	var all, compacting sync.WaitGroup
	begin := head(t, a.log)
	for g := range writers {
		all.Go(func() {
			draw := rand.New(rand.NewPCG(uint64(g), 1))
			for n := 0; n < each; {
				parent, err := a.log.Head(context.Background())
				if err != nil {
					t.Errorf("Head: %v", err)
					return
				}
				now := noon.Add(time.Duration(parent.Position()) * time.Second) // never before that of the parent
				names := draw.Perm(tuples)[:4]
				var removed, added []tuple.Relationship
				for i, name := range names {
					r := guest(fmt.Sprint(name), now.Sub(noon)+time.Duration(draw.IntN(7)-2)*time.Second)
					if i == 0 || i == 1 && n%2 == 0 {
						removed = append(removed, r)
					}
					if i > 0 {
						added = append(added, r)
					}
				}
				err = a.log.Append(context.Background(), []store.Commit{at(parent, now, removed, added)})
				if err == nil {
					n++
				} else if !isConflict(err) {
					t.Errorf("Append: %v", err)
					return
				}
			}
		})
	}
	stop := make(chan struct{})
	for range 2 {
		compacting.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if err := a.log.Compact(context.Background(), 1_000_000); err != nil {
					t.Errorf("Compact: %v", err)
					return
				}
			}
		})
	}
	all.Wait()
	close(stop)
	compacting.Wait()
	a.compact()
	want := map[string]tuple.Relationship{}
	var newest time.Time
	for _, c := range follow(t, a.log, begin, writers*each) {
		require.False(t, c.Time.Before(newest))
		newest = c.Time
		for _, s := range c.Removed {
			delete(want, s.Tuple.String())
		}
		for _, s := range c.Added {
			want[s.Tuple.String()] = s.Relationship
		}
	}
	maps.DeleteFunc(want, func(_ string, r tuple.Relationship) bool { return !r.Expires.After(newest) })
	var live []tuple.Relationship
	for _, r := range want {
		live = append(live, r)
	}
	a.has(live...)
}

// BenchmarkCompactExpired deletes 20,000 of 220,000 tuples, which have expired, while commits are appended that each touch one of
// them; append-max is the longest that one of those took, and append-alone the median without.
func BenchmarkCompactExpired(b *testing.B) {
	const n = 20_000
	l := open(b, shared.Database(b), postgres.Options{})
	parent := head(b, l)
	load(b, l, &parent, 200_000)
	add := func(t time.Time, added ...tuple.Relationship) time.Duration {
		c := at(parent, t, nil, added)
		begin := time.Now()
		require.NoError(b, l.Append(context.Background(), []store.Commit{c}))
		parent = c.Revision
		return time.Since(begin)
	}
	var longest, alone time.Duration
	now := noon
	for b.Loop() {
		b.StopTimer()
		var all []tuple.Relationship
		for i := range n {
			all = append(all, tuple.MustParse(fmt.Sprintf("document:%d#viewer@user:%d", i, i%1000)).Until(now.Add(time.Duration(i)*time.Millisecond)))
		}
		add(now, all...)
		now = now.Add(time.Hour)
		var each []time.Duration
		for range 101 {
			each = append(each, add(now, tuple.MustParse("document:alone#viewer@user:ann").Until(now)))
		}
		slices.Sort(each)
		alone = each[50]
		done := make(chan error, 1)
		b.StartTimer()
		go func() { done <- l.Compact(context.Background(), 1_000_000) }()
		compacted := false
		for i := 0; !compacted; i++ {
			select {
			case err := <-done:
				b.StopTimer()
				require.NoError(b, err)
				compacted = true
			default:
				longest = max(longest, add(now, all[i*97%n].Until(now.Add(time.Nanosecond))))
			}
		}
		b.StartTimer()
	}
	b.StopTimer()
	require.NoError(b, l.Compact(context.Background(), 1_000_000))
	require.Len(b, stored(b, l), 200_000, "nothing that has expired is left")
	b.ReportMetric(float64(longest.Microseconds())/1000, "append-max-ms")
	b.ReportMetric(float64(alone.Microseconds())/1000, "append-alone-ms")
}
