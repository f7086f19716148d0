package index

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/tuple"
)

func rel(s string) tuple.Relationship { return tuple.MustParseRelationship(s) }

func put(t testing.TB, b *Builder, texts ...string) []Key {
	var keys []Key
	for _, s := range texts {
		r := rel(s)
		d := b.Peek().Dict()
		object, err := d.Intern(r.Object)
		require.NoError(t, err)
		subject, err := d.Intern(r.Subject.Object)
		require.NoError(t, err)
		k := Key{Object: object, Subject: subject}
		k.Relation, _ = d.Name(r.Relation)
		k.SubjectRelation, _ = d.Name(r.Subject.Relation)
		require.NoError(t, b.Put(k, QualifierOf(r)))
		keys = append(keys, k)
	}
	return keys
}

func newBuilder(t testing.TB) *Builder {
	return NewSnapshot(newTestDict(t), Meta{Revision: 1, Swept: NeverSwept}).Edit()
}

func TestQualifierOfTheEpoch(t *testing.T) {
	r := rel("document:a#viewer@user:b")
	require.Nil(t, QualifierOf(r))
	r.Expires = time.UnixMicro(0)
	require.EqualValues(t, -1, QualifierOf(r).Expires, "0 would be never")
}

func TestInstant(t *testing.T) {
	require.EqualValues(t, math.MinInt64, Instant(time.Time{}.Add(-1)))
	require.EqualValues(t, math.MaxInt64, Instant(time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)))
	require.EqualValues(t, -1, Instant(time.Unix(0, -1)))
	require.EqualValues(t, 5, Instant(time.UnixMicro(5)))
}

func TestQualifierExpiresExactly(t *testing.T) {
	q := &Qualifier{Expires: 10}
	require.False(t, q.Expired(9))
	require.True(t, q.Expired(10))
	require.True(t, q.Expired(11))
	require.False(t, (*Qualifier)(nil).Expired(11))
	require.False(t, (&Qualifier{Caveat: "c"}).Expired(11))
}

func TestEqualQualifiers(t *testing.T) {
	a := &Qualifier{Caveat: "c", Context: map[string]any{"l": []any{1.0}}}
	b := &Qualifier{Caveat: "c", Context: map[string]any{"l": []any{1.0}}}
	require.True(t, EqualQualifiers(a, b))
	require.True(t, EqualQualifiers(nil, &Qualifier{}))
	require.True(t, EqualQualifiers(&Qualifier{}, nil))
	b.Context["l"].([]any)[0] = 2.0
	require.False(t, EqualQualifiers(a, b))
	require.False(t, EqualQualifiers(a, nil))
}

func TestRelationshipCopiesTheContext(t *testing.T) {
	b := newBuilder(t)
	k := put(t, b, `document:a#viewer@user:b[c:{"m":{"x":[1]}}]`)[0]
	r := b.Freeze().ReadAt(0)
	k, ok := r.Get(k)
	require.True(t, ok)
	one := r.Relationship(k)
	one.Context["m"].(map[string]any)["x"].([]any)[0] = "changed"
	require.Equal(t, []any{1.0}, r.Relationship(k).Context["m"].(map[string]any)["x"])
	require.Greater(t, r.qualifier(k).Bytes(), 40)
	require.Zero(t, r.Qualifier(Key{}))
}

func TestRecordNumbersAreUsedAgain(t *testing.T) {
	b := newBuilder(t)
	keep := put(t, b, "document:a#viewer@user:keep[c]")[0]
	b.own().lastNumber = qualifierNumber - 1
	put(t, b, "document:a#viewer@user:last[c]", "document:a#viewer@user:first[c]")
	require.EqualValues(t, 2, b.Peek().lastNumber, "1 is taken")
	require.NoError(t, b.Freeze().Check())
	_, ok := b.Peek().Lookup(keep)
	require.True(t, ok)
}

func TestRecordsFull(t *testing.T) {
	b := newBuilder(t)
	b.Peek().Dict().Limit(100, 2)
	keys := put(t, b, "document:a#viewer@user:b[c]", "document:a#viewer@user:c[c]", "document:a#viewer@user:d")
	q := &Qualifier{Caveat: "c"}
	require.ErrorIs(t, b.Put(keys[2], q), ErrFull)
	var puts Puts
	puts.Add(keys[2], q)
	puts.Add(keys[1], nil)
	changes, err := b.PutAll(&puts, nil)
	require.ErrorIs(t, err, ErrFull)
	require.Empty(t, changes)
	c := Change{Key: keys[2], Had: true, Has: true, Before: q, After: q}
	require.ErrorIs(t, b.Redo([]Change{c}), ErrFull)
	require.ErrorIs(t, b.Undo([]Change{c}), ErrFull)
	got, ok := b.Peek().Lookup(keys[2])
	require.True(t, ok)
	require.Nil(t, got)
	require.NoError(t, b.Freeze().Check())
}

