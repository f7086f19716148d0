package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"

	"github.com/baobab-authz/baobab/store/postgres/pgtest"
)

// A process is a server that this command has started, as the same command.
type process struct {
	cmd   *exec.Cmd
	stdin io.Closer
	addr  string // where it listens
	log   *lastLines
	done  chan struct{} // closed when it has ended, with err
	err   error
}

// startProcess starts a server and returns when it listens, which is when it can answer.
func startProcess(ctx context.Context, url string, args ...string) (*process, error) {
	exe, err := os.Executable()
	if err != nil {
		return nil, err
	}
	p := &process{log: &lastLines{}, done: make(chan struct{})}
	p.cmd = exec.Command(exe, append([]string{"serve", "-until-eof"}, args...)...)
	p.cmd.Env = append(os.Environ(), pgtest.EnvURL+"="+url) // it may have a password
	p.cmd.Stderr = p.log
	if p.stdin, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	defer context.AfterFunc(ctx, func() { _ = p.cmd.Process.Kill() })()
	line, err := bufio.NewReader(stdout).ReadString('\n')
	p.addr = strings.TrimSpace(line)
	go func() {
		p.err = p.cmd.Wait()
		close(p.done)
	}()
	if err != nil { // it has ended without a word
		<-p.done
		return nil, fmt.Errorf("the server did not start: %w\n%s", errors.Join(ctx.Err(), p.err), p.log)
	}
	return p, nil
}

// kill ends the process as kill -9 does.
func (p *process) kill() {
	_ = p.cmd.Process.Kill() // it may have ended
	<-p.done
}

// stop lets the process finish what it does, and returns its error.
func (p *process) stop() error {
	_ = p.stdin.Close()
	select {
	case <-p.done:
	case <-time.After(2 * shutdownWait):
		p.kill()
	}
	if p.err != nil {
		return fmt.Errorf("%w\n%s", p.err, p.log)
	}
	return nil
}

// lastLines keeps the end of what is written to it.
type lastLines struct {
	mu   sync.Mutex
	text []byte
}

const keptOfLog = 8 << 10

// Write never fails.
func (l *lastLines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text = append(l.text, b...)
	l.text = l.text[max(0, len(l.text)-keptOfLog):]
	return len(b), nil
}

// String returns what is kept.
func (l *lastLines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return string(l.text)
}
