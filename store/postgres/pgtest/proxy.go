package pgtest

import (
	"net"
	"strconv"
	"sync"
)

// A Mode is what a [Proxy] does with what it is sent.
type Mode int

const (
	Pass        Mode = iota // everything is passed on
	Hold                    // nothing is passed on, until another mode is set
	HoldAnswers             // nothing is passed on to clients, until another mode is set
	CutRequest              // the next that a client sends ends its connection instead, and then everything passes
	CutAnswer               // the next that the server sends ends its connection instead, and then everything passes
)

// A Proxy is a bad line to a server. All its methods may be called by any number of goroutines.
type Proxy struct {
	listener net.Listener
	target   string
	running  sync.WaitGroup

	mu     sync.Mutex
	change sync.Cond // mode or closed
	mode   Mode
	closed bool
	conns  map[net.Conn]bool
}

// NewProxy makes a proxy to a port of the loopback interface.
func NewProxy(port int) (*Proxy, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &Proxy{listener: l, target: net.JoinHostPort("127.0.0.1", strconv.Itoa(port)), conns: map[net.Conn]bool{}}
	p.change.L = &p.mu
	p.running.Go(p.accept)
	return p, nil
}

// Port returns the port at which the proxy listens, on 127.0.0.1.
func (p *Proxy) Port() int { return p.listener.Addr().(*net.TCPAddr).Port }

// Set sets what happens from now on.
func (p *Proxy) Set(m Mode) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mode = m
	p.change.Broadcast()
}

// Cut ends all connections.
func (p *Proxy) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.conns {
		_ = c.Close()
	}
}

// Close ends the proxy and all its connections.
func (p *Proxy) Close() {
	p.mu.Lock()
	p.closed = true
	p.change.Broadcast()
	p.mu.Unlock()
	_ = p.listener.Close()
	p.Cut()
	p.running.Wait()
}

func (p *Proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", p.target)
		if err != nil {
			_ = client.Close()
			continue
		}
		if !p.keep(client, server) {
			return
		}
		p.running.Go(func() { p.pump(client, server, false) })
		p.running.Go(func() { p.pump(server, client, true) })
	}
}

// keep notes connections, or closes them if the proxy is closed.
func (p *Proxy) keep(conns ...net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range conns {
		if p.closed {
			_ = c.Close()
			continue
		}
		p.conns[c] = true
	}
	return !p.closed
}

// pump passes on what comes from one side to the other.
func (p *Proxy) pump(from, to net.Conn, answers bool) {
	defer func() {
		_, _ = from.Close(), to.Close()
		p.mu.Lock()
		delete(p.conns, from)
		p.mu.Unlock()
	}()
	buffer := make([]byte, 64<<10)
	for {
		n, err := from.Read(buffer)
		if err != nil || !p.admit(answers) {
			return
		}
		if _, err := to.Write(buffer[:n]); err != nil {
			return
		}
	}
}

// admit waits as long as nothing is passed on, and reports whether the connection goes on.
func (p *Proxy) admit(answer bool) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for !p.closed {
		switch {
		case p.mode == Hold, p.mode == HoldAnswers && answer:
			p.change.Wait()
		case p.mode == CutRequest && !answer, p.mode == CutAnswer && answer:
			p.mode = Pass
			return false
		default:
			return true
		}
	}
	return false
}
