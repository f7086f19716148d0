package expand_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"strings"

	"github.com/baobab-authz/baobab/check"
	"github.com/baobab-authz/baobab/expand"
	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/tuple"
)

// library returns the state of a small store.
func library() *store.State {
	st, err := store.Open(schema.MustParse(`
		definition user {}
		definition team {
			relation member: user | team#member
		}
		definition folder {
			relation reader: user | team#member
			permission view = reader
		}
		definition doc {
			relation parent: folder
			relation viewer: user | team#member
			relation banned: user
			permission view = viewer + parent->view - banned
		}`), store.Options{})
	if err != nil {
		log.Fatal(err)
	}
	_, err = st.Update(context.Background(), func(tx *store.Tx) error {
		for r, err := range tuple.ReadLines(strings.NewReader(`
			doc:plan#viewer@user:bob
			doc:plan#viewer@team:eng#member
			doc:plan#banned@user:zoe
			doc:plan#parent@folder:q3
			folder:q3#reader@team:eng#member
			team:eng#member@user:ann
			team:eng#member@team:ops#member
			team:ops#member@team:eng#member`)) {
			if err == nil {
				err = tx.Create(r)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		log.Fatal(err)
	}
	state, err := st.Now()
	if err != nil {
		log.Fatal(err)
	}
	return state
}

func ExampleExpand() {
	plan := tuple.MustParseObject("doc:plan")
	tree, err := expand.Expand(context.Background(), library(), plan, "view", expand.Options{Depth: -1})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(tree)
	// Output:
	// doc:plan#view = exclusion
	// ├─ union
	// │  ├─ doc:plan#viewer
	// │  │  ├─ team:eng#member
	// │  │  │  ├─ team:ops#member
	// │  │  │  │  └─ team:eng#member  (cycle)
	// │  │  │  └─ user:ann
	// │  │  └─ user:bob
	// │  └─ parent->view
	// │     └─ folder:q3#view
	// │        └─ folder:q3#reader
	// │           └─ team:eng#member  (seen above)
	// └─ not doc:plan#banned
	//    └─ user:zoe
}

// With a depth of 1 the usersets that the object's own tuples name are not
// followed, so that each can be expanded when somebody asks for it.
func ExampleExpand_depth() {
	plan := tuple.MustParseObject("doc:plan")
	tree, err := expand.Expand(context.Background(), library(), plan, "viewer", expand.Options{Depth: 1})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(tree)
	// Output:
	// doc:plan#viewer
	// ├─ team:eng#member  (not expanded)
	// └─ user:bob
}

// Every stored tuple by which somebody may hold the permission.
func ExampleTree_Nodes() {
	plan := tuple.MustParseObject("doc:plan")
	tree, err := expand.Expand(context.Background(), library(), plan, "view", expand.Options{})
	if err != nil {
		log.Fatal(err)
	}
	for n := range tree.Nodes() {
		if n.Kind == expand.KindSubject {
			fmt.Println(n.Tuple)
		}
	}
	// Output:
	// team:eng#member@user:ann
	// doc:plan#viewer@user:bob
	// doc:plan#banned@user:zoe
}

func ExampleTree_MarshalJSON() {
	ops := tuple.MustParseObject("team:ops")
	tree, err := expand.Expand(context.Background(), library(), ops, "member", expand.Options{Depth: 1})
	if err != nil {
		log.Fatal(err)
	}
	text, err := json.MarshalIndent(tree, "", "  ")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(text))
	// Output:
	// {
	//   "root": "team:ops#member",
	//   "usersets": {
	//     "team:ops#member": {
	//       "kind": "tuples",
	//       "children": [
	//         {
	//           "kind": "userset",
	//           "subject": "team:eng#member",
	//           "state": "beyond",
	//           "tuple": "team:ops#member@team:eng#member"
	//         }
	//       ]
	//     }
	//   }
	// }
}

func ExampleTree_WriteDot() {
	eng := tuple.MustParseObject("team:eng")
	tree, err := expand.Expand(context.Background(), library(), eng, "member", expand.Options{})
	if err != nil {
		log.Fatal(err)
	}
	if err := tree.WriteDot(os.Stdout); err != nil {
		log.Fatal(err)
	}
	// Output:
	// digraph expand {
	// 	rankdir=LR
	// 	node [fontname="sans-serif" fontsize=11 height=0.3]
	// 	edge [fontname="sans-serif" fontsize=9 arrowsize=0.7]
	// 	n0 [shape=box style=filled fillcolor=lightblue label="team:eng#member"]
	// 	n1 [shape=box style=filled fillcolor=lightblue label="team:ops#member"]
	// 	n2 [shape=plaintext label="user:ann"]
	// 	n0 -> n1
	// 	n1 -> n0 [label="cycle" color=red penwidth=2 constraint=false]
	// 	n0 -> n2
	// }
}

func ExampleTree_WriteMermaid() {
	folder := tuple.MustParseObject("folder:q3")
	tree, err := expand.Expand(context.Background(), library(), folder, "view", expand.Options{Depth: 1})
	if err != nil {
		log.Fatal(err)
	}
	if err := tree.WriteMermaid(os.Stdout); err != nil {
		log.Fatal(err)
	}
	// Output:
	// flowchart LR
	// 	n0["folder#58;q3#35;view"]
	// 	n1["folder#58;q3#35;reader"]
	// 	n2["team#58;eng#35;member #40;not expanded#41;"]
	// 	class n2 dim
	// 	n0 --> n1
	// 	n1 --> n2
	// 	classDef dim stroke-dasharray:4
}

func ExampleLister() {
	lists := expand.NewLister(check.New(check.Options{}), expand.ListerOptions{})
	ctx, state := context.Background(), library()

	for s, err := range lists.Subjects(ctx, state, tuple.MustParseObject("doc:plan"), "view", "user") {
		fmt.Println(s, err)
	}
	for o, err := range lists.Objects(ctx, state, tuple.MustParseSubject("user:ann"), "view", "doc", expand.Limit(10)) {
		fmt.Println(o, err)
	}
	// Output:
	// user:ann <nil>
	// user:bob <nil>
	// doc:plan <nil>
}
