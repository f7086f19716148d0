package store

import (
	"cmp"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"hash/crc32"
)

// A Revision is the position of a commit in the history of one store. It is
// comparable and opaque. The zero Revision is that of no commit.
//
// Its text is about 24 letters, digits, hyphens and underscores, and fit for a
// URL, a header or a column. It says which store it is of, and ends in a check
// sum, so that a mistyped one is refused instead of naming another state. The
// text of the zero Revision is 0.
type Revision struct {
	store    uint64 // random, given when the store is opened
	epoch    uint32
	position uint64 // 1 is the store as it was opened
}

const (
	revisionVersion = 1
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
	if err != nil || len(b) < 1+8+1+1+checkBytes {
		return fail("not the text of a revision")
	}
	if b[0] != revisionVersion {
		return fail("of an unknown version")
	}
	r := Revision{store: binary.BigEndian.Uint64(b[1:])}
	rest := b[9 : len(b)-checkBytes]
	epoch, n := binary.Uvarint(rest)
	position, m := binary.Uvarint(rest[max(0, n):])
	r.epoch, r.position = uint32(epoch), position
	if n <= 0 || m <= 0 || r.String() != s { // also wrong: the check sum, trailing bytes, a long form of a number
		return fail("the check sum does not agree")
	}
	return r, nil
}

// String returns the text that [ParseRevision] reads.
func (r Revision) String() string {
	if r.IsZero() {
		return zeroRevision
	}
	b := make([]byte, 0, 40)
	b = append(b, revisionVersion)
	b = binary.BigEndian.AppendUint64(b, r.store)
	b = binary.AppendUvarint(b, uint64(r.epoch))
	b = binary.AppendUvarint(b, r.position)
	b = binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b))
	return revisionEncoding.EncodeToString(b)
}

// IsZero reports whether r is that of no commit.
func (r Revision) IsZero() bool { return r == Revision{} }

// Compare returns -1, 0 or +1, as r is before, the same as or after other in
// the history of their store. Those of different stores are in a fixed order
// that means nothing; the zero Revision is before all others.
func (r Revision) Compare(other Revision) int {
	return cmp.Or(cmp.Compare(r.store, other.store), cmp.Compare(r.epoch, other.epoch), cmp.Compare(r.position, other.position))
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
