package faults

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/store/memlog"
)

// A verdict is that of all judges.
func verdict(origin store.Revision, commits []store.Commit, records []record) (log, order error) {
	j := newJudge(origin)
	if log = j.extend(commits, records); log == nil {
		log = j.check(records)
	}
	return log, linearizable(records)
}

// sound returns a history of two engines, in which nothing is wrong.
func sound(t *testing.T) (store.Revision, []store.Commit, []record) {
	t.Helper()
	truth := memlog.New()
	log := truth.Open()
	origin, err := log.Head(context.Background())
	require.NoError(t, err)
	l := &load{history: newHistory(), clients: 2, cells: 2, turnover: time.Hour, targets: []target{openLocal(t, truth.Open()), openLocal(t, truth.Open())}}
	l.begin()
	for deadline := time.Now().Add(time.Minute); l.history.id() < 600 && time.Now().Before(deadline); {
		time.Sleep(time.Millisecond)
	}
	records := append(l.end(t), l.aftermath(t)...)
	commits := commitsOf(t, log, origin)
	require.Greater(t, len(commits), 50)
	return origin, commits, records
}

// aftermath asks one thing after the other, when the clients have ended, and returns what came of it: the last
// operations of each kind do not overlap others, however long a client was held up before.
func (l *load) aftermath(t *testing.T) []record {
	t.Helper()
	ask := func(o op, want outcome) {
		o.ID, o.Timeout = l.history.id(), 60_000
		r := l.ask(0, l.targets[0], o)
		require.Equal(t, want, r.Outcome, "%s: %s", o.Kind, r.Err)
		if o.writes() && want == done {
			l.tokens.put(r.Revision)
		}
	}
	last := l.draw(true)
	for i := range 100 {
		ask(op{Kind: count, Cell: last.Cells[i%len(last.Cells)]}, done)
	}
	ask(op{Kind: release, Cell: last.Cells[0], Who: "nobody"}, refused)
	for _, level := range []string{now, atLeast, latest} {
		ask(op{Kind: read, Level: level, Token: l.tokens.get(), Cells: last.Cells}, done)
	}
	return l.history.take()
}

// resealed returns commits as if they had been made one after the other.
func resealed(origin store.Revision, commits []store.Commit) []store.Commit {
	var made []store.Commit
	for _, c := range commits {
		again := store.Commit{Parent: origin, ID: c.ID, Time: c.Time, Schema: c.Schema, Removed: c.Removed, Added: c.Added, Actor: c.Actor, Note: c.Note}
		again.Seal()
		origin = again.Revision
		made = append(made, again)
	}
	return made
}

// last returns the index of the last record that is as is asked for.
func last(t *testing.T, records []record, is func(*record) bool) int {
	t.Helper()
	for i := range slices.Backward(records) {
		if is(&records[i]) {
			return i
		}
	}
	require.Fail(t, "there is no such record")
	return 0
}

func TestJudgesAcceptWhatIsSound(t *testing.T) {
	log, order := verdict(sound(t))
	require.NoError(t, log)
	require.NoError(t, order)
}

