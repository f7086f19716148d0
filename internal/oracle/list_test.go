package oracle

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/tuple"
)

// A schema whose permission is view.
func listSchema(view Expr) *Schema {
	return &Schema{
		Caveats: []*Caveat{
			{"on_day", []Parameter{{"day", "string"}}, `day == "monday"`},
			{"is", []Parameter{{"it", "bool"}}, `it`},
			{"one", []Parameter{{"n", "int"}}, "1 / n == 1"},
		},
		Types: []*Type{
			{"user", []*Relation{
				{"friend", []Admit{{Type: "user"}}, This{}},
				{"all", []Admit{{Type: "user", Wildcard: true}}, Union{This{}, Self{}}},
			}},
			{"group", []*Relation{
				{"member", []Admit{{Type: "user"}, {Type: "user", Wildcard: true}, {Type: "group", Relation: "member"}, {Type: "user", Caveat: "is"}}, This{}},
			}},
			{"doc", []*Relation{
				{"public", []Admit{{Type: "user", Wildcard: true}, {Type: "user", Wildcard: true, Caveat: "on_day"}, {Type: "user", Wildcard: true, Caveat: "one"}}, This{}},
				{"viewer", []Admit{{Type: "user"}, {Type: "user", Caveat: "is"}, {Type: "user", Caveat: "one"}, {Type: "group", Relation: "member"}, {Type: "group", Relation: "member", Caveat: "is"}, {Type: "user", Expires: true, Caveat: "on_day"}}, This{}},
				{"banned", []Admit{{Type: "user"}, {Type: "user", Caveat: "is"}}, This{}},
				{"group", []Admit{{Type: "group"}, {Type: "group", Caveat: "is"}, {Type: "user"}, {Type: "user", Wildcard: true}, {Type: "group", Relation: "member"}}, This{}},
				{"view", nil, view},
			}},
		},
	}
}

// Beside the public, who is named.
func TestNamed(t *testing.T) {
	viewer, banned, public := Computed{"viewer"}, Computed{"banned"}, Computed{"public"}
	for _, test := range []struct {
		name   string
		view   Expr
		tuples string
		want   string
	}{
		{"nobody", viewer, "", ""},
		{"in a computed userset", viewer, "doc:1#viewer@user:ann", "user:ann"},
		{"in another relation", viewer, "doc:1#banned@user:ann", ""},
		{"on another object", viewer, "doc:2#viewer@user:ann", ""},
		{"in usersets, in a circle", viewer, "doc:1#viewer@group:a#member group:a#member@group:b#member group:b#member@group:a#member group:b#member@user:ann group:a#member@user:bob", "user:ann user:bob"},
		{"by an arrow", Arrow{"group", "member"}, "doc:1#group@group:a group:a#member@user:ann doc:1#group@user:*", "user:ann"},
		{"by an arrow over a userset", Arrow{"group", "member"}, "doc:1#group@group:a#member group:a#member@user:ann", "user:ann"},
		{"not by what an arrow passes over", Arrow{"group", "member"}, "doc:1#group@user:ann", ""},
		{"by an arrow over all, if one of them names", ArrowAll{"group", "member"}, "doc:1#group@group:a group:a#member@user:ann doc:1#group@group:b", "user:ann"},
		{"by an arrow over all that cannot follow", ArrowAll{"group", "member"}, "doc:1#group@group:a group:a#member@user:ann doc:1#group@user:*", "user:ann"},
		{"in an operand of an intersection", Intersection{viewer, banned}, "doc:1#viewer@user:ann doc:1#banned@user:bob", "user:ann user:bob"},
		{"on the left of an exclusion", Exclusion{viewer, banned}, "doc:1#viewer@user:ann doc:1#banned@user:bob", "user:ann"},
		{"on its right, within", Exclusion{Nil{}, Exclusion{banned, viewer}}, "doc:1#viewer@user:ann doc:1#banned@user:bob", ""},
		{"self is a doc", Self{}, "doc:1#viewer@user:ann", ""},
		{"self by an arrow", Arrow{"group", "all"}, "doc:1#group@user:ann", "user:ann"},
		{"by a condition that is unknown or fails", viewer, "doc:1#viewer@user:ann[is] doc:1#viewer@user:bob[one:{\"n\":0}]", "user:ann user:bob"},
		{"not by one that is false", viewer, `doc:1#viewer@user:ann[is:{"it":false}] doc:1#viewer@group:a#member[is:{"it":false}] group:a#member@user:bob`, ""},
		{"not by an arrow whose condition is false", Arrow{"group", "member"}, `doc:1#group@group:a[is:{"it":false}] group:a#member@user:bob`, ""},
		{"not by what has expired", viewer, "doc:1#viewer@user:ann[on_day][expiration:2027-01-01T12:00:00Z]", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			tuples := append(strings.Fields(test.tuples), "doc:1#public@user:*")
			m := model(listSchema(Union{test.view, public}), tuples...)
			want := strings.TrimSpace("user:* " + test.want)
			require.Equal(t, want, asked(m, "subjects", "doc:1#view@user"))
		})
	}
}

func asked(m *Model, kind, ask string) string {
	return strings.Join(listed{question: question{text: ask}, kind: kind}.of(m), " ")
}

