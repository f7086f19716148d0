package expand_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/expand"
	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/tuple"
)

var (
	ctx  = context.Background()
	noon = time.Date(2027, 1, 1, 12, 0, 0, 0, time.UTC)
)

// open returns a store at noon with the relationships of a text, one a line.
func open(t testing.TB, schemaText, relationships string) *store.Store {
	t.Helper()
	s, err := schema.Parse("test.zed", schemaText)
	require.NoError(t, err)
	return fill(t, s, relationships)
}

func fill(t testing.TB, s *schema.Schema, relationships string) *store.Store {
	t.Helper()
	st, err := store.Open(s, store.Options{Clock: func() time.Time { return noon }})
	require.NoError(t, err)
	_, err = st.Update(ctx, func(tx *store.Tx) error {
		for r, err := range tuple.ReadLines(strings.NewReader(relationships)) {
			if err == nil {
				err = tx.Create(r)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	require.NoError(t, err)
	return st
}

func now(t testing.TB, st *store.Store) *store.State {
	t.Helper()
	state, err := st.Now()
	require.NoError(t, err)
	return state
}

// tree expands a userset, such as doc:1#view.
func tree(t testing.TB, st *store.State, userset string, o expand.Options) *expand.Tree {
	t.Helper()
	u := tuple.MustParseSubject(userset)
	tr, err := expand.Expand(ctx, st, u.Object, u.Relation, o)
	require.NoError(t, err)
	return tr
}

// text takes the indentation of a test away from the text of a tree.
func text(s string) string {
	var b strings.Builder
	for line := range strings.Lines(strings.TrimPrefix(s, "\n")) {
		b.WriteString(strings.TrimPrefix(strings.TrimLeft(line, "\t"), "\t"))
	}
	return b.String()
}
