package firststeps_test

import (
	"context"
	"fmt"

	"github.com/baobab-authz/baobab"
	"github.com/baobab-authz/baobab/tuple"
)

// A deny is an answer and not an error; an error never allows. Many questions
// are answered faster together, and from one state.
func Example_check() {
	eng := newLibrary(baobab.Options{})
	defer eng.Close()
	ctx := context.Background()

	questions := []tuple.Tuple{
		tuple.MustParse("document:plan#edit@user:ann"),   // its owner
		tuple.MustParse("document:plan#edit@user:bob"),   // a writer, and the writers edit its folder
		tuple.MustParse("document:plan#edit@user:carla"), // a writer too, but banned
		tuple.MustParse("document:plan#edit@user:dora"),  // nobody has heard of her
	}
	decisions, err := eng.CheckAll(ctx, questions)
	for i, d := range decisions {
		fmt.Println(questions[i].Subject, d)
	}
	fmt.Println(err)

	d, err := eng.Check(ctx, tuple.MustParse("document:plan#edlt@user:ann"))
	fmt.Println(d.Allowed(), err != nil)
	// Output:
	// user:ann allowed
	// user:bob allowed
	// user:carla denied
	// user:dora denied
	// <nil>
	// false true
}