// Each of these tampers with a sound history, and says who has to notice: the judge of the
// log by what it says, and porcupine or not.
func TestJudgesNotice(t *testing.T) {
	origin, commits, records := sound(t)
	committed := func(k kind) func(*record) bool {
		return func(r *record) bool { return r.Op.Kind == k && r.Result.Outcome == done }
	}
	readAt := func(level string) func(*record) bool {
		return func(r *record) bool {
			return r.Op.Kind == read && r.Op.Level == level && r.Result.Outcome == done && r.Result.Revision != commits[0].Revision.String()
		}
	}
	honest := newJudge(origin)
	require.NoError(t, honest.extend(commits, records))
	// age makes of a view what it would have been some commits earlier.
	age := func(r *record, by uint64) {
		position := honest.positions[r.Result.Revision] - by
		r.Result.Revision = commits[position-1].Revision.String()
		seen := map[string]cell{}
		for name := range r.Result.Cells {
			seen[name] = honest.cell(name, position)
		}
		r.Result.Cells = seen
	}
	// changing returns the index of a commit that changes a counter.
	changing := func(from int) int {
		return from + slices.IndexFunc(commits[from:], func(c store.Commit) bool { return len(c.Added) > 0 && c.Added[0].Object.Type == "counter" })
	}
	for _, test := range []struct {
		name   string
		tamper func(commits []store.Commit, records []record) ([]store.Commit, []record)
		log    string // what the judge of the log says
		order  bool   // whether porcupine notices as well
	}{
		{"a commit is missing", func(c []store.Commit, r []record) ([]store.Commit, []record) {
			return slices.Delete(c, 20, 21), r
		}, "and the one before is", false},
		{"a commit is missing, and those after it are made on the one before", func(c []store.Commit, r []record) ([]store.Commit, []record) {
			return resealed(origin, slices.Delete(c, 20, 21)), r
		}, "", false},
		{"the last commit is missing", func(c []store.Commit, r []record) ([]store.Commit, []record) {
			return c[:len(c)-1], r
		}, "", false},
		{"a commit is there twice", func(c []store.Commit, r []record) ([]store.Commit, []record) {
			return resealed(origin, slices.Insert(slices.Clone(c), 21, c[20])), r
		}, "was committed at position", false},
		{"nobody asked for a commit", func(c []store.Commit, r []record) ([]store.Commit, []record) {
			made := c[20].Revision.String()
			return c, slices.DeleteFunc(r, func(r record) bool { return r.Op.writes() && r.Result.Revision == made })
		}, "no such operation was asked for", true},
		{"a commit says something else than its revision", func(c []store.Commit, r []record) ([]store.Commit, []record) {
			at := changing(10)
			c[at].Added = slices.Clone(c[at].Added)
			c[at].Added[0].Subject.ID = "1000"
			return c, r
		}, "its contents make", false},
		{"a counter jumps", func(c []store.Commit, r []record) ([]store.Commit, []record) {
			at := changing(10)
			c[at].Added = slices.Clone(c[at].Added)
			c[at].Added[0].Subject.ID = "1000"
			return resealed(origin, c), r
		}, "has made of", false},
		{"an item has two owners", func(c []store.Commit, r []record) ([]store.Commit, []record) {
			at := slices.IndexFunc(c, func(c store.Commit) bool { return len(c.Added) > 0 && c.Added[0].Tuple.Relation == "owner" })
			second := c[at].Added[0]
			second.Subject.ID = "u9"
			c[at].Added = append(slices.Clone(c[at].Added), second)
			return resealed(origin, c), r
		}, "there is another one beside", false},
		{"a transaction that was acknowledged is said to have failed", func(c []store.Commit, r []record) ([]store.Commit, []record) {
			at := slices.IndexFunc(r, func(r record) bool { return committed(count)(&r) })
			r[at].Result.Outcome = failed
			return c, r
		}, "nothing was to happen", true},
		{"a transaction was validated on a state before", func(c []store.Commit, r []record) ([]store.Commit, []record) {
			at := last(t, r, func(r *record) bool { return committed(count)(r) && r.Result.Seen.N > 0 })
			r[at].Result.Seen.N--
			return c, r
		}, "it was validated on", true},
		{"a counter is counted twice from the same", func(c []store.Commit, r []record) ([]store.Commit, []record) {
			at := last(t, r, committed(count))
			again := r[at]
			again.Op.ID = 1 << 40
			return c, append(r, again)
		}, "is not in the log", true},
		{"one is refused without a reason", func(c []store.Commit, r []record) ([]store.Commit, []record) {
			at := last(t, r, func(r *record) bool { return r.Op.Kind == release && r.Result.Outcome == refused })
			r[at].Op.Kind = count
			return c, r
		}, "refused without a reason", true},
		{"a Latest is stale", func(c []store.Commit, r []record) ([]store.Commit, []record) {
			age(&r[last(t, r, readAt(latest))], 40)
			return c, r
		}, "had been shown before it was asked", true},
		{"an AtLeast is older than its token", func(c []store.Commit, r []record) ([]store.Commit, []record) {
			at := last(t, r, func(r *record) bool { return readAt(atLeast)(r) && honest.positions[r.Op.Token] > 2 })
			by := honest.positions[r[at].Result.Revision] - honest.positions[r[at].Op.Token] + 1
			age(&r[at], by)
			return c, r
		}, "it is older than its token", false},
		{"a Now goes back", func(c []store.Commit, r []record) ([]store.Commit, []record) {
			age(&r[last(t, r, readAt(now))], 40)
			return c, r
		}, "had been shown before it was asked", false},
		{"a Now is of another state than its revision's", func(c []store.Commit, r []record) ([]store.Commit, []record) {
			at := last(t, r, readAt(now))
			seen := map[string]cell{}
			for name, is := range r[at].Result.Cells {
				is.N++
				seen[name] = is
			}
			r[at].Result.Cells = seen
			return c, r
		}, "was {", false},
		{"a view is of no revision", func(c []store.Commit, r []record) ([]store.Commit, []record) {
			r[last(t, r, readAt(now))].Result.Revision = store.NewHistory().String()
			return c, r
		}, "there has never been such a revision", false},
		{"a digest is another one", func(c []store.Commit, r []record) ([]store.Commit, []record) {
			at := last(t, r, readAt(now))
			r[at].Op.Kind, r[at].Result.Digest = digest, "0000"
			return c, r
		}, "the tuples there have another digest", false},
		{"a cell is not read", func(c []store.Commit, r []record) ([]store.Commit, []record) {
			r[last(t, r, readAt(now))].Result.Cells = nil
			return c, r
		}, "it has not read all cells", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			log, order := verdict(tampered(test.tamper, origin, commits, records))
			require.Error(t, log)
			require.True(t, strings.Contains(log.Error(), test.log), "%v", log)
			if test.order {
				require.Error(t, order)
			} else {
				require.NoError(t, order)
			}
		})
	}
}

