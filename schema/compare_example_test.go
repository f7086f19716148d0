package schema_test

import (
	"fmt"

	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/tuple"
)

func ExampleCompare() {
	before := schema.MustParse(`
		definition user {}
		definition team { relation member: user }
		definition document {
			relation viewer: user | team#member
			relation banned: user
			permission read = viewer - banned
			permission comment = read
		}`)
	after := schema.MustParse(`
		definition user {}
		definition team { relation member: user }
		definition document {
			relation banned: user
			//baobab:granted-by read
			relation reader: user | user:* | team#member
			permission read = reader - banned
			permission comment = read & reader
		}`)
	changes, err := schema.Compare(before, after, schema.Rename{Type: "document", Relation: "viewer", To: "reader"})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(changes)
	// Output:
	// rewrite changed: document#comment: was read, is read & reader
	// 	affects document#comment
	// relation renamed: document#viewer is now document#reader
	// subject added: document#reader: user:*
	// 	affects document#comment, document#read, document#reader
	// directive added: document#reader: granted-by read
}

func ExampleRenames_Tuple() {
	renames := schema.Renames{
		{Type: "doc", To: "document"},
		{Type: "doc", Relation: "viewer", To: "reader"},
	}
	fmt.Println(renames.Tuple(tuple.MustParse("doc:1#viewer@doc:2#viewer").Always()))
	// Output:
	// document:1#reader@document:2#reader
}
