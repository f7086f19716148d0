package expand_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/check"
	"github.com/baobab-authz/baobab/expand"
	"github.com/baobab-authz/baobab/internal/oracle"
	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/tuple"
)

// inPages reads a list of objects in pages, each from a cursor of the last entry's id,
// and calls between before each but the first.
func inPages(l *expand.Lister, st *store.State, subject, permission string, size int, between func()) []string {
	var all []string
	var cursor expand.Cursor
	for n := size; n == size; {
		n = 0
		for a, err := range l.Objects(ctx, st, tuple.MustParseSubject(subject), permission, "doc", expand.Limit(size), expand.After(cursor)) {
			if err != nil && a.Object.IsZero() {
				return append(all, err.Error())
			}
			all = append(all, a.String())
			cursor.Last = a.Object.ID
			n++
		}
		if between != nil {
			between()
		}
	}
	return all
}

const paged = `
	use expiration
	caveat on_day(day string) { day == "monday" }
	definition user {}
	definition doc {
		relation viewer: user | user with expiration | user with on_day
		relation banned: user
		permission open = viewer - banned
	}`

func pagedStore(t testing.TB, docs int, more string) *store.Store {
	s, err := schema.MustParse(paged).Bind(oracle.Conditions{})
	require.NoError(t, err)
	var b strings.Builder
	for i := range docs {
		fmt.Fprintf(&b, "doc:%05d#viewer@user:ann\ndoc:%05d#viewer@user:bob\n", i, i)
		if i%3 == 0 {
			fmt.Fprintf(&b, "doc:%05d#banned@user:bob\n", i)
		}
	}
	return fill(t, s, b.String()+more)
}

// A page costs a page: however long the list is, the second page looks at the context
// no more often than it has entries to decide, while without what is kept each page looks
// at it for thousands of tuples.
func TestPagesFindTheirListOnce(t *testing.T) {
	st := pagedStore(t, 20_000, "")
	defer st.Close()
	state := now(t, st)
	looks := func(l *expand.Lister, last string) int {
		c := &countdown{ctx, 1 << 30}
		require.Len(t, lines(l.Objects(c, state, tuple.MustParseSubject("user:ann"), "viewer", "doc", expand.Limit(2), expand.After(expand.Cursor{Last: last}))), 2)
		return 1<<30 - c.left
	}
	keeps, forgets := lister(), expand.NewLister(check.New(check.Options{}), expand.ListerOptions{PageBytes: -1})
	first := looks(keeps, "00010")
	require.Greater(t, first, 4)
	require.Equal(t, first, looks(forgets, "00010"))
	require.Equal(t, first, looks(forgets, "00012"))
	require.Less(t, looks(keeps, "00012"), 3)
	require.Less(t, looks(keeps, "19990"), 3)
	require.Less(t, looks(keeps, "00002"), 3, "and back")
}

