package schema_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/schema"
)

// seeds are schemas that between them use everything the language has.
var seeds = []string{
	"definition user {}",
	"definition user {}\ndefinition doc {\n\trelation viewer: user | user:* | doc#viewer\n\tpermission view = viewer\n}",
	everything,
	"use self\ndefinition user {\n\trelation friend: user\n\tpermission see = (friend + self) & friend - (nil - friend)\n}",
	"definition user {} definition doc { relation a: user; relation a-b: user\npermission x = a-b - a -a }",
	"caveat c(x list<map<any>>) { x.all(i, i == \"}\") // }\n}\ndefinition user { relation r: user with c }",
	"partial p { relation r: user#... }\ndefinition user { ...p }",
	"definition user { // one\n/* two */ relation r: user /* three */ | // four\n user:* // five\n\n\n// six\n} // seven\n// eight",
	"definition d { relation r: d\npermission p = r.all(p) + r.any(r) + r->r }",
	"use typechecking\ndefinition u {}\ndefinition d { relation r: u\npermission p: u = r }",
	"definition a { permission p = b - p }", "definition", "caveat c(", "{", "//baobab:count 1", "import \"x\"", "\xff", "(((((",
	"definition a { relation r: a#r\npermission p = (r\n+ r) }", "use expiration\ndefinition a { relation r: a with expiration and x }",
	directed,
	"definition a {\n//baobab:count 1..2 per subject in s\nrelation r: a\n//baobab:granted-by r on subject\n//baobab:on-delete cascade\nrelation s: a\n//baobab:count 1\npermission p = r + s\n}",
	"//baobab:deleted-by r\ndefinition a {\n//baobab:granted-by self\n\nrelation r: a //baobab:count 1\n//baobab:expires-within 1d\n}\n//baobab:on-delete x",
	"caveat c(x int) { x > 1 // baobab:count\n}\ndefinition a {\n/* //baobab:count 1\n */ //baobab:count 1\nrelation r: a; //baobab\n}",
	"\ufeff//baobab:deleted-by  \tr\t\r\n// b\r\n/* c */\r\ndefinition a {\r\n\t// d\r\n//baobab:granted-by r \r\n\trelation r: a }",
}

// directed has every directive; Format changes nothing in it.
const directed = `use expiration

definition user {
	relation self: user
}

definition organization {
	//baobab:count 1..*
	relation owner: user
	permission join = owner
}

partial owned {
	// There is one.
	//baobab:count 1
	//baobab:granted-by transfer
	//baobab:granted-by self
	/* And only one. */
	relation owner: user // not two
	permission transfer = owner
}

// A space to work in.
//baobab:deleted-by transfer
definition workspace {
	...owned

	//baobab:on-delete cascade
	//baobab:granted-by join on subject
	relation organization: organization
	//baobab:expires-within 90m
	relation guest: user with expiration | user:* with expiration
	//baobab:count 0..20 in organization
	//baobab:count 1..3 per subject
	relation admin: user | organization#owner

	//baobab:count 1..* per subject in organization
	//baobab:count 2147483647
	permission member = admin + owner
}
`

// everything is formatted: Format changes nothing.
const everything = `/*
 * A schema with a bit of everything.
 */

// What it turns on.
use expiration
use self

// Whether it is the hour.
caveat hours(now timestamp, allowed list<int>) {
	now.getHours() in allowed && "}" != '{'
}

partial owned {
	relation owner: user // the one
	permission own = owner
}

/** A person. */
definition user {
	relation friend: user
	permission see = self + friend
}

definition acme/team {
	...owned

	// Nested.
	relation member: user | acme/team#member | user:* with hours
	relation guest: user with expiration | user with hours and expiration
}

definition doc {
	relation team: org | user
	relation parent: doc

	permission view = (team->member + parent->view) & team.all(member)
	permission edit = view - (view & parent.any(view)) - nil
	// That is all.
}

definition org { // by contract
	relation member: user
} // and that
// The end.
`

func FuzzParse(f *testing.F) {
	for _, s := range seeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := schema.Parse("f.zed", text)
		formatted, formatErr := schema.Format("f.zed", text)
		if err != nil {
			require.ErrorIs(t, err, schema.ErrSchema)
			require.NotEmpty(t, err.Error())
			var errs schema.Errors
			require.True(t, errors.As(err, &errs))
			for _, d := range errs {
				require.Positive(t, d.Line)
				require.Positive(t, d.Column)
			}
		}
		if formatErr == nil {
			again, err := schema.Format("f.zed", formatted)
			require.NoError(t, err, "%s", formatted)
			require.Equal(t, formatted, again)
		}
		if err != nil {
			return
		}
		for _, w := range s.Warnings() {
			require.NotEmpty(t, w.String())
		}
		require.NoError(t, formatErr)
		same(t, s, formatted)
		same(t, s, s.String())
		stored(t, s)
		if text, err := s.Text(); err == nil {
			require.Equal(t, s.String(), text)
		} else {
			require.ErrorIs(t, err, schema.ErrSchema)
		}
	})
}

// same fails unless text is a schema equal to s, but for positions.
func same(t *testing.T, s *schema.Schema, text string) {
	t.Helper()
	u, err := schema.Parse("", text)
	require.NoError(t, err, "%s", text)
	require.Equal(t, definitions(s), definitions(u), "%s", text)
	require.Equal(t, caveats(s), caveats(u), "%s", text)
}

func definitions(s *schema.Schema) []schema.Definition {
	var list []schema.Definition
	for _, d := range s.Definitions() {
		e := schema.Definition{Name: d.Name, DeletedBy: d.DeletedBy, Comments: d.Comments}
		for _, r := range d.Relations {
			r := *r
			r.Pos = schema.Pos{}
			r.Counts, r.Guards = slices.Clone(r.Counts), slices.Clone(r.Guards)
			for i := range r.Counts {
				r.Counts[i].Pos = schema.Pos{}
			}
			for i := range r.Guards {
				r.Guards[i].Pos = schema.Pos{}
			}
			e.Relations = append(e.Relations, &r)
		}
		list = append(list, e)
	}
	return list
}

func caveats(s *schema.Schema) []schema.Caveat {
	var list []schema.Caveat
	for _, c := range s.Caveats() {
		list = append(list, schema.Caveat{Name: c.Name, Parameters: c.Parameters, Expression: c.Expression, Comments: c.Comments})
	}
	return list
}
