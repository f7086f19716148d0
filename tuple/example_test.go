package tuple_test

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/baobab-authz/baobab/tuple"
)

func ExampleParse() {
	t, err := tuple.Parse("workspace:acme#admin@team:eng#member")
	fmt.Println(t.Object, t.Relation, t.Subject, t.Subject.IsUserset(), err)

	_, err = tuple.Parse("workspace:acme#admin@team:eng#every one")
	fmt.Println(err)
	var syntax *tuple.SyntaxError
	fmt.Println(errors.Is(err, tuple.ErrSyntax), errors.As(err, &syntax) && syntax.Offset == 35)
	// Output:
	// workspace:acme admin team:eng#member true <nil>
	// "workspace:acme#admin@team:eng#every one": at byte 35: ' ' cannot stand in a relation
	// true true
}

func ExampleNew() {
	doc := tuple.Object{Type: "document", ID: "plan"}
	ann := tuple.Object{Type: "user", ID: "ann@example.com"}
	eng := tuple.Object{Type: "team", ID: "eng"}
	fmt.Println(tuple.New(doc, "owner", ann.Subject()))
	fmt.Println(tuple.New(doc, "viewer", eng.Userset("member")))
	// Output:
	// document:plan#owner@user:ann@example.com
	// document:plan#viewer@team:eng#member
}

func ExampleParseRelationship() {
	r, err := tuple.ParseRelationship(`document:plan#viewer@user:bob[office_hours:{"zone":"CET"}][expiration:2027-01-01T01:00:00+01:00]`)
	if err != nil {
		panic(err)
	}
	fmt.Println(r.Tuple)
	fmt.Println(r.Caveat, r.Context["zone"])
	fmt.Println(r.Expires)
	fmt.Println(r)
	// Output:
	// document:plan#viewer@user:bob
	// office_hours CET
	// 2027-01-01 00:00:00 +0000 UTC
	// document:plan#viewer@user:bob[office_hours:{"zone":"CET"}][expiration:2027-01-01T00:00:00Z]
}

func ExampleTuple_When() {
	t := tuple.MustParse("document:plan#viewer@user:bob")
	newYear := time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
	fmt.Println(t.Always())
	fmt.Println(t.When("office_hours", map[string]any{"zone": "CET"}).Until(newYear))
	// Output:
	// document:plan#viewer@user:bob
	// document:plan#viewer@user:bob[office_hours:{"zone":"CET"}][expiration:2027-01-01T00:00:00Z]
}

func ExampleFilter() {
	tuples := []tuple.Tuple{
		tuple.MustParse("workspace:acme#owner@user:ann"),
		tuple.MustParse("workspace:acme#admin@team:eng#member"),
		tuple.MustParse("team:eng#lead@user:ann"),
		tuple.MustParse("team:eng#parent@team:all"),
	}
	for _, f := range []tuple.Filter{
		{SubjectType: "user", SubjectID: "ann"},
		{ObjectType: "workspace", Relation: "admin"},
		{SubjectType: "team", SubjectRelation: tuple.Ellipsis},
		tuple.MustParseFilter("team:eng#@user"),
	} {
		fmt.Println(f)
		for _, t := range tuples {
			if f.Matches(t) {
				fmt.Println("   ", t)
			}
		}
	}
	// Output:
	// @user:ann
	//     workspace:acme#owner@user:ann
	//     team:eng#lead@user:ann
	// workspace#admin
	//     workspace:acme#admin@team:eng#member
	// @team#...
	//     team:eng#parent@team:all
	// team:eng#@user
	//     team:eng#lead@user:ann
}

func ExampleReadLines() {
	file := strings.NewReader(`
		// The workspace and who is in it.
		workspace:acme#owner@user:ann
		workspace:acme#admin@team:eng#member

		workspace:acme#guest
	`)
	for r, err := range tuple.ReadLines(file) {
		if err != nil {
			fmt.Println(err)
			break
		}
		fmt.Println(r.Subject, "is", r.Relation)
	}
	// Output:
	// user:ann is owner
	// team:eng#member is admin
	// line 6: "workspace:acme#guest": at byte 20: expected '@' and a subject
}

func ExampleWriteLines() {
	relationships := func(yield func(tuple.Relationship, error) bool) {
		_ = yield(tuple.MustParseRelationship("workspace:acme#owner@user:ann"), nil) &&
			yield(tuple.MustParseRelationship("workspace:acme#guest@user:*[open]"), nil)
	}
	if err := tuple.WriteLines(os.Stdout, relationships); err != nil {
		fmt.Println(err)
	}
	// Output:
	// workspace:acme#owner@user:ann
	// workspace:acme#guest@user:*[open]
}
