package postgres

import (
	"context"

	"github.com/jackc/pgx/v5/pgxpool"
)

// Migrations are those of a store.
func Migrations(name string) []string { return migrations(name) }

// Migrate runs migrations on the default store, and returns the secret of its keys.
func Migrate(ctx context.Context, pool *pgxpool.Pool, list []string) ([]byte, error) {
	o, err := Options{}.withDefaults()
	if err != nil {
		return nil, err
	}
	l := &Log{pool: pool, opt: o, sql: newStatements(o.Store), mode: o.mode()}
	err = l.migrate(ctx, list)
	return l.salt, err
}

// ExpireStatement deletes some of what has expired from a store.
func ExpireStatement(name string) string { return newStatements(name).expire }

// ExpireRows is how many tuples it is given to delete.
const ExpireRows = expireRows
