package firststeps_test

import (
	"context"
	"fmt"

	"github.com/baobab-authz/baobab"
	"github.com/baobab-authz/baobab/tuple"
)

// Every write returns the revision of the state that it made. As long as that
// state is retained, it can be asked.
func Example_history() {
	eng := newLibrary(baobab.Options{})
	defer eng.Close()
	ctx := context.Background()

	before := eng.Now().Revision()
	after, err := eng.Delete(ctx, tuple.MustParse("team:writers#member@user:bob"))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, rev := range []baobab.Revision{before, after} {
		view, err := eng.At(rev)
		if err != nil {
			fmt.Println(err)
			return
		}
		d, err := view.Check(ctx, tuple.MustParse("document:plan#edit@user:bob"))
		fmt.Println(d, err)
	}
	// Output:
	// allowed <nil>
	// denied <nil>
}
