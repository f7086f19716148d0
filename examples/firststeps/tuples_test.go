package firststeps_test

import (
	"fmt"

	"github.com/baobab-authz/baobab"
	"github.com/baobab-authz/baobab/tuple"
)

// A filter leaves out what does not matter: here everything but the subject,
// then everything but the object.
func Example_tuples() {
	eng := newLibrary(baobab.Options{})
	defer eng.Close()

	for _, filter := range []string{"@user:ann", "document:plan"} {
		fmt.Println(filter)
		for r, err := range eng.Tuples(tuple.MustParseFilter(filter)) {
			if err != nil {
				fmt.Println(err)
				return
			}
			fmt.Println("  ", r)
		}
	}
	// Unordered output:
	// @user:ann
	//    document:plan#owner@user:ann
	//    folder:archive#editor@user:ann
	// document:plan
	//    document:plan#folder@folder:drafts
	//    document:plan#owner@user:ann
	//    document:plan#banned@user:carla
}
