package postgres_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/store/postgres"
)

func newPool(t *testing.T) *pgxpool.Pool {
	pool, err := pgxpool.New(context.Background(), shared.Database(t))
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	return pool
}

func migrate(t *testing.T, pool *pgxpool.Pool, list []string) {
	_, err := postgres.Migrate(context.Background(), pool, list)
	require.NoError(t, err)
}

// later returns the migrations and two that somebody may write some time.
func later() []string {
	return append(postgres.Migrations("baobab"), `CREATE TABLE baobab.second (n integer)`, `ALTER TABLE baobab.second ADD m integer; INSERT INTO baobab.second VALUES (1, 2)`)
}

func versionOf(t *testing.T, pool *pgxpool.Pool) (n int) {
	require.NoError(t, pool.QueryRow(context.Background(), "SELECT version FROM baobab.store").Scan(&n))
	return n
}

func TestMigrationsRunOnce(t *testing.T) {
	for name, from := range map[string]int{"from nothing": 0, "from the first version": 1, "from the second": 2} {
		t.Run(name, func(t *testing.T) {
			pool := newPool(t)
			if from > 0 {
				migrate(t, pool, later()[:from])
				require.Equal(t, from, versionOf(t, pool))
			}
			var all sync.WaitGroup
			salts, errs := make([][]byte, 10), make([]error, 10)
			for i := range salts {
				all.Go(func() { salts[i], errs[i] = postgres.Migrate(context.Background(), pool, later()) })
			}
			all.Wait()
			for i := range salts {
				require.NoError(t, errs[i])
				require.Equal(t, salts[0], salts[i])
				require.Len(t, salts[i], 16)
			}
			require.Equal(t, 3, versionOf(t, pool))
			var rows int
			require.NoError(t, pool.QueryRow(context.Background(), "SELECT count(*) FROM baobab.second WHERE m = 2").Scan(&rows))
			require.Equal(t, 1, rows)
		})
	}
}

func TestFailedMigrationChangesNothing(t *testing.T) {
	pool := newPool(t)
	broken := append(later(), "no SQL")
	migrate(t, pool, broken[:1])
	_, err := postgres.Migrate(context.Background(), pool, broken)
	require.ErrorContains(t, err, "syntax error")
	require.Equal(t, 1, versionOf(t, pool))
	migrate(t, pool, later())
}

func TestNewerVersionIsRefused(t *testing.T) {
	pool := newPool(t)
	migrate(t, pool, later())
	_, err := postgres.New(context.Background(), pool, postgres.Options{})
	require.ErrorIs(t, err, postgres.ErrNewer)
	require.ErrorContains(t, err, "version 3, and 1 is the one known")
}

func TestForeignTablesAreLeftAlone(t *testing.T) {
	pool := newPool(t)
	_, err := pool.Exec(context.Background(), "CREATE SCHEMA baobab; CREATE TABLE baobab.log (line text)")
	require.NoError(t, err)
	_, err = postgres.New(context.Background(), pool, postgres.Options{})
	require.ErrorContains(t, err, `relation "log" already exists`)
	var tables int
	require.NoError(t, pool.QueryRow(context.Background(), "SELECT count(*) FROM pg_tables WHERE schemaname = 'baobab'").Scan(&tables))
	require.Equal(t, 1, tables)
}

func TestSchemaMayBeThere(t *testing.T) {
	pool := newPool(t)
	_, err := pool.Exec(context.Background(), "CREATE SCHEMA baobab")
	require.NoError(t, err)
	l, err := postgres.New(context.Background(), pool, postgres.Options{})
	require.NoError(t, err)
	require.NoError(t, l.Close())
}

func TestOpenRefuses(t *testing.T) {
	url := shared.Database(t)
	for name, c := range map[string]struct {
		url     string
		options postgres.Options
		want    string
	}{
		"no URL":             {"postgres://%", postgres.Options{}, "cannot parse"},
		"no server":          {"postgres://127.0.0.1:1/x", postgres.Options{}, "opening"},
		"no listening URL":   {url, postgres.Options{ListenURL: "postgres://%"}, "ListenURL"},
		"capitals":           {url, postgres.Options{Store: "Store"}, `cannot be named "Store"`},
		"quotes":             {url, postgres.Options{Store: `a"b`}, `cannot be named "a\"b"`},
		"PostgreSQL's own":   {url, postgres.Options{Store: "pg_catalog"}, `cannot be named "pg_catalog"`},
		"what others use":    {url, postgres.Options{Store: "public"}, `cannot be named "public"`},
		"information_schema": {url, postgres.Options{Store: "information_schema"}, "cannot be named"},
		"too long":           {url, postgres.Options{Store: strings.Repeat("a", 51)}, "cannot be named"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := postgres.Open(context.Background(), c.url, c.options)
			require.ErrorContains(t, err, c.want)
		})
	}
}

func TestKeywordsAreNames(t *testing.T) {
	url := shared.Database(t)
	for _, name := range []string{"default", "user", "select", "a", strings.Repeat("a", 50)} {
		l, err := postgres.Open(context.Background(), url, postgres.Options{Store: name})
		require.NoError(t, err, name)
		require.NoError(t, l.Close())
	}
}

func TestEncodingIsRefused(t *testing.T) {
	url := shared.Database(t)
	pool, err := pgxpool.New(context.Background(), url)
	require.NoError(t, err)
	defer pool.Close()
	_, err = pool.Exec(context.Background(), "CREATE DATABASE baobab_latin TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'")
	require.NoError(t, err)
	config := pool.Config()
	config.ConnConfig.Database = "baobab_latin"
	latin, err := pgxpool.NewWithConfig(context.Background(), config)
	require.NoError(t, err)
	_, err = postgres.New(context.Background(), latin, postgres.Options{})
	require.ErrorContains(t, err, "encoding of the database is LATIN1")
	latin.Close()
	_, err = pool.Exec(context.Background(), "DROP DATABASE baobab_latin")
	require.NoError(t, err)
}

func TestContextEndsOpening(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Nanosecond)
	defer cancel()
	_, err := postgres.Open(ctx, shared.Database(t), postgres.Options{})
	require.ErrorIs(t, err, context.DeadlineExceeded)
}
