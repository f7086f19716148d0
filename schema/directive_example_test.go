package schema_test

import (
	"fmt"

	"github.com/baobab-authz/baobab/schema"
)

func ExampleDefinition_Counted() {
	s, err := schema.Parse("spaces.zed", `
		definition user {}
		definition workspace {
			relation owner: user
			relation admin: user
			//baobab:count 1..*
			permission manager = owner + admin
		}`)
	if err != nil {
		fmt.Println(err)
		return
	}
	workspace := s.Definition("workspace")
	manager := workspace.Relation("manager")
	fmt.Println(manager.Counts[0], "of")
	for _, r := range workspace.Counted(manager) {
		fmt.Println(r)
	}
	// Output:
	// count 1..* of
	// relation owner: user
	// relation admin: user
}

func ExampleMember_GrantedBy() {
	fmt.Print(schema.MustNew(
		schema.Define("user"),
		schema.Define("workspace",
			schema.Rel("owner", schema.Type("user")).Counted(schema.Count{Min: 1, Max: 1}).GrantedBy("owner"),
			schema.Rel("member", schema.Type("user")).GrantedBy("owner").GrantedToSelf(),
			schema.DeletedBy("owner"))))
	// Output:
	// definition user {}
	//
	// //baobab:deleted-by owner
	// definition workspace {
	// 	//baobab:count 1
	// 	//baobab:granted-by owner
	// 	relation owner: user
	// 	//baobab:granted-by owner
	// 	//baobab:granted-by self
	// 	relation member: user
	// }
}
