package firststeps_test

import (
	"context"
	"fmt"

	"github.com/baobab-authz/baobab"
	"github.com/baobab-authz/baobab/tuple"
)

// For what is allowed there is a proof, made of stored tuples. For what is
// denied there is what stood in the way.
func Example_explain() {
	eng := newLibrary(baobab.Options{})
	defer eng.Close()
	ctx := context.Background()

	why, err := eng.Explain(ctx, tuple.MustParse("document:plan#edit@user:bob"))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, t := range why.Proof() {
		fmt.Println(t)
	}
	why, err = eng.Explain(ctx, tuple.MustParse("document:plan#edit@user:carla"))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(why)
	// Output:
	// document:plan#folder@folder:drafts
	// folder:drafts#editor@team:writers#member
	// team:writers#member@user:bob
	// document:plan#edit@user:carla is denied
	//   ✗ document:plan#edit@user:carla = owner + folder->edit - banned
	//     ✓ document:plan#banned@user:carla, which excludes: stored
}
