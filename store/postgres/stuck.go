package postgres

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
)

// unstick ends whoever holds the lock and has stopped in the middle of a statement, after an
// append has waited for the lock in vain.
//
// The server itself ends a transaction that is idle for too long, see transact. But one whose client
// fell silent in the middle of a COPY, or after the last statement was executed and before
// the message that commits it, is not idle, and no timeout that every server has ends it: where the
// client's machine is frozen, or gone without a word, the server waits for hours. None of our own
// statements lasts longer than [Options.Timeout], and so whoever has waited for his client that long, since
// the statement began, has been given up by the process that sent it.
//
// A server that cannot tell who waits for what, or a user who may not end the other's connection, is
// told to the logger: then the next append waits as well.
func (l *Log) unstick(ctx context.Context) {
	var ended int
	err := l.row(ctx, l.pool, []any{&ended}, l.sql.unstick, l.opt.Timeout.Microseconds())
	switch {
	case err != nil && ctx.Err() == nil:
		l.opt.Logger.Warn("baobab: ending a connection that holds up the log", "store", l.opt.Store, "error", err)
	case ended > 0:
		l.opt.Logger.Warn("baobab: ended connections that held up the log", "store", l.opt.Store, "connections", ended)
	}
}

// waited reports whether an append that the caller did not end has waited too long.
func waited(ctx context.Context, err error) bool {
	return ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded)
}

// await takes the lock in a transaction that may wait for its turn as long as ctx lets it.
func (l *Log) await(ctx context.Context, tx pgx.Tx) error {
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for pause(ctx, l.opt.Timeout) == nil {
			l.unstick(ctx)
		}
	}()
	_, err := tx.Exec(ctx, l.sql.lock, l.mode)
	cancel()
	<-ended
	return err
}
