package postgres_test

import (
	"context"
	"fmt"
	"log"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/store/postgres"
)

// These need a server, so they are compiled and not run; the other tests run the same.

func ExampleOpen() {
	ctx := context.Background()
	l, err := postgres.Open(ctx, "postgres://localhost/app", postgres.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer l.Close()
	head, err := l.Head(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(head.Position(), "commits so far")
}

// An application that has a pool of its own lets the log use it, and a second one for its own transactions.
func ExampleNew() {
	ctx := context.Background()
	pool, err := pgxpool.New(ctx, "postgres://localhost/app")
	if err != nil {
		log.Fatal(err)
	}
	defer pool.Close()
	l, err := postgres.New(ctx, pool, postgres.Options{Store: "permissions"})
	if err != nil {
		log.Fatal(err)
	}
	defer l.Close() // before the pool
}

// A document and the grant to its owner are there together, or neither is.
func ExampleLog_AppendTx() {
	var (
		ctx     context.Context
		pool    *pgxpool.Pool
		l       *postgres.Log
		prepare func(ctx context.Context, head store.Revision) (store.Commit, error) // validates on the state at head
	)
	err := pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "INSERT INTO document (id, owner) VALUES ($1, $2)", "plan", "ann"); err != nil {
			return err
		}
		_, err := l.AppendTx(ctx, tx, prepare) // the last that it does
		return err
	})
	if err != nil {
		log.Fatal(err)
	}
}
