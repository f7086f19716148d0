package baobab_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/baobab-authz/baobab"
	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/tuple"
)

const library = `
use expiration

definition user {}
definition team {
	relation member: user | team#member
}
definition document {
	relation owner: user
	relation viewer: user | team#member
	relation guest: user with expiration
	relation banned: user
	permission view = viewer + owner + guest - banned
}`

// opened returns an engine with a few tuples.
func opened(o baobab.Options) *baobab.Engine {
	eng, err := baobab.Open(schema.MustParse(library), o)
	if err != nil {
		panic(err)
	}
	_, err = eng.Import(context.Background(), tuple.ReadLines(strings.NewReader(`
document:plan#owner@user:ann
document:plan#viewer@team:eng#member
team:eng#member@team:ops#member
team:ops#member@user:bob
`)))
	if err != nil {
		panic(err)
	}
	return eng
}

func Example() {
	ctx := context.Background()
	eng, err := baobab.Open(schema.MustParse(`
		definition user {}
		definition document {
			relation owner: user
			relation viewer: user
			permission view = viewer + owner
		}`), baobab.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer eng.Close()
	if _, err := eng.Write(ctx, tuple.MustParseRelationship("document:plan#owner@user:ann")); err != nil {
		fmt.Println(err)
		return
	}
	for _, question := range []string{"document:plan#view@user:ann", "document:plan#view@user:bob"} {
		d, err := eng.Check(ctx, tuple.MustParse(question))
		fmt.Println(question, d, err)
	}
	// Output:
	// document:plan#view@user:ann allowed <nil>
	// document:plan#view@user:bob denied <nil>
}

// A transaction asks on the state that it writes to, so that nothing comes
// between the question and the write.
func ExampleEngine_Update() {
	ctx := context.Background()
	eng := opened(baobab.Options{})
	defer eng.Close()

	errNotYours := errors.New("not yours to give away")
	owned := func(document, user string) tuple.Tuple {
		return tuple.New(tuple.Object{Type: "document", ID: document}, "owner", tuple.Object{Type: "user", ID: user}.Subject())
	}
	give := func(document, from, to string) error {
		owner := owned(document, from)
		_, err := eng.Update(ctx, func(tx *baobab.Tx) error {
			if d, err := tx.Check(ctx, owner); err != nil || !d.Allowed() {
				return errors.Join(errNotYours, err)
			}
			if err := tx.Delete(owner); err != nil {
				return err
			}
			return tx.Create(owned(document, to).Always())
		})
		return err
	}
	fmt.Println(give("plan", "bob", "eve"))
	fmt.Println(give("plan", "ann", "eve"))
	fmt.Println(give("plan", "ann", "bob"))
	// Output:
	// not yours to give away
	// <nil>
	// not yours to give away
}

func ExampleEngine_At() {
	ctx := context.Background()
	eng := opened(baobab.Options{})
	defer eng.Close()

	before := eng.Now().Revision()
	owner := tuple.MustParse("document:plan#owner@user:ann")
	if _, err := eng.Delete(ctx, owner); err != nil {
		fmt.Println(err)
		return
	}
	now, _ := eng.Check(ctx, owner)
	past, err := eng.At(before)
	if err != nil {
		fmt.Println(err)
		return
	}
	then, _ := past.Check(ctx, owner)
	fmt.Println("then", then)
	fmt.Println("now", now)
	// Output:
	// then allowed
	// now denied
}

func ExampleView_With() {
	ctx := context.Background()
	eng := opened(baobab.Options{})
	defer eng.Close()

	question := tuple.MustParse("document:plan#view@user:bob")
	now := eng.Now()
	ifBanned := now.With(tuple.MustParseRelationship("document:plan#banned@user:bob"))
	ifLeft := now.Without(tuple.MustParse("team:ops#member@user:bob"))
	for _, view := range []baobab.View{now, ifBanned, ifLeft} {
		fmt.Println(view.Check(ctx, question))
	}
	// Output:
	// allowed <nil>
	// denied <nil>
	// denied <nil>
}

func ExampleView_AsOf() {
	ctx := context.Background()
	noon := time.Date(2027, 1, 1, 12, 0, 0, 0, time.UTC)
	eng := opened(baobab.Options{Store: store.Options{Clock: func() time.Time { return noon }}})
	defer eng.Close()

	guest := tuple.MustParse("document:plan#guest@user:eve")
	if _, err := eng.Write(ctx, guest.Until(noon.Add(time.Hour))); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(eng.Now().Check(ctx, guest))
	fmt.Println(eng.Now().AsOf(noon.Add(time.Hour)).Check(ctx, guest))
	// Output:
	// allowed <nil>
	// denied <nil>
}

func ExampleView_Explain() {
	ctx := context.Background()
	eng := opened(baobab.Options{})
	defer eng.Close()

	for _, user := range []string{"bob", "eve"} {
		why, err := eng.Explain(ctx, tuple.MustParse("document:plan#view@user:"+user))
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(why)
	}
	// Output:
	// document:plan#view@user:bob is allowed
	//   ✓ document:plan#view@user:bob = viewer + owner + guest - banned
	//     ✓ document:plan#(viewer + owner + guest)@user:bob
	//       ✓ document:plan#viewer@user:bob
	//         ✓ team:eng#member@user:bob, through document:plan#viewer@team:eng#member
	//           ✓ team:ops#member@user:bob, through team:eng#member@team:ops#member: stored
	//     ✗ document:plan#banned@user:bob, which would exclude: not stored
	//
	// document:plan#view@user:eve is denied
	//   ✗ document:plan#view@user:eve = viewer + owner + guest - banned
	//     ✗ document:plan#(viewer + owner + guest)@user:eve
	//       ✗ document:plan#viewer@user:eve: not stored
	//         ✗ team:eng#member@user:eve, through document:plan#viewer@team:eng#member: not stored
	//           ✗ team:ops#member@user:eve, through team:eng#member@team:ops#member: not stored
	//       ✗ document:plan#owner@user:eve: not stored
	//       ✗ document:plan#guest@user:eve: not stored
}

func ExampleView_As() {
	ctx := context.Background()
	eng := opened(baobab.Options{})
	defer eng.Close()

	bob := eng.Now().As(tuple.MustParseSubject("user:bob"))
	fmt.Println(bob.Check(ctx, tuple.MustParseObject("document:plan"), "view"))
	fmt.Println(bob.Check(ctx, tuple.MustParseObject("document:plan"), "owner"))
	// Output:
	// allowed <nil>
	// denied <nil>
}

func ExampleView_Export() {
	eng := opened(baobab.Options{})
	defer eng.Close()
	if err := eng.Now().Export(os.Stdout); err != nil {
		fmt.Println(err)
	}
	// Unordered output:
	// document:plan#owner@user:ann
	// document:plan#viewer@team:eng#member
	// team:eng#member@team:ops#member
	// team:ops#member@user:bob
}
