package index

// FetchMost is how many objects can be fetched at once.
const FetchMost = 64

// Fetch brings near what questions about objects with these hashes will look at:
// their texts, their rosters and those of the subjects of their first tuples, to which
// an arrow may lead. What a question costs is mostly the time for which it waits for
// memory, one access after the other. Here each step is one short loop over all
// objects, in which no access waits for another, so that the processor makes many at
// the same time. What is returned depends on all that was looked at, and is of no use.
func (r *Reader) Fetch(hashes []uint64) (sum uint64) {
	var ids, next [FetchMost]ID
	var rows [FetchMost][]Entry
	hashes = hashes[:min(len(hashes), FetchMost)]
	t := r.snap.dict.table.Load()
	for i, h := range hashes {
		if slot := t.first(h); slot>>32 == h>>32 {
			ids[i] = ID(slot)
		}
	}
	blocks := *r.snap.dict.blocks.Load()
	for _, id := range ids[:len(hashes)] {
		if b, at := int((id-1)>>blockBits), int((id-1)%blockSize); b < len(blocks) && at < len(blocks[b]) {
			sum += uint64(blocks[b][at].size)
		}
	}
	r.snap.rosters.fetch(ids[:len(hashes)], &rows)
	for i, row := range rows[:len(hashes)] {
		if len(row) > 0 {
			next[i] = row[0].Subject()
		}
	}
	rows = [FetchMost][]Entry{}
	r.snap.rosters.fetch(next[:len(hashes)], &rows)
	for _, row := range rows[:len(hashes)] {
		for i := 0; i < min(len(row), 8*lineEntries); i += lineEntries {
			sum += uint64(row[i])
		}
		if n := len(row); n > 0 {
			sum += uint64(row[n-1])
		}
	}
	return sum
}

const lineEntries = 8 // entries of a line of the processor's cache

// fetch finds the rosters of objects.
func (r *rosters) fetch(ids []ID, rows *[FetchMost][]Entry) {
	var pages [FetchMost]page
	for i, id := range ids {
		if at := int(id >> (pageBits + shelfBits)); at < len(r.shelves) && r.shelves[at] != nil {
			pages[i] = r.shelves[at][id>>pageBits%shelfSize]
		}
	}
	for i, id := range ids {
		rows[i] = pages[i].roster(uint32(id % pageSize))
	}
}
