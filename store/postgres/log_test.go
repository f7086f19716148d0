package postgres_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/store/postgres"
)

func TestAppendedIsThere(t *testing.T) {
	url := shared.Database(t)
	a, b := open(t, url, postgres.Options{}), open(t, url, postgres.Options{})
	begin := head(t, a)
	require.Equal(t, begin, head(t, b))
	group := chain(begin, 10, "a")
	require.NoError(t, a.Append(context.Background(), group))
	require.NoError(t, a.Append(context.Background(), group), "repeated")
	require.Equal(t, group[9].Revision, head(t, b))
	require.Equal(t, group, follow(t, b, begin, 10))
	require.Len(t, stored(t, b), 10)

	err := b.Append(context.Background(), chain(begin, 2, "b"))
	require.ErrorIs(t, err, store.ErrConflict)
	var conflict *store.ConflictError
	require.ErrorAs(t, err, &conflict)
	require.Equal(t, group[9].Revision, conflict.Head)
	require.Len(t, stored(t, b), 10)
}
