package index

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/tuple"
)

func newTestDict(t testing.TB) *Dict {
	d := NewDict()
	require.NoError(t, d.InternNames("user", "team", "document", "member", "viewer", "editor"))
	return d
}

func user(n int) tuple.Object { return tuple.Object{Type: "user", ID: fmt.Sprint("u", n)} }

func TestDictGivesAndFinds(t *testing.T) {
	d := newTestDict(t)
	const n = 10_000
	for i := range n {
		id, err := d.Intern(user(i))
		require.NoError(t, err)
		require.Equal(t, ID(i+1), id)
		require.False(t, id.Local())
	}
	require.Equal(t, n, d.Len())
	for i := range n {
		id, ok := d.ID(user(i))
		require.True(t, ok)
		require.Equal(t, ID(i+1), id)
		require.Equal(t, user(i), d.Object(id))
		require.Equal(t, "user", d.String(d.TypeOf(id)))
		again, err := d.Intern(user(i))
		require.NoError(t, err)
		require.Equal(t, id, again)
	}
	require.Equal(t, n, d.Len())

	same := tuple.Object{Type: "team", ID: "u1"} // the same id under another type
	_, ok := d.ID(same)
	require.False(t, ok)
	id, err := d.Intern(same)
	require.NoError(t, err)
	require.Equal(t, ID(n+1), id)
}

func TestDictUnknown(t *testing.T) {
	d := newTestDict(t)
	for _, o := range []tuple.Object{{}, {Type: "user"}, {Type: "user", ID: "x"}, {Type: "tree", ID: "x"}, {ID: "x"}} {
		_, ok := d.ID(o)
		require.False(t, ok, o)
	}
	for _, o := range []tuple.Object{{Type: "tree", ID: "x"}, {ID: "x"}} {
		_, err := d.Intern(o)
		require.ErrorContains(t, err, o.String())
	}
	for _, id := range []ID{0, 1, 63, 64, 1 << 20, localID, ^ID(0)} {
		require.Zero(t, d.Object(id))
		require.Zero(t, d.TypeOf(id))
	}
	require.Zero(t, d.String(1000))
	require.Zero(t, d.Len())
}

// Ids of every length are what they were, whether they are in place or not.
func TestDictLengths(t *testing.T) {
	d := newTestDict(t)
	var all []tuple.Object
	for n := 1; n <= 1024; n++ {
		all = append(all, tuple.Object{Type: "user", ID: strings.Repeat("é", n/2) + strings.Repeat("x", n%2)})
	}
	for i, o := range all {
		id, err := d.Intern(o)
		require.NoError(t, err)
		require.Equal(t, ID(i+1), id)
	}
	for i, o := range all {
		id, ok := d.ID(o)
		require.True(t, ok)
		require.Equal(t, ID(i+1), id)
		require.Equal(t, o, d.Object(id))
	}
}

func TestDictFull(t *testing.T) {
	d := newTestDict(t)
	d.Limit(3, 1)
	for i := range 3 {
		_, err := d.Intern(user(i))
		require.NoError(t, err)
	}
	_, err := d.Intern(user(3))
	require.ErrorIs(t, err, ErrFull)
	_, err = d.Intern(user(2))
	require.NoError(t, err)
	require.Equal(t, 3, d.Len())
}

func TestNamesFull(t *testing.T) {
	d := NewDict()
	names := make([]string, 0, MaxNames+1)
	for i := range MaxNames {
		names = append(names, fmt.Sprint("n", i))
	}
	require.NoError(t, d.InternNames(names...))
	require.Equal(t, MaxNames, d.Names())
	last, ok := d.Name(names[MaxNames-1])
	require.True(t, ok)
	require.Equal(t, Name(MaxNames), last)
	err := d.InternNames("n1", "more")
	require.ErrorIs(t, err, ErrFull)
	require.ErrorContains(t, err, `"more"`)
	_, ok = d.Name("more")
	require.False(t, ok)
	require.NoError(t, d.InternNames("n1", "n2", ""))
}

func TestNamesAllOrNone(t *testing.T) {
	d := NewDict()
	require.NoError(t, d.InternNames("a", "b", "a", ""))
	require.Equal(t, 2, d.Names())
	n, ok := d.Name("")
	require.True(t, ok)
	require.Zero(t, n)
	b, _ := d.Name("b")
	require.Equal(t, "b", d.String(b))
}

// Readers look up and read back what the writer has published, while it goes on.
func TestDictConcurrently(t *testing.T) {
	d := newTestDict(t)
	const n = 20_000
	var readers sync.WaitGroup
	for range 4 {
		readers.Go(func() {
			for seen := 0; seen < n; {
				have := d.Len()
				for i := max(0, seen-10); i < have; i++ {
					if o := d.Object(ID(i + 1)); o != user(i) && o != (tuple.Object{}) {
						t.Errorf("id %d is %v", i+1, o)
						return
					}
				}
				for i := seen; i < have-1; i += 97 { // the last may not have its slot yet
					if id, ok := d.ID(user(i)); !ok || id != ID(i+1) {
						t.Errorf("%v is %d, %t", user(i), id, ok)
						return
					}
				}
				seen = have
			}
		})
	}
	for i := range n {
		if _, err := d.Intern(user(i)); err != nil {
			t.Fatal(err)
		}
	}
	readers.Wait()
}

func BenchmarkDictID(b *testing.B) {
	d := newTestDict(b)
	objects := make([]tuple.Object, 1<<20)
	for i := range objects {
		objects[i] = user(i)
		if _, err := d.Intern(objects[i]); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		i = (i*5 + 12345) & (len(objects) - 1)
		if _, ok := d.ID(objects[i]); !ok {
			b.Fatal(objects[i])
		}
	}
}
