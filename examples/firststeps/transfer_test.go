package firststeps_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/baobab-authz/baobab"
	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/tuple"
)

// transfer moves a document to another folder, on someone's behalf. That takes
// the right to edit the document and both folders, as the schema says; it is
// decided in the transaction that moves it, so that it cannot be withdrawn
// meanwhile.
func transfer(ctx context.Context, eng *baobab.Engine, by tuple.Subject, document, from, to tuple.Object) error {
	_, err := eng.UpdateAs(ctx, by, nil, func(tx *baobab.Tx) error {
		if err := tx.Delete(tuple.New(document, "folder", from.Subject())); err != nil {
			return err
		}
		return tx.Create(tuple.New(document, "folder", to.Subject()).Always())
	})
	return err
}

func Example_transfer() {
	eng := newLibrary(baobab.Options{})
	defer eng.Close()
	ctx := context.Background()

	plan := tuple.MustParseObject("document:plan")
	drafts, archive := tuple.MustParseObject("folder:drafts"), tuple.MustParseObject("folder:archive")
	err := transfer(ctx, eng, tuple.MustParseSubject("user:ann"), plan, drafts, archive)
	fmt.Println(errors.Is(err, store.ErrGuard), err)

	_, _ = eng.Write(ctx, tuple.MustParseRelationship("team:writers#member@user:ann"))
	fmt.Println(transfer(ctx, eng, tuple.MustParseSubject("user:ann"), plan, drafts, archive))
	for r := range eng.Tuples(tuple.MustParseFilter("document:plan#folder")) {
		fmt.Println(r)
	}
	// Output:
	// true user:ann may not remove document:plan#folder@folder:drafts: granted-by edit on subject: folder:drafts#edit@user:ann is denied
	// <nil>
	// document:plan#folder@folder:archive
}
