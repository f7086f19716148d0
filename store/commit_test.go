package store_test

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/tuple"
)

// The generators of commits: few names, so that the encoding refers to earlier ones,
// and ids that look like what stands around them.

func genRevision() *rapid.Generator[store.Revision] {
	return rapid.Custom(func(t *rapid.T) store.Revision {
		number := rapid.OneOf(rapid.Uint64(), rapid.Uint64Range(0, 300))
		return store.NewChainedRevision(rapid.Uint64().Draw(t, "store"), rapid.OneOf(rapid.Uint32(), rapid.Uint32Range(0, 2)).Draw(t, "epoch"),
			number.Draw(t, "position"), number.Draw(t, "chain"))
	})
}

func genCommitSubject() *rapid.Generator[tuple.Subject] {
	return rapid.Custom(func(t *rapid.T) tuple.Subject {
		o := tuple.Object{Type: rapid.SampledFrom([]string{"user", "a/b", "viewer", strings.Repeat("t", tuple.MaxName)}).Draw(t, "type")}
		if rapid.IntRange(0, 5).Draw(t, "wildcard") == 0 {
			o.ID = tuple.Wildcard
			return o.Subject()
		}
		o.ID = rapid.SampledFrom([]string{"a", "...", "世", "\U0001F333@", "user", strings.Repeat("i", tuple.MaxID)}).Draw(t, "id")
		return o.Userset(rapid.SampledFrom([]string{"", "", "viewer", "user", "-"}).Draw(t, "relation"))
	})
}

func genStored() *rapid.Generator[store.Stored] {
	return rapid.Custom(func(t *rapid.T) store.Stored {
		object := genCommitSubject().Filter(func(s tuple.Subject) bool { return !s.IsWildcard() }).Draw(t, "object")
		relation := rapid.SampledFrom([]string{"viewer", "user", "-", strings.Repeat("r", tuple.MaxName)}).Draw(t, "relation")
		r := tuple.New(object.Object, relation, genCommitSubject().Draw(t, "subject")).Always()
		if rapid.Bool().Draw(t, "conditional") {
			r = r.When("c", rapid.SampledFrom([]map[string]any{nil, {"n": 1.5}, {"": []any{nil, true, "]\u0000"}, "世": map[string]any{"a": -0.5}}}).Draw(t, "context"))
		}
		if rapid.Bool().Draw(t, "expiring") {
			r = r.Until(time.UnixMicro(rapid.Int64Range(-9_000_000_000_000_000, 250_000_000_000_000_000).Draw(t, "expiry")).UTC())
		}
		return store.Stored{Relationship: r, Aside: rapid.Bool().Draw(t, "aside")}
	})
}

func genCommit() *rapid.Generator[store.Commit] {
	return rapid.Custom(func(t *rapid.T) store.Commit {
		c := store.Commit{
			Parent:  genRevision().Draw(t, "parent"),
			Time:    time.UnixMicro(rapid.Int64().Draw(t, "time")).UTC(),
			Schema:  rapid.OneOf(rapid.Just(""), rapid.String()).Draw(t, "schema"),
			Removed: rapid.SliceOfN(genStored(), 0, 4).Draw(t, "removed"),
			Added:   rapid.SliceOfN(genStored(), 0, 4).Draw(t, "added"),
			Note:    rapid.OneOf(rapid.Just(""), rapid.String()).Draw(t, "note"),
		}
		copy(c.ID[:], rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "id"))
		if rapid.Bool().Draw(t, "on behalf") {
			c.Actor = genCommitSubject().Draw(t, "actor")
		}
		return c
	})
}

// fields renders all that a commit says.
func fields(c store.Commit) string {
	list := func(of []store.Stored) (all []string) {
		for _, s := range of {
			all = append(all, fmt.Sprintf("%t %q", s.Aside, s.Relationship))
		}
		return all
	}
	return fmt.Sprintf("%s %s %x %d %q %q %q %q %q", c.Parent, c.Revision, c.ID, c.Time.UnixMicro(), c.Schema, c.Actor, c.Note, list(c.Removed), list(c.Added))
}

// TestCommitRoundTrip: what is sealed is read as it was.
func TestCommitRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := genCommit().Draw(t, "commit")
		data := c.Seal()
		require.Equal(t, data, c.Seal(), "again")
		require.Equal(t, c.Parent.Position()+1, c.Revision.Position())
		require.True(t, c.Revision.SameHistory(c.Parent))
		back, err := store.DecodeCommit(data)
		require.NoError(t, err)
		require.Equal(t, fields(c), fields(back))
		require.Equal(t, time.UTC, back.Time.Location())
		require.Equal(t, data, back.Seal())
		anew := store.Commit{Parent: back.Parent, ID: back.ID, Time: back.Time, Schema: back.Schema, Removed: back.Removed, Added: back.Added, Actor: back.Actor, Note: back.Note}
		require.Equal(t, data, anew.Seal(), "encoded anew")
		require.Equal(t, c.Revision, anew.Revision)
	})
}

