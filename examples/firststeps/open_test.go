package firststeps_test

import (
	"context"
	"fmt"

	"github.com/baobab-authz/baobab"
	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/tuple"
)

// The shortest complete use: a schema, a relationship, a question.
func Example_open() {
	s, err := schema.Parse("notes.zed", `
		definition user {}
		definition note {
			relation author: user
			permission read = author
		}`)
	if err != nil {
		fmt.Println(err) // every error of the schema, each with its line
		return
	}
	eng, err := baobab.Open(s, baobab.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer eng.Close()

	ctx := context.Background()
	_, err = eng.Write(ctx, tuple.MustParseRelationship("note:1#author@user:ann"))
	if err != nil {
		fmt.Println(err)
		return
	}
	d, err := eng.Check(ctx, tuple.MustParse("note:1#read@user:ann"))
	fmt.Println(d, err)
	// Output: allowed <nil>
}
