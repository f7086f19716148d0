package pgtest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// ErrNoServer is what [Start] returns when no PostgreSQL is installed, and says what to
// install.
var ErrNoServer = errors.New("no PostgreSQL server is installed: install Debian's package postgresql, put initdb and postgres in the PATH, or set " + EnvURL)

// Settings are what is set in postgresql.conf, beside what a server needs to run.
type Settings map[string]string

// A Server is a PostgreSQL server that belongs to this process: it listens at a port of
// the loopback interface, lets everybody in, and ends with the process. Its methods are
// for one goroutine at a time, but for URL.
type Server struct {
	bin, dir string
	port     int
	process  *exec.Cmd
	ended    chan struct{} // closed when process has ended
	guard    *guard
	standby  int // how many were made of this one
}

// Start makes a database cluster in a directory of its own and starts a server on it.
// It takes about two seconds. The server has fsync on, as a real one. Who calls it as root
// needs a user postgres or nobody, whom PostgreSQL then runs as.
func Start(settings Settings) (*Server, error) {
	bin, err := binaries()
	if err != nil {
		return nil, err
	}
	s, err := newServer(bin)
	if err != nil {
		return nil, err
	}
	err = s.run("initdb", "--no-sync", "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C", "-D", s.data())
	if err == nil {
		err = s.begin(settings)
	}
	if err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// binaries returns the directory of the newest server that is installed.
func binaries() (string, error) {
	if path, err := exec.LookPath("initdb"); err == nil {
		path, err = filepath.EvalSymlinks(path) // the other programs need not have links
		return filepath.Dir(path), err
	}
	var found []string
	for _, pattern := range []string{"/usr/lib/postgresql/*/bin/initdb", "/usr/pgsql-*/bin/initdb", "/opt/homebrew/opt/postgresql@*/bin/initdb"} {
		some, _ := filepath.Glob(pattern) // the patterns are well-formed
		found = append(found, some...)
	}
	if len(found) == 0 {
		return "", ErrNoServer
	}
	slices.SortFunc(found, func(a, b string) int { return version(a) - version(b) })
	return filepath.Dir(found[len(found)-1]), nil
}

// version returns the first number in a path.
func version(path string) int {
	digits := strings.FieldsFunc(path, func(r rune) bool { return r < '0' || r > '9' })
	n, _ := strconv.Atoi(digits[0])
	return n
}

func newServer(bin string) (*Server, error) {
	dir, err := os.MkdirTemp("", "pgtest")
	if err != nil {
		return nil, err
	}
	if err := own(dir); err != nil {
		_ = os.RemoveAll(dir)
		return nil, err
	}
	return &Server{bin: bin, dir: dir}, nil
}

func (s *Server) data() string { return filepath.Join(s.dir, "data") }

// command returns one of the server's programs, to be run as its user.
func (s *Server) command(name string, args ...string) (*exec.Cmd, error) {
	cmd := exec.Command(filepath.Join(s.bin, name), args...)
	cmd.Dir = s.dir
	cmd.Env = append(os.Environ(), "LC_ALL=C", "PGUSER=postgres", "HOME="+s.dir)
	return cmd, unprivileged(cmd)
}

func (s *Server) run(name string, args ...string) error {
	cmd, err := s.command(name, args...)
	if err != nil {
		return err
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", name, err, out)
	}
	return nil
}

// configure gives the server a port that is free now, and settings.
func (s *Server) configure(settings Settings) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	s.port = l.Addr().(*net.TCPAddr).Port
	if err := l.Close(); err != nil {
		return err
	}
	all := Settings{"listen_addresses": "127.0.0.1", "port": strconv.Itoa(s.port), "unix_socket_directories": s.dir,
		"max_connections": "200", "fsync": "on", "log_min_messages": "warning", "restart_after_crash": "off"}
	for name, value := range settings {
		all[name] = value
	}
	var b strings.Builder
	for name, value := range all {
		fmt.Fprintf(&b, "%s = '%s'\n", name, strings.ReplaceAll(value, "'", "''"))
	}
	f, err := os.OpenFile(filepath.Join(s.data(), "postgresql.conf"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString(b.String())
	return errors.Join(err, f.Close())
}

// What a server says that cannot start now, and can later or elsewhere.
const (
	portTaken = "Address already in use"
	notFreed  = "shared memory block" // processes that were killed take a moment to give back what they shared
)

// begin starts the server for the first time. A port that somebody takes before the server does
// is exchanged for another.
func (s *Server) begin(settings Settings) error {
	for try := 1; ; try++ {
		if err := s.configure(settings); err != nil {
			return err
		}
		err := s.startOnce()
		if err == nil || try == 5 || !strings.Contains(err.Error(), portTaken) {
			return err
		}
	}
}

// Start starts the server again, on what it has, and waits until it answers. If somebody has
// its port by now, it waits for that.
func (s *Server) Start() error {
	deadline := time.Now().Add(30 * time.Second)
	for {
		err := s.startOnce()
		if err == nil || time.Now().After(deadline) || !strings.Contains(err.Error(), portTaken) && !strings.Contains(err.Error(), notFreed) {
			return err
		}
		time.Sleep(50 * time.Millisecond)
	}
}

func (s *Server) startOnce() error {
	cmd, err := s.command("postgres", "-D", s.data())
	if err != nil {
		return err
	}
	log, err := os.Create(s.LogFile())
	if err != nil {
		return err
	}
	defer log.Close()
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		return err
	}
	s.process, s.ended = cmd, make(chan struct{})
	go func(ended chan struct{}) {
		_ = cmd.Wait()
		close(ended)
	}(s.ended)
	if s.guard, err = newGuard(cmd.Process.Pid, s.dir); err != nil {
		return err
	}
	if err = s.wait(); err != nil {
		_ = s.Kill()
	}
	return err
}

// wait returns when the server answers.
func (s *Server) wait() error {
	deadline := time.Now().Add(60 * time.Second)
	for {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		conn, err := pgx.Connect(ctx, s.URL("postgres"))
		if err == nil {
			err = conn.Close(ctx)
			cancel()
			return err
		}
		cancel()
		select {
		case <-s.ended:
			return fmt.Errorf("the server has ended: %s", s.lastLog())
		case <-time.After(20 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("the server does not answer: %w: %s", err, s.lastLog())
		}
	}
}

// LogFile returns the path of the file with the server's messages since it was started last.
func (s *Server) LogFile() string { return filepath.Join(s.dir, "log") }

func (s *Server) lastLog() string {
	b, _ := os.ReadFile(s.LogFile())
	return string(b[max(0, len(b)-2000):])
}

// Port returns the port at which the server listens, on 127.0.0.1.
func (s *Server) Port() int { return s.port }

// URL returns the connection string of a database.
func (s *Server) URL(database string) string { return URLAt(s.port, database) }

// URLAt returns the connection string of a database behind another port of the loopback
// interface, such as that of a proxy.
func URLAt(port int, database string) string {
	u := url.URL{Scheme: "postgres", User: url.User("postgres"), Host: net.JoinHostPort("127.0.0.1", strconv.Itoa(port)),
		Path: database, RawQuery: "sslmode=disable"}
	return u.String()
}

// Exec runs one statement, in the database postgres.
func (s *Server) Exec(ctx context.Context, sql string) error {
	return execute(ctx, s.URL("postgres"), sql)
}

func execute(ctx context.Context, url, sql string) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, sql)
	return errors.Join(err, conn.Close(ctx))
}

