// Package pgtest starts PostgreSQL servers for tests and examples, real ones, and does to
// them what happens to servers: it kills, freezes and restarts them, and lets a standby
// take over.
//
//	var shared pgtest.Shared
//
//	func TestMain(m *testing.M) { os.Exit(shared.Main(m)) }
//
//	func TestSomething(t *testing.T) {
//		log, err := postgres.Open(ctx, shared.Database(t), postgres.Options{})
//		…
//	}
//
// It finds the newest server that is installed in the PATH or where Debian's package
// postgresql has it, makes a cluster in a temporary directory, and runs it as an unprivileged
// user if the tests run as root. The server ends and its directory goes with the test
// process, however that ends. With the environment variable BAOBAB_POSTGRES_URL, tests that
// share a server take that one instead, each in a new database. A test for which there is no
// server is skipped, and says what to install.
package pgtest
