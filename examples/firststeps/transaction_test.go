package firststeps_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/baobab-authz/baobab"
	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/tuple"
)

// A folder is deleted only when nothing is in it. The test and the deletion
// are one transaction, so nothing can be put into the folder between them.
func Example_transaction() {
	eng := newLibrary(baobab.Options{})
	defer eng.Close()
	ctx := context.Background()

	deleteFolder := func(folder string) error {
		_, err := eng.Update(ctx, func(tx *baobab.Tx) error {
			o := tuple.MustParseObject(folder)
			if err := tx.Forbid(tuple.Filter{Relation: "folder", SubjectType: o.Type, SubjectID: o.ID}); err != nil {
				return err
			}
			_, err := tx.DeleteObject(o)
			return err
		})
		return err
	}
	err := deleteFolder("folder:drafts")
	fmt.Println(errors.Is(err, store.ErrPrecondition))
	fmt.Println(err)
	fmt.Println(deleteFolder("folder:archive"))
	// Output:
	// true
	// a precondition does not hold: "#folder@folder:drafts" is forbidden, but there is document:plan#folder@folder:drafts
	// <nil>
}
