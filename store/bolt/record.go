package bolt

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"strings"
	"time"

	"github.com/baobab-authz/baobab/store"
)

// What is in the file, by bucket:
//
//	log                one record, written anew with every commit
//	commits            position → commit as it was sealed; a large one is in parts
//	parts              position and number → a part of a large commit
//	state-GENERATION   number → chunk; info → what they are together
//
// A generation is all tuples at one revision. The record names the one that counts;
// others are being written, or are left over.
const (
	bucketLog       = "log"
	bucketCommits   = "commits"
	bucketParts     = "parts"
	generationNames = "state-"

	keyRecord = "record"
	keyInfo   = "info"

	formatVersion = 1
)

// A record is what the log is. Its check sum is of its own, as bbolt has none.
type record struct {
	head       store.Revision // of the newest commit
	base       store.Revision // the commits after it are here
	generation uint64         // 0: there is no state but nothing, at position 0
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// summed appends the check sum of b to it.
func summed(b []byte) []byte { return binary.BigEndian.AppendUint32(b, crc32.Checksum(b, castagnoli)) }

// unsummed returns what summed was given.
func unsummed(b []byte) ([]byte, bool) {
	n := len(b) - 4
	if n < 0 || crc32.Checksum(b[:n], castagnoli) != binary.BigEndian.Uint32(b[n:]) {
		return nil, false
	}
	return b[:n], true
}

func (r record) encode() []byte {
	return summed(fmt.Appendf(nil, "baobab log %d %s %s %d ", formatVersion, r.head, r.base, r.generation))
}

func decodeRecord(whole []byte) (record, error) {
	b, ok := unsummed(whole)
	if !ok {
		return record{}, corrupt("the record of the head: the check sum does not agree")
	}
	var r record
	var head, base string
	var version int
	if _, err := fmt.Sscanf(string(b), "baobab log %d ", &version); err == nil && version != formatVersion {
		return record{}, corrupt("a log in a form of version %d, and %d is the one known", version, formatVersion)
	}
	_, err := fmt.Sscanf(string(b), "baobab log %d %s %s %d ", &version, &head, &base, &r.generation)
	if err == nil {
		r.head, err = store.ParseRevision(head)
	}
	if err == nil {
		r.base, err = store.ParseRevision(base)
	}
	if err == nil && string(r.encode()) != string(whole) {
		err = fmt.Errorf("%q", b)
	}
	if err == nil && (!r.base.SameHistory(r.head) || r.base.Position() > r.head.Position()) {
		err = fmt.Errorf("the head is %s, and the commits begin after %s", r.head, r.base)
	}
	if err != nil {
		return record{}, corrupt("the record of the head: %w", err)
	}
	return r, nil
}

// An info is what the chunks of a generation are together.
type info struct {
	Revision store.Revision
	Time     int64 // of the commit, in microseconds since 1970
	Schema   []byte
	Chunks   uint64
	Tuples   uint64
	Bytes    uint64
}

func (i info) encode() []byte {
	b, _ := json.Marshal(i) // never fails on what it has
	return summed(b)
}

func (i info) time() time.Time {
	if i.Revision.Position() == 0 {
		return time.Time{}
	}
	return time.UnixMicro(i.Time).UTC()
}

func decodeInfo(b []byte) (info, error) {
	var i info
	b, ok := unsummed(b)
	if !ok {
		return info{}, corrupt("the check sum does not agree")
	}
	if err := json.Unmarshal(b, &i); err != nil {
		return info{}, corrupt("%w", err)
	}
	return i, nil
}

// generationName returns the name of the bucket of a generation.
func generationName(n uint64) []byte { return fmt.Appendf(nil, generationNames+"%016x", n) }

// generationNumber returns which generation a bucket is, if it is one.
func generationNumber(bucket []byte) (n uint64, ok bool) {
	text, ok := strings.CutPrefix(string(bucket), generationNames)
	if !ok || len(text) != 16 {
		return 0, false
	}
	_, err := fmt.Sscanf(text, "%016x", &n)
	return n, err == nil && n > 0 && string(generationName(n)) == string(bucket)
}

// number returns a key that sorts as the number does.
func number(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }
