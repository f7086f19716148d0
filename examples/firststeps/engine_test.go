package firststeps_test

import (
	"context"
	"strings"

	"github.com/baobab-authz/baobab"
	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/tuple"
)

// newLibrary returns an engine with two folders, a document in one of them,
// and a team.
func newLibrary(o baobab.Options) *baobab.Engine {
	s := schema.MustParse(`
		use expiration

		definition user {}

		definition team {
			relation member: user | team#member
		}

		definition folder {
			relation editor: user | team#member
			permission edit = editor
		}

		definition document {
			// A document is in one folder, and who moves it may edit both ends of the way.
			//baobab:count 0..1
			//baobab:granted-by edit
			//baobab:granted-by edit on subject
			relation folder: folder
			relation owner: user
			relation guest: user with expiration
			relation banned: user

			permission edit = owner + folder->edit - banned
			permission view = guest + edit - banned
		}`)
	eng, err := baobab.Open(s, o)
	if err != nil {
		panic(err)
	}
	_, err = eng.Import(context.Background(), tuple.ReadLines(strings.NewReader(`
		document:plan#owner@user:ann
		document:plan#folder@folder:drafts
		folder:drafts#editor@team:writers#member
		folder:archive#editor@user:ann
		team:writers#member@user:bob
		team:writers#member@user:carla
		document:plan#banned@user:carla
	`)))
	if err != nil {
		panic(err)
	}
	return eng
}
