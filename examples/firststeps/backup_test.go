package firststeps_test

import (
	"bytes"
	"context"
	"fmt"

	"github.com/baobab-authz/baobab"
	"github.com/baobab-authz/baobab/tuple"
)

// The tuples of a view are written as text, a line each, and read back.
func Example_backup() {
	eng := newLibrary(baobab.Options{})
	defer eng.Close()

	var file bytes.Buffer
	if err := eng.Now().Export(&file); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("exported", bytes.Count(file.Bytes(), []byte("\n")), "lines")

	restored, err := baobab.Open(eng.Now().Schema(), baobab.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer restored.Close()
	ctx := context.Background()
	if _, err := restored.Import(ctx, tuple.ReadLines(&file)); err != nil {
		fmt.Println(err)
		return
	}
	d, err := restored.Check(ctx, tuple.MustParse("document:plan#edit@user:bob"))
	fmt.Println(d, err)
	// Output:
	// exported 7 lines
	// allowed <nil>
}