// TestCommitOfEveryKind is the round trip of what the generators should come to.
func TestCommitOfEveryKind(t *testing.T) {
	aside, qualified, plain, bare := 0, 0, 0, 0
	for seed := range 200 {
		c := genCommit().Example(seed)
		for _, s := range append(c.Added, c.Removed...) {
			if s.Aside {
				aside++
			}
			if s.Caveat != "" && !s.Expires.IsZero() && len(s.Context) > 0 {
				qualified++
			}
			if s.Caveat == "" && s.Expires.IsZero() {
				plain++
			}
		}
		if len(c.Added)+len(c.Removed) == 0 {
			bare++
		}
	}
	for _, n := range []int{aside, qualified, plain, bare} {
		require.Positive(t, n)
	}
}

// refused fails unless data is no commit, and the error says so in a few words.
func refused(t require.TestingT, data []byte, why string) {
	c, err := store.DecodeCommit(data)
	require.ErrorIs(t, err, store.ErrCorruptLog, why)
	require.Zero(t, c, why)
	require.Less(t, len(err.Error()), 1000, why)
}

// TestCommitFlipped flips bits, cuts and lengthens: all of that is noticed.
func TestCommitFlipped(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := genCommit().Draw(t, "commit")
		data := c.Seal()
		at := rapid.IntRange(0, len(data)-1).Draw(t, "at")
		flip := rapid.ByteRange(1, 255).Draw(t, "flip")
		flipped := append([]byte(nil), data...)
		flipped[at] ^= flip
		refused(t, flipped, "flipped")
		refused(t, data[:at], "cut at the end")
		refused(t, data[at+1:], "cut at the beginning")
		refused(t, append(append([]byte(nil), data...), flip), "with another byte")
		refused(t, append(append([]byte(nil), data[:at]...), data[at+1:]...), "with a byte left out")
	})
}

// TestCommitEveryByte flips each bit of one commit.
func TestCommitEveryByte(t *testing.T) {
	c := store.Commit{
		Parent: store.NewHistory(), ID: store.NewCommitID(), Time: at(0), Schema: "{}", Actor: tuple.MustParseSubject("user:a"), Note: "why",
		Removed: []store.Stored{{Relationship: tuple.MustParseRelationship(`document:a#viewer@user:a[c:{"n":1}]`)}},
		Added:   []store.Stored{{Relationship: tuple.MustParseRelationship("document:a#viewer@user:a"), Aside: true}},
	}
	data := c.Seal()
	for i := range data {
		for bit := range 8 {
			flipped := append([]byte(nil), data...)
			flipped[i] ^= 1 << bit
			refused(t, flipped, fmt.Sprintf("bit %d of byte %d", bit, i))
		}
		refused(t, data[:i], fmt.Sprintf("the first %d bytes", i))
	}
	refused(t, nil, "nothing")
}

// resum returns a body with the check sum that it should have.
func resum(body []byte) []byte {
	sum := sha256.Sum256(body)
	return append(append([]byte(nil), body...), sum[:8]...)
}

// TestCommitMalformed has what the check sum does not notice.
func TestCommitMalformed(t *testing.T) {
	head := append([]byte{1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0}, make([]byte, 8+16+1)...) // a version, a parent, an ID, a time
	empty := []byte{0, 0, 0, 0, 0}                                                   // schema, actor, note, removed, added
	join := func(parts ...[]byte) (all []byte) {
		for _, p := range parts {
			all = append(all, p...)
		}
		return all
	}
	whole := join(head, empty)
	good, err := store.DecodeCommit(resum(whole))
	require.NoError(t, err)
	require.Equal(t, uint64(1), good.Revision.Position())
	for i := range whole {
		refused(t, resum(whole[:i]), fmt.Sprintf("the first %d bytes", i))
	}
	added := func(parts ...[]byte) []byte { return join(head, []byte{0, 0, 0, 0, 1}, join(parts...)) }
	tupleOf := func(flags byte, rest string) []byte { return append([]byte{flags}, rest...) }
	const fine = "\x00\x01d\x01a\x01\x01v\x02\x01u\x01b\x03\x00"
	_, err = store.DecodeCommit(resum(added(tupleOf(0, fine))))
	require.NoError(t, err)
	for why, body := range map[string][]byte{
		"version 0":                  join([]byte{0}, whole[1:]),
		"version 2":                  join([]byte{2}, whole[1:]),
		"a byte too many":            join(whole, []byte{0}),
		"an epoch beyond 32 bits":    join(whole[:9], binary.AppendUvarint(nil, 1<<32), whole[10:]),
		"a number without an end":    join(whole[:9], []byte(strings.Repeat("\xff", 11)), whole[10:]),
		"a schema beyond the end":    join(head, binary.AppendUvarint(nil, 1<<62)),
		"tuples beyond the end":      join(head, []byte{0, 0, 0}, binary.AppendUvarint(nil, 1<<62)),
		"an actor that is none":      join(head, []byte{0, 3, 'a', 'b', 'c', 0, 0, 0}),
		"no tuple":                   added(),
		"a tuple too few":            join(head, []byte{0, 0, 0, 0, 2}, tupleOf(0, fine)),
		"unknown flags":              added(tupleOf(4, fine)),
		"a name before its turn":     added(tupleOf(0, "\x01\x01d\x01a\x01\x01v\x02\x01u\x01b\x03\x00")),
		"an id that is none":         added(tupleOf(0, "\x00\x01d\x01:\x01\x01v\x02\x01u\x01b\x03\x00")),
		"no type":                    added(tupleOf(0, "\x00\x00\x01a\x01\x01v\x02\x01u\x01b\x03\x00")),
		"no subject":                 added(tupleOf(0, "\x00\x01d\x01a\x01\x01v\x02\x01u\x00\x03\x00")),
		"a relation that is none":    added(tupleOf(0, "\x00\x01d\x01a\x01\x01#\x02\x01u\x01b\x03\x00")),
		"a text that is none":        added(tupleOf(2, "\x03a:b")),
		"a tuple that ends too soon": added(tupleOf(0, "\x00\x01d\x01a")),
	} {
		refused(t, resum(body), why)
	}
}

