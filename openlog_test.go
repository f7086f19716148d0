package baobab_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab"
	"github.com/baobab-authz/baobab/internal/oracle"
	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/store/memlog"
	"github.com/baobab-authz/baobab/tuple"
)

// Two processes have an engine each, of one log that they share.
func ExampleOpenLog() {
	ctx := context.Background()
	log := memlog.New() // in earnest one of the packages store/bolt and store/postgres
	here, err := baobab.OpenLog(ctx, log.Open(), schema.MustParse(library), baobab.Options{})
	if err != nil {
		panic(err)
	}
	defer here.Close()
	there, err := baobab.OpenLog(ctx, log.Open(), nil, baobab.Options{}) // with the schema that the log has
	if err != nil {
		panic(err)
	}
	defer there.Close()

	rev, err := here.Write(ctx, tuple.MustParseRelationship("document:plan#owner@user:ann"))
	if err != nil {
		panic(err)
	}
	token := rev.String() // goes to the other process with the next request

	seen, err := store.ParseRevision(token)
	if err != nil {
		panic(err)
	}
	view, err := there.AtLeast(ctx, seen)
	if err != nil {
		panic(err)
	}
	fmt.Println(view.Check(ctx, tuple.MustParse("document:plan#view@user:ann")))
	// Output: allowed <nil>
}

// A closeCounter counts how often a log is closed, and fails to answer if it is to.
type closeCounter struct {
	store.Log
	closed   int
	snapshot error
}

func (l *closeCounter) Close() error {
	l.closed++
	return l.Log.Close()
}

func (l *closeCounter) Snapshot(ctx context.Context) (*store.Snapshot, error) {
	if l.snapshot != nil {
		return nil, l.snapshot
	}
	return l.Log.Snapshot(ctx)
}

// openLogged returns an engine of a log, which is closed with the test.
func openLogged(t testing.TB, log *memlog.Log, s *schema.Schema) *baobab.Engine {
	t.Helper()
	e, err := baobab.OpenLog(ctx, log.Open(), s, baobab.Options{Store: store.Options{CheckEachCommit: true}})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, e.Close()) })
	return e
}

const openOnMondays = `definition user {}
caveat on_monday(day string) { day == "monday" }
definition door { relation opener: user with on_monday }`

// The log has its schema from who opens it first. Others give the same one, or none.
func TestOpenLogGivesAndTakesTheSchema(t *testing.T) {
	log := memlog.New()
	question := tuple.MustParse("document:plan#reader@user:ann")
	first := openLogged(t, log, workspaces)
	rev, err := first.Write(ctx, question.Always())
	require.NoError(t, err)
	for _, s := range []*schema.Schema{nil, workspaces, schema.MustParse(workspaces.String())} {
		e := openLogged(t, log, s)
		require.Equal(t, rev, e.Now().Revision(), "no commit was made")
		require.True(t, allowed(t, e.Now(), question.String()))
		_, err := e.UpdateAs(ctx, tuple.MustParseSubject("user:bob"), nil, func(tx *baobab.Tx) error { return tx.Delete(question) })
		require.ErrorIs(t, err, store.ErrGuard, "the schema has its rules")
	}
}

