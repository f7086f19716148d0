package store_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/tuple"
)

// BenchmarkCommitUnderCount commits one tuple of a relation with 100,000 in its
// group, which a lower bound alone does not read.
func BenchmarkCommitUnderCount(b *testing.B) {
	least := schema.Count{Min: 1, Max: schema.Unbounded}
	for name, rules := range map[string]func(schema.Member) schema.Member{
		"none":      func(m schema.Member) schema.Member { return m },
		"count1..*": func(m schema.Member) schema.Member { return m.Counted(least) },
		"in": func(m schema.Member) schema.Member {
			return m.Counted(schema.Count{Min: 1, Max: schema.Unbounded, In: "workspace"})
		},
		"pair": func(m schema.Member) schema.Member {
			return m.Counted(schema.Count{Max: 5, PerSubject: true, In: "workspace"})
		},
	} {
		b.Run(name, func(b *testing.B) {
			s, err := store.Open(schema.MustNew(schema.Define("user"), schema.Define("workspace"), schema.Define("bot",
				schema.Rel("workspace", schema.Type("workspace")),
				rules(schema.Rel("member", user)),
			)), store.Options{})
			require.NoError(b, err)
			_, err = s.Update(context.Background(), func(tx *store.Tx) error {
				rels := []tuple.Relationship{rel("bot:a#workspace@workspace:w")}
				for i := range 100_000 {
					rels = append(rels, rel(fmt.Sprintf("bot:a#member@user:%d", i)))
				}
				return tx.Touch(rels...)
			})
			require.NoError(b, err)
			u := tuple.MustParse("bot:a#member@user:x")
			for i := 0; b.Loop(); i++ {
				_, err := s.Update(context.Background(), func(tx *store.Tx) error {
					if i%2 == 0 {
						return tx.Touch(u.Always())
					}
					return tx.Delete(u)
				})
				require.NoError(b, err)
			}
		})
	}
}
