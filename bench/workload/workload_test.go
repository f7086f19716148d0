package workload

import (
	"context"
	"iter"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab"
	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/tuple"
)

const seed = 1

// The published counts. Users, teams, workspaces and chatbots are exact; tuples
// depend on how many users the chatbots ban, which is a matter of chance.
func TestCounts(t *testing.T) {
	for size, want := range map[string]struct{ tuples, users, teams, workspaces, chatbots int }{
		"10k":  {9_854, 960, 192, 160, 3_200},
		"100k": {98_766, 9_780, 1_956, 1_630, 32_600},
		"1M":   {984_771, 98_040, 19_608, 16_340, 326_800},
		"10M":  {9_838_258, 980_400, 196_080, 163_400, 3_268_000},
	} {
		t.Run(size, func(t *testing.T) {
			w := Workload{Seed: seed, Orgs: Sizes()[size]}
			require.Equal(t, want.users, w.Users())
			require.Equal(t, want.teams, w.Teams())
			require.Equal(t, want.workspaces, w.Workspaces())
			require.Equal(t, want.chatbots, w.Chatbots())
			if testing.Short() && w.Orgs > 2_000 {
				return
			}
			n := 0
			for range w.Tuples() {
				n++
			}
			require.InEpsilon(t, want.tuples, n, 0.003, "%d tuples", n)
		})
	}
}

// What the description counts is what the tuples name.
func TestNamed(t *testing.T) {
	w := Workload{Seed: seed, Orgs: 16}
	seen, named := map[tuple.Tuple]bool{}, map[string]map[string]bool{}
	name := func(o tuple.Object) {
		if named[o.Type] == nil {
			named[o.Type] = map[string]bool{}
		}
		named[o.Type][o.ID] = true
	}
	for i := range w.Orgs {
		for u := range w.Org(i).Tuples() {
			require.NoError(t, u.Validate())
			require.False(t, seen[u], "%s comes twice", u)
			seen[u] = true
			name(u.Object)
			name(u.Subject.Object)
		}
	}
	for u := range w.Core() {
		require.False(t, seen[u], "%s comes twice", u)
		seen[u] = true
	}
	require.Len(t, named["user"], w.Users())
	require.Len(t, named["team"], w.Teams())
	require.Len(t, named["workspace"], w.Workspaces())
	require.Len(t, named["chatbot"], w.Chatbots())
}

func TestDeterministic(t *testing.T) {
	w := Workload{Seed: seed, Orgs: 8}
	require.Equal(t, slices.Collect(w.Tuples()), slices.Collect(w.Tuples()))
	require.Equal(t, w.Questions(0, 800), w.Questions(0, 800))
	require.Equal(t, w.Questions(0, 800)[:400], w.Questions(0, 400))
	require.NotEqual(t, w.Questions(0, 800), w.Questions(1, 800))
	other := Workload{Seed: seed + 1, Orgs: 8}
	require.NotEqual(t, slices.Collect(w.Tuples()), slices.Collect(other.Tuples()))
	require.NotEqual(t, w.Questions(0, 800), other.Questions(0, 800))
}

// An organization is the same whatever the number of organizations is.
func TestOrgStandsAlone(t *testing.T) {
	small, large := Workload{Seed: seed, Orgs: 8}, Workload{Seed: seed, Orgs: 800}
	require.Equal(t, small.Org(7), large.Org(7))
}

// A sequence ends where its reader does.
func TestStop(t *testing.T) {
	w := Workload{Seed: seed, Orgs: 2}
	for _, all := range []iter.Seq[tuple.Tuple]{w.Org(1).Tuples(), w.Core(), Deep(), Wide(), w.Tuples()} {
		n := 0
		for range all {
			n++
		}
		for stop := 1; stop <= min(n, 700); stop++ {
			got := 0
			for range all {
				if got++; got == stop {
					break
				}
			}
			require.Equal(t, stop, got)
		}
	}
}

func TestShares(t *testing.T) {
	w := Workload{Seed: seed, Orgs: 16}
	questions := w.Questions(0, Hot)
	seen := map[tuple.Tuple]bool{}
	asked, outcomes := map[string]int{}, map[Outcome]int{}
	for _, q := range questions {
		require.False(t, seen[q.Tuple], "%s comes twice", q.Tuple)
		seen[q.Tuple] = true
		asked[q.Tuple.Relation]++
		outcomes[q.Outcome]++
	}
	require.Equal(t, map[string]int{"view": Hot / 2, "edit": Hot * 3 / 20, "delete": Hot / 10, "test": Hot / 5, "transfer": Hot / 20}, asked)
	require.Equal(t, map[Outcome]int{Allowed: Hot / 2, Colleague: Hot / 4, Stranger: Hot / 4}, outcomes)
	require.InDelta(t, 0.096, FirstShare(questions), 0.001) // 960 users, 10,000 questions
}

