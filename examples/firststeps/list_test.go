package firststeps_test

import (
	"context"
	"fmt"

	"github.com/baobab-authz/baobab"
	"github.com/baobab-authz/baobab/tuple"
)

// Everything that somebody may edit, everyone who may edit something, and what
// somebody may do to it.
func Example_list() {
	ctx := context.Background()
	eng := newLibrary(baobab.Options{})
	defer eng.Close()
	view := eng.Now() // all three lists are of one state
	bob, plan := tuple.MustParseSubject("user:bob"), tuple.MustParseObject("document:plan")

	for o, err := range view.Objects(ctx, bob, "edit", "document") {
		fmt.Println("bob may edit", o, err)
	}
	for s, err := range view.Subjects(ctx, plan, "edit", "user") {
		fmt.Println("the plan may be edited by", s, err)
	}
	for p, err := range view.Permissions(ctx, bob, plan) {
		fmt.Println("bob may", p, err)
	}
	// Output:
	// bob may edit document:plan <nil>
	// the plan may be edited by user:ann <nil>
	// the plan may be edited by user:bob <nil>
	// bob may edit <nil>
	// bob may view <nil>
}