// Stop ends the server as an operator does, without waiting for its clients.
func (s *Server) Stop() error {
	if s.process == nil {
		return nil
	}
	if err := s.process.Process.Signal(os.Interrupt); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	select {
	case <-s.ended:
	case <-time.After(30 * time.Second):
		return errors.New("the server does not end")
	}
	s.process = nil
	s.guard.dismiss()
	return nil
}

// Kill ends all processes of the server at once, as if the machine had been switched off
// (but that what it has written and not synced is not lost).
func (s *Server) Kill() error {
	if s.process == nil {
		return nil
	}
	pid := s.process.Process.Pid
	_ = send(pid, freeze) // so that it starts no others
	all, err := children(pid)
	for _, child := range append(all, pid) {
		_ = send(child, kill) // it may have ended by itself
	}
	<-s.ended
	s.process = nil
	s.guard.dismiss()
	return err
}

// Freeze stops all processes of the server: connections stay open and nothing answers,
// until [Server.Thaw].
func (s *Server) Freeze() error { return s.signalAll(freeze) }

// Thaw lets the server go on after [Server.Freeze].
func (s *Server) Thaw() error { return s.signalAll(thaw) }

// signalAll sends a signal to the server's first process, and then to all that it has started.
func (s *Server) signalAll(sig signal) error {
	if s.process == nil {
		return errors.New("the server does not run")
	}
	pid := s.process.Process.Pid
	if err := send(pid, sig); err != nil {
		return err
	}
	all, err := children(pid)
	for _, child := range all {
		_ = send(child, sig) // it may have ended by itself
	}
	return err
}

// Close ends the server and removes what it had.
func (s *Server) Close() {
	if s.process != nil {
		_ = s.Kill()
	}
	_ = os.RemoveAll(s.dir)
}
