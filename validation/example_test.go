package validation_test

import (
	"context"
	"fmt"
	"testing/fstest"

	"github.com/baobab-authz/baobab/validation"
)

func Example() {
	files := fstest.MapFS{"document.yaml": {Data: []byte(`
schema: |
  definition user {}
  definition document {
    relation viewer: user
    relation banned: user
    permission view = viewer - banned
  }
relationships: |
  document:plan#viewer@user:ann
  document:plan#viewer@user:bob
  document:plan#banned@user:bob
assertions:
  assertTrue:
  - document:plan#view@user:ann
  - document:plan#view@user:bob
`)}}
	f, err := validation.Read(files, "document.yaml")
	if err != nil {
		fmt.Println(err)
		return
	}
	report, err := f.Run(context.Background(), validation.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(report)
	// Output:
	// document.yaml: SpiceDB, 1 of 2 assertions hold
	// document.yaml:16: assertTrue document:plan#view@user:bob
	//   want: allowed
	//   got:  denied
	//   document:plan#view@user:bob is denied
	//     ✗ document:plan#view@user:bob = viewer - banned
	//       ✓ document:plan#banned@user:bob, which excludes: stored
}

func ExampleRead_errors() {
	files := fstest.MapFS{"document.fga.yaml": {Data: []byte(`
model: |
  model
    schema 1.1
  type user
  type document
    relations
      define viewer: [user, team]
tuples:
- {user: user:ann, relation: viewer, object: doc ument:plan}
`)}}
	_, err := validation.Read(files, "document.fga.yaml")
	fmt.Println(err)
	// Output:
	// document.fga.yaml:8:29: unknown type "team"
	//     define viewer: [user, team]
	//                           ^^^^
	// document.fga.yaml:10: object "doc ument:plan": at byte 3: ' ' cannot stand in a type
}

func ExampleReadTuplesCSV() {
	rels, err := validation.ReadTuplesCSV("tuples.csv", []byte(`user_type,user_id,user_relation,relation,object_type,object_id
user,ann,,viewer,document,plan
team,eng,member,viewer,document,plan
`))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, r := range rels {
		fmt.Printf("%s:%d: %v\n", r.File, r.Line, r.Relationship)
	}
	// Output:
	// tuples.csv:2: document:plan#viewer@user:ann
	// tuples.csv:3: document:plan#viewer@team:eng#member
}
