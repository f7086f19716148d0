package firststeps_test

import (
	"context"
	"fmt"

	"github.com/baobab-authz/baobab"
	"github.com/baobab-authz/baobab/tuple"
)

func Example_watch() {
	eng := newLibrary(baobab.Options{})
	defer eng.Close()
	ctx, stop := context.WithCancel(context.Background())
	changes := eng.Watch(ctx, baobab.Revision{}) // from now on

	_, _ = eng.Update(ctx, func(tx *baobab.Tx) error {
		if err := tx.By(tuple.MustParseSubject("user:ann")); err != nil {
			return err
		}
		if err := tx.Note("carla has apologized"); err != nil {
			return err
		}
		return tx.Delete(tuple.MustParse("document:plan#banned@user:carla"))
	})
	_, _ = eng.Write(ctx, tuple.MustParseRelationship("team:writers#member@user:dan"))

	n := 0
	for c, err := range changes {
		if err != nil { // the context has ended; store.ErrLagged says that commits were missed
			fmt.Println(err)
			break
		}
		fmt.Printf("+%v -%v %s %q\n", c.Added, c.Removed, c.Actor, c.Note)
		if n++; n == 2 {
			stop() // or it waits for more
		}
	}
	// Output:
	// +[] -[document:plan#banned@user:carla] user:ann "carla has apologized"
	// +[team:writers#member@user:dan] -[]  ""
	// store: watching: context canceled
}
