package firststeps_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/baobab-authz/baobab"
	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/tuple"
)

// What is written together is stored whole or not at all. A tuple can be put
// together from values as well as read from text.
func Example_write() {
	eng := newLibrary(baobab.Options{})
	defer eng.Close()
	ctx := context.Background()

	memo := tuple.Object{Type: "document", ID: "memo"}
	dora := tuple.Object{Type: "user", ID: "dora"}
	owner := tuple.New(memo, "owner", dora.Subject())

	_, err := eng.Write(ctx, owner.Always(), tuple.MustParseRelationship("document:memo#ovner@user:emil"))
	fmt.Println("refused:", errors.Is(err, schema.ErrUnknownRelation))
	d, _ := eng.Check(ctx, owner)
	fmt.Println("dora owns it:", d.Allowed())

	_, err = eng.Write(ctx, owner.Always())
	fmt.Println("written:", err == nil)
	d, _ = eng.Check(ctx, owner)
	fmt.Println("dora owns it:", d.Allowed())
	// Output:
	// refused: true
	// dora owns it: false
	// written: true
	// dora owns it: true
}
