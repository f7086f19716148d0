package faults

import (
	"bufio"
	"bytes"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/store/postgres/pgtest"
)

// A fault is what a proxy does to one append on its way.
type fault int

const (
	none         fault = iota
	cutRequest         // the connection breaks before the server has the statement
	cutBehind          // it breaks when the server has it, and nobody waits for the answer
	cutAnswer          // it breaks when the server has committed, and the answer is lost
	freezeAnswer       // the answer never comes, and the connection does not break
)

// A proxy is between one node and its server. It can break a connection exactly at the
// answer to a commit.
type proxy struct {
	listener net.Listener
	running  sync.WaitGroup

	mu     sync.Mutex
	closed bool
	target string
	frozen chan struct{} // closed when it thaws; nil if it is not
	links  map[*link]bool
	decide func() fault // for each append; nil is none
	met    map[fault]int
}

// A link is one connection through a proxy.
type link struct {
	proxy          *proxy
	client, server net.Conn
	dead           chan struct{}
	once           sync.Once

	mu      sync.Mutex
	verdict fault
	armed   bool // the server has an append to answer

	gone atomic.Bool // nothing is passed on any more, and nobody is told

	log     bool // what the client has sent to be parsed last appends to the log
	written bool // the client's transaction has appended to the log
}

// newProxy returns a proxy to the server at an address, which ends with the test.
func newProxy(t *testing.T, target string) *proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	p := &proxy{listener: l, target: target, links: map[*link]bool{}, met: map[fault]int{}}
	p.running.Go(p.accept)
	t.Cleanup(func() {
		_ = l.Close()
		p.mu.Lock()
		p.closed = true
		p.mu.Unlock()
		p.thaw()
		p.cut()
		p.running.Wait()
	})
	return p
}

// proxied returns a proxy to the server of a connection string, and the string that leads through it.
func proxied(t *testing.T, connection string) (*proxy, string) {
	t.Helper()
	u, err := url.Parse(connection)
	require.NoError(t, err)
	p := newProxy(t, u.Host)
	u.Host = p.listener.Addr().String()
	return p, u.String()
}

func addressOf(s *pgtest.Server) string {
	u, err := url.Parse(s.URL(""))
	if err != nil {
		panic(err)
	}
	return u.Host
}

func (p *proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.running.Go(func() { p.serve(client) })
	}
}

func (p *proxy) serve(client net.Conn) {
	l := &link{proxy: p, client: client, dead: make(chan struct{})}
	p.mu.Lock()
	p.links[l] = true
	p.mu.Unlock()
	defer func() {
		l.close()
		p.mu.Lock()
		delete(p.links, l)
		p.mu.Unlock()
	}()
	if !l.pass() {
		return
	}
	p.mu.Lock()
	target, closed := p.target, p.closed
	p.mu.Unlock()
	if closed {
		return
	}
	server, err := net.DialTimeout("tcp", target, 5*time.Second)
	if err != nil {
		return
	}
	l.mu.Lock()
	l.server = server
	l.mu.Unlock()
	var both sync.WaitGroup
	both.Go(func() { l.up(); l.close() })
	both.Go(func() { l.down(); l.close() })
	both.Wait()
	_ = server.Close()
}

// pass waits while the proxy is frozen, and reports whether the link is still there.
func (l *link) pass() bool {
	for {
		l.proxy.mu.Lock()
		frozen := l.proxy.frozen
		l.proxy.mu.Unlock()
		if l.gone.Load() {
			<-l.dead
			return false
		}
		if frozen == nil {
			break
		}
		select {
		case <-frozen:
		case <-l.dead:
			return false
		}
	}
	select {
	case <-l.dead:
		return false
	default:
		return true
	}
}

func (l *link) close() {
	l.once.Do(func() {
		close(l.dead)
		_ = l.client.Close()
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.server != nil {
			_ = l.server.Close()
		}
	})
}

const buffer = 1 << 20 // of what is passed on together, as it was sent

// up passes on what the client sends. What it sends together is frozen together: a server that
// has half of a statement would wait for the rest, and let others wait.
func (l *link) up() {
	in, out := bufio.NewReaderSize(l.client, buffer), bufio.NewWriterSize(l.server, buffer)
	for first := true; ; first = false {
		m, err := readMessage(in, first)
		if err != nil {
			return
		}
		v := none
		if l.commits(m) {
			v = l.arm()
		}
		if v == cutRequest || m.write(out) != nil {
			return
		}
		if in.Buffered() == 0 {
			if !l.pass() || out.Flush() != nil {
				return
			}
			if l.is(cutBehind) {
				return
			}
		}
	}
}

// commits reports whether a message makes the server commit what is appended to the log.
func (l *link) commits(m message) bool {
	switch m.kind {
	case parse:
		l.log = bytes.Contains(m.body, []byte(".log (position"))
	case execute:
		l.written = l.log
		return l.log // by itself, or else the answer is that to a part of the transaction
	case simple:
		return l.written && bytes.HasPrefix(m.body, []byte("commit"))
	}
	return false
}

// arm decides what becomes of an append.
func (l *link) arm() fault {
	p := l.proxy
	p.mu.Lock()
	v := none
	if p.decide != nil {
		v = p.decide()
		p.met[v]++
	}
	p.mu.Unlock()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.verdict, l.armed = v, true
	return v
}

func (l *link) is(v fault) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.verdict == v
}

// down passes on what the server sends. The answer to an append it keeps back until it is whole,
// which it is when the server has committed.
func (l *link) down() {
	in, out := bufio.NewReaderSize(l.server, buffer), bufio.NewWriterSize(l.client, buffer)
	for {
		m, err := readMessage(in, false)
		if err != nil {
			return
		}
		l.mu.Lock()
		v := none
		if l.armed {
			v = l.verdict
		}
		if m.kind == ready {
			l.verdict, l.armed = none, false
		}
		l.mu.Unlock()
		switch {
		case m.kind == ready && v == cutAnswer:
			return
		case m.kind == ready && v == freezeAnswer:
			<-l.dead
			return
		case m.write(out) != nil:
			return
		}
		if m.kind == ready || v == none && in.Buffered() == 0 {
			if !l.pass() || out.Flush() != nil {
				return
			}
		}
	}
}

// freeze holds everything up until thaw, as a network does that is gone.
func (p *proxy) freeze() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.frozen == nil {
		p.frozen = make(chan struct{})
	}
}

func (p *proxy) thaw() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.frozen != nil {
		close(p.frozen)
		p.frozen = nil
	}
}

// cut breaks all connections.
func (p *proxy) cut() {
	p.mu.Lock()
	links := make([]*link, 0, len(p.links))
	for l := range p.links {
		links = append(links, l)
	}
	p.mu.Unlock()
	for _, l := range links {
		l.close()
	}
}

// forget makes what is connected silent for good, though it is not broken, as it is when a server or
// what leads to it is gone. New connections are as ever.
func (p *proxy) forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for l := range p.links {
		l.gone.Store(true)
	}
}

// lead makes new connections lead to another server, and breaks the others.
func (p *proxy) lead(target string) {
	p.mu.Lock()
	p.target = target
	p.mu.Unlock()
	p.cut()
}

// harm decides about each append from now on.
func (p *proxy) harm(decide func() fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.decide = decide
}
