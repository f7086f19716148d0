package faults

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// errGone says that a node has ended without an answer, errAbsent that it had before it was
// asked, and errSilent that it is there and does not answer.
var (
	errGone   = errors.New("the node has ended")
	errAbsent = errors.New("there is no node")
	errSilent = errors.New("the node does not answer")
)

// A process is a node that is a process.
type process struct {
	cmd   *exec.Cmd
	in    io.WriteCloser
	log   string        // the file with its messages
	ended chan struct{} // closed when it has
	first string        // the revision that it began with

	mu      sync.Mutex
	waiting map[int64]chan result
	gone    bool
}

// start starts a node, and returns when it answers.
func start(s setup, log string) (*process, error) {
	config, err := json.Marshal(s)
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), envNode+"="+string(config))
	p := &process{cmd: cmd, log: log, ended: make(chan struct{}), waiting: map[int64]chan result{}}
	messages, err := os.OpenFile(log, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer messages.Close()
	cmd.Stderr = messages
	if p.in, err = cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	ready := make(chan result, 1)
	p.waiting[0] = ready
	go p.listen(out)
	select {
	case r := <-ready:
		if r.Outcome == unknown {
			return nil, fmt.Errorf("a node does not start: %s", p.messages())
		}
		p.first = r.Revision
		return p, nil
	case <-time.After(40 * time.Second):
		p.kill()
		return nil, fmt.Errorf("a node is not ready: %s", p.messages())
	}
}

// listen hands out the answers, until the node ends.
func (p *process) listen(out io.Reader) {
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var r result
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			break // it was killed in the middle
		}
		p.mu.Lock()
		ch := p.waiting[r.ID]
		delete(p.waiting, r.ID)
		p.mu.Unlock()
		if ch != nil {
			ch <- r
		}
	}
	_ = p.cmd.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.gone = true
	for _, ch := range p.waiting {
		ch <- result{Outcome: unknown, Code: "gone"}
	}
	p.waiting = nil
	close(p.ended)
}

// do asks the node, and waits for the answer. The error is errGone or errAbsent if there will be none, and
// errSilent if there is none long after there should have been one; then the node is killed.
func (p *process) do(o op) (result, error) {
	line, err := json.Marshal(o)
	if err != nil {
		return result{}, err
	}
	ch := make(chan result, 1)
	p.mu.Lock()
	if p.gone {
		p.mu.Unlock()
		return result{Outcome: failed, Code: "absent"}, errAbsent
	}
	p.waiting[o.ID] = ch
	_, err = p.in.Write(append(line, '\n'))
	p.mu.Unlock()
	if err != nil {
		<-p.ended
		return result{Outcome: unknown}, errGone
	}
	select {
	case r := <-ch:
		if r.Code == "gone" {
			return r, errGone
		}
		return r, nil
	case <-time.After(time.Duration(o.Timeout)*time.Millisecond + patience):
		p.kill()
		return result{Outcome: unknown, Code: "gone"}, errSilent
	}
}

// kill is kill -9.
func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	<-p.ended
}

// freeze stops the process for a while, and returns when it goes on. Another process sees to
// that, even if this one ends.
func (p *process) freeze(d time.Duration) error {
	script := `kill -STOP "$1" && sleep "$2" && kill -CONT "$1"`
	return exec.Command("sh", "-c", script, "sh", strconv.Itoa(p.cmd.Process.Pid), strconv.FormatFloat(d.Seconds(), 'f', 3, 64)).Run()
}

// messages returns the last that the node has written.
func (p *process) messages() string {
	b, _ := os.ReadFile(p.log)
	return string(b[max(0, len(b)-4000):])
}

// A place is where a node runs, and another one after it has been killed.
type place struct {
	setup setup
	log   string

	mu    sync.Mutex
	node  *process
	count int // how many there have been
	fails error
}

// newPlace starts a node, which ends with the test.
func newPlace(t *testing.T, name string, s setup) *place {
	t.Helper()
	p := &place{setup: s, log: filepath.Join(t.TempDir(), name+".log")}
	require.NoError(t, p.restart())
	t.Cleanup(func() {
		p.stop()
		if err := p.failure(); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			t.Logf("messages of %s: %s", name, p.node.messages())
		}
	})
	return p
}

// restart kills the node, if there is one, and starts another.
func (p *place) restart() error {
	p.stop()
	node, err := start(p.setup, p.log)
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.node = node
	p.count++
	return nil
}

func (p *place) stop() {
	if node, _ := p.current(); node != nil {
		node.kill()
	}
}

// current returns the node, and which one it is.
func (p *place) current() (*process, int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.node, p.count
}

// do asks the node that is there. It returns which one it has asked.
func (p *place) do(o op) (result, int, error) {
	node, life := p.current()
	r, err := node.do(o)
	if errors.Is(err, errSilent) {
		p.mu.Lock()
		p.fails = fmt.Errorf("%+v: %w", o, err)
		p.mu.Unlock()
	}
	return r, life, err
}

// failure returns what a node did not answer.
func (p *place) failure() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.fails
}
