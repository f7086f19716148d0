package openfga_test

import (
	"fmt"
	"testing/fstest"

	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/schema/openfga"
)

func ExampleParse() {
	s, err := openfga.Parse("model.fga", `model
  schema 1.1

type user

type document
  relations
    define parent: [document]
    define editor: [user]
    define viewer: [user, user:*] or editor or viewer from parent
    define blocked: [user]
    define can_view: viewer but not blocked
`)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, r := range s.Definition("document").Relations {
		fmt.Println(r)
	}
	// Output:
	// relation parent: document
	// relation editor: user
	// relation viewer: user | user:* = this + editor + parent->viewer
	// relation blocked: user
	// permission can_view = viewer - blocked
}

func ExampleParse_errors() {
	_, err := openfga.Parse("model.fga", `model
  schema 1.1
type user
type document
  relations
    define editor: [usr]
    define viewer: [user] or editor and owner
`)
	fmt.Println(err)
	// Output:
	// model.fga:6:21: unknown type "usr"
	//     define editor: [usr]
	//                     ^^^ did you mean "user"?
	// model.fga:7:37: or and and are mixed
	//     define viewer: [user] or editor and owner
	//                                     ^^^ write parentheses
}

func ExampleParseJSON() {
	s, err := openfga.ParseJSON("model.json", []byte(`{
  "schema_version": "1.1",
  "type_definitions": [
    {"type": "user"},
    {
      "type": "document",
      "relations": {
        "owner": {"this": {}},
        "viewer": {"union": {"child": [{"this": {}}, {"computedUserset": {"relation": "owner"}}]}}
      },
      "metadata": {"relations": {
        "owner": {"directly_related_user_types": [{"type": "user"}]},
        "viewer": {"directly_related_user_types": [{"type": "user"}, {"type": "user", "wildcard": {}}]}
      }}
    }
  ]
}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(s.Definition("document").Relation("viewer"))
	// Output: relation viewer: user | user:* = this + owner
}

func ExampleParseFS() {
	files := fstest.MapFS{
		"fga.mod":     {Data: []byte("schema: '1.2'\ncontents:\n  - core.fga\n  - tracker.fga\n")},
		"core.fga":    {Data: []byte("module core\n\ntype user\ntype organization\n  relations\n    define member: [user]\n")},
		"tracker.fga": {Data: []byte("module tracker\n\nextend type organization\n  relations\n    define can_track: member\n")},
	}
	s, err := openfga.ParseFS(files, "fga.mod")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(s.Definition("organization"))
	// Output:
	// definition organization {
	// 	relation member: user
	// 	permission can_track = member
	// }
}

func ExampleFormat() {
	s := schema.MustParse(`
		caveat in_hours(hour int) { hour >= 8 }
		definition user {}
		definition document {
			relation owner: user
			relation viewer: user with in_hours
			permission view = (viewer + owner) - nobody
			relation nobody: user
		}`)
	text, err := openfga.Format(s)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(text)
	// Output:
	// model
	//   schema 1.1
	//
	// type user
	//
	// type document
	//   relations
	//     define owner: [user]
	//     define viewer: [user with in_hours]
	//     define view: (viewer or owner) but not nobody
	//     define nobody: [user]
	//
	// condition in_hours(hour: int) {
	//   hour >= 8
	// }
}

func ExampleFormat_refused() {
	s := schema.MustParse(`
		use expiration
		definition user {}
		definition document {
			relation parent: document
			relation viewer: user with expiration
			permission view = viewer + parent.all(view) - nil
		}`)
	_, err := openfga.Format(s)
	fmt.Println(err)
	// Output:
	// document#viewer: OpenFGA has no expiration: user with expiration
	// document#view: OpenFGA has no arrow with all: parent.all(view)
	// document#view: OpenFGA has no nil
}
