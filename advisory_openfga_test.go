package baobab_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab"
	"github.com/baobab-authz/baobab/check"
	"github.com/baobab-authz/baobab/internal/oracle"
	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/tuple"
)

// What OpenFGA has published. Each comment says what was wrong there and why it
// cannot be here.
func openfgaAdvisories() []advisory {
	return []advisory{
		// Two checks with different contexts came to one key of the cache, and the
		// second got the first one's answer. Here no answer outlives its question, and
		// contexts are never joined into a text. See TestCVE202633729 as well.
		{"CVE-2026-33729", nil},
		// Of several checks of one tuple in one batch, with different contexts, all
		// got the answer of the first. Here a batch has one view, and so one context.
		// The published case, of lists, is a test of package caveat.
		{"CVE-2026-34972", nil},
		// Listing users returned one that is excluded from a wildcard, when the
		// exclusion was intersected with another relation that has the user: the
		// intersection forgot the exception. Here each side is decided for the user.
		{"CVE-2026-61709", nil},
		// Listing users returned one that an exclusion within an exclusion takes
		// away from a wildcard. Here exclusions nest like everything else.
		{"GHSA-h7w8-xr72-cv4r", nil},
		// Listing objects returned one that is excluded, when reading what excludes
		// it failed. Here an error on the right side of an exclusion is the answer,
		// unless the left side is false. See TestGHSA5278RrxcMgf7 for other errors.
		{"GHSA-5278-rrxc-mgf7", nil},
		// A cycle's provisional no was cached as an answer. Here nothing that is found
		// inside of a cycle is final until the cycle is.
		{"CVE-2025-46331", nil},
		// A user's own tuple on another object, later in the order of ids, hid the
		// wildcard of the object in question. Here no order matters.
		{"CVE-2026-24851", nil},
	}
}

// As CVE-2026-33729 has it, for what is hypothetical: tuples that could be taken
// for one another when they are joined into a text, asked about by turns.
func TestCVE202633729(t *testing.T) {
	r := retell(t, advisory{name: "CVE-2026-33729"}.cases(t)["stored contexts that print alike"])
	eng := r.open(t)
	q := tuple.MustParse("doc:1#view@user:a,b")
	for range 2 {
		for text, want := range map[string]string{
			`doc:1#viewer@user:a,b[pair:{"a":"x","b":"y,z"}]`:            "yes",
			`doc:1#viewer@user:a,b[pair:{"a":"x,b:y","b":"z"}]`:          "no",
			`doc:1#viewer@user:a,b[pair:{"a":"x\",\"b\":\"y,z"}]`:        "no",
			`doc:1#viewer@user:a,b[pair:{"b":"y,z","c":"x"}]`:            "missing:a",
			`doc:1#viewer@user:a,b[pair:{"b":"y,z","a":"x","c":"x,c:"}]`: "no",
			`doc:1#viewer@user:a[pair:{"a":"x","b":"y,z"}]`:              "no",
			`doc:1#viewer@user:b[pair:{"a":"x","b":"y,z"}]`:              "no",
			`doc:1,doc:1#viewer@user:a,b[pair:{"a":"x","b":"y,z"}]`:      "",
			`doc:1|viewer#viewer@user:a,b[pair:{"a":"x","b":"y,z"}]`:     "no",
			`doc:1#viewer@user:a,b@user[pair:{"a":"x","b":"y,z"}]`:       "no",
		} {
			hypothetical, err := tuple.ParseRelationship(text)
			require.Equal(t, want == "", err != nil, "%s: %v", text, err)
			if err != nil {
				continue // an id with a colon is none
			}
			view := eng.Now().With(hypothetical).Given(map[string]any{"c": "x"})
			d, err := view.Check(ctx, q)
			require.Equal(t, want, answer(d, err), text)
		}
		d, err := eng.Check(ctx, q)
		require.Equal(t, "no", answer(d, err), "nothing is stored")
	}
}

