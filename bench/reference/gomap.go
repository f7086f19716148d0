package reference

import "time"

// Map is a Go map of random 16-byte keys.
type Map struct {
	items map[Key]uint32
	ask   []Key
}

// NewMap returns a map of n keys, which is asked for probes different ones.
func NewMap(n, probes int) *Map {
	all := keys(1, n)
	m := &Map{items: make(map[Key]uint32, n), ask: asked(all, probes)}
	for i, k := range all {
		m.items[k] = uint32(i)
	}
	return m
}

// Get samples a lookup of a random key.
func (m *Map) Get() float64 {
	found := 0
	from := time.Now()
	for _, k := range m.ask {
		if _, ok := m.items[k]; ok {
			found++
		}
	}
	return perItem(from, found)
}
