package index

import (
	"encoding/binary"
	"slices"
	"strings"
	"unsafe"
)

// An object is an interned object: its type, which is a name, and its id, which is
// in place if it is short, as nearly all are (a UUID has 36 bytes). So that an object
// is found with one access to memory, and the collector has nothing to look at.
type object struct {
	typ  Name
	size uint8 // of the id, or far
	text [objectText]byte
}

const (
	objectText = 37
	far        = 0xff // the id is in Dict.far, and text begins with where
)

// Objects are kept in blocks of blockSize; the last may have less room.
const (
	blockBits  = 10
	blockSize  = 1 << blockBits
	firstBlock = 32 // the room of the first block, which is copied when it grows
)

// text returns the id of an object. What is in a block is never changed once the
// object's ID is known to a reader, so it can be a string as it is.
func (d *Dict) text(o *object) string {
	if o.size == far {
		return (*d.far.Load())[binary.LittleEndian.Uint32(o.text[:])]
	}
	return unsafe.String(&o.text[0], int(o.size))
}

// object returns the object of an ID, or nil for one that was not given. The
// blocks are loaded after the ID has been, so they have it.
func (d *Dict) object(id ID) *object {
	blocks := *d.blocks.Load()
	b := int((id - 1) >> blockBits) // of 0 and of local IDs it is beyond
	if b >= len(blocks) {
		return nil
	}
	at := int((id - 1) % blockSize)
	if at >= len(blocks[b]) {
		return nil
	}
	return &blocks[b][at]
}

// place fills in the object of a new ID, the next one. The writer alone calls it.
func (d *Dict) place(id ID, typ Name, text string) {
	blocks := *d.blocks.Load()
	b, at := int((id-1)>>blockBits), int((id-1)%blockSize)
	var own []object
	if b < len(blocks) {
		own = blocks[b]
	}
	if at == len(own) {
		room := blockSize
		if b == 0 && at < blockSize/4 {
			room = max(firstBlock, 4*at)
		}
		larger := make([]object, room)
		copy(larger, own)
		blocks = append(slices.Clone(blocks[:b]), larger)
		d.blocks.Store(&blocks)
		own = larger
	}
	o := &own[at]
	o.typ = typ
	if len(text) <= objectText {
		o.size = uint8(copy(o.text[:], text))
		return
	}
	all := append(*d.far.Load(), strings.Clone(text)) // what readers have of it stays as it is
	d.far.Store(&all)
	binary.LittleEndian.PutUint32(o.text[:], uint32(len(all)-1))
	o.size = far
}
