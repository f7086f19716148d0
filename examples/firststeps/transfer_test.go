package firststeps_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/baobab-authz/baobab"
	"github.com/baobab-authz/baobab/tuple"
)

var errNotAllowed = errors.New("not allowed")

// transfer moves a document to another folder, on someone's behalf: it takes
// the right to edit the document, and the folder that it moves to. Both are
// asked in the transaction that moves it, so neither can be withdrawn meanwhile.
func transfer(ctx context.Context, eng *baobab.Engine, by tuple.Subject, document, from, to tuple.Object) error {
	_, err := eng.Update(ctx, func(tx *baobab.Tx) error {
		for _, object := range []tuple.Object{document, to} {
			d, err := tx.Check(ctx, tuple.New(object, "edit", by))
			if err != nil {
				return err
			}
			if !d.Allowed() {
				return errNotAllowed
			}
		}
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
	for _, user := range []string{"user:bob", "user:ann"} {
		fmt.Println(user, transfer(ctx, eng, tuple.MustParseSubject(user), plan, drafts, archive))
	}
	for r := range eng.Tuples(tuple.MustParseFilter("document:plan#folder")) {
		fmt.Println(r)
	}
	// Output:
	// user:bob not allowed
	// user:ann <nil>
	// document:plan#folder@folder:archive
}
