package baobab_test

import (
	"context"
	"fmt"

	"github.com/baobab-authz/baobab"
	"github.com/baobab-authz/baobab/expand"
	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/tuple"
)

// shelf returns an engine with documents some of which everyone may read.
func shelf() *baobab.Engine {
	eng, err := baobab.Open(schema.MustParse(`
		definition user {}
		definition document {
			relation owner: user
			relation reader: user | user:*
			relation banned: user
			permission edit = owner
			permission read = (reader + owner) - banned
		}`), baobab.Options{})
	if err != nil {
		panic(err)
	}
	for _, r := range []string{
		"document:atlas#reader@user:*",
		"document:atlas#owner@user:ann",
		"document:atlas#banned@user:eve",
		"document:bylaws#reader@user:ann",
		"document:bylaws#reader@user:eve",
		"document:cash#owner@user:ann",
	} {
		if _, err := eng.Write(context.Background(), tuple.MustParseRelationship(r)); err != nil {
			panic(err)
		}
	}
	return eng
}

func ExampleView_Objects() {
	eng := shelf()
	defer eng.Close()
	for o, err := range eng.Now().Objects(context.Background(), tuple.MustParseSubject("user:ann"), "read", "document") {
		if err != nil {
			fmt.Println(err)
			return
		}
		if o.Decision.Allowed() { // it could be conditional, in a schema with caveats
			fmt.Println(o.Object)
		}
	}
	// Output:
	// document:atlas
	// document:bylaws
	// document:cash
}

// Pages of two, each asked for by the cursor of the one before, and all of one
// state, whatever is written meanwhile.
func ExampleEngine_Resume() {
	ctx := context.Background()
	eng := shelf()
	defer eng.Close()
	ann := tuple.MustParseSubject("user:ann")

	var token []byte // what a browser would send back
	for page := 1; page <= 2; page++ {
		var cursor expand.Cursor
		if page > 1 {
			if err := cursor.UnmarshalText(token); err != nil {
				fmt.Println(err)
				return
			}
		}
		view, err := eng.Resume(cursor)
		if err != nil {
			fmt.Println(err)
			return
		}
		for o, err := range view.Objects(ctx, ann, "read", "document", expand.After(cursor), expand.Limit(2)) {
			if err != nil {
				fmt.Println(err)
				return
			}
			fmt.Println(page, o)
			token, _ = view.Cursor(o.Object.ID).MarshalText()
		}
		if _, err := eng.Delete(ctx, tuple.MustParse("document:cash#owner@user:ann")); err != nil {
			fmt.Println(err)
			return
		}
	}
	// Output:
	// 1 document:atlas
	// 1 document:bylaws
	// 2 document:cash
}

func ExampleView_Subjects() {
	eng := shelf()
	defer eng.Close()
	for _, id := range []string{"atlas", "bylaws"} {
		document := tuple.Object{Type: "document", ID: id}
		for s, err := range eng.Now().Subjects(context.Background(), document, "read", "user") {
			if err != nil {
				fmt.Println(err)
				return
			}
			fmt.Printf("%v: %v\n", document, s)
		}
	}
	// Output:
	// document:atlas: user:* except eve
	// document:atlas: user:ann
	// document:bylaws: user:ann
	// document:bylaws: user:eve
}

// An interface shows the buttons that work.
func ExampleView_Permissions() {
	eng := shelf()
	defer eng.Close()
	for _, user := range []string{"user:ann", "user:eve", "user:zoe"} {
		fmt.Print(user, ":")
		for p, err := range eng.Now().Permissions(context.Background(), tuple.MustParseSubject(user), tuple.MustParseObject("document:atlas")) {
			if err != nil {
				fmt.Println(err)
				return
			}
			fmt.Print(" ", p)
		}
		fmt.Println()
	}
	// Output:
	// user:ann: edit owner read reader
	// user:eve: banned reader
	// user:zoe: read reader
}
