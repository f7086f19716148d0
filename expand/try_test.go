package expand_test

import (
	"context"
	"fmt"
	"os"
	"encoding/json"
	"testing"

	"github.com/baobab-authz/baobab/expand"
	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/tuple"
)

func TestTry(t *testing.T) {
	s := schema.MustParse(`use expiration
use self
caveat trusted(ip string) { ip == "1" }
definition user { relation friend: user
 permission see = friend + self }
definition team { relation member: user | team#member | user with trusted }
definition folder { relation parent: folder
  relation reader: user | team#member | user with expiration
  permission view = reader + parent->view }
definition doc {
 relation parent: folder | team#member | user
 relation viewer: user | user:* | team#member | user with expiration
 relation banned: user | team#member
 permission nobody = nil
 permission view = (viewer + parent->view) & parent.all(view) - banned
}`)
	st, err := store.Open(s, store.Options{})
	if err != nil { t.Fatal(err) }
	_, err = st.Update(context.Background(), func(tx *store.Tx) error {
		for _, r := range []string{
			"doc:1#viewer@user:ann", "doc:1#viewer@user:*", "doc:1#viewer@team:eng#member", "doc:1#viewer@user:e[expiration:2099-01-01T00:00:00Z]",
			"doc:1#parent@folder:x", "doc:1#parent@folder:y", "doc:1#parent@user:bob", "doc:1#parent@team:eng#member",
			"folder:x#parent@folder:y", "folder:y#parent@folder:x", "folder:x#reader@team:eng#member",
			"team:eng#member@team:eng#member", "team:eng#member@user:zoë\"<b>&lt;\\N", `team:eng#member@user:cat[trusted:{"ip":"1"}]`, "team:eng#member@user:汉字😀‮x",
			"doc:1#banned@team:eng#member",
		} {
			if err := tx.Touch(tuple.MustParseRelationship(r)); err != nil { return err }
		}
		return nil
	})
	if err != nil { t.Fatal(err) }
	now, _ := st.Now()
	tree, err := expand.Expand(context.Background(), now, tuple.MustParseObject("doc:1"), "view", expand.Options{Depth: 3})
	if err != nil { t.Fatal(err) }
	fmt.Println(tree)
	f, _ := os.Create("/tmp/exp/a.dot"); tree.WriteDot(f); f.Close()
	f, _ = os.Create("/tmp/exp/a.mmd"); tree.WriteMermaid(f); f.Close()
	j, err := json.MarshalIndent(tree, "", "  ")
	fmt.Println(string(j), err)
}
