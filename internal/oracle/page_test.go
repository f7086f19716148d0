package oracle

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/tuple"
)

// The schemas of the examples of docs/SEMANTICS.md, as Go values; that they
// are the same is part of the test.
var pageSchemas = map[string]*Schema{
	"expiry": {Types: []*Type{{"doc", []*Relation{
		{"viewer", []Admit{{Type: "user", Expires: true}}, This{}},
	}}}},
	"this": {Types: []*Type{{"group", []*Relation{
		{"member", []Admit{{Type: "user"}, {Type: "user", Wildcard: true}, {Type: "group", Relation: "member"}}, This{}},
		{"nobody", nil, Nil{}},
	}}}},
	"excluded from public": {Types: []*Type{{"doc", []*Relation{
		{"viewer", []Admit{{Type: "user", Wildcard: true}}, This{}},
		{"banned", []Admit{{Type: "user"}, {Type: "user", Wildcard: true}}, This{}},
		{"view", nil, Exclusion{Computed{"viewer"}, Computed{"banned"}}},
	}}}},
	"arrows": {Types: []*Type{
		{"group", []*Relation{{"member", []Admit{{Type: "user"}}, This{}}}},
		{"folder", []*Relation{{"reader", []Admit{{Type: "user"}}, This{}}}},
		{"doc", []*Relation{
			{"parent", []Admit{{Type: "folder"}, {Type: "group", Relation: "member"}, {Type: "user", Wildcard: true}}, This{}},
			{"view", nil, Arrow{"parent", "reader"}},
			{"seen", nil, ArrowAll{"parent", "reader"}},
			{"join", nil, Arrow{"parent", "member"}},
		}},
	}},
	"self": {Types: []*Type{{"user", []*Relation{
		{"friend", []Admit{{Type: "user"}}, This{}},
		{"see", nil, Union{Computed{"friend"}, Self{}}},
	}}}},
	"stored and rewritten": {Types: []*Type{{"doc", []*Relation{
		{"editor", []Admit{{Type: "user"}}, This{}},
		{"viewer", []Admit{{Type: "user"}}, Union{This{}, Computed{"editor"}}},
		{"reader", []Admit{{Type: "doc", Relation: "viewer"}}, This{}},
	}}}},
	"groups in a circle": {Types: []*Type{{"group", []*Relation{
		{"member", []Admit{{Type: "user"}, {Type: "group", Relation: "member"}}, This{}},
		{"banned", []Admit{{Type: "group", Relation: "member"}}, This{}},
		{"active", nil, Exclusion{Computed{"member"}, Computed{"banned"}}},
	}}}},
	"win and move": {Types: []*Type{{"position", []*Relation{
		{"player", []Admit{{Type: "user", Wildcard: true}}, This{}},
		{"move", []Admit{{Type: "position"}}, This{}},
		{"lost", nil, Exclusion{Computed{"player"}, Computed{"win"}}},
		{"win", nil, Arrow{"move", "lost"}},
	}}}},
	"not itself": {Types: []*Type{{"doc", []*Relation{
		{"q", []Admit{{Type: "user"}}, This{}},
		{"p", nil, Exclusion{Computed{"q"}, Computed{"p"}}},
		{"both", nil, Intersection{Computed{"q"}, Computed{"p"}}},
		{"either", nil, Union{Computed{"q"}, Computed{"p"}}},
		{"rest", nil, Exclusion{Computed{"q"}, Computed{"either"}}},
		{"twice", nil, Exclusion{Computed{"q"}, Exclusion{Computed{"q"}, Computed{"twice"}}}},
	}}}},
	"views": {Types: []*Type{{"doc", []*Relation{
		{"viewer", []Admit{{Type: "user", Expires: true}}, This{}},
	}}}},
	"caveats": {
		Caveats: []*Caveat{
			{"on_day", []Parameter{{"day", "string"}}, `day == "monday"`},
			{"quota", []Parameter{{"limit", "int"}, {"used", "int"}}, "limit / used == 2"},
		},
		Types: []*Type{
			{"group", []*Relation{{"member", []Admit{{Type: "user"}, {Type: "user", Caveat: "on_day"}}, This{}}}},
			{"doc", []*Relation{
				{"viewer", []Admit{{Type: "user"}, {Type: "user", Caveat: "on_day"}, {Type: "group", Relation: "member", Caveat: "on_day"}, {Type: "user", Caveat: "quota"}}, This{}},
				{"banned", []Admit{{Type: "user", Caveat: "on_day"}, {Type: "user", Caveat: "quota"}}, This{}},
				{"group", []Admit{{Type: "group"}, {Type: "group", Caveat: "on_day"}}, This{}},
				{"view", nil, Exclusion{Computed{"viewer"}, Computed{"banned"}}},
				{"both", nil, Intersection{Computed{"viewer"}, Computed{"banned"}}},
				{"all", nil, ArrowAll{"group", "member"}},
				{"any", nil, Arrow{"group", "member"}},
			}},
		},
	},
	"lists": {
		Caveats: []*Caveat{{"on_day", []Parameter{{"day", "string"}}, `day == "monday"`}},
		Types: []*Type{{"doc", []*Relation{
			{"viewer", []Admit{{Type: "user"}, {Type: "user", Wildcard: true}, {Type: "user", Caveat: "on_day"}, {Type: "doc", Relation: "reader"}}, This{}},
			{"banned", []Admit{{Type: "user"}, {Type: "user", Caveat: "on_day"}}, This{}},
			{"reader", []Admit{{Type: "user"}, {Type: "user", Wildcard: true}}, This{}},
			{"view", nil, Exclusion{Computed{"viewer"}, Computed{"banned"}}},
			{"read", nil, Union{Computed{"view"}, Computed{"reader"}}},
		}}},
	},
}

