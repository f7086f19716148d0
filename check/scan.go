package check

import "github.com/baobab-authz/baobab/internal/index"

// A scan reads the tuples of a relation of an object in chunks, so that it can
// stop in the middle and go on later, and so that a first chunk that answers
// the question costs no more than itself.
type scan struct {
	active bool
	last   bool        // there is no chunk after this one
	from   index.Key   // where the next chunk begins
	keys   []index.Key // the present chunk
	at     int
}

const (
	firstChunk = 8
	laterChunk = 128
)

func (c *scan) begin(from index.Key) {
	c.active, c.last, c.from, c.at = true, false, from, 0
	if c.keys == nil {
		c.keys = make([]index.Key, 0, firstChunk)
	}
	c.keys = c.keys[:0]
}

// scan returns the next tuple, and ends the scan after the last one.
func (s *solver) scan(c *scan) (index.Key, bool) {
	if c.at == len(c.keys) {
		if !c.last {
			if c.at > 0 && cap(c.keys) < laterChunk {
				c.keys = make([]index.Key, 0, laterChunk)
			}
			c.keys = s.reader.Forward(c.from, c.keys[:0])
			c.last = len(c.keys) < cap(c.keys)
			c.at = 0
			s.work += len(c.keys)
		}
		if c.at == len(c.keys) {
			c.active = false
			return index.Key{}, false
		}
		c.from = c.keys[len(c.keys)-1].AfterForward()
	}
	k := c.keys[c.at]
	c.at++
	return k, true
}
