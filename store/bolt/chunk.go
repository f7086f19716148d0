package bolt

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"strings"

	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/tuple"
)

// A chunk is a list of tuples, of about 64 KiB, in a form that is read fast: it is made one
// string, of which the ids are parts; names are written once; and the types and
// relations of a tuple, its shape, are one number.
//
//	check sum     4 bytes, over generation, number and all that follows
//	version       1 byte
//	names         how many, then each: length, text
//	shapes        how many, then each: four names' numbers
//	tuples        how many, then each:
//	    shape*4 + flags
//	    object's id, subject's id: length, text
//	    what qualifies it, if the flag says so: length, text as after a tuple
//
// Numbers are varints. The check sum says where the chunk belongs, so that one in the
// place of another is noticed.
const (
	chunkVersion = 1
	chunkSize    = 64 << 10
	chunkHeader  = 5

	flagAside     = 1
	flagQualified = 2
	flagBits      = 2
)

// sumChunk returns the check sum of a chunk at its place.
func sumChunk(generation, n uint64, body []byte) uint32 {
	var place [16]byte
	binary.BigEndian.PutUint64(place[:], generation)
	binary.BigEndian.PutUint64(place[8:], n)
	return crc32.Update(crc32.Checksum(place[:], castagnoli), castagnoli, body)
}

// placeChunk writes the check sum for a place into a chunk.
func placeChunk(chunk []byte, generation, n uint64) {
	binary.BigEndian.PutUint32(chunk, sumChunk(generation, n, chunk[4:]))
}

// checkChunk checks that a chunk is what was put at a place, but not that it means something.
func checkChunk(chunk []byte, generation, n uint64) error {
	if len(chunk) < chunkHeader || binary.BigEndian.Uint32(chunk) != sumChunk(generation, n, chunk[4:]) {
		return corrupt("chunk %d: the check sum does not agree", n)
	}
	if chunk[4] != chunkVersion {
		return corrupt("chunk %d: it is of version %d, and %d is the one known", n, chunk[4], chunkVersion)
	}
	return nil
}

// A shape is the types and relations of a tuple.
type shape struct{ object, relation, subject, subjectRelation string }

// A chunkWriter puts tuples together to chunks.
type chunkWriter struct {
	names  map[string]uint64
	shapes map[shape]uint64
	tables [2][]byte // names, shapes
	rows   []byte
	count  uint64
}

func newChunkWriter() *chunkWriter {
	return &chunkWriter{names: map[string]uint64{}, shapes: map[shape]uint64{}}
}

// size returns how many bytes the chunk has by now, about.
func (w *chunkWriter) size() int { return len(w.rows) + len(w.tables[0]) + len(w.tables[1]) }

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

func (w *chunkWriter) name(s string) uint64 {
	n, ok := w.names[s]
	if !ok {
		n = uint64(len(w.names))
		w.names[s] = n
		w.tables[0] = appendText(w.tables[0], s)
	}
	return n
}

func (w *chunkWriter) shape(s shape) uint64 {
	n, ok := w.shapes[s]
	if !ok {
		n = uint64(len(w.shapes))
		w.shapes[s] = n
		for _, name := range []string{s.object, s.relation, s.subject, s.subjectRelation} {
			w.tables[1] = binary.AppendUvarint(w.tables[1], w.name(name))
		}
	}
	return n
}

func (w *chunkWriter) add(s *store.Stored) {
	head := w.shape(shape{s.Object.Type, s.Tuple.Relation, s.Subject.Type, s.Subject.Relation}) << flagBits
	if s.Aside {
		head |= flagAside
	}
	qualified := s.Caveat != "" || !s.Expires.IsZero()
	if qualified {
		head |= flagQualified
	}
	w.rows = binary.AppendUvarint(w.rows, head)
	w.rows = appendText(w.rows, s.Object.ID)
	w.rows = appendText(w.rows, s.Subject.ID)
	if qualified {
		w.rows = appendText(w.rows, qualifier(s.Relationship))
	}
	w.count++
}

// chunk returns the chunk, without its check sum, and begins another.
func (w *chunkWriter) chunk() []byte {
	b := make([]byte, chunkHeader, w.size()+32)
	b[4] = chunkVersion
	b = append(binary.AppendUvarint(b, uint64(len(w.names))), w.tables[0]...)
	b = append(binary.AppendUvarint(b, uint64(len(w.shapes))), w.tables[1]...)
	b = append(binary.AppendUvarint(b, w.count), w.rows...)
	clear(w.names)
	clear(w.shapes)
	w.tables[0], w.tables[1], w.rows, w.count = w.tables[0][:0], w.tables[1][:0], w.rows[:0], 0
	return b
}

