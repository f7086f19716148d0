package oracle

import (
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
	"expiry": {[]*Type{{"doc", []*Relation{
		{"viewer", []Admit{{Type: "user", Expires: true}}, This{}},
	}}}},
	"this": {[]*Type{{"group", []*Relation{
		{"member", []Admit{{Type: "user"}, {Type: "user", Wildcard: true}, {Type: "group", Relation: "member"}}, This{}},
		{"nobody", nil, Nil{}},
	}}}},
	"excluded from public": {[]*Type{{"doc", []*Relation{
		{"viewer", []Admit{{Type: "user", Wildcard: true}}, This{}},
		{"banned", []Admit{{Type: "user"}, {Type: "user", Wildcard: true}}, This{}},
		{"view", nil, Exclusion{Computed{"viewer"}, Computed{"banned"}}},
	}}}},
	"arrows": {[]*Type{
		{"group", []*Relation{{"member", []Admit{{Type: "user"}}, This{}}}},
		{"folder", []*Relation{{"reader", []Admit{{Type: "user"}}, This{}}}},
		{"doc", []*Relation{
			{"parent", []Admit{{Type: "folder"}, {Type: "group", Relation: "member"}, {Type: "user", Wildcard: true}}, This{}},
			{"view", nil, Arrow{"parent", "reader"}},
			{"seen", nil, ArrowAll{"parent", "reader"}},
			{"join", nil, Arrow{"parent", "member"}},
		}},
	}},
	"self": {[]*Type{{"user", []*Relation{
		{"friend", []Admit{{Type: "user"}}, This{}},
		{"see", nil, Union{Computed{"friend"}, Self{}}},
	}}}},
	"stored and rewritten": {[]*Type{{"doc", []*Relation{
		{"editor", []Admit{{Type: "user"}}, This{}},
		{"viewer", []Admit{{Type: "user"}}, Union{This{}, Computed{"editor"}}},
		{"reader", []Admit{{Type: "doc", Relation: "viewer"}}, This{}},
	}}}},
	"groups in a circle": {[]*Type{{"group", []*Relation{
		{"member", []Admit{{Type: "user"}, {Type: "group", Relation: "member"}}, This{}},
		{"banned", []Admit{{Type: "group", Relation: "member"}}, This{}},
		{"active", nil, Exclusion{Computed{"member"}, Computed{"banned"}}},
	}}}},
	"win and move": {[]*Type{{"position", []*Relation{
		{"player", []Admit{{Type: "user", Wildcard: true}}, This{}},
		{"move", []Admit{{Type: "position"}}, This{}},
		{"lost", nil, Exclusion{Computed{"player"}, Computed{"win"}}},
		{"win", nil, Arrow{"move", "lost"}},
	}}}},
	"not itself": {[]*Type{{"doc", []*Relation{
		{"q", []Admit{{Type: "user"}}, This{}},
		{"p", nil, Exclusion{Computed{"q"}, Computed{"p"}}},
		{"both", nil, Intersection{Computed{"q"}, Computed{"p"}}},
		{"either", nil, Union{Computed{"q"}, Computed{"p"}}},
		{"rest", nil, Exclusion{Computed{"q"}, Computed{"either"}}},
		{"twice", nil, Exclusion{Computed{"q"}, Exclusion{Computed{"q"}, Computed{"twice"}}}},
	}}}},
	"views": {[]*Type{{"doc", []*Relation{
		{"viewer", []Admit{{Type: "user", Expires: true}}, This{}},
	}}}},
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
			require.NotZero(t, len(x.questions))
			x.ask(schema)
		})
	}
}

type example struct {
	t         *testing.T
	source    strings.Builder
	state     State
	at        time.Time
	questions []question
}

type question struct {
	text, answer string
	state        State
	at           time.Time
}

func (x *example) line(line string) {
	word, rest, _ := strings.Cut(line, " ")
	rest = strings.TrimSpace(rest)
	switch word {
	case "definition", "}":
		x.source.WriteString(line + "\n")
	case "":
		if line != "" {
			x.source.WriteString(line + "\n")
		}
	case "at":
		at, err := time.Parse(time.RFC3339Nano, rest)
		require.NoError(x.t, err)
		x.at = at
	case "with":
		x.state = x.state.With(tuple.MustParseRelationship(rest))
	case "without":
		x.state = x.state.Without(tuple.MustParse(rest))
	case "?":
		ask := strings.Fields(rest)
		require.Len(x.t, ask, 2, line)
		x.questions = append(x.questions, question{ask[0], ask[1], x.state, x.at})
	default:
		x.state = x.state.With(tuple.MustParseRelationship(line))
	}
}

func (x *example) ask(s *Schema) {
	if s.Type("user") == nil {
		s = &Schema{append([]*Type{{Name: "user"}}, s.Types...)}
	}
	for _, q := range x.questions {
		ask := tuple.MustParse(q.text)
		value := NewModel(s, q.state.Relationships(), q.at).Holds(ask)
		if err := s.Ask(ask); err != nil {
			require.ErrorIs(x.t, err, ErrUnknown)
			require.Equal(x.t, "error", q.answer, q.text)
			require.Equal(x.t, False, value, q.text)
			continue
		}
		require.Equal(x.t, q.answer, value.String(), "%s at %s", q.text, q.at)
	}
}
