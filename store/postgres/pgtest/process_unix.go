//go:build unix

package pgtest

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"strings"
	"syscall"
)

type signal = syscall.Signal

const (
	kill   = syscall.SIGKILL
	freeze = syscall.SIGSTOP
	thaw   = syscall.SIGCONT
)

func send(pid int, sig signal) error { return syscall.Kill(pid, sig) }

// credential returns as whom the server runs; nil for as whoever runs the tests.
func credential() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err := strconv.ParseUint(u.Uid, 10, 32)
		if err != nil {
			return nil, err
		}
		gid, err := strconv.ParseUint(u.Gid, 10, 32)
		if err != nil {
			return nil, err
		}
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
	}
	return nil, errors.New("PostgreSQL does not run as root, and there is no user postgres or nobody")
}

// own gives a directory to the server's user.
func own(dir string) error {
	c, err := credential()
	if c == nil || err != nil {
		return err
	}
	return os.Chown(dir, int(c.Uid), int(c.Gid))
}

func unprivileged(cmd *exec.Cmd) error {
	c, err := credential()
	if c != nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: c}
	}
	return err
}

// children returns the processes that a process has started.
func children(pid int) ([]int, error) {
	out, err := exec.Command("ps", "-A", "-o", "pid=,ppid=").Output()
	if err != nil {
		return nil, fmt.Errorf("ps: %w", err)
	}
	var found []int
	for _, line := range strings.Split(string(out), "\n") {
		var child, parent int
		if n, _ := fmt.Sscan(line, &child, &parent); n == 2 && parent == pid {
			found = append(found, child)
		}
	}
	return found, nil
}

// A guard is a process that ends the server and removes its directory when this process
// has ended without doing so: its end of a pipe is closed then.
type guard struct {
	cmd  *exec.Cmd
	pipe io.Closer
}

const guardScript = `cat >/dev/null; kill -QUIT "$1"; sleep 1; kill -KILL "$1"; rm -rf "$2"`

func newGuard(pid int, dir string) (*guard, error) {
	cmd := exec.Command("sh", "-c", guardScript, "sh", strconv.Itoa(pid), dir)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	pipe, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	return &guard{cmd, pipe}, nil
}

func (g *guard) dismiss() {
	_ = syscall.Kill(-g.cmd.Process.Pid, kill) // with its cat
	_ = g.pipe.Close()
	_ = g.cmd.Wait()
}