// What is kept is never that of another state, instant, subject or permission, nor of
// what is hypothetical or given.
func TestPagesOfOtherStates(t *testing.T) {
	var more strings.Builder
	for i := range 6 {
		fmt.Fprintf(&more, "doc:e%d#viewer@user:eve[expiration:2027-01-01T1%d:00:00Z]\ndoc:k%d#viewer@user:kim[on_day]\ndoc:k%d#viewer@user:joe\n", i, i+3, i, i)
	}
	st := pagedStore(t, 9, more.String())
	defer st.Close()
	state, l := now(t, st), lister()
	whole := func(st *store.State, subject, permission string) []string {
		return lines(l.Objects(ctx, st, tuple.MustParseSubject(subject), permission, "doc"))
	}
	pages := func(st *store.State, subject, permission string) {
		t.Helper()
		require.Equal(t, whole(st, subject, permission), inPages(l, st, subject, permission, 2, nil))
	}
	derive := func(st *store.State, err error) *store.State {
		t.Helper()
		require.NoError(t, err)
		return st
	}
	monday, friday := map[string]any{"day": "monday"}, map[string]any{"day": "friday"}
	for range 2 { // what the first round has kept is there in the second
		for _, subject := range []string{"user:ann", "user:bob", "user:eve", "user:kim", "user:joe", "user:new"} {
			for _, permission := range []string{"viewer", "open"} {
				pages(state, subject, permission)
				for hour := 17; hour > 11; hour-- { // tuples expire, and live again
					pages(derive(state.AsOf(time.Date(2027, 1, 1, hour, 30, 0, 0, time.UTC))), subject, permission)
				}
				pages(derive(state.Given(monday)), subject, permission)
				pages(derive(state.Given(friday)), subject, permission)
				pages(derive(state.Given(nil)), subject, permission)
				pages(derive(state.Without(tuple.MustParse("doc:00003#viewer@user:ann"))), subject, permission)
				pages(derive(state.With(tuple.MustParseRelationship("doc:00003a#viewer@"+subject))), subject, permission)
			}
		}
	}
	require.Len(t, whole(derive(state.Given(monday)), "user:kim", "open"), 6)
	require.Empty(t, whole(derive(state.Given(friday)), "user:kim", "open"))

	// Writes between the pages change the pages of the newest state alone.
	i := 0
	want := whole(state, "user:ann", "open")
	require.Equal(t, want, inPages(l, state, "user:ann", "open", 2, func() {
		i++
		_, err := st.Update(ctx, func(tx *store.Tx) error {
			if err := tx.Delete(tuple.MustParse(fmt.Sprintf("doc:%05d#viewer@user:ann", 9-i))); err != nil {
				return err
			}
			return tx.Create(tuple.MustParseRelationship(fmt.Sprintf("doc:%05da#viewer@user:ann", i)))
		})
		require.NoError(t, err)
		pages(now(t, st), "user:ann", "open")
	}))
	require.NotEqual(t, want, whole(now(t, st), "user:ann", "open"))
	back, err := st.At(state.Revision())
	require.NoError(t, err)
	require.Equal(t, want, inPages(l, back, "user:ann", "open", 2, nil))

	// Within a transaction the state is pending, and has the revision of the one before.
	_, err = st.Update(ctx, func(tx *store.Tx) error {
		require.NoError(t, tx.Create(tuple.MustParseRelationship("doc:new#viewer@user:ann")))
		pending, err := tx.State()
		require.NoError(t, err)
		require.Contains(t, inPages(l, pending, "user:ann", "open", 2, nil), "doc:new")
		return nil
	})
	require.NoError(t, err)
}

// Goroutines page through lists of several states and subjects, with room for few.
func TestPagesTogetherAreTheirOwn(t *testing.T) {
	st := pagedStore(t, 60, "")
	defer st.Close()
	l := expand.NewLister(check.New(check.Options{}), expand.ListerOptions{PageBytes: 3000})
	var states []*store.State
	for i := range 3 {
		states = append(states, now(t, st))
		_, err := st.Update(ctx, func(tx *store.Tx) error {
			return tx.Delete(tuple.MustParse(fmt.Sprintf("doc:%05d#viewer@user:ann", 7*i)))
		})
		require.NoError(t, err)
	}
	var wait sync.WaitGroup
	for g := range 4 {
		wait.Go(func() {
			for i := range 12 {
				subject := []string{"user:ann", "user:bob"}[(g+i)%2]
				state := states[(g*i)%3]
				want := lines(l.Objects(ctx, state, tuple.MustParseSubject(subject), "open", "doc"))
				if got := inPages(l, state, subject, "open", 5, nil); strings.Join(want, " ") != strings.Join(got, " ") {
					panic(fmt.Sprint(want, " in pages is ", got))
				}
			}
		})
	}
	wait.Wait()
}

// Subjects in pages: the wildcard with its exceptions first, and below exclusions.
func TestSubjectsInPages(t *testing.T) {
	var b strings.Builder
	for i := range 30 {
		fmt.Fprintf(&b, "doc:1#viewer@user:%02d\ndoc:2#viewer@user:%02d\n", i, i)
		if i%4 == 0 {
			fmt.Fprintf(&b, "doc:1#banned@user:%02d\ndoc:2#banned@group:g#member\ngroup:g#member@user:%02d\n", i, i)
		}
	}
	text := strings.Join(strings.Split(b.String(), "doc:2#banned@group:g#member\n"), "")
	state := now(t, open(t, `
		definition user {}
		definition group { relation member: user }
		definition doc {
			relation viewer: user | user:*
			relation banned: user | group#member
			permission open = viewer - banned
		}`, text+"doc:2#banned@group:g#member\ndoc:1#viewer@user:*\n"))
	for _, doc := range []string{"doc:1", "doc:2"} {
		l, o := lister(), tuple.MustParseObject(doc)
		whole := lines(l.Subjects(ctx, state, o, "open", "user"))
		require.Greater(t, len(whole), 20)
		var all []string
		var cursor expand.Cursor
		for n := 5; n == 5; {
			n = 0
			for a, err := range l.Subjects(ctx, state, o, "open", "user", expand.Limit(5), expand.After(cursor)) {
				require.NoError(t, err)
				all = append(all, a.String())
				cursor.Last = a.Subject.ID
				n++
			}
		}
		require.Equal(t, whole, all)
	}
}
