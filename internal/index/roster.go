package index

import "slices"

// Rosters are the check index of a snapshot: for each object its roster, all of
// its tuples in a row, so that one access to memory serves every relation of the
// object. They are derived from the forward tree when a builder freezes, and
// never lead a life of their own.
//
// They are a tree of fixed height by id: the root has shelves, a shelf has pages, a page
// the rosters of 128 objects one behind the other. What a builder does not change it
// shares with the snapshot before. A lookup costs two accesses to memory that
// are likely to miss the caches: the page's head, and the roster.
type rosters struct{ shelves []*shelf }

const (
	pageBits  = 7 // objects of a page
	shelfBits = 6 // pages of a shelf
	pageSize  = 1 << pageBits
	shelfSize = 1 << shelfBits
	headWords = (pageSize + 2) / 2 // of 129 offsets, two a word
)

type shelf [shelfSize]page

// A page is a head and the entries. The head has for each of the page's objects the
// offset of its roster in the page, and the end of the last. It is nil if no
// object has a tuple.
type page []Entry

// offset returns where in the page the roster of its i-th object begins.
func (p page) offset(i uint32) uint32 { return uint32(p[i/2] >> (32 * (i % 2))) }

func (p page) setOffset(i, offset uint32) {
	shift := 32 * (i % 2)
	p[i/2] = p[i/2]&^(0xffff_ffff<<shift) | Entry(offset)<<shift
}

// roster returns that of the page's i-th object.
func (p page) roster(i uint32) []Entry {
	if p == nil {
		return nil
	}
	return p[p.offset(i):p.offset(i+1)]
}

// of returns the roster of an object, which must not be changed.
func (r *rosters) of(id ID) []Entry {
	at := int(id >> (pageBits + shelfBits))
	if at >= len(r.shelves) || r.shelves[at] == nil {
		return nil
	}
	return r.shelves[at][id>>pageBits%shelfSize].roster(uint32(id % pageSize))
}

// update derives anew the rosters of the objects, which are sorted, from the
// forward tree.
func (r rosters) update(forward tree, changed []ID) rosters {
	next := rosters{slices.Clone(r.shelves)}
	var own *shelf // the one that was copied last
	last := -1
	var scratch []Entry
	for len(changed) > 0 {
		first := changed[0]
		n := 1
		for n < len(changed) && changed[n]>>pageBits == first>>pageBits {
			n++
		}
		at := int(first >> (pageBits + shelfBits))
		if at != last {
			for at >= len(next.shelves) {
				next.shelves = append(next.shelves, nil)
			}
			own = new(shelf)
			if old := next.shelves[at]; old != nil {
				*own = *old
			}
			next.shelves[at], last = own, at
		}
		p := &own[first>>pageBits%shelfSize]
		*p, scratch = p.update(forward, changed[:n], scratch[:0])
		changed = changed[n:]
	}
	return next
}

// update returns the page with the rosters of some of its objects derived anew.
// The scratch is for another call.
func (p page) update(forward tree, changed []ID, scratch []Entry) (page, []Entry) {
	all := append(scratch, make([]Entry, headWords)...)
	next := uint32(0)
	for _, id := range changed {
		at := uint32(id % pageSize)
		all = p.appendTo(all, next, at)
		page(all).setOffset(at, uint32(len(all)))
		all = appendRoster(all, forward, id)
		next = at + 1
	}
	all = p.appendTo(all, next, pageSize)
	page(all).setOffset(pageSize, uint32(len(all)))
	if len(all) == headWords {
		return nil, all
	}
	return slices.Clone(all), all
}

// appendTo appends the rosters of the objects from one to another to a page.
func (p page) appendTo(all []Entry, from, to uint32) []Entry {
	end := uint32(len(all))
	if p == nil {
		for i := from; i < to; i++ {
			page(all).setOffset(i, end)
		}
		return all
	}
	begin := p.offset(from)
	for i := from; i < to; i++ {
		page(all).setOffset(i, p.offset(i)-begin+end)
	}
	return append(all, p[begin:p.offset(to)]...)
}

// appendRoster appends the roster of an object.
func appendRoster(all []Entry, forward tree, object ID) []Entry {
	from := Key{Object: object}
	for {
		begin, wide := len(all), Name(0)
		forward.AscendGreaterOrEqual(from, func(k Key) bool {
			if k.Object != object {
				return false
			}
			e := EntryOf(k)
			if n := len(all); n >= begin+maxNarrow && all[n-maxNarrow].Relation() == e.Relation() {
				wide = e.Relation()
				all = append(all[:n-maxNarrow], wideEntry(wide))
				return false
			}
			all = append(all, e)
			return true
		})
		if wide == 0 {
			return all
		}
		from.Relation = wide + 1
		if from.Relation == 0 { // there is no relation behind it
			return all
		}
	}
}
