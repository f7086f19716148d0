package postgres

import (
	"context"
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/tuple"
)

// copied returns what a server sends for tuples of these texts.
func copied(texts ...string) []byte {
	b := append([]byte(nil), copySignature...)
	b = append(b, make([]byte, 8)...)
	for _, text := range texts {
		r := tuple.MustParseRelationship(text)
		b = binary.BigEndian.AppendUint16(b, copiedColumns)
		for _, column := range []string{r.Object.Type, r.Object.ID, r.Tuple.Relation, r.Subject.Type, r.Subject.ID, r.Subject.Relation} {
			b = append(binary.BigEndian.AppendUint32(b, uint32(len(column))), column...)
		}
		for _, column := range []string{r.Caveat, contextOf(r)} {
			if column == "" {
				b = append(b, 0xff, 0xff, 0xff, 0xff)
			} else {
				b = append(binary.BigEndian.AppendUint32(b, uint32(len(column))), column...)
			}
		}
		if r.Expires.IsZero() {
			b = append(b, 0xff, 0xff, 0xff, 0xff)
		} else {
			b = binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint32(b, 8), uint64(r.Expires.UnixMicro()-pgEpoch))
		}
		b = append(b, 0xff, 0xff, 0xff, 0xff)
	}
	return append(b, 0xff, 0xff)
}

func contextOf(r tuple.Relationship) string {
	if len(r.Context) == 0 {
		return ""
	}
	return contextText(&r)
}

// decodeAll decodes chunks.
func decodeAll(chunks ...[]byte) ([]store.Stored, error) {
	in, out := make(chan []byte, len(chunks)), make(chan []store.Stored, len(chunks))
	for _, c := range chunks {
		in <- c
	}
	close(in)
	err := decodeRows(context.Background(), in, out)
	close(out)
	var all []store.Stored
	for batch := range out {
		all = append(all, batch...)
	}
	return all, err
}

var someTuples = []string{
	"document:plan#viewer@user:ann",
	"document:plan#viewer@team:eng#member",
	`a/b:語#r@user:*[c:{"a":[1,"]"],"b":{"c":null}}][expiration:2030-01-02T03:04:05.000006Z]`,
	"x:y#z@u:v[c]",
	"x:y#z@u:v[expiration:1678-01-02T03:04:05Z]",
	"x:y#z@u:v[expiration:9999-01-02T03:04:05Z]",
}

// TestRowsInPieces cuts the stream anywhere.
func TestRowsInPieces(t *testing.T) {
	whole := copied(someTuples...)
	header := len(copySignature) + 8
	rapid.Check(t, func(t *rapid.T) {
		cuts := rapid.SliceOfN(rapid.IntRange(header, len(whole)), 0, 5).Draw(t, "cuts")
		chunks, from := [][]byte{}, 0
		for at := header; at <= len(whole); at++ {
			for _, cut := range cuts {
				if cut == at && at > from {
					chunks = append(chunks, whole[from:at])
					from = at
				}
			}
		}
		chunks = append(chunks, whole[from:])
		all, err := decodeAll(chunks...)
		if err != nil || len(all) != len(someTuples) {
			t.Fatalf("%d tuples, %v", len(all), err)
		}
		for i, s := range all {
			if s.String() != someTuples[i] {
				t.Fatalf("%s, and not %s", s, someTuples[i])
			}
		}
	})
}

func TestRowsThatAreNone(t *testing.T) {
	whole := copied(someTuples...)
	for n := range len(whole) {
		_, err := decodeAll(whole[:n])
		require.ErrorIs(t, err, store.ErrCorruptLog, "%d bytes", n)
	}
	_, err := decodeAll(append(copied(), 0))
	require.ErrorIs(t, err, store.ErrCorruptLog, "more after the end")
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	require.ErrorIs(t, decodeRows(ctx, nil, nil), context.Canceled)
}

func FuzzRows(f *testing.F) {
	f.Add(copied(someTuples...))
	f.Add(copied())
	f.Fuzz(func(t *testing.T, b []byte) {
		all, err := decodeAll(b)
		if err == nil && len(all) > len(b)/10 {
			t.Fatalf("%d tuples of %d bytes", len(all), len(b))
		}
	})
}

// TestNetChanges compares what a group comes to with what its commits do one after the other.
func TestNetChanges(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		state := map[string]string{} // a tuple to how it is qualified
		touched := map[string]bool{}
		g := &group{}
		one := rapid.Custom(func(t *rapid.T) store.Stored {
			text := "d:" + rapid.StringMatching(`[a-c]`).Draw(t, "object") + "#r@u:" + rapid.StringMatching(`[a-c]`).Draw(t, "subject")
			s := store.Stored{Aside: rapid.Bool().Draw(t, "aside")}
			s.Relationship = tuple.MustParseRelationship(text + rapid.SampledFrom([]string{"", "[c]", `[c:{"a":1}]`}).Draw(t, "qualifier"))
			return s
		})
		identity := func(s store.Stored) string {
			if s.Aside {
				return s.Tuple.String() + " aside"
			}
			return s.Tuple.String()
		}
		list := rapid.SliceOfN(one, 0, 6)
		for range rapid.IntRange(1, 5).Draw(t, "commits") {
			c := store.Commit{Removed: list.Draw(t, "removed"), Added: list.Draw(t, "added")}
			g.commits = append(g.commits, c)
			for _, s := range c.Removed {
				delete(state, identity(s))
				touched[identity(s)] = true
			}
			for _, s := range c.Added {
				state[identity(s)] = s.String()
				touched[identity(s)] = true
			}
		}
		g.net([]byte("salt"))
		if len(g.put.keys) != len(state) || len(g.removed) != len(touched)-len(state) {
			t.Fatalf("%d put and %d removed, of %d and %d", len(g.put.keys), len(g.removed), len(state), len(touched))
		}
		for i := range g.put.keys {
			row, err := g.put.row(i)
			if err != nil {
				t.Fatal(err)
			}
			s := store.Stored{Aside: row[10] == true}
			s.Tuple = tuple.New(tuple.Object{Type: row[1].(string), ID: row[2].(string)}, row[3].(string),
				tuple.Subject{Object: tuple.Object{Type: row[4].(string), ID: row[5].(string)}, Relation: row[6].(string)})
			if caveat, _ := row[7].(*string); caveat != nil {
				s.Caveat = *caveat
			}
			if context, _ := row[8].(*string); context != nil {
				if s.Context, err = readContext(*context); err != nil {
					t.Fatal(err)
				}
			}
			if state[identity(s)] != s.String() {
				t.Fatalf("%s is put, and should be %s", s, state[identity(s)])
			}
		}
	})
}

func TestKeysDiffer(t *testing.T) {
	keys := map[[16]byte]string{}
	k := keyer{prefix: []byte("salt")}
	for _, text := range []string{"ab:c#d@e:f", "a:bc#d@e:f", "a:b#cd@e:f", "a:b#c@de:f", "a:b#c@d:ef", "a:b#c@d:e#f", "a:b#c@d:e"} {
		for _, aside := range []bool{false, true} {
			s := store.Stored{Relationship: tuple.MustParseRelationship(text), Aside: aside}
			require.NotContains(t, keys, k.key(&s))
			keys[k.key(&s)] = text
			s.Expires = s.Expires.Add(1)
			require.Contains(t, keys, k.key(&s), "what qualifies it is not part of it")
		}
	}
	other := keyer{prefix: []byte("other")}
	s := store.Stored{Relationship: tuple.MustParseRelationship("ab:c#d@e:f")}
	require.NotContains(t, keys, other.key(&s))
}