// TestCommitIDs are all different.
func TestCommitIDs(t *testing.T) {
	seen := map[store.CommitID]bool{}
	for range 1000 {
		id := store.NewCommitID()
		require.False(t, seen[id])
		seen[id] = true
	}
	a := store.Commit{Parent: store.NewHistory(), ID: store.NewCommitID(), Time: at(0)}
	b := store.Commit{Parent: a.Parent, ID: store.NewCommitID(), Time: at(0)}
	a.Seal()
	b.Seal()
	require.NotEqual(t, a.Revision, b.Revision, "the ID is in the revision")
	require.Equal(t, a.Revision.Position(), b.Revision.Position())
}

// FuzzDecodeCommit reads anything, as it is and with the check sum that belongs to it:
// it is refused, or it says the same when it is encoded anew.
func FuzzDecodeCommit(f *testing.F) {
	rel := tuple.MustParseRelationship
	for _, c := range []store.Commit{
		{Parent: store.NewChainedRevision(1, 0, 0, 7)},
		{Parent: store.NewChainedRevision(1, 2, 300, 1<<60), Time: at(0), Schema: "{}", Actor: tuple.MustParseSubject("user:a#b"), Note: "why"},
		{Parent: store.NewChainedRevision(1, 0, 1, 7), Time: at(0),
			Removed: []store.Stored{{Relationship: rel("document:a#viewer@user:a")}, {Relationship: rel("document:b#viewer@user:*"), Aside: true}},
			Added: []store.Stored{{Relationship: rel(`document:a#viewer@user:a[c:{"n":[1,null,"]"]}][expiration:2027-01-31T12:00:00.000001Z]`)},
				{Relationship: rel("team:a#viewer@document:b#viewer")}}},
	} {
		data := c.Seal()
		f.Add(data)
		f.Add(data[:len(data)-8])
	}
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, d := range [][]byte{data, resum(data)} {
			c, err := store.DecodeCommit(d)
			if err != nil {
				require.ErrorIs(t, err, store.ErrCorruptLog)
				require.Zero(t, c)
				continue
			}
			require.Equal(t, d, c.Seal())
			anew := store.Commit{Parent: c.Parent, ID: c.ID, Time: c.Time, Schema: c.Schema, Removed: c.Removed, Added: c.Added, Actor: c.Actor, Note: c.Note}
			back, err := store.DecodeCommit(anew.Seal())
			require.NoError(t, err)
			back.Revision = c.Revision // that of another text, if a number was longer than it has to be
			require.Equal(t, fields(c), fields(back))
			for _, s := range append(c.Added, c.Removed...) {
				require.NoError(t, s.Validate())
			}
		}
	})
}

// FuzzCommit encodes commits that the fuzzer draws, and flips one of their bytes.
func FuzzCommit(f *testing.F) {
	f.Fuzz(rapid.MakeFuzz(func(t *rapid.T) {
		c := genCommit().Draw(t, "commit")
		data := c.Seal()
		back, err := store.DecodeCommit(data)
		require.NoError(t, err)
		require.Equal(t, fields(c), fields(back))
		flipped := append([]byte(nil), data...)
		flipped[rapid.IntRange(0, len(data)-1).Draw(t, "at")] ^= rapid.ByteRange(1, 255).Draw(t, "flip")
		refused(t, flipped, "flipped")
	}))
}

// TestCommitRevisions finds between which revisions a commit leads, of any commit that is
// decoded, and of none that was changed.
func TestCommitRevisions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := genCommit().Draw(t, "commit")
		data := c.Seal()
		parent, revision, err := store.CommitRevisions(data)
		require.NoError(t, err)
		require.Equal(t, c.Parent, parent)
		require.Equal(t, c.Revision, revision)
		changed := []byte(string(data))
		changed[rapid.IntRange(0, len(data)-1).Draw(t, "byte")] ^= 1
		_, _, err = store.CommitRevisions(changed)
		require.ErrorIs(t, err, store.ErrCorruptLog)
	})
	_, _, err := store.CommitRevisions(resum([]byte{1, 2, 3}))
	require.ErrorIs(t, err, store.ErrCorruptLog)
	_, _, err = store.CommitRevisions(nil)
	require.ErrorIs(t, err, store.ErrCorruptLog)
}