// What cannot be opened is refused for what it is, and the log is closed then, once.
func TestOpenLogRefuses(t *testing.T) {
	caveats := schema.MustParse(openOnMondays)
	made := func(s *schema.Schema, o baobab.Options) *memlog.Log {
		log := memlog.New()
		e, err := baobab.OpenLog(ctx, log.Open(), s, o)
		require.NoError(t, err)
		require.NoError(t, e.Close())
		return log
	}
	evaluated := baobab.Options{Caveats: oracle.Conditions{}}
	broken := errors.New("the log is out of order")
	for name, test := range map[string]struct {
		log      *memlog.Log
		snapshot error
		schema   *schema.Schema
		err      error
		texts    []string
	}{
		"no schema at all": {log: memlog.New(), err: store.ErrNoSchema},
		"caveats that nothing evaluates": {log: memlog.New(), schema: caveats, err: schema.ErrNoEvaluator,
			texts: []string{"on_monday"}},
		"the log's caveats that nothing evaluates": {log: made(caveats, evaluated), err: schema.ErrNoEvaluator,
			texts: []string{"on_monday"}},
		"another schema": {log: made(workspaces, baobab.Options{}), schema: schema.MustParse("definition user {}"), err: store.ErrSchemaDiffers,
			texts: []string{"SetSchema", "workspace", "document"}},
		"a log that fails": {log: made(workspaces, baobab.Options{}), snapshot: broken, schema: workspaces, err: broken},
	} {
		t.Run(name, func(t *testing.T) {
			log := &closeCounter{Log: test.log.Open(), snapshot: test.snapshot}
			e, err := baobab.OpenLog(ctx, log, test.schema, baobab.Options{})
			require.ErrorIs(t, err, test.err)
			require.Nil(t, e)
			for _, text := range test.texts {
				require.ErrorContains(t, err, text)
			}
			require.Equal(t, 1, log.closed)
			if test.err == store.ErrSchemaDiffers {
				var differs *store.SchemaDiffersError
				require.ErrorAs(t, err, &differs)
				require.NotEmpty(t, differs.Changes)
				for _, change := range differs.Changes {
					require.ErrorContains(t, err, change.String())
				}
			}
		})
	}
}

// The caveats of a log's schema are evaluated by the engine's own evaluator.
func TestOpenLogWithCaveats(t *testing.T) {
	log := memlog.New()
	o := baobab.Options{Caveats: oracle.Conditions{}}
	for i, s := range []*schema.Schema{schema.MustParse(openOnMondays), nil} {
		e, err := baobab.OpenLog(ctx, log.Open(), s, o)
		require.NoError(t, err)
		if i == 0 {
			_, err = e.Write(ctx, tuple.MustParseRelationship("door:front#opener@user:ann[on_monday]"))
			require.NoError(t, err)
		}
		for day, want := range map[string]bool{"monday": true, "sunday": false} {
			d, err := e.Now().Given(map[string]any{"day": day}).Check(ctx, tuple.MustParse("door:front#opener@user:ann"))
			require.NoError(t, err)
			require.Equal(t, want, d.Allowed(), day)
		}
		require.NoError(t, e.Close())
	}
}

// Who has a token, or asks for the latest state, reads what another engine wrote.
func TestEnginesOfOneLog(t *testing.T) {
	log := memlog.New()
	a, b := openLogged(t, log, workspaces), openLogged(t, log, nil)
	for i := range 20 {
		writer, reader := a, b
		if i%2 == 1 {
			writer, reader = b, a
		}
		r := tuple.MustParseRelationship(fmt.Sprintf("document:d%d#reader@user:ann", i))
		rev, err := writer.Write(ctx, r)
		require.NoError(t, err)
		view, err := reader.AtLeast(ctx, rev)
		require.NoError(t, err)
		require.True(t, allowed(t, view, r.Tuple.String()))

		_, err = writer.Delete(ctx, r.Tuple)
		require.NoError(t, err)
		view, err = reader.Latest(ctx)
		require.NoError(t, err)
		require.False(t, allowed(t, view, r.Tuple.String()))
	}
	for _, e := range []*baobab.Engine{a, b} {
		require.NoError(t, e.Verify())
	}

	ended, cancel := context.WithCancel(ctx)
	cancel()
	_, err := a.Latest(ended)
	require.ErrorIs(t, err, store.ErrStale)
	require.ErrorIs(t, err, context.Canceled)
	view, err := a.AtLeast(ctx, memory(t).Now().Revision())
	require.ErrorIs(t, err, store.ErrForeignRevision)
	_, err = view.Check(ctx, tuple.MustParse("document:d0#reader@user:ann"))
	require.ErrorIs(t, err, store.ErrForeignRevision)
}

// memory returns an engine without a log.
func memory(t testing.TB) *baobab.Engine {
	e, err := baobab.Open(workspaces, baobab.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, e.Close()) })
	return e
}

