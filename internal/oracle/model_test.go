package oracle

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/tuple"
)

var noon = time.Date(2027, 1, 1, 12, 0, 0, 0, time.UTC)

// model makes a model at noon from relationships as text.
func model(s *Schema, relationships ...string) *Model {
	state := State{}
	for _, r := range relationships {
		state = state.With(tuple.MustParseRelationship(r))
	}
	return NewModel(s, state.Relationships(), noon, nil)
}

// expect asks questions, each followed by its answer.
func expect(t *testing.T, m *Model, questionsAndAnswers ...string) {
	t.Helper()
	for i := 0; i < len(questionsAndAnswers); i += 2 {
		q := tuple.MustParse(questionsAndAnswers[i])
		require.NoError(t, m.schema.Ask(q))
		require.Equal(t, questionsAndAnswers[i+1], string(m.Holds(q)), "%s", q)
	}
}

// permissions is a schema with one type, doc, whose relation q admits users
// and which has the permissions given as name and rewrite.
func permissions(pairs ...any) *Schema {
	doc := &Type{"doc", []*Relation{{"q", []Admit{{Type: "user"}}, This{}}}}
	for i := 0; i < len(pairs); i += 2 {
		doc.Relations = append(doc.Relations, &Relation{pairs[i].(string), nil, pairs[i+1].(Expr)})
	}
	return &Schema{Types: []*Type{{Name: "user"}, doc}}
}

func not(relation string) Expr { return Exclusion{Computed{"q"}, Computed{relation}} }

func TestCyclesOfExclusions(t *testing.T) {
	for _, test := range []struct {
		name   string
		schema *Schema
		want   []string
	}{
		{"one, odd", permissions("p", not("p")), []string{"p", "undefined"}},
		{"two, even", permissions("p", not("r"), "r", not("p")), []string{"p", "undefined", "r", "undefined"}},
		{"three, odd", permissions("p", not("r"), "r", not("s"), "s", not("p")),
			[]string{"p", "undefined", "r", "undefined", "s", "undefined"}},
		{"none: layers", permissions("p", not("r"), "r", not("s"), "s", not("x"), "x", Nil{}),
			[]string{"s", "yes", "r", "no", "p", "yes"}},
		{"even, settled from outside", permissions("p", Union{not("r"), Computed{"q"}}, "r", not("p")),
			[]string{"p", "yes", "r", "no"}},
		{"odd, settled by nil", permissions("p", Intersection{not("p"), Nil{}}), []string{"p", "no"}},
		{"positive, with no base", permissions("p", Computed{"r"}, "r", Computed{"p"}, "s", not("p")),
			[]string{"p", "no", "r", "no", "s", "yes"}},
		{"positive, through an intersection", permissions("p", Intersection{Computed{"q"}, Computed{"p"}}, "s", not("p")),
			[]string{"p", "no", "s", "yes"}},
		{"undefined spreads and is absorbed", permissions("p", not("p"),
			"up", Union{Computed{"p"}, Computed{"q"}}, "down", Intersection{Computed{"p"}, Nil{}}, "self", Union{Computed{"p"}, Nil{}},
			"left", Exclusion{Computed{"p"}, Computed{"q"}}, "right", Exclusion{Nil{}, Computed{"p"}}, "both", Exclusion{Computed{"p"}, Computed{"p"}}),
			[]string{"p", "undefined", "up", "yes", "down", "no", "self", "undefined", "left", "no", "right", "no", "both", "undefined"}},
		{"a part means what it would under a name", permissions(
			"inline", Exclusion{Computed{"q"}, Exclusion{Computed{"q"}, Computed{"inline"}}},
			"named", not("part"), "part", not("named")),
			[]string{"inline", "undefined", "named", "undefined"}},
		{"true where the next round decides", permissions("a", not("b"), "b", not("c"), "c", not("d"), "d", not("e"), "e", not("nothing"), "nothing", Nil{}),
			[]string{"e", "yes", "d", "no", "c", "yes", "b", "no", "a", "yes"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			m := model(test.schema, "doc:1#q@user:ann")
			for i := 0; i < len(test.want); i += 2 {
				expect(t, m, "doc:1#"+test.want[i]+"@user:ann", test.want[i+1])
			}
		})
	}
}

func TestWinAndMove(t *testing.T) {
	s := pageSchemas["win and move"]
	s = &Schema{Types: append([]*Type{{Name: "user"}}, s.Types...)}
	win := func(n string) string { return "position:" + n + "#win@user:ann" }
	play := func(moves ...string) *Model {
		var tuples []string
		for _, n := range []string{"1", "2", "3", "4", "5"} {
			tuples = append(tuples, "position:"+n+"#player@user:*")
		}
		for _, m := range moves {
			tuples = append(tuples, "position:"+m[:1]+"#move@position:"+m[1:])
		}
		return model(s, tuples...)
	}
	t.Run("a line", func(t *testing.T) {
		expect(t, play("12", "23", "34", "45"), win("5"), "no", win("4"), "yes", win("3"), "no", win("2"), "yes", win("1"), "no")
	})
	t.Run("a circle of three", func(t *testing.T) {
		expect(t, play("12", "23", "31"), win("1"), "undefined", win("2"), "undefined", win("3"), "undefined")
	})
	t.Run("a circle of four", func(t *testing.T) {
		expect(t, play("12", "23", "34", "41"), win("1"), "undefined", win("4"), "undefined")
	})
	t.Run("a circle with an exit that wins", func(t *testing.T) {
		expect(t, play("12", "23", "31", "14"), win("1"), "yes", win("3"), "no", win("2"), "yes")
	})
	t.Run("a circle with an exit that loses", func(t *testing.T) {
		expect(t, play("12", "21", "13", "34"), win("3"), "yes", win("1"), "undefined", win("2"), "undefined")
	})
	t.Run("a move to itself", func(t *testing.T) {
		expect(t, play("11"), win("1"), "undefined")
		expect(t, play("11", "12"), win("1"), "yes")
	})
	t.Run("not for those who do not play", func(t *testing.T) {
		expect(t, play("11"), "position:1#win@position:1", "no", "position:1#win@position:1#player", "undefined", "position:1#win@user:*", "undefined")
	})
}

