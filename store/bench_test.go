package store_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/tuple"
)

func TestReadsAllocateNothing(t *testing.T) {
	s := open(t, store.Options{})
	create(t, s, "document:a#viewer@user:a", "document:a#viewer@user:b[c]")
	st := now(t, s)
	o := tuple.Object{Type: "user", ID: "b"}
	k, ok := st.Reader().Key(tuple.MustParse("document:a#viewer@user:b"))
	require.True(t, ok)
	require.Zero(t, testing.AllocsPerRun(100, func() {
		st.Reader().ID(o)
		st.Reader().Get(k)
		_ = st.Err()
	}))
	require.LessOrEqual(t, testing.AllocsPerRun(100, func() { _, _ = s.Now() }), 1.0)
}

func relationships(n int) []tuple.Relationship {
	rng := rand.New(rand.NewPCG(1, 2))
	rels := make([]tuple.Relationship, n)
	for i := range rels {
		o := tuple.Object{Type: "document", ID: fmt.Sprint(i / 10)}
		u := tuple.Object{Type: "user", ID: fmt.Sprint(i%10, ".", rng.IntN(n/10))}
		rels[i] = tuple.New(o, "viewer", u.Subject()).Always()
	}
	return rels
}

func loaded(b *testing.B, n int) (*store.Store, []tuple.Relationship) {
	s, err := store.Open(testSchema, store.Options{})
	if err != nil {
		b.Fatal(err)
	}
	rels := relationships(n)
	if _, err := s.Update(bg, func(tx *store.Tx) error { return tx.Create(rels...) }); err != nil {
		b.Fatal(err)
	}
	return s, rels
}

func BenchmarkNow(b *testing.B) {
	s, _ := loaded(b, 100_000)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Now(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkGet(b *testing.B) {
	s, rels := loaded(b, 100_000)
	st, _ := s.Now()
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		i = (i + 7919) % len(rels)
		if _, ok, err := st.Get(rels[i].Tuple); !ok || err != nil {
			b.Fatal(ok, err)
		}
	}
}

func BenchmarkCommitOne(b *testing.B) {
	s, rels := loaded(b, 100_000)
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		i = (i + 7919) % len(rels)
		u := rels[i].Tuple
		_, err := s.Update(bg, func(tx *store.Tx) error { return tx.Delete(u) })
		if err == nil {
			_, err = s.Update(bg, func(tx *store.Tx) error { return tx.Create(u.Always()) })
		}
		if err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/2, "ns/commit")
}

func BenchmarkBulkLoad(b *testing.B) {
	const n = 1_000_000
	rels := relationships(n)
	b.ReportAllocs()
	for b.Loop() {
		s, err := store.Open(testSchema, store.Options{})
		if err == nil {
			_, err = s.Update(bg, func(tx *store.Tx) error { return tx.Create(rels...) })
		}
		if err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/tuple")
}
