package bolt_test

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/store/bolt"
)

func TestOpenNew(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	log, err := bolt.Open(path, bolt.Options{})
	require.NoError(t, err)
	head, err := log.Head(context.Background())
	require.NoError(t, err)
	require.Zero(t, head.Position())
	require.NoError(t, log.Close())
}
