package pgtest

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Standby makes a copy of the server and starts it as a standby that follows it. If it is
// a synchronous one, no commit is acknowledged from then on before it has it.
func (s *Server) Standby(ctx context.Context, synchronous bool) (*Server, error) {
	b, err := newServer(s.bin)
	if err != nil {
		return nil, err
	}
	s.standby++
	name := fmt.Sprintf("standby%d", s.standby)
	err = b.run("pg_basebackup", "-h", "127.0.0.1", "-p", fmt.Sprint(s.port), "-U", "postgres", "-D", b.data(), "-R", "-X", "stream", "--checkpoint=fast", "--no-sync")
	if err == nil {
		err = b.begin(Settings{"cluster_name": name})
	}
	if err == nil && synchronous {
		err = s.set(ctx, "synchronous_standby_names", name)
	}
	if err == nil {
		err = s.followed(ctx, name, synchronous)
	}
	if err != nil {
		b.Close()
		return nil, err
	}
	return b, nil
}

// followed waits until the standby of that name follows, and counts if it is synchronous.
func (s *Server) followed(ctx context.Context, name string, synchronous bool) error {
	return s.until(ctx, `SELECT EXISTS (SELECT FROM pg_stat_replication
		WHERE application_name = $1 AND state = 'streaming' AND (sync_state = 'sync' OR NOT $2))`, name, synchronous)
}

// StopFollowing makes a standby receive nothing any more, and returns when it does not: what
// is committed from then on is lost if it is promoted.
func (s *Server) StopFollowing(ctx context.Context) error {
	if err := s.set(ctx, "primary_conninfo", ""); err != nil {
		return err
	}
	return s.until(ctx, "SELECT NOT EXISTS (SELECT FROM pg_stat_wal_receiver)")
}

// set changes a setting of the running server.
func (s *Server) set(ctx context.Context, name, value string) error {
	err := s.Exec(ctx, "ALTER SYSTEM SET "+name+" = '"+value+"'")
	if err == nil {
		err = s.Exec(ctx, "SELECT pg_reload_conf()")
	}
	return err
}

// until waits until the answer to a question is true.
func (s *Server) until(ctx context.Context, sql string, args ...any) error {
	conn, err := pgx.Connect(ctx, s.URL("postgres"))
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	for {
		var yes bool
		if err := conn.QueryRow(ctx, sql, args...).Scan(&yes); err != nil || yes {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// Promote makes a standby a primary, and returns when it takes writes.
func (s *Server) Promote(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, s.URL("postgres"))
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	var done bool
	if err := conn.QueryRow(ctx, "SELECT pg_promote(true, 60)").Scan(&done); err != nil {
		return err
	}
	if !done {
		return fmt.Errorf("the standby is not promoted: %s", s.lastLog())
	}
	return nil
}
