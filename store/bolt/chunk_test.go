package bolt

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/tuple"
)

// drawStored draws a tuple of a small world, with what may qualify it.
func drawStored() *rapid.Generator[store.Stored] {
	return rapid.Custom(func(t *rapid.T) store.Stored {
		name := rapid.SampledFrom([]string{"a", "document", "org/team", strings.Repeat("n", tuple.MaxName)})
		relation := rapid.SampledFrom([]string{"viewer", "member", "-"})
		id := rapid.SampledFrom([]string{"1", "世界", "a@b", `\`, strings.Repeat("i", tuple.MaxID)})
		s := tuple.Object{Type: name.Draw(t, "type"), ID: id.Draw(t, "id")}.Subject()
		switch rapid.IntRange(0, 2).Draw(t, "subject") {
		case 1:
			s.ID = tuple.Wildcard
		case 2:
			s.Relation = relation.Draw(t, "subject relation")
		}
		r := tuple.New(tuple.Object{Type: name.Draw(t, "type"), ID: id.Draw(t, "id")}, relation.Draw(t, "relation"), s).Always()
		switch rapid.IntRange(0, 3).Draw(t, "caveat") {
		case 1:
			r = r.When("c", nil)
		case 2:
			r = r.When("org/c", map[string]any{"[": "]", "n": []any{1.5, nil, true}})
		}
		if rapid.Bool().Draw(t, "expires") {
			r = r.Until(time.UnixMicro(rapid.Int64Range(-9e15, 200e15).Draw(t, "micros")).UTC())
		}
		return store.Stored{Relationship: r, Aside: rapid.Bool().Draw(t, "aside")}
	})
}

// all reads the tuples of a chunk.
func all(chunk string) ([]store.Stored, error) {
	var list []store.Stored
	r := readChunk(chunk)
	for s := (store.Stored{}); r.next(&s); {
		list = append(list, s)
	}
	return list, r.err
}

func TestChunkRoundTrip(t *testing.T) {
	w := newChunkWriter() // used again and again, as Compact does
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.SliceOf(drawStored()).Draw(t, "tuples")
		for i := range want {
			w.add(&want[i])
		}
		chunk := w.chunk()
		placeChunk(chunk, 3, 7)
		require.NoError(t, checkChunk(chunk, 3, 7))
		require.Error(t, checkChunk(chunk, 3, 8), "another place")
		require.Error(t, checkChunk(chunk, 2, 7), "another generation")
		got, err := all(string(chunk))
		require.NoError(t, err)
		require.Equal(t, len(want), len(got))
		for i := range want {
			require.Equal(t, want[i].Relationship.String(), got[i].Relationship.String())
			require.Equal(t, want[i].Aside, got[i].Aside)
		}
	})
}

// TestChunkRefuses reads what has a right check sum and makes no sense.
func TestChunkRefuses(t *testing.T) {
	names := "\x04\x01a\x01b\x01c\x00"
	shapes := "\x01\x00\x01\x02\x03" // a#b@c
	for how, body := range map[string]string{
		"nothing":                  "",
		"more names than bytes":    "\x7f",
		"a name that ends":         "\x01\x05a",
		"more shapes than bytes":   names + "\x7f",
		"a shape without a name":   names + "\x01\x00\x01\x02\x04",
		"a shape that is not one":  names + "\x01\x03\x01\x02\x03",
		"a number without an end":  names + shapes + "\x80",
		"a number that is too big": names + shapes + strings.Repeat("\xff", 11),
		"more tuples than bytes":   names + shapes + "\x7f",
		"another shape":            names + shapes + "\x01\x04\x011\x012",
		"an id that ends":          names + shapes + "\x01\x00\x011\x052",
		"an empty id":              names + shapes + "\x01\x00\x00\x012",
		"an object of all":         names + shapes + "\x01\x00\x01*\x012",
		"an id with a space":       names + shapes + "\x01\x00\x011\x01 ",
		"not qualified after all":  names + shapes + "\x01\x02\x011\x012\x00",
		"qualified by nonsense":    names + shapes + "\x01\x02\x011\x012\x03[{]",
		"another tuple after":      names + shapes + "\x01\x00\x011\x012\x00",
		"bytes after no tuples":    names + shapes + "\x00\x00",
	} {
		_, err := all("sumv" + string(rune(chunkVersion)) + body)
		require.Error(t, err, how)
	}
	got, err := all("sumv\x01" + names + shapes + "\x01\x01\x011\x012")
	require.NoError(t, err)
	require.Equal(t, "a:1#b@c:2 true", fmt.Sprint(got[0].Relationship, got[0].Aside))

	chunk := []byte("sumv\x02")
	placeChunk(chunk, 1, 2)
	require.ErrorContains(t, checkChunk(chunk, 1, 2), "version 2")
	require.ErrorIs(t, checkChunk(nil, 1, 2), store.ErrCorruptLog)
}

// FuzzChunk reads anything: what is read without an error can be written and read again.
func FuzzChunk(f *testing.F) {
	w := newChunkWriter()
	for _, s := range []string{"a:1#b@c:2", "a:1#b@c:*[d]", `a:1#b@c:2#d[e:{"f":1}][expiration:2030-01-01T00:00:00Z]`} {
		w.add(&store.Stored{Relationship: tuple.MustParseRelationship(s)})
		w.add(&store.Stored{Relationship: tuple.MustParseRelationship(s), Aside: true})
		w2 := newChunkWriter()
		w2.add(&store.Stored{Relationship: tuple.MustParseRelationship(s)})
		f.Add(string(w2.chunk()[chunkHeader:]))
	}
	f.Add(string(w.chunk()[chunkHeader:]))
	f.Fuzz(func(t *testing.T, body string) {
		first, err := all("sumv\x01" + body)
		if err != nil {
			return
		}
		w := newChunkWriter()
		for i := range first {
			require.NoError(t, first[i].Relationship.Validate())
			w.add(&first[i])
		}
		again, err := all(string(w.chunk()))
		require.NoError(t, err)
		require.Equal(t, first, again)
	})
}

func TestRecordRefuses(t *testing.T) {
	h := store.NewHistory()
	r := record{head: h, base: h, generation: 3}
	got, err := decodeRecord(r.encode())
	require.NoError(t, err)
	require.Equal(t, r, got)
	for how, text := range map[string]string{
		"another version":    fmt.Sprintf("baobab log 2 %s %s 3 ", h, h),
		"another history":    fmt.Sprintf("baobab log 1 %s %s 3 ", h, store.NewHistory()),
		"not a revision":     fmt.Sprintf("baobab log 1 %s x 3 ", h),
		"not a number":       fmt.Sprintf("baobab log 1 %s %s x ", h, h),
		"something after":    fmt.Sprintf("baobab log 1 %s %s 3 4", h, h),
		"much after":         fmt.Sprintf("baobab log 1 %s %s 3 and much more than a check sum", h, h),
		"nothing":            "",
		"another kind of it": "baobab",
	} {
		_, err := decodeRecord(summed([]byte(text)))
		require.ErrorIs(t, err, store.ErrCorruptLog, how)
	}
	_, err = decodeRecord([]byte("short"))
	require.ErrorIs(t, err, store.ErrCorruptLog)
	_, err = decodeInfo(summed([]byte("{")))
	require.ErrorIs(t, err, store.ErrCorruptLog)
	for _, name := range []string{"state-", "state-0000000000000000", "state-000000000000000g", "state-+00000000000000f", "state-1"} {
		_, ok := generationNumber([]byte(name))
		require.False(t, ok, name)
	}
}