// The mix is as large at the smallest size as everywhere.
func TestMixIsDifferent(t *testing.T) {
	w := Workload{Seed: seed, Orgs: 16}
	seen := map[tuple.Tuple]bool{}
	for _, q := range w.Questions(0, Mix) {
		seen[q.Tuple] = true
	}
	require.Len(t, seen, Mix)
}

// Where there are not so many questions, what there is is returned.
func TestTooManyQuestions(t *testing.T) {
	w := Workload{Seed: seed, Orgs: 2}
	n := len(w.Questions(0, 80_000))
	require.Less(t, n, 80_000)
	require.Greater(t, n, 20_000)
}

// The engine and the generator's own bookkeeping agree.
func TestExpected(t *testing.T) {
	for _, size := range []string{"10k", "100k"} {
		t.Run(size, func(t *testing.T) {
			w := Workload{Seed: seed, Orgs: Sizes()[size]}
			eng := load(t, w.Tuples())
			for _, q := range w.Questions(0, 2_000) {
				expect(t, eng, q)
			}
			n := 0
			for _, err := range eng.Objects(t.Context(), Support(), "view", "chatbot") {
				require.NoError(t, err)
				n++
			}
			require.Equal(t, w.Supported(), n)
			object, ok := w.Viewers(33)
			require.True(t, ok)
			n = 0
			for _, err := range eng.Subjects(t.Context(), object, "view", "user") {
				require.NoError(t, err)
				n++
			}
			require.Equal(t, 33, n)
		})
	}
}

// All questions about a small workload, so that each role is seen at work.
func TestExpectedOfAll(t *testing.T) {
	w := Workload{Seed: seed, Orgs: 2}
	eng := load(t, w.Tuples())
	for _, p := range []Permission{View, Edit, Delete, Test, Transfer} {
		for ws := range workspaces {
			bot := slices.Index(w.Org(1).workspaces[ws].bans[:], 0)
			for _, c := range []int{bot, banned(w.Org(1), ws)} {
				for u := range users {
					q := Question{Tuple: tuple.New(chatbotOf(1, ws, c), string(p), user(1, u)), Outcome: Colleague}
					if w.Org(1).may(p, ws, c).has(u) {
						q.Outcome = Allowed
					}
					expect(t, eng, q)
				}
			}
		}
	}
}

// banned returns the chatbot of a workspace that bans someone.
func banned(o *Org, workspace int) int {
	return slices.IndexFunc(o.workspaces[workspace].bans[:], func(s set) bool { return s != 0 })
}

func TestExtras(t *testing.T) {
	w := Workload{Seed: seed, Orgs: 2}
	eng := load(t, w.Tuples())
	write(t, eng, Deep())
	write(t, eng, Wide())
	var all []Question
	for _, depth := range []int{10, 20, 100, 1000} {
		allowed, denied := Chain(depth)
		all = append(all, allowed, denied)
	}
	allowed, denied := Loop()
	all = append(all, allowed, denied)
	all = append(all, w.Group(20)...)
	for _, q := range append(all, w.Shared(4)...) {
		expect(t, eng, q)
	}
	n := 0
	for _, err := range eng.Objects(t.Context(), Few(), "view", "chatbot") {
		require.NoError(t, err)
		n++
	}
	require.Equal(t, few*chatbots, n)
}

func load(t *testing.T, all iter.Seq[tuple.Tuple]) *baobab.Engine {
	eng, err := baobab.Open(schema.MustParse(Schema), baobab.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, eng.Close()) })
	write(t, eng, all)
	return eng
}

func write(t *testing.T, eng *baobab.Engine, all iter.Seq[tuple.Tuple]) {
	_, err := eng.Import(context.Background(), func(yield func(tuple.Relationship, error) bool) {
		for u := range all {
			if !yield(u.Always(), nil) {
				return
			}
		}
	})
	require.NoError(t, err)
}

func expect(t *testing.T, eng *baobab.Engine, q Question) {
	d, err := eng.Check(t.Context(), q.Tuple)
	require.NoError(t, err)
	require.Equal(t, q.Allowed(), d.Allowed(), "%s", q.Tuple)
}

func TestRandomIsStored(t *testing.T) {
	w := Workload{Seed: seed, Orgs: 4}
	stored := map[tuple.Tuple]bool{}
	for u := range w.Tuples() {
		stored[u] = true
	}
	n := 0
	for u := range w.Random(0, 100) {
		require.True(t, stored[u], "%s", u)
		n++
	}
	require.Equal(t, 100, n)
}

func TestTenant(t *testing.T) {
	require.Len(t, Tenant(7), 100)
	eng := load(t, slices.Values(Tenant(7)))
	allowed := 0
	for i := range 80 {
		q := OfTenant(7, i)
		expect(t, eng, q)
		if q.Allowed() {
			allowed++
		}
	}
	require.Equal(t, 40, allowed)
}
