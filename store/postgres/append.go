package postgres

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/baobab-authz/baobab/store"
)

const (
	maxSmall   = 1 << 20   // bytes of commits that one statement appends
	maxChanged = 10_000    // tuples that one statement changes
	maxRow     = 256 << 10 // bytes of a commit that has one row; what is bigger is in parts of this size
	copyRows   = 50_000    // of the tuple table that are copied at once
)

// errConflict says that the head was not the parent when the appender had locked it.
var errConflict = errors.New("another head")

// Append makes commits durable, see [store.Log]: in one statement and one round trip, unless
// they are very large or change the schema.
func (l *Log) Append(ctx context.Context, commits []store.Commit) error {
	if len(commits) == 0 {
		return nil
	}
	if err := l.enter(); err != nil {
		return err
	}
	defer l.leave()
	g, err := newGroup(l.salt, commits)
	if err != nil {
		return l.wrap("appending", err)
	}
	err = again(func() error {
		if g.small() {
			return l.appendSmall(ctx, g)
		}
		return l.transact(ctx, func(tx pgx.Tx) error { return l.appendLarge(ctx, tx, g) })
	})
	if errors.Is(err, errConflict) {
		err = again(func() error { return l.settle(ctx, g) })
	}
	if err == nil {
		l.tell()
		return nil
	}
	var conflict *store.ConflictError
	if errors.As(err, &conflict) || errors.Is(err, store.ErrCompacted) {
		return err
	}
	if waited(ctx, err) {
		// The server may be gone as well, and then nobody should wait as long again to be told.
		l.background.Go(func() { l.unstick(l.ctx) })
	}
	return l.failed(ctx, "appending", err)
}

// small reports whether one statement can append the group.
func (g *group) small() bool {
	return g.schema == "" && g.bytes <= maxSmall && len(g.removed)+len(g.put.keys) <= maxChanged && g.longest() <= maxRow
}

func (g *group) longest() (n int) {
	for _, d := range g.data {
		n = max(n, len(d))
	}
	return n
}

func (l *Log) appendSmall(ctx context.Context, g *group) error {
	args := []any{int64(g.parent.Position()), g.parent.String(), g.revisions, g.ids, g.times, g.data}
	var s shape
	if len(g.data) > 1 {
		s |= shapeMore
	}
	if len(g.removed) > 0 {
		s |= shapeRemove
		args = append(args, g.removed)
	}
	if len(g.put.keys) > 0 {
		s |= shapePut
		args = append(args, g.put.args()...)
	}
	var n int
	err := l.row(ctx, l.pool, []any{&n}, l.sql.appends[s], args...)
	if err == nil && n == 0 {
		return errConflict
	}
	return err
}

// appendLarge appends the group in a transaction of several statements.
func (l *Log) appendLarge(ctx context.Context, tx pgx.Tx, g *group) error {
	head, err := l.lock(ctx, tx)
	if err != nil {
		return err
	}
	if head != g.parent {
		return errConflict
	}
	return l.insert(ctx, tx, g)
}

// lock makes all other appenders wait until the transaction ends, and returns the head.
func (l *Log) lock(ctx context.Context, tx pgx.Tx) (store.Revision, error) {
	if _, err := l.exec(ctx, tx, l.sql.lock); err != nil {
		return store.Revision{}, err
	}
	return l.head(ctx, tx)
}

// insert writes the group after the head, which is its parent and locked.
func (l *Log) insert(ctx context.Context, tx pgx.Tx, g *group) error {
	if err := l.insertLog(ctx, tx, g); err != nil {
		return err
	}
	for from := 0; from < len(g.removed); from += maxChanged {
		if _, err := l.exec(ctx, tx, l.sql.remove, part(g.removed, from, from+maxChanged)); err != nil {
			return err
		}
	}
	if err := l.insertTuples(ctx, tx, &g.put); err != nil {
		return err
	}
	if g.schema != "" {
		_, err := l.exec(ctx, tx, l.sql.schema, g.schema)
		return err
	}
	return nil
}

// insertTuples writes rows of the tuple table. Many are copied, which fails if one of them is there
// already; then they are written as few are.
func (l *Log) insertTuples(ctx context.Context, tx pgx.Tx, all *rows) error {
	for n := len(all.keys); n > 0; {
		some := all.slice(len(all.keys)-n, len(all.keys)-n+min(n, copyRows))
		n -= len(some.keys)
		if len(some.keys) > maxChanged {
			err := l.copyTuples(ctx, tx, &some)
			if err == nil {
				continue
			}
			if !hasCode(err, uniqueViolation) {
				return err
			}
		}
		for from := 0; from < len(some.keys); from += maxChanged {
			few := some.slice(from, min(from+maxChanged, len(some.keys)))
			if _, err := l.exec(ctx, tx, l.sql.put, few.args()...); err != nil {
				return err
			}
		}
	}
	return nil
}

