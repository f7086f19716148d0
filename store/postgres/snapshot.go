package postgres

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/baobab-authz/baobab/store"
)

const (
	chunkBytes  = 128 << 10 // of the stream that are handed on at once
	chunkAhead  = 8         // chunks that are read before they are decoded
	tuplesAhead = 8         // decoded chunks before they are taken
)

// newest is what the log has at its head.
type newest struct {
	revision store.Revision
	at       *time.Time // nil at position 0
	schema   string
}

func (l *Log) newest(ctx context.Context, db querier) (n newest, err error) {
	var text string
	var standby bool
	if err := l.row(ctx, db, []any{&text, &n.at, &standby, &n.schema}, l.sql.newest); err != nil {
		return n, err
	}
	if standby {
		return n, errStandby
	}
	n.revision, err = parseRevision(text)
	return n, err
}

// Snapshot returns all tuples at the head, see [store.Log]. They are streamed: a snapshot takes
// a connection, and a transaction on it, until its Tuples have been gone through or left,
// or ctx ends.
func (l *Log) Snapshot(ctx context.Context) (*store.Snapshot, error) {
	if err := l.enter(); err != nil {
		return nil, err
	}
	defer l.leave()
	bounded, cancel := l.timeout(ctx)
	defer cancel()
	conn, err := l.pool.Acquire(bounded)
	if err != nil {
		return nil, l.failed(ctx, "reading all tuples", because(bounded, err))
	}
	_, err = conn.Exec(bounded, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
	var n newest
	if err == nil {
		n, err = l.newest(bounded, conn)
	}
	if err != nil {
		abandon(conn)
		return nil, l.failed(ctx, "reading all tuples", because(bounded, err))
	}
	s := &store.Snapshot{Revision: n.revision, Schema: n.schema}
	if n.at != nil {
		s.Time = n.at.UTC()
	}
	during, stop := l.during(ctx)
	r := &reader{log: l, caller: ctx, stop: stop, batches: make(chan []store.Stored, tuplesAhead)}
	l.background.Go(func() { r.copy(during, conn) })
	s.Tuples = r.all()
	return s, nil
}

// abandon gives back a connection whose state is not known.
func abandon(conn *pgxpool.Conn) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	_ = conn.Conn().Close(ctx)
	conn.Release()
}

// A reader reads the tuples of a snapshot: one goroutine receives them, a second one decodes them, and
// whoever goes through them is the third.
type reader struct {
	log     *Log
	caller  context.Context
	stop    context.CancelFunc // ends the goroutines
	once    sync.Once
	batches chan []store.Stored // closed at the end, after err is set
	err     error
}

var errTwice = errors.New("the tuples of a snapshot can be gone through once")

// all returns the tuples.
func (r *reader) all() iter.Seq2[store.Stored, error] {
	return func(yield func(store.Stored, error) bool) {
		first := false
		r.once.Do(func() { first = true })
		if !first {
			yield(store.Stored{}, r.log.wrap("reading all tuples", errTwice))
			return
		}
		defer r.stop()
		for batch := range r.batches {
			for i := range batch {
				if !yield(batch[i], nil) {
					return
				}
			}
		}
		if r.err != nil {
			yield(store.Stored{}, r.log.failed(r.caller, "reading all tuples", r.err))
		}
	}
}

// copy receives all rows, has them decoded, and ends the transaction.
func (r *reader) copy(ctx context.Context, conn *pgxpool.Conn) {
	defer r.stop()
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	chunks := make(chan []byte, chunkAhead)
	decoded := make(chan error, 1)
	go func() {
		err := decodeRows(ctx, chunks, r.batches)
		if err != nil {
			fail(err)
		}
		decoded <- err
	}()
	w := newChunkWriter(ctx, chunks, r.log.opt.Timeout, fail)
	_, err := conn.Conn().PgConn().CopyTo(ctx, w, r.log.sql.copy)
	if err == nil {
		err = w.flush()
	}
	w.timer.Stop()
	if err == nil {
		bounded, cancel := r.log.timeout(ctx)
		_, err = conn.Exec(bounded, "COMMIT")
		cancel()
	}
	if err == nil {
		close(chunks)
		conn.Release()
		err = <-decoded
	} else {
		if cause := context.Cause(ctx); cause != nil {
			err = cause
		}
		fail(err)
		<-decoded
		abandon(conn)
	}
	r.err = err
	close(r.batches)
}

// A chunkWriter gathers what is written to it into chunks.
type chunkWriter struct {
	ctx     context.Context
	chunks  chan<- []byte
	buffer  []byte
	timeout time.Duration
	timer   *time.Timer // runs while nothing comes
}

func newChunkWriter(ctx context.Context, chunks chan<- []byte, timeout time.Duration, fail context.CancelCauseFunc) *chunkWriter {
	timer := time.AfterFunc(timeout, func() { fail(fmt.Errorf("no data from the server in %v", timeout)) })
	return &chunkWriter{ctx: ctx, chunks: chunks, timeout: timeout, timer: timer}
}

func (w *chunkWriter) Write(p []byte) (int, error) {
	if w.buffer == nil {
		w.buffer = make([]byte, 0, chunkBytes+len(p))
	}
	w.buffer = append(w.buffer, p...)
	if len(w.buffer) < chunkBytes {
		return len(p), nil
	}
	return len(p), w.flush()
}

// flush hands on what there is. While the other side is slow, the server may be, too.
func (w *chunkWriter) flush() error {
	w.timer.Stop()
	select {
	case w.chunks <- w.buffer:
	case <-w.ctx.Done():
		return w.ctx.Err()
	}
	w.buffer = nil
	w.timer.Reset(w.timeout)
	return nil
}
