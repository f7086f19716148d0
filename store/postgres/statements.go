package postgres

import (
	"fmt"
	"strings"
)

// fill puts the name of the store's schema in its place. It may be a keyword.
func fill(sql, name string) string { return strings.ReplaceAll(sql, "{store}", `"`+name+`"`) }

// statements are the texts that are used often.
type statements struct {
	appends [shapes]string

	lock, head, base, logRow, part, remove, put, schema, notify string
	ends, group, tail, parts, newest, copy, compact, empty,
	rebase, fork, expire, unstick string
}

func newStatements(name string) statements {
	s := statements{
		lock: `SELECT 1 FROM {store}.store FOR UPDATE`,
		head: `SELECT revision, pg_is_in_recovery() FROM {store}.log ORDER BY position DESC LIMIT 1`,
		base: `INSERT INTO {store}.log (position, revision, at) VALUES ($1, $2, $3)`,
		logRow: `INSERT INTO {store}.log (position, revision, id, at, data)
			SELECT * FROM unnest($1::bigint[], $2::text[], $3::uuid[], $4::timestamptz[], $5::bytea[])`,
		part:   `INSERT INTO {store}.part (position, part, data) SELECT * FROM unnest($1::bigint[], $2::integer[], $3::bytea[])`,
		remove: `DELETE FROM {store}.tuple WHERE key = ANY ($1::uuid[])`,
		put:    putInto + putFrom(1) + putOver,
		schema: `UPDATE {store}.store SET schema = $1`,
		notify: `SELECT set_config('synchronous_commit', 'off', true), pg_notify($1, '')`,
		ends: `SELECT a.revision, a.id IS NOT NULL, b.revision, pg_is_in_recovery()
			FROM (SELECT revision, id FROM {store}.log ORDER BY position LIMIT 1) a,
				(SELECT revision FROM {store}.log ORDER BY position DESC LIMIT 1) b`,
		group: `SELECT position, id FROM {store}.log WHERE position > %d AND position <= %d ORDER BY position`,
		tail: `SELECT position, revision, CASE WHEN position > $1 THEN data END, pg_is_in_recovery()
			FROM (SELECT position, revision, data, sum(CASE WHEN position > $1 THEN coalesce(octet_length(data), $3::integer) END)
					OVER (ORDER BY position ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
				FROM (SELECT position, revision, data FROM {store}.log WHERE position >= $1 ORDER BY position LIMIT $2) AS l) AS l
			WHERE coalesce(before, 0) < $3::integer ORDER BY position`,
		newest: `SELECT revision, at, pg_is_in_recovery(), (SELECT schema FROM {store}.store)
			FROM {store}.log ORDER BY position DESC LIMIT 1`,
		copy: `COPY {store}.tuple (object_type, object_id, relation, subject_type, subject_id, subject_relation, caveat, context, expires, aside)
			TO STDOUT (FORMAT binary)`,
		rebase: `UPDATE {store}.store AS s SET base = b.position, revision = b.revision
			FROM {store}.log AS b WHERE b.position = $1 AND s.base < $1`,
		fork: `UPDATE {store}.store SET base = $1, revision = $2`,
		compact: `WITH until AS (SELECT least($1::bigint, (SELECT position FROM {store}.log ORDER BY position LIMIT 1) + $2::bigint) AS position),
			parts AS (DELETE FROM {store}.part WHERE position < (SELECT position FROM until))
			DELETE FROM {store}.log WHERE position < (SELECT position FROM until)`,
		expire: expireStatement(),
		empty:  `WITH parts AS (DELETE FROM {store}.part) DELETE FROM {store}.log`,
		parts:  `SELECT data FROM {store}.part WHERE position = $1 ORDER BY part`,
		unstick: `SELECT count(pg_terminate_backend(pid)) FROM pg_locks JOIN pg_stat_activity USING (pid)
			WHERE locktype = 'relation' AND relation = '{store}.store'::regclass AND mode = 'RowShareLock' AND granted
				AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
				AND state = 'active' AND wait_event = 'ClientRead' AND query_start < clock_timestamp() - $1::bigint * interval '1 microsecond'`,
	}
	for _, sql := range []*string{&s.lock, &s.head, &s.base, &s.logRow, &s.part, &s.remove, &s.put, &s.schema, &s.ends, &s.group, &s.tail, &s.parts,
		&s.newest, &s.copy, &s.compact, &s.empty, &s.rebase, &s.fork, &s.expire, &s.unstick} {
		*sql = fill(*sql, name)
	}
	for i := range s.appends {
		s.appends[i] = fill(appendStatement(shape(i)), name)
	}
	return s
}

