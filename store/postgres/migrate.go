package postgres

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/baobab-authz/baobab/store"
)

// ErrNewer is what [Open] and [New] return when the tables of the store are those of a
// newer version of this package.
var ErrNewer = errors.New("the store was made by a newer version of this package")

// migrations returns what makes the tables of each version from those of the one before. The
// first makes them in an empty schema. One that has been released is never changed.
func migrations(name string) []string {
	return []string{fill(tables, name)}
}

// The head of the log is its row with the greatest position: there is no row that every
// commit would update, because all the versions of it would stay and slow down every commit as
// long as anybody, anywhere in the server, has a transaction open. The oldest row is what
// Tail can begin after. There is always one; it is without data if it is no commit's.
const tables = `
CREATE TABLE {store}.store (
	one boolean PRIMARY KEY DEFAULT true CHECK (one),
	version integer NOT NULL,
	salt bytea NOT NULL,
	base bigint NOT NULL,
	revision text NOT NULL,
	schema text NOT NULL DEFAULT ''
);
COMMENT ON TABLE {store}.store IS 'One row, which whoever appends to the log locks: the version of these tables, from where on the log is kept, and the schema in force.';

CREATE TABLE {store}.log (
	position bigint PRIMARY KEY,
	revision text NOT NULL,
	id uuid,
	at timestamptz,
	data bytea
);
ALTER TABLE {store}.log ALTER data SET STORAGE EXTERNAL;
COMMENT ON TABLE {store}.log IS 'The commits, in order and without a gap. The last one is the head.';

CREATE TABLE {store}.part (
	position bigint,
	part integer,
	data bytea NOT NULL,
	PRIMARY KEY (position, part)
);
ALTER TABLE {store}.part ALTER data SET STORAGE EXTERNAL;
COMMENT ON TABLE {store}.part IS 'The data of commits that are too big for one row.';

CREATE TABLE {store}.tuple (
	key uuid PRIMARY KEY,
	object_type text NOT NULL,
	object_id text NOT NULL,
	relation text NOT NULL,
	subject_type text NOT NULL,
	subject_id text NOT NULL,
	subject_relation text NOT NULL,
	caveat text,
	context text,
	expires timestamptz,
	aside boolean
);
CREATE INDEX tuple_expires ON {store}.tuple (expires) WHERE expires IS NOT NULL;
COMMENT ON TABLE {store}.tuple IS 'The tuples at the head of the log, and those that expired since it was compacted. To be read only; key is a hash of a tuple.';
`

const attempts = 50 // of opening a store that others are making

// migrate brings the tables of the store to the version that list makes, and reads
// what of them does not change.
func (l *Log) migrate(ctx context.Context, list []string) error {
	for i := 0; ; i++ {
		err := l.tryMigrate(ctx, list)
		// Whoever makes a table at the same time as another is refused in one of several ways.
		if i < attempts && hasCode(err, uniqueViolation, duplicateTable, duplicateSchema, serializationFailure, deadlockDetected) {
			if err := pause(ctx, 20*time.Millisecond); err != nil {
				return err
			}
			continue
		}
		return err
	}
}

func (l *Log) tryMigrate(ctx context.Context, list []string) error {
	var version int
	read := func(db querier, sql string) error {
		return l.row(ctx, db, []any{&version, &l.salt}, fill(sql, l.opt.Store))
	}
	err := read(l.pool, "SELECT version, salt FROM {store}.store")
	if hasCode(err, undefinedTable, undefinedSchema) {
		return l.create(ctx, list)
	}
	if err != nil {
		return err
	}
	if version == len(list) {
		return nil
	}
	return l.transact(ctx, func(tx pgx.Tx) error {
		if err := read(tx, "SELECT version, salt FROM {store}.store FOR UPDATE"); err != nil {
			return err
		}
		if version > len(list) {
			return fmt.Errorf("%w: its tables are of version %d, and %d is the one known", ErrNewer, version, len(list))
		}
		return l.upgrade(ctx, tx, list, version)
	})
}

// create makes the tables of a new store, and the revision that it begins with.
func (l *Log) create(ctx context.Context, list []string) error {
	return l.transact(ctx, func(tx pgx.Tx) error {
		var there bool
		var encoding string
		err := l.row(ctx, tx, []any{&there, &encoding}, `SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = $1), current_setting('server_encoding')`, l.opt.Store)
		if err != nil {
			return err
		}
		if encoding != "UTF8" {
			return fmt.Errorf("the encoding of the database is %s, and has to be UTF8", encoding)
		}
		if !there { // who may not make schemas can have one made for him
			if _, err := tx.Exec(ctx, fill("CREATE SCHEMA {store}", l.opt.Store)); err != nil {
				return err
			}
		}
		if _, err := tx.Exec(ctx, list[0]); err != nil {
			return err
		}
		l.salt = make([]byte, 16)
		_, _ = rand.Read(l.salt) // never fails
		begin := store.NewHistory().String()
		if _, err := l.exec(ctx, tx, fill("INSERT INTO {store}.store (version, salt, base, revision) VALUES (1, $1, 0, $2)", l.opt.Store), l.salt, begin); err != nil {
			return err
		}
		if _, err := l.exec(ctx, tx, l.sql.base, int64(0), begin, nil); err != nil {
			return err
		}
		return l.upgrade(ctx, tx, list, 1)
	})
}

// upgrade makes the tables of the newest version from those of an older one. It waits as long as it takes.
func (l *Log) upgrade(ctx context.Context, tx pgx.Tx, list []string, version int) error {
	if version == len(list) {
		return nil
	}
	for _, sql := range list[version:] {
		if _, err := tx.Exec(ctx, sql); err != nil {
			return err
		}
	}
	_, err := l.exec(ctx, tx, fill("UPDATE {store}.store SET version = $1", l.opt.Store), len(list))
	return err
}