// A prepared commit has happened when somebody else has appended it.
func TestPrepare(t *testing.T) {
	log := memlog.New()
	e, handle := openLogged(t, log, workspaces), log.Open()
	owner := tuple.MustParse("workspace:acme#owner@user:ann")
	head := e.Now().Revision()

	none, err := e.Prepare(ctx, head, func(*baobab.Tx) error { return nil })
	require.NoError(t, err)
	require.Equal(t, store.Commit{}, none)

	c, err := e.Prepare(ctx, head, func(tx *baobab.Tx) error {
		if err := tx.Create(owner.Always()); err != nil {
			return err
		}
		d, err := tx.Check(ctx, tuple.MustParse("workspace:acme#manage@user:ann"))
		require.True(t, d.Allowed(), "it sees what it wrote")
		return err
	})
	require.NoError(t, err)
	require.Equal(t, head, c.Parent)
	require.Equal(t, head, e.Now().Revision(), "nothing has happened")
	require.NoError(t, handle.Append(ctx, []store.Commit{c}))
	view, err := e.AtLeast(ctx, c.Revision)
	require.NoError(t, err)
	require.True(t, allowed(t, view, owner.String()))

	_, err = e.Prepare(ctx, c.Revision, func(tx *baobab.Tx) error { return tx.Delete(owner) })
	require.ErrorIs(t, err, store.ErrConstraint)
	_, err = e.Prepare(ctx, c.Revision, func(*baobab.Tx) error { return errDenied })
	require.ErrorIs(t, err, errDenied)
	_, err = e.Prepare(ctx, head, func(*baobab.Tx) error { return nil })
	require.ErrorIs(t, err, store.ErrConflict)
	_, err = e.Prepare(ctx, c.Revision, nil)
	require.ErrorIs(t, err, store.ErrNoFunction)
	m := memory(t)
	_, err = m.Prepare(ctx, m.Now().Revision(), func(*baobab.Tx) error { return nil })
	require.ErrorIs(t, err, store.ErrNoLog)
	require.Equal(t, c.Revision, e.Now().Revision())
}

// Guards hold for what is prepared on someone's behalf, and the commit names who that is.
func TestPrepareAs(t *testing.T) {
	log := memlog.New()
	e, handle := openLogged(t, log, workspaces), log.Open()
	head, err := e.Write(ctx, tuple.MustParse("workspace:acme#owner@user:ann").Always())
	require.NoError(t, err)
	ann, admin := tuple.MustParseSubject("user:ann"), tuple.MustParse("workspace:acme#admin@user:bob")
	invite := func(tx *baobab.Tx) error { return tx.Create(admin.Always()) }
	given := map[string]any{"day": "monday"}

	_, err = e.PrepareAs(ctx, head, tuple.MustParseSubject("user:bob"), given, invite)
	require.ErrorIs(t, err, store.ErrGuard)
	for _, actor := range []string{"user:*", "robot:r2"} {
		_, err = e.PrepareAs(ctx, head, tuple.MustParseSubject(actor), nil, invite)
		require.ErrorIs(t, err, store.ErrActor, actor)
	}
	_, err = e.PrepareAs(ctx, head, ann, map[string]any{"day": make(chan int)}, invite)
	require.ErrorIs(t, err, tuple.ErrSyntax, "that is no JSON")
	_, err = e.PrepareAs(ctx, head, ann, nil, nil)
	require.ErrorIs(t, err, store.ErrNoFunction)
	m := memory(t)
	_, err = m.PrepareAs(ctx, m.Now().Revision(), ann, nil, invite)
	require.ErrorIs(t, err, store.ErrNoLog)
	ended, cancel := context.WithCancel(ctx)
	cancel()
	_, err = e.PrepareAs(ended, head, ann, nil, invite)
	require.ErrorIs(t, err, store.ErrStale)

	c, err := e.PrepareAs(ctx, head, ann, given, invite)
	require.NoError(t, err)
	require.Equal(t, ann, c.Actor)
	require.NoError(t, handle.Append(ctx, []store.Commit{c}))
	view, err := e.AtLeast(ctx, c.Revision)
	require.NoError(t, err)
	require.True(t, allowed(t, view, admin.String()))
	require.NoError(t, e.Verify())
}