func TestDeepChainsAndBigCircles(t *testing.T) {
	s := pageSchemas["groups in a circle"]
	s = &Schema{Types: append([]*Type{{Name: "user"}}, s.Types...)}
	state := State{}
	group := func(i int) tuple.Object {
		return tuple.Object{Type: "group", ID: "g" + string(rune('0'+i%10)) + string(rune('0'+i/10%10))}
	}
	member := func(i, j int) tuple.Relationship {
		return tuple.New(group(i), "member", tuple.Subject{Object: group(j), Relation: "member"}).Always()
	}
	for i := range 99 {
		state = state.With(member(i, i+1))
	}
	state = state.With(tuple.New(group(99), "member", tuple.MustParseSubject("user:ann")).Always())
	m := NewModel(s, state.Relationships(), noon, nil)
	require.Equal(t, True, m.Holds(tuple.New(group(0), "member", tuple.MustParseSubject("user:ann"))))
	require.Equal(t, False, m.Holds(tuple.New(group(99), "member", tuple.Subject{Object: group(0), Relation: "member"})))
	m = NewModel(s, state.With(member(99, 0)).Relationships(), noon, nil)
	require.Equal(t, True, m.Holds(tuple.New(group(99), "member", tuple.Subject{Object: group(0), Relation: "member"})))
}

func TestModelObjectsInPlay(t *testing.T) {
	s := permissions("me", Self{})
	m := NewModel(s, nil, noon, nil, tuple.MustParseObject("doc:1"), tuple.MustParseObject("doc:1"), tuple.MustParseObject("robot:1"))
	require.Len(t, m.Atoms(), 2)
	expect(t, m, "doc:1#me@doc:1", "yes", "doc:2#me@doc:2", "yes", "doc:2#me@doc:1", "no")
	require.Len(t, m.Atoms(), 4)
	require.Equal(t, []Value{False, True, False, False}, m.Values(tuple.MustParseSubject("doc:1")))
	expires := &Schema{Types: append([]*Type{{Name: "user"}}, pageSchemas["expiry"].Types...)}
	m = model(expires, "doc:1#viewer@user:ann[expiration:2027-01-01T12:00:00Z]", "doc:2#viewer@user:ann[expiration:2027-01-01T12:00:00.000001Z]")
	require.Equal(t, []Atom{{tuple.MustParseObject("doc:2"), "viewer"}}, m.Atoms())
	expect(t, m, "doc:1#viewer@user:ann", "no", "doc:2#viewer@user:ann", "yes")
}

func TestModelRefuses(t *testing.T) {
	s := permissions("p", Computed{"missing"})
	require.PanicsWithValue(t, "oracle: the schema has no relation doc#missing", func() { model(s, "doc:1#q@user:ann") })
	for _, r := range []string{"doc:1#p@user:ann", "doc:1#x@user:ann", "robot:1#q@user:ann", "doc:1#q@doc:1", "doc:1#q@user:*", "doc:1#q@doc:1#p",
		"doc:1#q@user:ann[noon]", "doc:1#q@user:ann[expiration:2030-01-01T00:00:00Z]"} {
		require.Panics(t, func() { model(permissions("p", Nil{}), r) }, r)
	}
	twice := tuple.MustParseRelationship("doc:1#q@user:ann")
	require.Panics(t, func() { NewModel(permissions(), []tuple.Relationship{twice, twice}, noon, nil) })
}

func TestAsk(t *testing.T) {
	s := permissions("p", Nil{})
	for _, q := range []string{"doc:1#x@user:ann", "robot:1#q@user:ann", "doc:1#q@robot:1", "doc:1#q@robot:*", "doc:1#q@doc:1#x", "doc:1#q@user:ann#q"} {
		require.ErrorIs(t, s.Ask(tuple.MustParse(q)), ErrUnknown, q)
		require.Equal(t, False, model(s).Holds(tuple.MustParse(q)))
	}
	require.ErrorIs(t, s.Ask(tuple.Tuple{}), tuple.ErrSyntax)
	require.NoError(t, s.Ask(tuple.MustParse("doc:1#p@doc:*")))
}

func TestSource(t *testing.T) {
	s := permissions("p", Union{Computed{"q"}, Intersection{Arrow{"q", "x"}, ArrowAll{"q", "x"}}, Exclusion{Self{}, Nil{}}})
	s.Types[1].Relations = append(s.Types[1].Relations, &Relation{"r", []Admit{{Type: "user", Wildcard: true, Expires: true}}, Intersection{This{}, Self{}}})
	require.Equal(t, `use expiration
use self

definition user {}

definition doc {
    relation q: user
    permission p = q + (q->x & q.all(x)) + (self - nil)
    relation r: user:* | user:* with expiration = this & self
}
`, s.Source())
}
