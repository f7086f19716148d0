package store_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/tuple"
)

var exampleSchema = schema.MustParse(`
use expiration

definition user {}

definition document {
	relation owner: user
	relation viewer: user | user:* | user with expiration
}
`)

// A store is opened with a schema, written in transactions, and read as states.
func ExampleOpen() {
	s, err := store.Open(exampleSchema, store.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close()
	_, err = s.Update(context.Background(), func(tx *store.Tx) error {
		return tx.Create(
			tuple.MustParse("document:plan#owner@user:ann").Always(),
			tuple.MustParse("document:plan#viewer@user:bob").Always(),
		)
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	state, err := s.Now()
	if err != nil {
		fmt.Println(err)
		return
	}
	for rel, err := range state.Tuples(tuple.MustParseFilter("document:plan")) {
		fmt.Println(rel, err)
	}
	// Output:
	// document:plan#owner@user:ann <nil>
	// document:plan#viewer@user:bob <nil>
}

// A transaction commits whole or not at all.
func ExampleStore_Update() {
	s, _ := store.Open(exampleSchema, store.Options{})
	ctx := context.Background()
	ann, bob := tuple.MustParse("document:plan#owner@user:ann"), tuple.MustParse("document:plan#owner@user:bob")
	give := func(tx *store.Tx) error {
		if err := tx.Require(tuple.FilterOf(ann)); err != nil {
			return err
		}
		if err := tx.Delete(ann); err != nil {
			return err
		}
		return tx.Create(bob.Always())
	}
	_, err := s.Update(ctx, give)
	fmt.Println(errors.Is(err, store.ErrPrecondition), err)

	_, _ = s.Update(ctx, func(tx *store.Tx) error { return tx.Create(ann.Always()) })
	_, err = s.Update(ctx, give)
	fmt.Println(err)

	_, err = s.Update(ctx, func(tx *store.Tx) error {
		return tx.Create(tuple.MustParse("document:plan#owner@user:*").Always())
	})
	fmt.Println(errors.Is(err, schema.ErrWildcardNotAllowed))
	// Output:
	// true a precondition does not hold: required, but no tuple matches "document:plan#owner@user:ann#..."
	// <nil>
	// true
}

// A revision names a state of the past, and is a token for reading one's writes.
func ExampleStore_At() {
	s, _ := store.Open(exampleSchema, store.Options{})
	ctx := context.Background()
	ann := tuple.MustParse("document:plan#viewer@user:ann")
	created, _ := s.Update(ctx, func(tx *store.Tx) error { return tx.Create(ann.Always()) })
	deleted, _ := s.Update(ctx, func(tx *store.Tx) error { return tx.Delete(ann) })

	token := created.String() // to a client and back
	rev, err := store.ParseRevision(token)
	if err != nil {
		fmt.Println(err)
		return
	}
	then, _ := s.At(rev)
	n, _ := then.Count(tuple.Filter{})
	fmt.Println("then:", n)

	state, _ := s.AtLeast(ctx, deleted)
	n, _ = state.Count(tuple.Filter{})
	fmt.Println("now:", n)
	// Output:
	// then: 1
	// now: 0
}

// A hypothetical state says what would be, and changes nothing.
func ExampleState_With() {
	s, _ := store.Open(exampleSchema, store.Options{})
	state, _ := s.Now()
	ann := tuple.MustParse("document:plan#viewer@user:ann")
	supposed, err := state.With(ann.Always())
	if err != nil {
		fmt.Println(err)
		return
	}
	_, there, _ := supposed.Get(ann)
	_, stored, _ := state.Get(ann)
	fmt.Println(there, stored)

	_, err = state.With(tuple.MustParse("document:plan#reader@user:ann").Always())
	fmt.Println(errors.Is(err, schema.ErrUnknownRelation))
	// Output:
	// true false
	// true
}

// An expired tuple does not exist. AsOf judges a state at another instant.
func ExampleState_AsOf() {
	noon := time.Date(2027, 1, 31, 12, 0, 0, 0, time.UTC)
	s, _ := store.Open(exampleSchema, store.Options{Clock: func() time.Time { return noon }})
	_, _ = s.Update(context.Background(), func(tx *store.Tx) error {
		return tx.Create(tuple.MustParse("document:plan#viewer@user:ann").Until(noon.Add(time.Hour)))
	})
	state, _ := s.Now()
	for _, hours := range []time.Duration{0, 1} {
		then, _ := state.AsOf(noon.Add(hours * time.Hour))
		n, _ := then.Count(tuple.Filter{})
		fmt.Println(then.Time().Format("15:04"), n)
	}
	// Output:
	// 12:00 1
	// 13:00 0
}
