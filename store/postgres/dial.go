package postgres

import (
	"context"
	"net"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// patience is how long a connection that is given up may take to say goodbye, and the
// server to be told to cancel what it was doing.
const patience = time.Second

// hurry makes a pool give up soon what the server does not answer. Package pgx asks the
// server to cancel the statement and then waits for the connection's end, up to 15 s, and all
// the while it counts as one of the pool's. When connections fall silent, as they do when a
// server or the network is gone, four such are the whole pool, and nothing can be asked although
// new connections would be answered. The same goes for connections that fall silent while they are made, which
// the pool waits for in the background, 2 min if the connection string does not say how long: now it is the timeout,
// or long enough to connect if that is short.
func hurry(config *pgxpool.Config, timeout time.Duration) {
	if config.ConnConfig.ConnectTimeout <= 0 {
		config.ConnConfig.ConnectTimeout = max(timeout, patience)
	}
	before := config.BeforeConnect
	config.BeforeConnect = func(ctx context.Context, c *pgx.ConnConfig) error {
		if before != nil {
			if err := before(ctx, c); err != nil {
				return err
			}
		}
		d := &dialer{dial: c.DialFunc}
		c.DialFunc = d.do
		after := c.AfterConnect
		c.AfterConnect = func(ctx context.Context, conn *pgconn.PgConn) error {
			d.connected.Store(true)
			if after == nil {
				return nil
			}
			return after(ctx, conn)
		}
		return nil
	}
}

// A dialer dials for one connection: first to make it, and then to have something cancelled.
type dialer struct {
	dial      pgconn.DialFunc
	connected atomic.Bool
}

func (d *dialer) do(ctx context.Context, network, address string) (net.Conn, error) {
	if !d.connected.Load() {
		conn, err := d.dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return &hasty{Conn: conn}, nil
	}
	until := time.Now().Add(patience)
	ctx, cancel := context.WithDeadline(ctx, until)
	defer cancel()
	conn, err := d.dial(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return &hasty{conn, until}, conn.SetDeadline(until)
}

// A hasty connection has no deadline that is far away.
type hasty struct {
	net.Conn
	until time.Time // not after this; zero if there is no such
}

// SetDeadline sets the deadline, or an earlier one.
func (h *hasty) SetDeadline(t time.Time) error {
	latest := h.until
	if latest.IsZero() && !t.IsZero() {
		latest = time.Now().Add(patience)
	}
	if !latest.IsZero() && (t.IsZero() || t.After(latest)) {
		t = latest
	}
	return h.Conn.SetDeadline(t)
}
