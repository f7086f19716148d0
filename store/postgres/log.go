package postgres

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/baobab-authz/baobab/store"
)

var (
	_ store.Log    = (*Log)(nil)
	_ store.Nudger = (*Log)(nil)
)

// A Log is a store's log in a PostgreSQL database. Any number of Logs, in any number of
// processes, may be open on the same store.
type Log struct {
	pool  *pgxpool.Pool
	owned bool // the pool is ours to close
	opt   Options
	sql   statements
	mode  pgx.QueryExecMode
	salt  []byte // of the keys of tuples

	ctx        context.Context // ends when the log is closed
	end        context.CancelFunc
	background sync.WaitGroup // goroutines that Close stops

	mu     sync.Mutex
	closed bool
	calls  sync.WaitGroup // Appends in progress

	news     broadcast     // something may have been appended
	appended chan struct{} // somebody should be notified; of capacity 1
	heads    heads
}

// Open connects to the database that a connection string names (a URL or keywords and
// values, as libpq and package pgx read it) and opens the store in it, which is made if it is not there.
// It is for whoever has no pool of connections of his own; see [New].
func Open(ctx context.Context, connection string, options Options) (*Log, error) {
	options, err := options.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("postgres: %w", err)
	}
	config, err := pgxpool.ParseConfig(connection)
	if err != nil {
		return nil, fmt.Errorf("postgres: %w", err)
	}
	if config.ConnConfig.ValidateConnect == nil {
		config.ConnConfig.ValidateConnect = pgconn.ValidateConnectTargetSessionAttrsPrimary
	}
	hurry(config, options.Timeout)
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("postgres: %w", err)
	}
	l, err := New(ctx, pool, options)
	if err != nil {
		pool.Close()
		return nil, err
	}
	l.owned = true
	return l, nil
}

// New opens a store in the database that a pool is connected to; it is made if it is not
// there. The pool stays the caller's, who closes it after the log. Its connections must lead to
// the primary server, not to a standby, and should have a ConnectTimeout: package pgxpool's is 2 min, as long as those may take up
// the pool that fall silent while they are made. The log takes one connection for each call
// in progress, and, beside the pool's, one for listening.
func New(ctx context.Context, pool *pgxpool.Pool, options Options) (*Log, error) {
	options, err := options.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("postgres: %w", err)
	}
	l := &Log{pool: pool, opt: options, sql: newStatements(options.Store), mode: options.mode(), appended: make(chan struct{}, 1)}
	if err := l.migrate(ctx, migrations(options.Store)); err != nil {
		return nil, l.wrap("opening", err)
	}
	l.ctx, l.end = context.WithCancel(context.Background())
	if !options.NoListen {
		config := pool.Config().ConnConfig
		if options.ListenURL != "" {
			if config, err = pgx.ParseConfig(options.ListenURL); err != nil {
				return nil, fmt.Errorf("postgres: ListenURL: %w", err)
			}
		}
		l.background.Go(func() { l.listen(config) })
		l.background.Go(l.notify)
	}
	return l, nil
}

// Close ends the use of the log, see [store.Log]. A pool that was given to [New] stays open.
func (l *Log) Close() error {
	l.mu.Lock()
	l.closed = true
	l.mu.Unlock()
	l.calls.Wait()
	l.end()
	l.background.Wait()
	if l.owned {
		l.pool.Close()
	}
	return nil
}

// Nudge makes Tails that wait look whether there is something new.
func (l *Log) Nudge() { l.news.fire() }

// enter begins a call that Close waits for; leave ends it.
func (l *Log) enter() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return store.ErrClosed
	}
	l.calls.Add(1)
	return nil
}

func (l *Log) leave() { l.calls.Done() }

// during returns a context that ends with ctx or when the log is closed, and a function that ends it.
func (l *Log) during(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(l.ctx, cancel)
	return ctx, func() { stop(); cancel() }
}

// timeout bounds one statement.
func (l *Log) timeout(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, l.opt.Timeout, l.noAnswer())
}

