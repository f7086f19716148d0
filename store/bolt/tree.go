package bolt

import (
	"bytes"
	"io"
)

// A tree is all that is in a file of bbolt's, read without bbolt. Every page is met at most
// once, so going through it ends.
type tree struct {
	f    io.ReaderAt
	meta meta
	seen []uint64 // a bit for each page
}

// openTree returns the tree of the file, or why its size alone says that it is damaged.
func openTree(f io.ReaderAt, size int64, m meta) (*tree, error) {
	if m.pages < 4 || m.pages > uint64(size/m.pageSize) {
		return nil, corrupt("the file has %d bytes, and should have %d pages of %d", size, m.pages, m.pageSize)
	}
	if m.freelist != noFreelist { // a list that nobody can check says what may be overwritten
		return nil, corrupt("it has a list of free pages, on page %d: another program has written to it", m.freelist)
	}
	return &tree{f: f, meta: m, seen: make([]uint64, m.pages/64+1)}, nil
}

// A bucketRoot is where a bucket begins: on a page, or inline in the one above.
type bucketRoot struct {
	id     uint64
	inline []byte
}

// root returns that of the bucket of all buckets.
func (t *tree) root() bucketRoot { return bucketRoot{id: t.meta.root} }

// bucketOf returns where the bucket of an element begins.
func bucketOf(e element) (bucketRoot, error) {
	if len(e.value) < bucketHeader {
		return bucketRoot{}, corrupt("bucket %q: a header of %d bytes", e.key, len(e.value))
	}
	root := bucketRoot{id: order.Uint64(e.value)}
	if root.id == 0 {
		root.inline = bytes.Clone(e.value[bucketHeader:])
	}
	return root, nil
}

// each calls fn for every element of the leaves of a bucket, in the order of their keys. What fn
// is given is overwritten afterwards.
func (t *tree) each(root bucketRoot, fn func(element) error) error {
	if root.id != 0 {
		return t.walk(root.id, nil, nil, fn)
	}
	p, err := parsePage(0, root.inline)
	if err == nil && p.branch {
		err = corrupt("a branch within a page")
	}
	if err != nil {
		return err
	}
	return t.leaf(&p, nil, nil, fn)
}

// walk goes through the page and those below it. All keys are at least from, and less than to; nil
// is no limit.
func (t *tree) walk(id uint64, from, to []byte, fn func(element) error) error {
	p, err := t.read(id)
	if err != nil {
		return err
	}
	if !p.branch {
		return t.leaf(&p, from, to, fn)
	}
	e, err := p.element(0)
	for i := 0; err == nil && i < p.count; i++ {
		var next element
		end := to
		if i+1 < p.count {
			if next, err = p.element(i + 1); err != nil {
				return err
			}
			end = next.key
		}
		if err = inOrder(&p, i, e.key, from, end); err == nil {
			err = t.walk(e.child, e.key, end, fn)
		}
		e, from = next, e.key
	}
	return err
}

func (t *tree) leaf(p *page, from, to []byte, fn func(element) error) error {
	var last []byte
	for i := range p.count {
		e, err := p.element(i)
		if err == nil && i > 0 && bytes.Compare(last, e.key) >= 0 {
			err = corrupt("page %d: element %d is not in order", p.id, i)
		}
		if err == nil {
			err = inOrder(p, i, e.key, from, to)
		}
		if err == nil {
			err = fn(e)
		}
		if err != nil {
			return err
		}
		last = e.key
	}
	return nil
}

func inOrder(p *page, i int, key, from, to []byte) error {
	if from != nil && bytes.Compare(key, from) < 0 || to != nil && bytes.Compare(key, to) >= 0 {
		return corrupt("page %d: element %d is not where its key belongs", p.id, i)
	}
	return nil
}

// read reads a page that was not read yet.
func (t *tree) read(id uint64) (page, error) {
	if id < 2 || id >= t.meta.pages {
		return page{}, corrupt("page %d is asked for, of %d", id, t.meta.pages)
	}
	size := t.meta.pageSize
	data := make([]byte, size)
	if _, err := t.f.ReadAt(data, int64(id)*size); err != nil {
		return page{}, readError(err, "page %d", id)
	}
	more := uint64(order.Uint32(data[12:]))
	if id+more >= t.meta.pages || (int64(more)+1)*size > maxPageLength {
		return page{}, corrupt("page %d: it goes on for %d pages", id, more)
	}
	if more > 0 {
		data = append(make([]byte, 0, (int64(more)+1)*size), data...)[:(int64(more)+1)*size]
		if _, err := t.f.ReadAt(data[size:], int64(id+1)*size); err != nil {
			return page{}, readError(err, "page %d", id+1)
		}
	}
	for i := id; i <= id+more; i++ {
		if t.seen[i/64]&(1<<(i%64)) != 0 {
			return page{}, corrupt("page %d is used twice", i)
		}
		t.seen[i/64] |= 1 << (i % 64)
	}
	return parsePage(id, data)
}
