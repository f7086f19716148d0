package firststeps_test

import (
	"context"
	"fmt"

	"github.com/baobab-authz/baobab"
	"github.com/baobab-authz/baobab/expand"
	"github.com/baobab-authz/baobab/tuple"
)

// The tree shows who is behind a permission, and along which way.
func Example_expand() {
	eng := newLibrary(baobab.Options{})
	defer eng.Close()

	tree, err := eng.Expand(context.Background(), tuple.MustParseObject("document:plan"), "edit", expand.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(tree)
	// Output:
	// document:plan#edit = exclusion
	// ├─ union
	// │  ├─ document:plan#owner
	// │  │  └─ user:ann
	// │  └─ folder->edit
	// │     └─ folder:drafts#edit
	// │        └─ folder:drafts#editor
	// │           └─ team:writers#member  (not expanded)
	// └─ not document:plan#banned
	//    └─ user:carla
}
