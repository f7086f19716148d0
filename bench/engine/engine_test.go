package engine

import (
	"context"
	"errors"
	"iter"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/bench/workload"
	"github.com/baobab-authz/baobab/tuple"
)

// engines returns every engine, empty.
func engines(t *testing.T) []Engine {
	own, err := NewBaobab()
	require.NoError(t, err)
	cedar, err := NewCedar()
	require.NoError(t, err)
	all := []Engine{own, cedar, NewCasbin(false, false), NewCasbin(true, false), NewCasbin(false, true)}
	for _, cached := range []bool{false, true} {
		fga, err := NewOpenFGA(context.Background(), cached)
		require.NoError(t, err)
		all = append(all, fga)
	}
	for _, e := range all {
		t.Cleanup(func() { require.NoError(t, e.Close()) })
	}
	return all
}

// Every engine answers as the generator expects, the questions about chains of 10
// teams and about the teams that contain each other included.
func TestVerify(t *testing.T) {
	w := workload.Workload{Seed: 1, Orgs: 3}
	questions := w.Questions(0, 2_000)
	for _, pair := range [][]workload.Question{two(workload.Chain(10)), two(workload.Loop())} {
		questions = append(questions, pair...)
	}
	if testing.Short() {
		questions = questions[len(questions)-200:]
	}
	for _, e := range engines(t) {
		t.Run(e.Name(), func(t *testing.T) {
			require.NoError(t, e.Load(t.Context(), w.Tuples()))
			require.NoError(t, Verify(t.Context(), e, questions))
		})
	}
}

func two(allowed, denied workload.Question) []workload.Question {
	return []workload.Question{allowed, denied}
}

// A tuple that is deleted does not count any more, and one that is written again
// does.
func TestWrite(t *testing.T) {
	w := workload.Workload{Seed: 1, Orgs: 2}
	allowed, _ := workload.Loop()
	for _, e := range engines(t) {
		writer, ok := e.(Writer)
		if fga, is := e.(*OpenFGA); !ok || is && fga.cached { // whose answers are as old as they may be
			continue
		}
		t.Run(e.Name(), func(t *testing.T) {
			require.NoError(t, e.Load(t.Context(), w.Core()))
			for _, s := range []string{"chatbot:loop#workspace@workspace:loop", "team:right#member@user:loop", "workspace:loop#reader@team:left#member"} {
				if casbin, is := e.(*Casbin); is && casbin.cached {
					break // as above
				}
				u := tuple.MustParse(s)
				require.NoError(t, Verify(t.Context(), e, []workload.Question{allowed}))
				require.NoError(t, writer.Delete(t.Context(), u))
				denied := allowed
				denied.Outcome = workload.Colleague
				require.NoError(t, Verify(t.Context(), e, []workload.Question{denied}), s)
				require.NoError(t, writer.Write(t.Context(), u))
			}
			require.NoError(t, Verify(t.Context(), e, []workload.Question{allowed}))
		})
	}
}

func TestList(t *testing.T) {
	w := workload.Workload{Seed: 1, Orgs: 16}
	object, ok := w.Viewers(33)
	require.True(t, ok)
	for _, e := range engines(t) {
		l, ok := e.(Lister)
		if !ok {
			continue
		}
		t.Run(e.Name(), func(t *testing.T) {
			require.NoError(t, e.Load(t.Context(), w.Tuples()))
			n, err := l.Objects(t.Context(), workload.Few(), "view", "chatbot")
			require.NoError(t, err)
			require.Equal(t, 100, n)
			n, err = l.Subjects(t.Context(), object, "view", "user")
			require.NoError(t, err)
			require.Equal(t, 33, n)
		})
	}
}

// As answers what strings do.
func TestPrepareAs(t *testing.T) {
	w := workload.Workload{Seed: 1, Orgs: 3}
	own, err := NewBaobab()
	require.NoError(t, err)
	defer own.Close()
	require.NoError(t, own.Load(t.Context(), w.Tuples()))
	questions := w.Questions(0, 400)
	ask := own.PrepareAs(questions)
	for i, q := range questions {
		allowed, err := ask(t.Context(), i)
		require.NoError(t, err)
		require.Equal(t, q.Allowed(), allowed, "%s", q.Tuple)
	}
}

// liar is an engine that allows everything, or fails.
type liar struct{ err error }

func (liar) Name() string                                         { return "liar" }
func (liar) Load(context.Context, iter.Seq[tuple.Tuple]) error    { return nil }
func (liar) Close() error                                         { return nil }
func (l liar) Prepare([]workload.Question) (Ask, error)           { return l.ask, nil }
func (l liar) ask(context.Context, int) (allowed bool, err error) { return true, l.err }

func TestVerifyFindsWrongAnswers(t *testing.T) {
	w := workload.Workload{Seed: 1, Orgs: 2}
	questions := w.Questions(0, 80)
	denied := slices.IndexFunc(questions, func(q workload.Question) bool { return !q.Allowed() })
	require.EqualError(t, Verify(t.Context(), liar{}, questions), "liar: "+questions[denied].Tuple.String()+" is answered true")
	require.ErrorContains(t, Verify(t.Context(), liar{errors.New("tired")}, questions), "tired")
}

// An object without a chatbot's enforcer is no question for Casbin.
func TestCasbinWithoutEnforcer(t *testing.T) {
	w := workload.Workload{Seed: 1, Orgs: 2}
	_, err := NewCasbin(false, false).Prepare(w.Questions(0, 80))
	require.ErrorContains(t, err, "no enforcer")
}
