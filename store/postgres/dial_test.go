package postgres_test

import (
	"context"
	"io"
	"net"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/store/postgres"
)

// A firewall is a way to a server that can forget its connections: nothing comes through them any more, nor do they end.
type firewall struct {
	listener net.Listener
	target   string
	mu       sync.Mutex
	down     bool
	conns    []net.Conn
	running  sync.WaitGroup
}

func newFirewall(t *testing.T, database string) (*firewall, string) {
	u, err := url.Parse(database)
	require.NoError(t, err)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	f := &firewall{listener: l, target: u.Host}
	f.running.Go(f.accept)
	t.Cleanup(f.close)
	u.Host = l.Addr().String()
	return f, u.String()
}

func (f *firewall) accept() {
	for {
		client, err := f.listener.Accept()
		if err != nil {
			return
		}
		f.mu.Lock()
		f.conns = append(f.conns, client)
		if !f.down {
			if server, err := net.Dial("tcp", f.target); err == nil {
				f.conns = append(f.conns, server)
				f.running.Go(func() { f.pump(client, server) })
				f.running.Go(func() { f.pump(server, client) })
			}
		}
		f.mu.Unlock()
	}
}

// pump ends when it is to forget the connection, which it leaves open then.
func (f *firewall) pump(from, to net.Conn) {
	if _, err := io.Copy(to, from); err == nil {
		_ = to.Close()
	}
}

// set forgets all connections there are, if it is to be down; until it is not, new ones lead nowhere.
func (f *firewall) set(down bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.down = down
	for _, c := range f.conns {
		_ = c.SetReadDeadline(time.Unix(1, 0))
	}
}

func (f *firewall) close() {
	_ = f.listener.Close()
	f.mu.Lock()
	for _, c := range f.conns {
		_ = c.Close()
	}
	f.mu.Unlock()
	f.running.Wait()
}

// TestConnectingFreezes has connections forgotten that are just being made. They are given up after the timeout too, so
// that they do not fill the pool when new ones would be answered again.
func TestConnectingFreezes(t *testing.T) {
	f, address := newFirewall(t, shared.Database(t))
	l := open(t, address, postgres.Options{NoListen: true, Timeout: 300 * time.Millisecond})
	begin := head(t, l)
	f.set(true)
	var all sync.WaitGroup
	for range 16 { // more than the pool has
		all.Go(func() {
			for range 10 {
				if l.Append(context.Background(), chain(begin, 1, "a")) == nil {
					t.Error("it is appended, and nothing leads to the server")
				}
			}
		})
	}
	all.Wait()
	f.set(false)
	require.Eventually(t, func() bool {
		_, err := l.Head(context.Background())
		return err == nil
	}, 45*time.Second, 10*time.Millisecond)
}