func TestLists(t *testing.T) {
	viewer, banned, public := Computed{"viewer"}, Computed{"banned"}, Computed{"public"}
	for _, test := range []struct {
		name   string
		view   Expr
		tuples string
		kind   string
		ask    string
		want   string
	}{
		{"exceptions are denied, conditional or allowed", Union{Exclusion{public, banned}, viewer},
			"doc:1#public@user:*[on_day] doc:1#banned@user:ann doc:1#banned@user:bob[is] doc:1#viewer@user:cat doc:1#viewer@user:dan[is]",
			"subjects", "doc:1#view@user", "user:*(missing:day)(except:ann,bob,cat,dan) user:bob(missing:day,it) user:cat user:dan(missing:day,it)"},
		{"one that is named with the same answer", Union{public, viewer}, "doc:1#public@user:*[on_day] doc:1#viewer@user:ann[on_day][expiration:2028-01-01T00:00:00Z]",
			"subjects", "doc:1#view@user", "user:*(missing:day) user:ann(missing:day)"},
		{"all are undefined but one", Exclusion{public, Exclusion{Computed{"view"}, banned}}, "doc:1#public@user:* doc:1#banned@user:ann",
			"subjects", "doc:1#view@user", "user:*(undefined)(except:ann) user:ann"},
		{"all fail but two", Exclusion{Union{public, viewer}, banned}, `doc:1#public@user:*[one:{"n":0}] doc:1#viewer@user:ann doc:1#viewer@user:bob[one:{"n":0}] doc:1#banned@user:cat`,
			"subjects", "doc:1#view@user", "user:*(error)(except:ann,cat) user:ann user:bob(error)"},
		{"ids that sort before the wildcard's", viewer, "doc:1#viewer@user:! doc:1#viewer@user:A doc:1#viewer@user:a doc:1#viewer@user:é doc:1#viewer@user:10 doc:1#viewer@user:9",
			"subjects", "doc:1#view@user", "user:! user:10 user:9 user:A user:a user:é"},
		{"an object of no tuple", Self{}, "", "subjects", "doc:7#view@doc", "doc:7"},
		{"its own userset", viewer, "", "subjects", "doc:7#view@doc#view", "doc:7#view"},
		{"usersets", viewer, "doc:1#viewer@group:b#member group:b#member@group:a#member doc:1#viewer@group:c#member[is]",
			"subjects", "doc:1#view@group#member", "group:a#member group:b#member group:c#member(missing:it)"},
		{"no userset is public", public, "doc:1#public@user:* user:ann#friend@user:bob", "subjects", "doc:1#view@user#friend", ""},
		{"objects", Exclusion{Union{public, viewer}, banned}, `doc:2#public@user:*[on_day] doc:1#viewer@user:ann doc:10#viewer@user:ann doc:10#banned@user:ann[is] doc:3#viewer@user:bob doc:4#viewer@user:ann[one:{"n":0}]`,
			"objects", "doc#view@user:ann", "doc:1 doc:10(missing:it) doc:2(missing:day) doc:4(error)"},
		{"the subject itself", Self{}, "", "objects", "doc#view@doc:7", "doc:7"},
		{"the subject's object", viewer, "", "objects", "doc#viewer@doc:7#viewer", "doc:7"},
		{"objects of the public", Exclusion{public, banned}, "doc:1#public@user:* doc:1#banned@user:ann", "objects", "doc#view@user:*", "doc:1"},
		{"permissions", Exclusion{viewer, Computed{"view"}}, "doc:1#viewer@user:ann doc:1#banned@user:ann[is]", "permissions", "doc:1@user:ann", "banned(missing:it) view(undefined) viewer"},
		{"a type without objects", viewer, "", "objects", "robot#view@user:ann", ""},
		{"a relation there is not", viewer, "doc:1#viewer@user:ann", "objects", "doc#see@user:ann", ""},
		{"a subject of no type", viewer, "doc:1#viewer@user:ann", "subjects", "doc:1#view@robot", ""},
		{"permissions on no type", viewer, "", "permissions", "robot:1@user:ann", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			m := model(listSchema(test.view), strings.Fields(test.tuples)...)
			require.Equal(t, test.want, asked(m, test.kind, test.ask))
		})
	}
}

// What has expired is no candidate, and changes nothing.
func TestListsOfWhatExpired(t *testing.T) {
	s := listSchema(Union{Computed{"viewer"}, Self{}})
	r := tuple.MustParseRelationship(`doc:1#viewer@user:ann[on_day:{"day":"monday"}][expiration:2027-01-01T12:00:00Z]`)
	before := NewModel(s, []tuple.Relationship{r}, noon.Add(-time.Microsecond), nil)
	require.Equal(t, []ObjectEntry{{tuple.MustParseObject("doc:1"), True}}, before.Objects(r.Subject, "view", "doc"))
	require.Equal(t, []SubjectEntry{{r.Subject, True, nil}}, before.Subjects(r.Object, "view", "user", ""))
	now := NewModel(s, []tuple.Relationship{r}, noon, nil)
	require.Empty(t, now.Objects(r.Subject, "view", "doc"))
	require.Empty(t, now.Subjects(r.Object, "view", "user", ""))
	require.Equal(t, []PermissionEntry{{"view", True}}, now.Permissions(r.Object.Subject(), r.Object))
}
