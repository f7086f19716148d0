package store

import (
	"cmp"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"hash/crc32"
)

// A Revision is the position of a commit in the history of one store. It is
// comparable and opaque. The zero Revision is that of no commit.
//
// Its text is 22 to 51 letters, digits, hyphens and underscores, and fit for a
// URL, a header or a column. It says which store it is of, and ends in a check
// sum, so that a mistyped one is refused instead of naming another state. The
// text of the zero Revision is 0.
type Revision struct {
	store    uint64 // random, given when the store or its log is made
	epoch    uint32 // random, given when a log begins anew from a copy of itself; 0 at first
	position uint64 // 1 is the store as it was opened, or the log's first commit
	chain    uint64 // a hash over all commits of the log; 0 without a log
}

// NewHistory returns the revision at position 0 of a log that is new: that of no
// commit yet, by which its commits can be told from those of every other log.
func NewHistory() Revision { return Revision{store: random() | 1, chain: random()} }

// Fork returns a revision at the position of r that begins another epoch, for a log that was
// restored from a copy: what was committed after the copy was made, and so might be
// known to others, is not in its history.
func (r Revision) Fork() Revision {
	for old := r.epoch; r.epoch == old || r.epoch == 0; { // two copies of one log have different epochs
		r.epoch = uint32(random())
	}
	r.chain = random()
	return r
}

func random() uint64 {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	return binary.BigEndian.Uint64(b[:])
}

// Position returns how many commits the history has had with this one. A log may use
// it as a key; commits that replaced each other, after a log has lost some, can have the same.
func (r Revision) Position() uint64 { return r.position }

// SameHistory reports whether r and other are of the same epoch of the same store,
// so that the one with the greater position has been made after the other, if both are
// in the history of the log.
func (r Revision) SameHistory(other Revision) bool {
	return r.store == other.store && r.epoch == other.epoch
}

const (
	revisionVersion = 2
	zeroRevision    = "0"
	checkBytes      = 4
)

var revisionEncoding = base64.RawURLEncoding.Strict()

// ParseRevision reads what [Revision.String] returns, and nothing else; the
// error is [ErrMalformedRevision].
func ParseRevision(s string) (Revision, error) {
	if s == zeroRevision {
		return Revision{}, nil
	}
	fail := func(problem string) (Revision, error) {
		if len(s) > 64 {
			return Revision{}, fmt.Errorf("%w: %q…: %s", ErrMalformedRevision, s[:64], problem)
		}
		return Revision{}, fmt.Errorf("%w: %q: %s", ErrMalformedRevision, s, problem)
	}
	if len(s) > 64 {
		return fail("too long")
	}
	b, err := revisionEncoding.DecodeString(s)
	if err != nil || len(b) < 1+8+1+1+1+checkBytes {
		return fail("not the text of a revision")
	}
	if b[0] != revisionVersion {
		return fail("of an unknown version")
	}
	r := Revision{store: binary.BigEndian.Uint64(b[1:])}
	rest := b[9 : len(b)-checkBytes]
	epoch, n := binary.Uvarint(rest)
	rest = rest[max(0, n):]
	position, m := binary.Uvarint(rest)
	chain, k := binary.Uvarint(rest[max(0, m):])
	r.epoch, r.position, r.chain = uint32(epoch), position, chain
	if n <= 0 || m <= 0 || k <= 0 || r.String() != s { // also wrong: the check sum, trailing bytes, a long form of a number
		return fail("the check sum does not agree")
	}
	return r, nil
}

// String returns the text that [ParseRevision] reads.
func (r Revision) String() string {
	if r.IsZero() {
		return zeroRevision
	}
	b := make([]byte, 0, 48)
	b = append(b, revisionVersion)
	b = binary.BigEndian.AppendUint64(b, r.store)
	b = binary.AppendUvarint(b, uint64(r.epoch))
	b = binary.AppendUvarint(b, r.position)
	b = binary.AppendUvarint(b, r.chain)
	b = binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b))
	return revisionEncoding.EncodeToString(b)
}

// append appends the revision as a commit has it.
func (r Revision) append(b []byte) []byte {
	b = binary.BigEndian.AppendUint64(b, r.store)
	b = binary.AppendUvarint(b, uint64(r.epoch))
	b = binary.AppendUvarint(b, r.position)
	return binary.BigEndian.AppendUint64(b, r.chain)
}

// IsZero reports whether r is that of no commit.
func (r Revision) IsZero() bool { return r == Revision{} }

// Compare returns -1, 0 or +1, as r is before, the same as or after other in
// the history of their store. Those of different stores are in a fixed order
// that means nothing; the zero Revision is before all others.
func (r Revision) Compare(other Revision) int {
	return cmp.Or(cmp.Compare(r.store, other.store), cmp.Compare(r.epoch, other.epoch),
		cmp.Compare(r.position, other.position), cmp.Compare(r.chain, other.chain))
}

// MarshalText returns the same as String.
func (r Revision) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText parses what MarshalText returns. On an error r is unchanged.
func (r *Revision) UnmarshalText(text []byte) error {
	parsed, err := ParseRevision(string(text))
	if err == nil {
		*r = parsed
	}
	return err
}
