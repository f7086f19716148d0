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
	defer stop()
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

	for c, err := range changes {
		if err != nil { // the context has ended; store.ErrLagged says that commits were missed
			fmt.Println(err)
			break
		}
		fmt.Printf("+%v -%v %s %q\n", c.Added, c.Removed, c.Actor, c.Note)
		stop() // or it waits for more
	}
	// Output:
	// +[] -[document:plan#banned@user:carla] user:ann "carla has apologized"
	// store: watching: context canceled
}