func TestWithNeedsNames(t *testing.T) {
	r := newBuilder(t).Freeze().ReadAt(0)
	_, err := r.With([]tuple.Relationship{rel("document:a#owner@user:b")})
	require.ErrorContains(t, err, "document:a#owner@user:b")
	_, err = r.With([]tuple.Relationship{rel("document:a#viewer@user:b#owner")})
	require.ErrorContains(t, err, "document:a#viewer@user:b#owner")
}

func TestLocalIDs(t *testing.T) {
	b := newBuilder(t)
	r := b.Freeze().ReadAt(0)
	one, err := r.With([]tuple.Relationship{rel("document:a#viewer@user:b"), rel("document:a#viewer@user:c")})
	require.NoError(t, err)
	k, ok := one.Key(tuple.MustParse("document:a#viewer@user:c"))
	require.True(t, ok)
	require.True(t, k.Object.Local())
	require.Equal(t, "user", one.String(one.TypeOf(k.Subject)))

	put(t, b, "document:a#viewer@user:c") // learnt later
	again, ok := one.Key(tuple.MustParse("document:a#viewer@user:c"))
	require.True(t, ok)
	require.Equal(t, k, again)
	_, ok = one.Get(k)
	require.True(t, ok)

	require.Zero(t, one.Object(localID|100))
	require.Zero(t, one.TypeOf(localID|100))
	require.Zero(t, r.Object(localID))
	require.Zero(t, r.TypeOf(localID))
	require.Same(t, b.Freeze().Dict(), one.Snapshot().Dict())
}

func TestEmptyBuffer(t *testing.T) {
	b := newBuilder(t)
	k := put(t, b, "document:a#viewer@user:b")[0]
	r := b.Freeze().ReadAt(0)
	require.Empty(t, r.Forward(k, nil))
	require.Empty(t, r.Reverse(k, nil))
}

func TestSnapshotFigures(t *testing.T) {
	b := newBuilder(t)
	put(t, b, "document:a#viewer@user:b[c][expiration:2027-01-01T00:00:00Z]", "document:a#viewer@user:c[c]", "document:a#viewer@user:d")
	b.SetMeta(Meta{Revision: 7, Time: 9})
	s := b.Freeze()
	require.Equal(t, 3, s.Len())
	require.Equal(t, 2, s.Qualified())
	require.Equal(t, 1, s.Expiring())
	require.Equal(t, time.UnixMicro(9).UTC(), s.CommitTime())
	require.EqualValues(t, 7, s.Revision)
	require.Positive(t, Change{Before: &Qualifier{Caveat: "c", Context: map[string]any{"x": []any{"y", nil}}}}.Bytes())
}

func TestEqualNotices(t *testing.T) {
	make := func(texts ...string) *Snapshot {
		b := newBuilder(t)
		put(t, b, "document:a#viewer@user:b", "document:a#viewer@user:c")
		put(t, b, texts...)
		return b.Freeze()
	}
	a := make()
	require.True(t, a.Equal(make()))
	require.False(t, a.Equal(make("document:a#viewer@user:c[c]")))
	require.False(t, a.Equal(make("document:a#viewer@user:d")))
	require.False(t, make("document:a#viewer@user:d").Equal(make("document:a#editor@user:b")))
}

// Every disagreement that Check looks for is found.
func TestCheckFinds(t *testing.T) {
	tests := map[string]func(s *Snapshot, k Key){
		"missing in reverse": func(s *Snapshot, k Key) { s.reverse.Delete(k) },
		"missing in forward": func(s *Snapshot, k Key) { s.forward.Delete(k) },
		"another in reverse": func(s *Snapshot, k Key) {
			s.reverse.Delete(k)
			k.Object, k.Qualifier = k.Subject, 0
			s.reverse.ReplaceOrInsert(k)
		},
		"qualified otherwise": func(s *Snapshot, k Key) { k.Qualifier = 0; s.reverse.ReplaceOrInsert(k) },
		"unknown object":      func(s *Snapshot, k Key) { k.Object = 99; s.forward.ReplaceOrInsert(k); s.reverse.ReplaceOrInsert(k) },
		"unknown relation":    func(s *Snapshot, k Key) { k.Relation = 99; s.forward.ReplaceOrInsert(k); s.reverse.ReplaceOrInsert(k) },
		"no record":           func(s *Snapshot, k Key) { s.qualifiers.Delete(record{number: k.Qualifier & qualifierNumber}) },
		"one record too many": func(s *Snapshot, k Key) { s.qualifiers.ReplaceOrInsert(record{77, 0, &Qualifier{}}) },
		"a record of two":     func(s *Snapshot, k Key) { k.Relation++; s.forward.ReplaceOrInsert(k); s.reverse.ReplaceOrInsert(k) },
		"another expiry": func(s *Snapshot, k Key) {
			s.qualifiers.ReplaceOrInsert(record{k.Qualifier & qualifierNumber, 1, &Qualifier{}})
		},
		"unmarked expiry": func(s *Snapshot, k Key) {
			k.Qualifier &^= qualifierExpires
			s.forward.ReplaceOrInsert(k)
			s.reverse.ReplaceOrInsert(k)
		},
		"not in expiry order": func(s *Snapshot, k Key) { s.expiries.DeleteMin() },
		"a roster is left": func(s *Snapshot, k Key) {
			s.rosters = s.rosters.update(s.forward, nil)
			s.forward.Delete(k)
			s.reverse.Delete(k)
		},
		"a stale roster":       func(s *Snapshot, k Key) { *s.rosters.shelves[0] = shelf{} },
		"more in expiry order": func(s *Snapshot, k Key) { s.expiries.ReplaceOrInsert(expiry{1, k}) },
	}
	for name, corrupt := range tests {
		t.Run(name, func(t *testing.T) {
			b := newBuilder(t)
			k := put(t, b, "document:a#viewer@user:b[c][expiration:2027-01-01T00:00:00Z]", "document:a#viewer@user:c")[0]
			require.NoError(t, b.Freeze().Check())
			k, _ = b.Peek().forward.Get(k)
			corrupt(b.own(), k)
			require.ErrorIs(t, b.Freeze().Check(), ErrCorrupt)
		})
	}
}

