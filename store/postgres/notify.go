package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	notifyEvery = 2 * time.Millisecond // at most
	listenAgain = time.Second          // after the connection was lost
	listenCheck = 15 * time.Second     // that it is not, if nothing comes
)

// channel returns the name of the notifications.
func (l *Log) channel() string { return "baobab:" + l.opt.Store }

// tell has others notified, soon.
func (l *Log) tell() {
	select {
	case l.appended <- struct{}{}:
	default: // somebody has already
	}
}

// notify sends notifications of what has been appended, until the log is closed. They are
// sent in transactions of their own, as the transactions that notify are committed one
// after the other, and without waiting for the disk. Several commits can share one.
func (l *Log) notify() {
	for {
		select {
		case <-l.ctx.Done():
			return
		case <-l.appended:
		}
		if _, err := l.exec(l.ctx, l.pool, l.sql.notify, l.channel()); err != nil && l.ctx.Err() == nil {
			l.opt.Logger.Debug("baobab: others poll for what was appended", "store", l.opt.Store, "error", err)
		}
		_ = pause(l.ctx, notifyEvery)
	}
}

// listen wakes Tails when somebody has appended something, until the log is closed.
func (l *Log) listen(config *pgx.ConnConfig) {
	for {
		err := l.listenOnce(config)
		if l.ctx.Err() != nil {
			return
		}
		l.opt.Logger.Warn("baobab: the listening connection is lost; what others append is polled for", "store", l.opt.Store, "error", err)
		_ = pause(l.ctx, listenAgain)
	}
}

// listenOnce listens on a connection until it is lost.
func (l *Log) listenOnce(config *pgx.ConnConfig) error {
	bounded, cancel := l.timeout(l.ctx)
	defer cancel()
	conn, err := pgx.ConnectConfig(bounded, config)
	if err != nil {
		return err
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		_ = conn.Close(ctx)
	}()
	if _, err := conn.Exec(bounded, fmt.Sprintf("LISTEN %q", l.channel())); err != nil {
		return err
	}
	l.opt.Logger.Debug("baobab: listening", "store", l.opt.Store)
	l.news.fire() // for what came before
	for {
		quiet, cancel := context.WithTimeout(l.ctx, listenCheck)
		_, err := conn.WaitForNotification(quiet)
		silent := quiet.Err() != nil
		cancel()
		if err == nil {
			l.news.fire()
			continue
		}
		if l.ctx.Err() != nil || !silent || conn.IsClosed() {
			return err
		}
		bounded, cancel := l.timeout(l.ctx)
		err = conn.Ping(bounded)
		cancel()
		if err != nil {
			return err
		}
	}
}