// What qualifies a tuple is kept as it is written after one, and read behind this one.
const anyTuple = "a:a#a@a:a"

func qualifier(r tuple.Relationship) string {
	r.Tuple = tuple.Tuple{
		Object: tuple.Object{Type: "a", ID: "a"}, Relation: "a",
		Subject: tuple.Subject{Object: tuple.Object{Type: "a", ID: "a"}},
	}
	return strings.TrimPrefix(r.String(), anyTuple)
}

// A chunkReader goes through the tuples of a chunk.
type chunkReader struct {
	s      string // what is left
	err    error
	shapes []shape
	count  uint64 // tuples that are left
}

// readChunk begins to read a chunk whose check sum was checked. It keeps text, of which the ids
// are parts.
func readChunk(text string) *chunkReader {
	r := &chunkReader{s: text[chunkHeader:]}
	n := r.number()
	if n > uint64(len(r.s)) {
		r.fail("%d names", n)
	}
	names := make([]string, 0, min(n, 1024))
	for ; n > 0 && r.err == nil; n-- {
		names = append(names, r.text())
	}
	n = r.number()
	if n > uint64(len(r.s)) {
		r.fail("%d shapes", n)
	}
	for ; n > 0 && r.err == nil; n-- {
		s := shape{r.name(names), r.name(names), r.name(names), r.name(names)}
		if r.err == nil {
			r.err = s.validate()
		}
		r.shapes = append(r.shapes, s)
	}
	if r.count = r.number(); r.count > uint64(len(r.s)) {
		r.fail("%d tuples in %d bytes", r.count, len(r.s))
	}
	if r.count == 0 && r.err == nil && r.s != "" {
		r.fail("%d bytes too many", len(r.s))
	}
	return r
}

func (s shape) validate() error {
	o, u := tuple.Object{Type: s.object, ID: "a"}, tuple.Object{Type: s.subject, ID: "a"}
	return tuple.New(o, s.relation, tuple.Subject{Object: u, Relation: s.subjectRelation}).Validate()
}

// next reads the next tuple; ok is false if there is none any more, or with an error.
func (r *chunkReader) next(s *store.Stored) (ok bool) {
	if r.count == 0 || r.err != nil {
		return false
	}
	r.count--
	head := r.number()
	if head>>flagBits >= uint64(len(r.shapes)) {
		r.fail("shape %d of %d", head>>flagBits, len(r.shapes))
		return false
	}
	sh := &r.shapes[head>>flagBits]
	*s = store.Stored{Aside: head&flagAside != 0}
	s.Object = tuple.Object{Type: sh.object, ID: r.text()}
	s.Tuple.Relation = sh.relation
	s.Subject = tuple.Subject{Object: tuple.Object{Type: sh.subject, ID: r.text()}, Relation: sh.subjectRelation}
	if head&flagQualified != 0 {
		r.qualify(s, r.text())
	}
	if r.err == nil {
		r.validate(s)
	}
	if r.count == 0 && r.err == nil && r.s != "" {
		r.fail("%d bytes too many", len(r.s))
	}
	return r.err == nil
}

// validate checks the ids; the names were checked with the shape.
func (r *chunkReader) validate(s *store.Stored) {
	err := s.Object.Validate()
	if err == nil {
		err = s.Subject.Validate()
	}
	r.err = err
}

func (r *chunkReader) qualify(s *store.Stored, text string) {
	if r.err != nil {
		return
	}
	q, err := tuple.ParseRelationship(anyTuple + text)
	if err != nil || text == "" {
		r.fail("what qualifies a tuple: %q: %w", text, err)
		return
	}
	s.Caveat, s.Context, s.Expires = q.Caveat, q.Context, q.Expires
}

func (r *chunkReader) fail(format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf(format, args...)
	}
	r.s = ""
}

func (r *chunkReader) number() uint64 {
	var n uint64
	for i := 0; i < len(r.s) && i < binary.MaxVarintLen64; i++ {
		b := r.s[i]
		if b < 0x80 {
			r.s = r.s[i+1:]
			return n | uint64(b)<<(7*i)
		}
		n |= uint64(b&0x7f) << (7 * i)
	}
	r.fail("it ends in a number")
	return 0
}

func (r *chunkReader) text() string {
	n := r.number()
	if n > uint64(len(r.s)) {
		r.fail("it ends too soon")
		return ""
	}
	s := r.s[:n]
	r.s = r.s[n:]
	return s
}

func (r *chunkReader) name(names []string) string {
	n := r.number()
	if n >= uint64(len(names)) {
		r.fail("name %d of %d", n, len(names))
		return ""
	}
	return names[n]
}