func (l *Log) noAnswer() error { return fmt.Errorf("no answer from the server in %v", l.opt.Timeout) }

// failed returns the error of a call: that of the caller's context, if it has ended,
// or ErrClosed if the log has been.
func (l *Log) failed(ctx context.Context, doing string, err error) error {
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case l.ctx.Err() != nil:
		return store.ErrClosed
	}
	return l.wrap(doing, err)
}

func (l *Log) wrap(doing string, err error) error {
	return fmt.Errorf("postgres: store %s: %s: %w", l.opt.Store, doing, err)
}

// A querier is a pool, a connection or a transaction.
type querier interface {
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// exec executes a statement, within the timeout.
func (l *Log) exec(ctx context.Context, db querier, sql string, args ...any) (int64, error) {
	bounded, cancel := l.timeout(ctx)
	defer cancel()
	tag, err := db.Exec(bounded, sql, append([]any{l.mode}, args...)...)
	return tag.RowsAffected(), because(bounded, err)
}

// row reads one row, within the timeout.
func (l *Log) row(ctx context.Context, db querier, into []any, sql string, args ...any) error {
	bounded, cancel := l.timeout(ctx)
	defer cancel()
	return because(bounded, db.QueryRow(bounded, sql, append([]any{l.mode}, args...)...).Scan(into...))
}

// transact runs fn in a transaction, and commits it unless fn fails. In it each statement sees what has
// been committed before it, whatever the database's default is: who has waited for the lock
// then reads what is true.
func (l *Log) transact(ctx context.Context, fn func(pgx.Tx) error) error {
	bounded, cancel := l.timeout(ctx)
	defer cancel()
	tx, err := l.pool.BeginTx(bounded, pgx.TxOptions{IsoLevel: pgx.ReadCommitted})
	if err != nil {
		return because(bounded, err)
	}
	defer func() { // for when fn panics too; it does nothing after a commit
		undo, cancel := l.timeout(context.WithoutCancel(ctx))
		defer cancel()
		_ = tx.Rollback(undo)
	}()
	// Should this process vanish, others wait no longer than this.
	limit := fmt.Sprintf("SET LOCAL idle_in_transaction_session_timeout = %d", l.opt.idle())
	if _, err := l.exec(ctx, tx, limit); err != nil {
		return err
	}
	if err := fn(tx); err != nil {
		return err
	}
	last, cancel := l.timeout(ctx)
	defer cancel()
	return because(last, tx.Commit(last))
}

const maxRetries = 20 // of what the server has given up because of another transaction

// again calls fn again while the server refuses it because of another transaction.
func again(fn func() error) (err error) {
	for range maxRetries {
		if err = fn(); !hasCode(err, serializationFailure, deadlockDetected) {
			break
		}
	}
	return err
}

// because adds to an error why the context ended.
func because(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		if cause := context.Cause(ctx); !errors.Is(ctx.Err(), cause) && !errors.Is(err, cause) {
			return fmt.Errorf("%w: %w", cause, err)
		}
	}
	return err
}

// hasCode reports whether err is a server's error with one of these SQLSTATEs.
func hasCode(err error, codes ...string) bool {
	var e *pgconn.PgError
	if !errors.As(err, &e) {
		return false
	}
	for _, code := range codes {
		if e.Code == code {
			return true
		}
	}
	return false
}

const (
	serializationFailure = "40001"
	deadlockDetected     = "40P01"
	uniqueViolation      = "23505"
	undefinedTable       = "42P01"
	undefinedSchema      = "3F000"
	duplicateTable       = "42P07"
	duplicateSchema      = "42P06"
)

// pause waits, unless ctx ends.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// A broadcast wakes everybody who waits. The zero value is ready.
type broadcast struct {
	mu sync.Mutex
	ch chan struct{}
}

// next returns a channel that is closed by the next fire.
func (b *broadcast) next() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ch == nil {
		b.ch = make(chan struct{})
	}
	return b.ch
}

func (b *broadcast) fire() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ch != nil {
		close(b.ch)
		b.ch = nil
	}
}
