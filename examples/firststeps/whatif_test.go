package firststeps_test

import (
	"context"
	"fmt"

	"github.com/baobab-authz/baobab"
	"github.com/baobab-authz/baobab/tuple"
)

// A hypothetical view answers as if tuples were there, or were not. Nothing is
// stored, and nobody else sees it.
func Example_whatIf() {
	eng := newLibrary(baobab.Options{})
	defer eng.Close()
	ctx := context.Background()

	carla := tuple.MustParse("document:plan#edit@user:carla")
	now := eng.Now()
	pardoned := now.Without(tuple.MustParse("document:plan#banned@user:carla"))
	moved := pardoned.
		Without(tuple.MustParse("document:plan#folder@folder:drafts")).
		With(tuple.MustParseRelationship("document:plan#folder@folder:archive"))

	for _, view := range []baobab.View{now, pardoned, moved} {
		d, err := view.Check(ctx, carla)
		fmt.Println(d, err)
	}
	// Output:
	// denied <nil>
	// allowed <nil>
	// denied <nil>
}
