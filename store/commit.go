package store

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"time"

	"github.com/baobab-authz/baobab/tuple"
)

// A Commit is one transaction as a log keeps it.
type Commit struct {
	Parent   Revision // on which it was validated
	Revision Revision // which it makes; given by Seal
	ID       CommitID
	Time     time.Time // microseconds; never before the Parent's, also if clocks go back
	Schema   string    // the new one, in JSON; empty unless the commit changes it

	// Removed is what was there before and is not, or not as it was; Added is what is
	// there now. A tuple is at most once in each of them, or once more as one that is set aside.
	// What qualifies a removed tuple is as the store knew it.
	Removed, Added []Stored

	Actor tuple.Subject
	Note  string

	data []byte
}

// A CommitID tells one transaction from all others, also from another attempt of the
// same transaction on another state.
type CommitID [16]byte

// NewCommitID returns one that no other commit has.
func NewCommitID() CommitID {
	var id CommitID
	_, _ = rand.Read(id[:]) // never fails
	return id
}

// Seal gives the commit the revision that follows from its parent and from all that is
// in it, and returns its encoding, which [DecodeCommit] reads. The commit must not be
// changed from then on. Repeated calls return the same.
func (c *Commit) Seal() []byte {
	if c.data == nil {
		b := c.encode()
		sum := sha256.Sum256(b)
		c.data = append(b, sum[:chainBytes]...)
		c.Revision = c.Parent
		c.Revision.position++
		c.Revision.chain = binary.BigEndian.Uint64(sum[:])
	}
	return c.data
}

const (
	commitVersion = 1
	chainBytes    = 8
)

// Flags of an encoded tuple.
const (
	flagAside     = 1 << iota
	flagQualified // it is written as text
)

func (c *Commit) encode() []byte {
	e := encoder{b: make([]byte, 0, 96+len(c.Schema)+len(c.Note)+48*(len(c.Removed)+len(c.Added)))}
	e.b = append(e.b, commitVersion)
	e.b = c.Parent.append(e.b)
	e.b = append(e.b, c.ID[:]...)
	e.b = binary.AppendVarint(e.b, c.Time.UnixMicro())
	e.string(c.Schema)
	actor := ""
	if c.Actor != (tuple.Subject{}) {
		actor = c.Actor.String()
	}
	e.string(actor)
	e.string(c.Note)
	for _, list := range [][]Stored{c.Removed, c.Added} {
		e.b = binary.AppendUvarint(e.b, uint64(len(list)))
		for i := range list {
			e.stored(&list[i])
		}
	}
	return e.b
}

// An encoder writes tuples one behind the other. Names of types and relations are
// written out when they first occur, and by their number then.
type encoder struct {
	b     []byte
	names map[string]uint64
}

func (e *encoder) string(s string) {
	e.b = binary.AppendUvarint(e.b, uint64(len(s)))
	e.b = append(e.b, s...)
}

func (e *encoder) name(s string) {
	if n, ok := e.names[s]; ok {
		e.b = binary.AppendUvarint(e.b, n)
		return
	}
	if e.names == nil {
		e.names = make(map[string]uint64, 8)
	}
	n := uint64(len(e.names))
	e.names[s] = n
	e.b = binary.AppendUvarint(e.b, n)
	e.string(s)
}

func (e *encoder) stored(s *Stored) {
	flags := byte(0)
	if s.Aside {
		flags |= flagAside
	}
	if s.Caveat != "" || !s.Expires.IsZero() {
		e.b = append(e.b, flags|flagQualified)
		e.string(s.Relationship.String())
		return
	}
	e.b = append(e.b, flags)
	e.name(s.Object.Type)
	e.string(s.Object.ID)
	e.name(s.Tuple.Relation)
	e.name(s.Subject.Type)
	e.string(s.Subject.ID)
	e.name(s.Subject.Relation)
}

// DecodeCommit reads what [Commit.Seal] returns. The error is [ErrCorruptLog] if that is
// not what it reads, to the last byte. It keeps data.
func DecodeCommit(data []byte) (Commit, error) {
	c, d, err := openCommit(data)
	if err != nil {
		return Commit{}, err
	}
	copy(c.ID[:], d.bytes(uint64(len(c.ID))))
	c.Time = time.UnixMicro(d.varint()).UTC()
	c.Schema = d.string()
	actor := d.string()
	c.Note = d.string()
	c.Removed, c.Added = d.list(), d.list()
	if actor != "" && d.err == nil {
		c.Actor, d.err = tuple.ParseSubject(actor)
	}
	if d.err == nil && len(d.b) > 0 {
		d.fail("%d bytes too many", len(d.b))
	}
	if d.err != nil {
		return Commit{}, fmt.Errorf("%w: a commit after %s: %w", ErrCorruptLog, c.Parent, d.err)
	}
	return c, nil
}