// An order that a tree no longer has is found.
func TestCheckFindsDisorder(t *testing.T) {
	b := newBuilder(t)
	put(t, b, "document:a#viewer@user:b", "document:a#viewer@user:c")
	c := checker{s: b.Peek(), n: 1, last: Key{Object: 99}}
	require.False(t, c.forward(Key{Object: 1}))
	require.ErrorIs(t, c.err, ErrCorrupt)
	require.False(t, c.reverse(Key{}), "goes on after an error")
	c = checker{s: b.Peek(), n: 1, last: Key{Subject: 99}}
	require.False(t, c.reverse(Key{Subject: 1}))
	require.ErrorIs(t, c.err, ErrCorrupt)
}

func TestLookupsAllocateNothing(t *testing.T) {
	b := newBuilder(t)
	for i := range 1000 {
		put(t, b, fmt.Sprintf("document:%d#viewer@user:%d", i/10, i), fmt.Sprintf("document:%d#viewer@user:x%d[expiration:1970-01-01T00:00:%02dZ]", i/10, i, i%60))
	}
	base := b.Freeze().ReadAt(30e9)
	over, err := base.With([]tuple.Relationship{rel("document:1#viewer@user:new"), rel("document:1#viewer@user:10[c]")})
	require.NoError(t, err)
	over = over.Without([]tuple.Tuple{tuple.MustParse("document:1#viewer@user:11")})
	u, o := tuple.Object{Type: "user", ID: "x15"}, tuple.Object{Type: "document", ID: "1"}
	buf := make([]Key, 0, 8)
	for _, r := range []*Reader{&base, &over} {
		k, ok := r.Key(tuple.MustParse("document:1#viewer@user:x15"))
		require.True(t, ok)
		from := Key{Object: k.Object, Relation: k.Relation}
		allocs := testing.AllocsPerRun(100, func() {
			r.ID(u)
			r.ID(o)
			r.Name("viewer")
			r.Get(k)
			r.Object(k.Subject)
			r.TypeOf(k.Subject)
			buf = r.Forward(from, buf)
			buf = r.Reverse(Key{Subject: k.Subject}, buf)
			buf = r.ForwardObject(from, buf)
			r.Qualifier(k)
			r.NextExpiry()
		})
		require.Zero(t, allocs, r.Hypothetical())
	}
}

func million(b *testing.B) (*Snapshot, []Key) {
	d := newTestDict(b)
	viewer, _ := d.Name("viewer")
	rng := rand.New(rand.NewPCG(1, 2))
	var puts Puts
	for i := range 1_000_000 {
		object, _ := d.Intern(tuple.Object{Type: "document", ID: fmt.Sprint(i / 10)})
		subject, _ := d.Intern(user(rng.IntN(100_000)))
		puts.Add(Key{Object: object, Subject: subject, Relation: viewer}, nil)
	}
	builder := NewSnapshot(d, Meta{}).Edit()
	changes, err := builder.PutAll(&puts, nil)
	if err != nil {
		b.Fatal(err)
	}
	keys := make([]Key, len(changes))
	for i, c := range changes {
		keys[i] = c.Key
	}
	rng.Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
	return builder.Freeze(), keys
}

func BenchmarkGet(b *testing.B) {
	s, keys := million(b)
	r := s.ReadAt(0)
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		if _, ok := r.Get(keys[i]); !ok {
			b.Fatal(keys[i])
		}
		i = (i + 1) % len(keys)
	}
}

func BenchmarkForward(b *testing.B) {
	s, keys := million(b)
	r := s.ReadAt(0)
	buf := make([]Key, 0, 16)
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		k := keys[i]
		if buf = r.Forward(Key{Object: k.Object, Relation: k.Relation}, buf); len(buf) == 0 {
			b.Fatal(k)
		}
		i = (i + 1) % len(keys)
	}
}
