package schema_test

import (
	"bytes"
	"fmt"

	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/tuple"
)

func ExampleParse() {
	s, err := schema.Parse("docs.zed", `
		definition user {}

		definition document {
			relation editor: user
			relation reader: user | user:*
			permission read = reader + editor
		}`)
	if err != nil {
		fmt.Println(err)
		return
	}
	read := s.Definition("document").Relation("read")
	fmt.Println(read)
	for _, r := range read.Rewrite.(schema.Union).Children {
		fmt.Printf("%T %v\n", r, r)
	}
	// Output:
	// permission read = reader + editor
	// schema.Computed reader
	// schema.Computed editor
}

func ExampleParse_errors() {
	_, err := schema.Parse("docs.zed", `
definition user {}
definition document {
	relation reader: usr
	permission read = raeder + reader->read
}`)
	fmt.Println(err)
	// Output:
	// docs.zed:4:19: unknown type "usr"
	// 	relation reader: usr
	// 	                 ^^^ did you mean "user"?
	// docs.zed:5:20: unknown relation "raeder": type "document" does not have it
	// 	permission read = raeder + reader->read
	// 	                  ^^^^^^ did you mean "reader"?
}

func ExampleNew() {
	s, err := schema.New(
		schema.Define("user"),
		schema.Define("team",
			schema.Rel("member", schema.Type("user"), schema.Userset("team", "member"))),
		schema.Define("document",
			schema.Rel("team", schema.Type("team")),
			schema.Rel("banned", schema.Type("user")),
			schema.Rel("reader", schema.Type("user"), schema.Wildcard("user")),
			schema.Perm("read", schema.Minus(
				schema.Or(schema.Ref("reader"), schema.Arrow("team", "member")),
				schema.Ref("banned")))),
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(s)
	// Output:
	// definition user {}
	//
	// definition team {
	// 	relation member: user | team#member
	// }
	//
	// definition document {
	// 	relation team: team
	// 	relation banned: user
	// 	relation reader: user | user:*
	// 	permission read = reader + team->member - banned
	// }
}

func ExampleFormat() {
	text, err := schema.Format("docs.zed", `definition user{}
definition document {
  relation reader:user|user:*   // who reads
  /* everyone
   * who reads */
  permission read=(reader) ; }`)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(text)
	// Output:
	// definition user {}
	//
	// definition document {
	// 	relation reader: user | user:* // who reads
	// 	/* everyone
	// 	 * who reads */
	// 	permission read = reader
	// }
}

// A schema that SpiceDB's language cannot say is stored, and read back.
func ExampleParseJSON() {
	s := schema.MustNew(
		schema.Define("user"),
		schema.Define("document",
			schema.Rel("editor", schema.Type("user")),
			schema.Rel("reader", schema.Wildcard("user")).
				Rewritten(schema.Or(schema.This{}, schema.Ref("editor")))))
	data, err := s.MarshalJSON()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(string(data))

	again, err := schema.ParseJSON(data)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(again.Definition("document").Relation("reader"))
	_, err = schema.ParseJSON(bytes.Replace(data, []byte(`"wildcard"`), []byte(`"wildcrad"`), 1))
	fmt.Println(err)
	// Output:
	// {"version":1,"definitions":[{"name":"user"},{"name":"document","relations":[{"relation":"editor","subjects":[{"type":"user"}]},{"relation":"reader","subjects":[{"type":"user","wildcard":true}],"rewrite":{"union":["this",{"computed":"editor"}]}}]}]}
	// relation reader: user:* = this + editor
	// definitions[1].relations[1].subjects[0]: unknown field "wildcrad": there are caveat, expiration, relation, type and wildcard (did you mean "wildcard"?)
}

func ExampleSchema_ValidateRelationship() {
	s := schema.MustParse(`
		use expiration
		definition user {}
		definition door { relation key: user with expiration }`)
	fmt.Println(s.ValidateRelationship(tuple.MustParse("door:front#key@user:ann").Always()))
	fmt.Println(s.ValidateRelationship(tuple.MustParse("door:front#kye@user:ann").Always()))
	// Output:
	// door:front#key@user:ann: door#key does not admit this subject without an expiry; it admits user with expiration
	// unknown relation "kye": type "door" does not have it; did you mean "key"?
}

func ExampleSchema_Warnings() {
	s := schema.MustParse(`
definition user {}
definition document {
	relation reader: user
	relation editor: user
	relation banned: user
	permission read = reader - banned + editor
}`)
	for _, w := range s.Warnings() {
		fmt.Println(w)
	}
	// Output:
	// 7:29: warning: + binds more tightly than -
	// 	permission read = reader - banned + editor
	// 	                           ^^^^^^^^^^^^^^^ write (banned + editor)
}
