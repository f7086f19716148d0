package store_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/schema"
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

// BenchmarkSetSchema puts another schema in place of a million tuples, which it
// reads, and counts if the schema has a count.
func BenchmarkSetSchema(b *testing.B) {
	plain := "definition user {} definition document {\nrelation viewer: user\n}"
	counted := "definition user {} definition document {\n//baobab:count 1..*\nrelation viewer: user\n}"
	for name, text := range map[string]string{"plain": plain, "counted": counted} {
		b.Run(name, func(b *testing.B) {
			s := bulk(b, schema.MustParse(plain), 1_000_000)
			next := schema.MustParse(text)
			for b.Loop() {
				_, err := s.SetSchema(context.Background(), next, store.SchemaOptions{})
				require.NoError(b, err)
			}
		})
	}
}

// bulk opens a store with n tuples of as many documents.
func bulk(b *testing.B, sch *schema.Schema, n int) *store.Store {
	s, err := store.Open(sch, store.Options{})
	require.NoError(b, err)
	rels := make([]tuple.Relationship, n)
	for i := range rels {
		rels[i] = tuple.New(tuple.Object{Type: "document", ID: strconv.Itoa(i)}, "viewer", tuple.Object{Type: "user", ID: strconv.Itoa(i % 1000)}.Subject()).Always()
	}
	_, err = s.Update(context.Background(), func(tx *store.Tx) error { return tx.Touch(rels...) })
	require.NoError(b, err)
	return s
}

// BenchmarkCompact gives back ids beside a million tuples.
func BenchmarkCompact(b *testing.B) {
	s, _ := loaded(b, 1_000_000)
	for b.Loop() {
		_, err := s.Update(bg, func(tx *store.Tx) error {
			require.NoError(b, tx.Create(rel("document:gone#viewer@user:gone")))
			return errRefused // so that two ids are not needed
		})
		require.Same(b, errRefused, err)
		n, err := s.Compact(bg)
		require.NoError(b, err)
		require.Equal(b, 2, n)
	}
}