// A Now may be old, unless there is a bound.
func TestJudgesNoticeStaleness(t *testing.T) {
	origin, commits, records := sound(t)
	j := newJudge(origin)
	require.NoError(t, j.extend(commits, records))
	old := commits[len(commits)-20].Revision
	told := pending // when anybody was first told of what came after it
	end := int64(0)
	for i := range records {
		if position, ok := j.shows(&records[i]); ok && position > old.Position() {
			told = min(told, records[i].Return)
		}
		end = max(end, records[i].Return)
	}
	late := record{Op: op{ID: 1 << 40, Kind: read, Level: now}, Node: 9, Call: end + int64(time.Second), Return: end + int64(2*time.Second),
		Result: result{Outcome: done, Revision: old.String()}}
	records = append(slices.Clone(records), late)
	require.NoError(t, j.check(records))
	j.staleness = late.Call - told - 1
	require.ErrorContains(t, j.check(records), "had been shown before it was asked")
	j.staleness = late.Call - told
	require.NoError(t, j.check(records))
}

// After some commits were lost, a node that has not noticed shows what it has to who asks for less than was
// lost, and to nobody else.
func TestJudgesTellLostTokens(t *testing.T) {
	origin, was, _ := sound(t)
	is := resealed(origin, was[:20]) // which makes them what they were
	is = append(is, resealed(is[19].Revision, was[21:])...)
	j := newJudge(origin)
	j.lost, j.fork = newJudge(origin), 100
	for i := range was {
		j.lost.positions[was[i].Revision.String()] = was[i].Revision.Position()
	}
	for i := range is {
		j.positions[is[i].Revision.String()] = is[i].Revision.Position()
	}
	require.Equal(t, was[19].Revision, is[19].Revision)
	require.NotEqual(t, was[20].Revision, is[20].Revision)
	for _, test := range []struct {
		name         string
		token, shown store.Revision
		call         int64
		says         string
	}{
		{"before the loss, and what was lost is shown", was[10].Revision, was[30].Revision, 101, ""},
		{"before the loss, and what came then is shown", was[10].Revision, is[30].Revision, 101, ""},
		{"lost, and what was lost is shown", was[25].Revision, was[30].Revision, 101, ""},
		{"lost, and what is older is shown", was[25].Revision, was[10].Revision, 99, "it is older than its token"},
		{"lost, and what came then is shown", was[25].Revision, is[30].Revision, 101, "its token is of what was lost"},
		{"lost, and what came then is shown before that is known", was[25].Revision, is[30].Revision, 99, ""},
		{"of what came then, and what was lost is shown", is[25].Revision, was[30].Revision, 101, "its token is of what was lost"},
		{"of what came then, and what is older is shown", is[25].Revision, is[24].Revision, 101, "it is older than its token"},
		{"of nothing", store.NewHistory(), is[24].Revision, 101, "its token is of no revision"},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := record{Op: op{Kind: read, Level: atLeast, Token: test.token.String()}, Call: test.call,
				Result: result{Outcome: done, Revision: test.shown.String()}}
			err := j.checkRead(&r)
			if test.says == "" {
				require.NoError(t, err)
			} else {
				require.ErrorContains(t, err, test.says)
			}
		})
	}
}

// tampered gives a copy to who tampers with it.
func tampered(by func([]store.Commit, []record) ([]store.Commit, []record), origin store.Revision, commits []store.Commit, records []record) (store.Revision, []store.Commit, []record) {
	commits, records = by(slices.Clone(commits), slices.Clone(records))
	return origin, commits, records
}

// What is not known is open: it may have happened at any time, or never.
func TestJudgesLeaveOpenWhatIsNotKnown(t *testing.T) {
	origin, commits, records := sound(t)
	records = slices.Clone(records)
	for i := range records {
		if r := &records[i]; r.Op.writes() && r.Result.Outcome != failed && i%10 == 0 {
			r.Return, r.Result = pending, result{Outcome: unknown}
		}
	}
	never := op{ID: 1 << 40, Kind: count, Cell: records[0].Op.Cell}
	records = append(records, record{Op: never, Call: records[0].Call, Return: pending, Result: result{Outcome: unknown}})
	log, order := verdict(origin, commits, records)
	require.NoError(t, log)
	require.NoError(t, order)
}
