package pgtest_test

import (
	"context"
	"net"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/store/postgres/pgtest"
)

// TestPortIsTaken gives the port of a server that does not run to somebody else, for a while.
func TestPortIsTaken(t *testing.T) {
	server := pgtest.StartFor(t, nil)
	port := server.Port()
	require.NoError(t, server.Kill())
	other, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	require.NoError(t, err)
	defer time.AfterFunc(time.Second, func() { _ = other.Close() }).Stop()
	require.NoError(t, server.Start())
	require.Equal(t, port, server.Port())
	require.NoError(t, server.Exec(context.Background(), "SELECT 1"))
}