// copyTuples writes rows that are new, or none.
func (l *Log) copyTuples(ctx context.Context, tx pgx.Tx, some *rows) error {
	bounded, cancel := l.timeout(ctx)
	defer cancel()
	return because(bounded, pgx.BeginFunc(bounded, tx, func(tx pgx.Tx) error { // a savepoint
		_, err := tx.CopyFrom(bounded, pgx.Identifier{l.opt.Store, "tuple"}, tupleColumns(), pgx.CopyFromSlice(len(some.keys), some.row))
		return err
	}))
}

// insertLog writes the rows of the log, about maxSmall bytes at a time.
func (l *Log) insertLog(ctx context.Context, tx pgx.Tx, g *group) error {
	first := int64(g.parent.Position()) + 1
	var positions []int64
	var data [][]byte
	from, size := 0, 0
	for i, d := range g.data {
		positions = append(positions, first+int64(i))
		if len(d) > maxRow {
			if err := l.insertParts(ctx, tx, first+int64(i), d); err != nil {
				return err
			}
			d = nil
		}
		data = append(data, d)
		size += len(d)
		if size < maxSmall && len(data) < maxChanged && i+1 < len(g.data) {
			continue
		}
		if _, err := l.exec(ctx, tx, l.sql.logRow, positions, g.revisions[from:i+1], g.ids[from:i+1], g.times[from:i+1], data); err != nil {
			return err
		}
		positions, data, from, size = nil, nil, i+1, 0
	}
	return nil
}

// insertParts writes the data of a commit that is too big for one row.
func (l *Log) insertParts(ctx context.Context, tx pgx.Tx, position int64, data []byte) error {
	for number := int32(0); len(data) > 0; {
		var positions []int64
		var numbers []int32
		var parts [][]byte
		for size := 0; size < maxSmall && len(data) > 0; {
			n := min(maxRow, len(data))
			positions, numbers, parts = append(positions, position), append(numbers, number), append(parts, data[:n])
			data = data[n:]
			size += n
			number++
		}
		if _, err := l.exec(ctx, tx, l.sql.part, positions, numbers, parts); err != nil {
			return err
		}
	}
	return nil
}

// settle finds out whether the whole group is in the log already. If it is, the error is nil, and
// the group is as durable as if it had been appended now: this transaction has locked a row
// as well, so that the server has waited for the disk, and for its synchronous standbys, until
// they had all that was before. (One that was cancelled while it waited for them
// is seen by everybody although they may not have it.)
//
// All of it is sent as one message, and so the server never waits for this process while it has the
// lock: a process that is stopped or cut off in the middle of a conflict would hold up all others.
func (l *Log) settle(ctx context.Context, g *group) error {
	from, to := g.parent.Position(), g.parent.Position()+uint64(len(g.ids))
	bounded, cancel := l.timeout(ctx)
	defer cancel()
	conn, err := l.pool.Acquire(bounded)
	if err != nil {
		return because(bounded, err)
	}
	defer conn.Release() // which ends the connection if the transaction is not over
	results, err := conn.Conn().PgConn().Exec(bounded, fmt.Sprintf("BEGIN ISOLATION LEVEL READ COMMITTED; %s; %s; %s; COMMIT",
		l.sql.lock, l.sql.ends, fmt.Sprintf(l.sql.group, from, to))).ReadAll()
	if err != nil {
		return because(bounded, err)
	}
	if len(results) != 5 || len(results[2].Rows) != 1 {
		return fmt.Errorf("%d results, and not one row with the ends of the log", len(results))
	}
	row := results[2].Rows[0]
	e, err := readEnds(string(row[0]), string(row[1]) == "t", string(row[2]))
	if err != nil {
		return err
	}
	if from+1 < e.base.Position() || from < e.base.Position() && !e.baseIsCommit {
		return store.ErrCompacted
	}
	if to > e.head.Position() || !g.is(results[3].Rows) {
		return &store.ConflictError{Head: e.head}
	}
	return nil
}

// is reports whether rows of positions and IDs, as text, are those of the group.
func (g *group) is(rows [][][]byte) bool {
	if len(rows) != len(g.ids) {
		return false
	}
	for i, row := range rows {
		position := g.parent.Position() + uint64(i) + 1
		if string(row[0]) != strconv.FormatUint(position, 10) || string(row[1]) != (pgtype.UUID{Bytes: g.ids[i], Valid: true}).String() {
			return false
		}
	}
	return true
}
