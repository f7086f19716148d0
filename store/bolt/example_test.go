package bolt_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/store/bolt"
	"github.com/baobab-authz/baobab/tuple"
)

// A store does this for every transaction; here it is done by hand.
func owner(log store.Log, object string) error {
	ctx := context.Background()
	head, err := log.Head(ctx)
	if err != nil {
		return err
	}
	t := tuple.MustParseRelationship(object + "#owner@user:ann")
	return log.Append(ctx, []store.Commit{{
		Parent: head, ID: store.NewCommitID(), Time: time.Now(), Added: []store.Stored{{Relationship: t}},
	}})
}

func Example() {
	dir, _ := os.MkdirTemp("", "baobab")
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "tuples.baobab")

	log, err := bolt.Open(path, bolt.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(owner(log, "document:plan"), owner(log, "document:budget"))
	_, err = bolt.Open(path, bolt.Options{})
	fmt.Println("a second time:", errors.Is(err, bolt.ErrInUse))
	fmt.Println(log.Close())

	log, err = bolt.Open(path, bolt.Options{MustExist: true})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer log.Close()
	snapshot, err := log.Snapshot(context.Background())
	if err != nil {
		fmt.Println(err)
		return
	}
	n := 0
	for _, err := range snapshot.Tuples {
		if err != nil {
			fmt.Println(err)
			return
		}
		n++
	}
	fmt.Println(n, "tuples after", snapshot.Revision.Position(), "commits")
	// Output:
	// <nil> <nil>
	// a second time: true
	// <nil>
	// 2 tuples after 2 commits
}

func ExampleRestore() {
	dir, _ := os.MkdirTemp("", "baobab")
	defer os.RemoveAll(dir)
	log, err := bolt.Open(filepath.Join(dir, "tuples.baobab"), bolt.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer log.Close()
	fmt.Println(owner(log, "document:plan"))

	var backup bytes.Buffer // or a file, or an upload
	fmt.Println(log.Backup(&backup))
	fmt.Println(bolt.Restore(&backup, filepath.Join(dir, "restored.baobab"), bolt.Options{}))

	report, err := bolt.Verify(filepath.Join(dir, "restored.baobab"))
	fmt.Println(report.StateTuples, "tuple at position", report.Head.Position(), err)
	// Output:
	// <nil>
	// <nil>
	// <nil>
	// 1 tuple at position 1 <nil>
}