// Every example of the page is a subtest: its schema is the one above, and its
// questions have the answers that it says.
func TestPage(t *testing.T) {
	page, err := os.ReadFile("../../docs/SEMANTICS.md")
	require.NoError(t, err)
	examples := strings.Split(string(page), "<!-- example: ")[1:]
	require.Len(t, examples, len(pageSchemas))
	for _, text := range examples {
		name, rest, _ := strings.Cut(text, " -->\n```\n")
		body, _, found := strings.Cut(rest, "```")
		require.True(t, found, name)
		t.Run(name, func(t *testing.T) {
			schema := pageSchemas[name]
			require.NotNil(t, schema)
			x := example{t: t, state: State{}, at: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
			for line := range strings.Lines(body) {
				x.line(strings.TrimSuffix(line, "\n"))
			}
			source := strings.NewReplacer("use expiration\n", "", "use self\n", "", "\n\n", "\n").Replace(schema.Source())
			require.Equal(t, strings.TrimSpace(source), strings.TrimSpace(x.source.String()))
			require.NotZero(t, len(x.questions)+len(x.lists))
			x.ask(schema)
		})
	}
}

type example struct {
	t         *testing.T
	source    strings.Builder
	state     State
	at        time.Time
	given     map[string]any
	questions []question
	lists     []listed
}

type question struct {
	text, answer string
	state        State
	at           time.Time
	given        map[string]any
}

// A listed is a list that the page asks for, and its entries.
type listed struct {
	question
	kind    string
	entries []string
}

func (x *example) line(line string) {
	word, rest, _ := strings.Cut(line, " ")
	rest = strings.TrimSpace(rest)
	switch word {
	case "definition", "caveat", "}":
		x.source.WriteString(line + "\n")
	case "":
		if line != "" {
			x.source.WriteString(line + "\n")
		}
	case "at":
		at, err := time.Parse(time.RFC3339Nano, rest)
		require.NoError(x.t, err)
		x.at = at
	case "given":
		x.given = nil
		require.NoError(x.t, json.Unmarshal([]byte(rest), &x.given))
	case "with":
		x.state = x.state.With(tuple.MustParseRelationship(rest))
	case "without":
		x.state = x.state.Without(tuple.MustParse(rest))
	case "?":
		ask := strings.Fields(rest)
		require.Len(x.t, ask, 2, line)
		x.questions = append(x.questions, question{ask[0], ask[1], x.state, x.at, x.given})
	case "objects", "subjects", "permissions":
		ask := strings.Fields(rest)
		require.NotEmpty(x.t, ask, line)
		q := question{ask[0], "", x.state, x.at, x.given}
		x.lists = append(x.lists, listed{q, word, ask[1:]})
	default:
		x.state = x.state.With(tuple.MustParseRelationship(line))
	}
}

func (x *example) ask(s *Schema) {
	if s.Type("user") == nil {
		s = &Schema{Types: append([]*Type{{Name: "user"}}, s.Types...), Caveats: s.Caveats}
	}
	for _, q := range x.questions {
		ask := tuple.MustParse(q.text)
		value := NewModel(s, q.state.Relationships(), q.at, q.given).Holds(ask)
		if err := s.Ask(ask); err != nil {
			require.ErrorIs(x.t, err, ErrUnknown)
			require.Equal(x.t, "error", q.answer, q.text)
			require.Equal(x.t, False, value, q.text)
			continue
		}
		require.Equal(x.t, q.answer, string(value), "%s at %s given %v", q.text, q.at, q.given)
	}
	for _, l := range x.lists {
		m := NewModel(s, l.state.Relationships(), l.at, l.given)
		require.Equal(x.t, strings.Join(l.entries, " "), strings.Join(l.of(m), " "), "%s %s", l.kind, l.text)
	}
}

// of asks a model for the list.
func (l listed) of(m *Model) (entries []string) {
	left, right, _ := strings.Cut(l.text, "@")
	left, relation, _ := strings.Cut(left, "#")
	switch l.kind {
	case "objects":
		for _, e := range m.Objects(tuple.MustParseSubject(right), relation, left) {
			entries = append(entries, e.String())
		}
	case "subjects":
		typ, userset, _ := strings.Cut(right, "#")
		for _, e := range m.Subjects(tuple.MustParseObject(left), relation, typ, userset) {
			entries = append(entries, e.String())
		}
	case "permissions":
		for _, e := range m.Permissions(tuple.MustParseSubject(right), tuple.MustParseObject(left)) {
			entries = append(entries, e.String())
		}
	}
	return entries
}