// expireStatement returns one that deletes some of the tuples that have expired by the time of the head, the earliest first. It
// returns how many it has found, when the last of them had expired, and how many it has deleted. The head is what the statement itself
// sees, and not what the caller knows of: a commit that a failover has lost is not there, and one that is not
// durable is not seen. Whoever sees that the tuples are gone sees this head as well. At position 0 there is no
// time, and nothing expires.
//
// It must not delete what an append has put there meanwhile. It passes over a row that somebody has locked, and
// so waits for nobody, and can be part of no deadlock. Of a row that was changed and committed after the statement began, the server
// looks at the newest version before it locks that, and the condition on expires has to hold for it again;
// a row that was deleted is none, and one that was inserted is not seen. Then the row is locked, and stays as it is until
// it is deleted. An append that comes now waits, and finds no row: it deletes none, or inserts its own.
//
// So that it need not wait for the disk or a standby as well, the statement does not. If a crash undoes it, what has expired is
// there again, which is no harm; and it cannot outlive the head that it has seen, which was written before.
//
// Rows are looked for by arrays of keys, as a join might go through all that has expired, in each statement anew.
//
// All this is so at the isolation level READ COMMITTED. Where a stricter one is the default, the server
// refuses to lock what was changed meanwhile, and [Log.Compact] tries again.
func expireStatement() string {
	return fmt.Sprintf(`WITH head AS MATERIALIZED (SELECT at FROM {store}.log ORDER BY position DESC LIMIT 1),
		found AS MATERIALIZED (SELECT key, expires FROM {store}.tuple
			WHERE expires <= (SELECT at FROM head) AND expires >= coalesce($1::timestamptz, '-infinity') ORDER BY expires LIMIT %d),
		locked AS MATERIALIZED (SELECT key FROM {store}.tuple
			WHERE key = ANY (ARRAY(SELECT key FROM found)) AND expires <= (SELECT at FROM head) FOR UPDATE SKIP LOCKED),
		gone AS (DELETE FROM {store}.tuple WHERE key = ANY (ARRAY(SELECT key FROM locked)) AND expires <= (SELECT at FROM head) RETURNING 1)
		SELECT (SELECT count(*) FROM found), (SELECT max(expires) FROM found), (SELECT count(*) FROM gone) FROM set_config('synchronous_commit', 'off', true)`, expireRows)
}

// A shape says what an append consists of, beside its first commit, so that the server
// need not plan for what is not there.
type shape int

const (
	shapeMore shape = 1 << iota // more than one commit
	shapeRemove
	shapePut
	shapes = 1 << iota
)

// appendStatement returns one statement that does all of an append if the head is what it
// has to be, and nothing otherwise, and says which. It is a transaction of its own: it takes one
// round trip, and the server waits for the client only if the message that commits it is late, see unstick.
//
// The lock makes appenders wait in line. Whoever has waited for another still sees the log as it was
// before, with the parent as its head; but the position after it is taken, which ON CONFLICT
// notices. If what took it may have been compacted away since, the row that is locked has another base: the server looks at
// its newest version, and the condition does not hold for that. The other changes are made only if the first row was
// inserted, and no commit can have come between what this statement sees and that, so they
// are made on exactly the state of the parent.
//
// All this is so at the isolation level READ COMMITTED. Where a stricter one is the default, the server
// refuses whoever has waited, and [Log.Append] tries again.
func appendStatement(s shape) string {
	var b strings.Builder
	b.WriteString(`WITH lock AS MATERIALIZED (SELECT 1 FROM {store}.store WHERE base < $1 OR base = $1 AND revision = $2 FOR UPDATE),
		parent AS (SELECT 1 FROM {store}.log WHERE position = $1 AND revision = $2 AND EXISTS (SELECT FROM lock)),
		first AS (INSERT INTO {store}.log (position, revision, id, at, data)
			SELECT $1::bigint + 1, ($3::text[])[1], ($4::uuid[])[1], ($5::timestamptz[])[1], ($6::bytea[])[1] WHERE EXISTS (SELECT FROM parent)
			ON CONFLICT DO NOTHING RETURNING position)`)
	if s&shapeMore != 0 {
		b.WriteString(`, more AS (INSERT INTO {store}.log (position, revision, id, at, data)
			SELECT $1::bigint + n, r, i, t, d FROM unnest($3::text[], $4::uuid[], $5::timestamptz[], $6::bytea[]) WITH ORDINALITY AS u(r, i, t, d, n)
			WHERE n > 1 AND EXISTS (SELECT FROM first))`)
	}
	next := 7
	if s&shapeRemove != 0 {
		b.WriteString(`, removed AS (DELETE FROM {store}.tuple WHERE key = ANY ($7::uuid[]) AND EXISTS (SELECT FROM first))`)
		next++
	}
	if s&shapePut != 0 {
		b.WriteString(`, put AS (` + putInto + putFrom(next) + ` WHERE EXISTS (SELECT FROM first)` + putOver + `)`)
	}
	b.WriteString(` SELECT count(*) FROM first`)
	return b.String()
}

const (
	putInto = `INSERT INTO {store}.tuple AS t
		(key, object_type, object_id, relation, subject_type, subject_id, subject_relation, caveat, context, expires, aside) `
	putOver = ` ON CONFLICT (key) DO UPDATE SET caveat = excluded.caveat, context = excluded.context, expires = excluded.expires`
)

// putFrom returns the source of rows of the tuple table, in arrays that begin with the parameter first.
// An array that is shorter than the others stands for one that ends in nulls.
func putFrom(first int) string {
	p := []any{}
	for i := range columns {
		p = append(p, first+i)
	}
	return fmt.Sprintf(`SELECT * FROM unnest($%d::uuid[], $%d::text[], $%d::text[], $%d::text[], $%d::text[], $%d::text[], $%d::text[],
		$%d::text[], $%d::text[], $%d::timestamptz[], $%d::boolean[]) AS u`, p...)
}

const columns = 11 // of the tuple table

// tupleColumns returns their names.
func tupleColumns() []string {
	return []string{"key", "object_type", "object_id", "relation", "subject_type", "subject_id", "subject_relation", "caveat", "context", "expires", "aside"}
}
