package baobab_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/baobab-authz/baobab"
	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/tuple"
)

const handedOver = `
definition user {}

definition workspace {
	// One owner, who alone hands the workspace on.
	//baobab:count 1
	//baobab:granted-by own
	relation owner: user

	//baobab:granted-by own
	relation editor: user

	permission own = owner
	permission edit = own + editor
}`

// openedWithRules returns an engine with a workspace of ann's.
func openedWithRules() *baobab.Engine {
	eng, err := baobab.Open(schema.MustParse(handedOver), baobab.Options{})
	if err != nil {
		panic(err)
	}
	if _, err := eng.Write(context.Background(), tuple.MustParseRelationship("workspace:w#owner@user:ann")); err != nil {
		panic(err)
	}
	return eng
}

// The rules of the schema hold for whoever writes.
func ExampleEngine_UpdateAs() {
	ctx := context.Background()
	eng := openedWithRules()
	defer eng.Close()
	ann, bob := tuple.MustParseSubject("user:ann"), tuple.MustParseSubject("user:bob")
	invite := func(tx *baobab.Tx) error {
		return tx.Create(tuple.MustParseRelationship("workspace:w#editor@user:bob"))
	}

	_, err := eng.UpdateAs(ctx, bob, nil, invite)
	fmt.Println(errors.Is(err, store.ErrGuard), err)
	_, err = eng.UpdateAs(ctx, ann, nil, invite)
	fmt.Println(err)

	// Ann cannot share the ownership, and nobody can be left without it.
	_, err = eng.UpdateAs(ctx, ann, nil, func(tx *baobab.Tx) error {
		return tx.Create(tuple.MustParseRelationship("workspace:w#owner@user:bob"))
	})
	fmt.Println(errors.Is(err, store.ErrConstraint), err)
	_, err = eng.Delete(ctx, tuple.MustParse("workspace:w#owner@user:ann"))
	fmt.Println(err)

	// Handing it on is one write.
	_, err = eng.UpdateAs(ctx, ann, nil, func(tx *baobab.Tx) error {
		if err := tx.Delete(tuple.MustParse("workspace:w#owner@user:ann")); err != nil {
			return err
		}
		return tx.Create(tuple.MustParseRelationship("workspace:w#owner@user:bob"))
	})
	fmt.Println(err)
	// Output:
	// true user:bob may not write workspace:w#editor@user:bob: granted-by own: workspace:w#own@user:bob is denied
	// <nil>
	// true workspace:w#owner: 2 found, 1 wanted (count 1): workspace:w#owner@user:ann, workspace:w#owner@user:bob
	// workspace:w#owner: 0 found, 1 wanted (count 1), because of workspace:w#owner@user:ann
	// <nil>
}

// Who did what, in order, from any revision on that is retained.
func ExampleEngine_Watch() {
	ctx := context.Background()
	eng := openedWithRules()
	defer eng.Close()
	seen := eng.Now().Revision()

	for _, editor := range []string{"bob", "cat"} {
		_, err := eng.UpdateAs(ctx, tuple.MustParseSubject("user:ann"), nil, func(tx *baobab.Tx) error {
			if err := tx.Note("joins the project"); err != nil {
				return err
			}
			return tx.Create(tuple.MustParseRelationship("workspace:w#editor@user:" + editor))
		})
		if err != nil {
			panic(err)
		}
	}
	last, err := eng.Delete(ctx, tuple.MustParse("workspace:w#editor@user:bob"))
	if err != nil {
		panic(err)
	}

	for change, err := range eng.Watch(ctx, seen) {
		if err != nil {
			fmt.Println(err) // such as store.ErrLagged
			return
		}
		for _, r := range change.Added {
			fmt.Printf("%s added %s: %s\n", change.Actor, r, change.Note)
		}
		for _, r := range change.Removed {
			fmt.Printf("removed %s\n", r)
		}
		if change.Revision == last { // otherwise it waits for more
			break
		}
	}
	// Output:
	// user:ann added workspace:w#editor@user:bob: joins the project
	// user:ann added workspace:w#editor@user:cat: joins the project
	// removed workspace:w#editor@user:bob
}

// A schema changes while the engine answers, in one commit, with the tuples that
// go by another name. What would be orphaned is in the way.
func ExampleEngine_SetSchema() {
	ctx := context.Background()
	eng := openedWithRules()
	defer eng.Close()
	if _, err := eng.Write(ctx, tuple.MustParseRelationship("workspace:w#editor@user:bob")); err != nil {
		panic(err)
	}
	next := schema.MustParse(`
definition user {}
definition workspace {
	//baobab:count 1
	relation owner: user
	relation writer: user
	permission edit = owner + writer
}`)
	renames := schema.Renames{{Type: "workspace", Relation: "editor", To: "writer"}}

	changes, err := schema.Compare(eng.Now().Schema(), next, renames...)
	if err != nil {
		panic(err)
	}
	fmt.Println(changes)

	_, err = eng.SetSchema(ctx, next, store.SchemaOptions{})
	fmt.Println(err)
	_, err = eng.SetSchema(ctx, next, store.SchemaOptions{Renames: renames})
	fmt.Println(err)
	d, err := eng.Check(ctx, tuple.MustParse("workspace:w#writer@user:bob"))
	fmt.Println(d, err)
	// Output:
	// rewrite changed: workspace#edit: was own + editor, is owner + writer
	// 	affects workspace#edit
	// permission removed: workspace#own
	// 	affects workspace#edit, workspace#own
	// directive removed: workspace#owner: granted-by own
	// relation renamed: workspace#editor is now workspace#writer
	// directive removed: workspace#writer: granted-by own
	// the schema does not admit tuples that are stored: 1 stored
	// 	workspace:w#editor@user:bob: unknown relation "editor": type "workspace" does not have it; did you mean "edit"?
	// <nil>
	// allowed <nil>
}
