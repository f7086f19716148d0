package pgtest

import (
	"context"
	"crypto/rand"
	"errors"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
)

// EnvURL is the environment variable with the connection string of a server that is
// there already. Its user must be allowed to create databases.
const EnvURL = "BAOBAB_POSTGRES_URL"

// Shared is a server, or databases on one, that the tests of a package share. The zero
// value is ready: the server is started by the first [Shared.Database].
//
//	var shared pgtest.Shared
//
//	func TestMain(m *testing.M) { os.Exit(shared.Main(m)) }
type Shared struct {
	once   sync.Once
	mu     sync.Mutex
	server *Server
	url    string
	err    error
	common string // the database that all share
}

// Main runs the tests and then ends the server, if there is one. It returns the exit code.
func (s *Shared) Main(m *testing.M) int {
	defer func() {
		if s.common != "" {
			dropDatabase(s.url, s.common)
		}
		if s.server != nil {
			s.server.Close()
		}
	}()
	return m.Run()
}

// start makes the server, or takes the one that the environment names.
func (s *Shared) start() {
	if s.url = os.Getenv(EnvURL); s.url != "" {
		return
	}
	if s.server, s.err = Start(nil); s.err == nil {
		s.url = s.server.URL("postgres")
	}
}

// Database makes an empty database, which is dropped when the test ends, and returns its
// connection string. If there is no server and none can be started the test is skipped,
// saying what to install.
func (s *Shared) Database(tb testing.TB) string {
	tb.Helper()
	s.needed(tb)
	return NewDatabase(tb, s.url)
}

// Common returns the connection string of a database that all tests share which call
// this. It saves the time in which a database is made; let each test have a store of its own in it.
func (s *Shared) Common(tb testing.TB) string {
	tb.Helper()
	s.needed(tb)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.common == "" {
		name, err := createDatabase(s.url)
		if err != nil {
			tb.Fatal(err)
		}
		s.common = name
	}
	return inDatabase(s.url, s.common)
}

// needed starts the server, or skips the test.
func (s *Shared) needed(tb testing.TB) {
	tb.Helper()
	s.once.Do(s.start)
	if errors.Is(s.err, ErrNoServer) {
		tb.Skip(s.err)
	}
	if s.err != nil {
		tb.Fatal(s.err)
	}
}

// NewDatabase makes an empty database on the server that a connection string names, which
// is dropped when the test ends if the server answers then, and returns its connection string.
func NewDatabase(tb testing.TB, server string) string {
	tb.Helper()
	name, err := createDatabase(server)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { dropDatabase(server, name) })
	return inDatabase(server, name)
}

func createDatabase(server string) (name string, err error) {
	name = "baobab_test_" + strings.ToLower(rand.Text()[:12])
	return name, execute(context.Background(), server, "CREATE DATABASE "+name)
}

// dropDatabase drops a database, if the server still answers.
func dropDatabase(server, name string) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	_ = execute(ctx, server, "DROP DATABASE "+name+" WITH (FORCE)")
}

// inDatabase returns the connection string of another database of the same server.
func inDatabase(server, name string) string {
	u, err := url.Parse(server)
	if err != nil || u.Scheme == "" { // keywords and values, of which the last counts
		return server + " dbname=" + name
	}
	u.Path = "/" + name
	return u.String()
}

// StartFor starts a server of its own for one test, and ends it with the test, which is
// skipped if none is installed.
func StartFor(tb testing.TB, settings Settings) *Server {
	tb.Helper()
	s, err := Start(settings)
	if errors.Is(err, ErrNoServer) {
		tb.Skip(err)
	}
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(s.Close)
	return s
}