// CommitRevisions verifies the check sum of what [Commit.Seal] returns, and returns the
// revisions from and to which the commit leads, for a log that wants to know no more. It
// does not decode the rest. The error is [ErrCorruptLog].
func CommitRevisions(data []byte) (parent, revision Revision, err error) {
	c, _, err := openCommit(data)
	return c.Parent, c.Revision, err
}

// openCommit returns the commit with its revisions, and what reads the rest.
func openCommit(data []byte) (Commit, decoder, error) {
	c := Commit{data: data}
	if len(data) < 1+chainBytes {
		return Commit{}, decoder{}, fmt.Errorf("%w: a commit of %d bytes", ErrCorruptLog, len(data))
	}
	body := data[:len(data)-chainBytes]
	sum := sha256.Sum256(body)
	if string(sum[:chainBytes]) != string(data[len(body):]) {
		return Commit{}, decoder{}, fmt.Errorf("%w: the check sum of a commit of %d bytes does not agree", ErrCorruptLog, len(data))
	}
	if body[0] != commitVersion {
		return Commit{}, decoder{}, fmt.Errorf("%w: a commit in a form of version %d, and %d is the one known", ErrCorruptLog, body[0], commitVersion)
	}
	d := decoder{b: body[1:]}
	c.Parent = d.revision()
	if d.err != nil {
		return Commit{}, decoder{}, fmt.Errorf("%w: a commit: %w", ErrCorruptLog, d.err)
	}
	c.Revision = c.Parent
	c.Revision.position++
	c.Revision.chain = binary.BigEndian.Uint64(sum[:])
	return c, d, nil
}

// A decoder reads what an encoder writes, up to the first error.
type decoder struct {
	b     []byte
	names []string
	err   error
}

func (d *decoder) fail(format string, args ...any) {
	if d.err == nil {
		d.err = fmt.Errorf(format, args...)
	}
	d.b = nil
}

func (d *decoder) bytes(n uint64) []byte {
	if n > uint64(len(d.b)) {
		d.fail("it ends too soon")
		return nil
	}
	b := d.b[:n]
	d.b = d.b[n:]
	return b
}

func (d *decoder) uvarint() uint64 {
	v, n := binary.Uvarint(d.b)
	if n <= 0 {
		d.fail("it ends in a number")
		return 0
	}
	d.b = d.b[n:]
	return v
}

func (d *decoder) varint() int64 {
	v, n := binary.Varint(d.b)
	if n <= 0 {
		d.fail("it ends in a number")
		return 0
	}
	d.b = d.b[n:]
	return v
}

func (d *decoder) string() string { return string(d.bytes(d.uvarint())) }

func (d *decoder) name() string {
	n := d.uvarint()
	switch {
	case d.err != nil:
		return ""
	case n < uint64(len(d.names)):
		return d.names[n]
	case n > uint64(len(d.names)):
		d.fail("name %d before name %d", n, len(d.names))
		return ""
	}
	d.names = append(d.names, d.string())
	return d.names[n]
}

func (d *decoder) list() []Stored {
	n := d.uvarint()
	if n == 0 || d.err != nil {
		return nil
	}
	if n > uint64(len(d.b)) { // each takes more than a byte
		d.fail("%d tuples in %d bytes", n, len(d.b))
		return nil
	}
	list := make([]Stored, 0, min(n, 1<<16))
	for ; n > 0 && d.err == nil; n-- {
		list = append(list, d.stored())
	}
	return list
}

func (d *decoder) stored() (s Stored) {
	flag := d.bytes(1)
	if d.err != nil {
		return s
	}
	if flag[0]&^(flagAside|flagQualified) != 0 {
		d.fail("unknown flags %#x", flag[0])
		return s
	}
	s.Aside = flag[0]&flagAside != 0
	if flag[0]&flagQualified != 0 {
		text := d.string()
		if d.err == nil {
			s.Relationship, d.err = tuple.ParseRelationship(text)
		}
		return s
	}
	s.Object.Type, s.Object.ID = d.name(), d.string()
	s.Tuple.Relation = d.name()
	s.Subject.Type, s.Subject.ID, s.Subject.Relation = d.name(), d.string(), d.name()
	if d.err == nil {
		d.err = s.Tuple.Validate()
	}
	return s
}

func (d *decoder) revision() Revision {
	b := d.bytes(8)
	if d.err != nil {
		return Revision{}
	}
	r := Revision{store: binary.BigEndian.Uint64(b)}
	epoch := d.uvarint()
	r.epoch, r.position = uint32(epoch), d.uvarint()
	if b = d.bytes(chainBytes); d.err != nil {
		return Revision{}
	}
	r.chain = binary.BigEndian.Uint64(b)
	if epoch > 1<<32-1 {
		d.fail("an epoch of %d", epoch)
	}
	return r
}
