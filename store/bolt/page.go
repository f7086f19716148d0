package bolt

import (
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"io"
)

// bbolt reads its file through a memory map and takes what is there for sound: a page
// number beyond the end, or a length that is not so, ends the process, and in one place
// (when it looks for the free pages of a file that it opens) in a goroutine where
// nobody can prevent that. So before bbolt gets to see a file, all its pages are gone
// through here, by ordinary reads and with every number checked.

// The form of bbolt's pages. All numbers are in the byte order of the machine.
const (
	pageHeader    = 16 // id uint64, kind uint16, count uint16, overflow uint32
	pageElement   = 16 // branch: position, key size uint32, page uint64; leaf: flags, position, key size, value size uint32
	bucketHeader  = 16 // root page, sequence uint64
	kindBranch    = 1
	kindLeaf      = 2
	flagBucket    = 1
	metaMagic     = 0xED0CDAED
	metaVersion   = 2
	metaSize      = 56 // and a check sum of 8 bytes
	minPageSize   = 1024
	maxPageSize   = 64 << 10
	noFreelist    = ^uint64(0)
	maxPageLength = 1 << 31 // of a page with its overflow
)

var order = binary.NativeEndian

// A meta is one of the two pages that say where everything else is. They are written in
// turn, one with each transaction, so the other one is that of the transaction before.
type meta struct {
	pageSize int64
	root     uint64
	freelist uint64
	pages    uint64 // in use; what is in the file beyond them does not matter
	txid     uint64
}

// readMeta reads what is on meta page n of a file with pages of a size.
func readMeta(f io.ReaderAt, n int, pageSize int64) (meta, error) {
	var b [pageHeader + metaSize + 8]byte
	if _, err := f.ReadAt(b[:], int64(n)*pageSize); err != nil {
		return meta{}, readError(err, "meta page %d", n)
	}
	m := b[pageHeader:]
	sum := fnv.New64a()
	_, _ = sum.Write(m[:metaSize])
	switch {
	case order.Uint32(m) != metaMagic:
		return meta{}, corrupt("meta page %d is none: this is not a log, or was damaged", n)
	case order.Uint64(m[metaSize:]) != sum.Sum64():
		return meta{}, corrupt("meta page %d: the check sum does not agree", n)
	case order.Uint32(m[4:]) != metaVersion:
		return meta{}, corrupt("meta page %d: it is of version %d, and %d is the one known", n, order.Uint32(m[4:]), metaVersion)
	}
	r := meta{int64(order.Uint32(m[8:])), order.Uint64(m[16:]), order.Uint64(m[32:]), order.Uint64(m[40:]), order.Uint64(m[48:])}
	if s := r.pageSize; s < minPageSize || s > maxPageSize || s&(s-1) != 0 || n > 0 && s != pageSize {
		return meta{}, corrupt("meta page %d: pages of %d bytes", n, s)
	}
	if r.txid%2 != uint64(n) {
		return meta{}, corrupt("meta page %d: it is that of transaction %d, whose place is the other one", n, r.txid)
	}
	return r, nil
}

// A pageSizes guess is needed where the first meta page, which says it, is damaged.
func pageSizes() []int64 { return []int64{4 << 10, 16 << 10, 64 << 10, 8 << 10, 32 << 10} }

// readMetas returns the newest meta. One that is damaged is not passed over, though bbolt
// would do so and fall back to the transaction before: if the newest is the damaged one,
// then that forgets a commit which was acknowledged. A power cut does not damage one: what
// is written of it is 80 bytes at the beginning of a sector.
func readMetas(f io.ReaderAt) (meta, error) {
	m0, err := readMeta(f, 0, 0)
	if err != nil {
		return meta{}, err
	}
	m1, err := readMeta(f, 1, m0.pageSize)
	if err != nil {
		return meta{}, err
	}
	newest, other := m0, m1
	if m1.txid > m0.txid {
		newest, other = m1, m0
	}
	if newest.txid != other.txid+1 {
		return meta{}, corrupt("the meta pages are of the transactions %d and %d", m0.txid, m1.txid)
	}
	return newest, nil
}

// readAnyMeta returns the newest meta of those that are not damaged.
func readAnyMeta(f io.ReaderAt) (meta, error) {
	if m, err := readMetas(f); err == nil {
		return m, nil
	}
	if m, err := readMeta(f, 0, 0); err == nil {
		if other, err := readMeta(f, 1, m.pageSize); err == nil && other.txid > m.txid {
			return other, nil
		}
		return m, nil
	}
	for _, size := range pageSizes() {
		if m, err := readMeta(f, 1, size); err == nil {
			return m, nil
		}
	}
	return meta{}, corrupt("both meta pages are damaged")
}

// readError says that the file ends too soon, which is corruption, or that it cannot be read,
// which need not be.
func readError(err error, format string, args ...any) error {
	what := fmt.Sprintf(format, args...)
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return corrupt("%s: the file ends before it", what)
	}
	return fmt.Errorf("%s: %w", what, err)
}

// A page is one that was read, with its overflow.
type page struct {
	id     uint64
	data   []byte
	branch bool
	count  int
}

// An element is one of a page: of a branch, the page below; of a leaf, a value, or the header of
// a bucket.
type element struct {
	key, value []byte
	child      uint64
	bucket     bool
}

// parsePage checks what a page says of itself, but for its elements.
func parsePage(id uint64, data []byte) (page, error) {
	if len(data) < pageHeader {
		return page{}, corrupt("page %d: it has %d bytes", id, len(data))
	}
	kind := order.Uint16(data[8:])
	p := page{id: id, data: data, branch: kind == kindBranch, count: int(order.Uint16(data[10:]))}
	switch {
	case order.Uint64(data) != id:
		return page{}, corrupt("page %d: it says that it is page %d", id, order.Uint64(data))
	case kind != kindBranch && kind != kindLeaf:
		return page{}, corrupt("page %d: it is of kind %#x", id, kind)
	case p.branch && p.count == 0:
		return page{}, corrupt("page %d: a branch that leads nowhere", id)
	case pageHeader+p.count*pageElement > len(data):
		return page{}, corrupt("page %d: %d elements in %d bytes", id, p.count, len(data))
	}
	return p, nil
}

// element returns element i.
func (p *page) element(i int) (e element, err error) {
	at := uint64(pageHeader + i*pageElement)
	head := p.data[at : at+pageElement]
	var position, key, value uint64
	if p.branch {
		position, key = uint64(order.Uint32(head)), uint64(order.Uint32(head[4:]))
		e.child = order.Uint64(head[8:])
	} else {
		flags := order.Uint32(head)
		if flags&^flagBucket != 0 {
			return e, corrupt("page %d: element %d has unknown flags %#x", p.id, i, flags)
		}
		e.bucket = flags == flagBucket
		position, key, value = uint64(order.Uint32(head[4:])), uint64(order.Uint32(head[8:])), uint64(order.Uint32(head[12:]))
	}
	from := at + position
	if key == 0 || from < uint64(pageHeader+p.count*pageElement) || from+key+value > uint64(len(p.data)) {
		return e, corrupt("page %d: element %d is not within it", p.id, i)
	}
	e.key, e.value = p.data[from:from+key], p.data[from+key:from+key+value]
	return e, nil
}