// As GHSA-5278-rrxc-mgf7 has it, for failures of the engine itself: however far
// a question gets before its budget or its context ends, nobody who is excluded
// is allowed, or listed.
func TestGHSA5278RrxcMgf7(t *testing.T) {
	s := schema.MustParse(`
		definition user {}
		definition group { relation member: user | group#member }
		definition doc {
			relation viewer: user | user:*
			relation banned: user | group#member
			permission view = viewer - banned
		}`)
	var all []tuple.Relationship
	for i := range 60 {
		all = append(all, tuple.MustParseRelationship(fmt.Sprintf("group:%d#member@group:%d#member", i, i+1)))
	}
	for _, text := range []string{"group:60#member@user:eve", "doc:1#banned@group:0#member", "doc:1#viewer@user:eve",
		"doc:2#viewer@user:*", "doc:2#banned@group:30#member", "doc:3#viewer@user:eve"} {
		all = append(all, tuple.MustParseRelationship(text))
	}
	wants := map[string]string{"doc:1#view@user:eve": "no", "doc:2#view@user:eve": "no", "doc:3#view@user:eve": "yes", "doc:2#view@user:ann": "yes"}
	over := func(about string, view baobab.View, ctx func() context.Context) (failed int) {
		for question, want := range wants {
			d, err := view.Check(ctx(), tuple.MustParse(question))
			if err != nil {
				failed++
				require.True(t, d.Denied(), "%s: %s", about, question)
				continue
			}
			require.Equal(t, want, answer(d, nil), "%s: %s", about, question)
		}
		for a, err := range view.Objects(ctx(), tuple.MustParseSubject("user:eve"), "view", "doc") {
			if err != nil {
				failed++
				require.True(t, a.Decision.Denied(), about)
				continue
			}
			require.Equal(t, "doc:3", a.Object.String(), about)
		}
		for a, err := range view.Subjects(ctx(), tuple.MustParseObject("doc:2"), "view", "user") {
			if err != nil {
				failed++
				require.True(t, a.Decision.Denied(), about)
				continue
			}
			require.Equal(t, "user:* except eve", a.String(), about)
		}
		return failed
	}
	open := func(o check.Options) baobab.View {
		eng, err := openEngine(s, baobab.Options{Check: o})
		require.NoError(t, err)
		t.Cleanup(func() { eng.Close() })
		_, err = eng.Write(ctx, all...)
		require.NoError(t, err)
		return eng.Now()
	}
	enough := open(check.Options{})
	require.Zero(t, over("enough", enough, func() context.Context { return ctx }))
	for steps := 1; over(fmt.Sprint(steps, " steps"), open(check.Options{MaxSteps: steps}), func() context.Context { return ctx }) > 0; steps++ {
		require.Less(t, steps, 10_000)
	}
	for looks := range 20 {
		over(fmt.Sprint("after ", looks, " looks at the context"), enough, func() context.Context {
			return &interrupted{ctx, 1 + looks, func() error { return context.Canceled }}
		})
	}
}

// OpenFGA read tuples that the model did not admit: a wildcard without the
// condition that the model demands (CVE-2025-64751), contextual tuples of any
// type (CVE-2025-48371), and tuples of a model before (CVE-2022-23542). Here none
// gets in, stored, hypothetical or by way of another schema.
func TestCVE202564751(t *testing.T) {
	demanding := `
		caveat ok(on bool) {
			on
		}
		definition user {}
		definition robot {}
		definition doc { relation viewer: user | user:* with ok }`
	lax := strings.Replace(demanding, "user:* with ok", "user:* with ok | user:* | robot", 1)
	parse := func(text string) *schema.Schema {
		s, err := schema.Parse("", text)
		require.NoError(t, err)
		return s
	}
	for text, refusal := range map[string]error{
		"doc:1#viewer@user:*":  schema.ErrCaveatNotAllowed,
		"doc:1#viewer@robot:r": schema.ErrSubjectNotAllowed,
	} {
		r := tuple.MustParseRelationship(text)
		eng, err := openEngine(parse(demanding), baobab.Options{Caveats: oracle.Conditions{}})
		require.NoError(t, err)
		defer eng.Close()
		_, err = eng.Write(ctx, r)
		require.ErrorIs(t, err, refusal, text)
		d, err := eng.Now().With(r).Check(ctx, tuple.MustParse("doc:1#viewer@user:ann"))
		require.ErrorIs(t, err, refusal, text)
		require.True(t, d.Denied())

		older, err := openEngine(parse(lax), baobab.Options{Caveats: oracle.Conditions{}})
		require.NoError(t, err)
		defer older.Close()
		_, err = older.Write(ctx, r)
		require.NoError(t, err)
		_, err = older.SetSchema(ctx, parse(demanding), store.SchemaOptions{})
		require.ErrorIs(t, err, store.ErrOrphans, text)
		_, err = older.SetSchema(ctx, parse(demanding), store.SchemaOptions{SetAside: true})
		require.NoError(t, err)
		for _, q := range []string{"doc:1#viewer@user:ann", "doc:1#viewer@user:*", "doc:1#viewer@robot:r"} {
			require.False(t, allowed(t, older.Now(), q), "%s, %s", text, q)
		}
	}
}
