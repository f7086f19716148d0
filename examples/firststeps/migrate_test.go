package firststeps_test

import (
	"context"
	"fmt"

	"github.com/baobab-authz/baobab"
	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/tuple"
)

func Example_migrate() {
	eng := newLibrary(baobab.Options{})
	defer eng.Close()
	ctx := context.Background()

	// Teams are called groups now, and nobody is banned any more.
	next := schema.MustParse(`
		use expiration

		definition user {}

		definition group {
			relation member: user | group#member
		}

		definition folder {
			relation editor: user | group#member
			permission edit = editor
		}

		definition document {
			relation folder: folder
			relation owner: user
			relation guest: user with expiration

			permission edit = owner + folder->edit
			permission view = guest + edit
		}`)
	renames := schema.Renames{{Type: "team", To: "group"}}

	// What is stored is in the way, unless it is set aside.
	_, err := eng.SetSchema(ctx, next, store.SchemaOptions{Renames: renames})
	fmt.Println(err)
	before := eng.Now()
	_, err = eng.SetSchema(ctx, next, store.SchemaOptions{Renames: renames, SetAside: true})
	fmt.Println(err, eng.Stats().Aside)

	carla := tuple.MustParse("document:plan#edit@user:carla")
	for _, view := range []baobab.View{before, eng.Now()} {
		d, _ := view.Check(ctx, carla)
		fmt.Println(d)
	}
	// Output:
	// the schema does not admit tuples that are stored: 1 stored
	// 	document:plan#banned@user:carla: unknown relation "banned": type "document" does not have it
	// <nil> 1
	// denied
	// allowed
}
