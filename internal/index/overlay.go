package index

import (
	"fmt"
	"maps"
	"slices"

	"github.com/baobab-authz/baobab/tuple"
)

// An overlay is what a hypothetical view adds to a snapshot and hides of it.
// It is immutable; a view of a view has a larger copy.
//
// An object that the dictionary does not know gets an id local to the
// overlay. The dictionary may learn of it later, from a commit; the snapshot
// under the overlay is older and cannot name it, so the local id stays right
// and is looked up first.
type overlay struct {
	forward, reverse []Key            // added, in the two orders
	hidden           map[Key]struct{} // identities of the snapshot's tuples
	ids              map[tuple.Object]ID
	objects          []tuple.Object // by local id
	qualifiers       []*Qualifier   // by number
}

// object returns the object of a local id, or the zero Object for one that was
// not given.
func (o *overlay) object(id ID) tuple.Object {
	if id &^= localID; int(id) < len(o.objects) {
		return o.objects[id]
	}
	return tuple.Object{}
}

// get returns the added tuple with k's identity, if there is one, and whether
// the snapshot's is not to be seen.
func (o *overlay) get(k Key) (added Key, hidden bool) {
	if i, ok := slices.BinarySearchFunc(o.forward, k, CompareForward); ok {
		return o.forward[i], true
	}
	_, hidden = o.hidden[k.Identity()]
	return Key{}, hidden
}

// replaces reports whether the snapshot's tuple k is not to be seen.
func (o *overlay) replaces(k Key) bool {
	_, hidden := o.get(k)
	return hidden
}

// search returns the position in keys of the first that is not before k.
func search(keys []Key, k Key, compare func(a, b Key) int) int {
	i, _ := slices.BinarySearchFunc(keys, k, compare)
	return i
}

// copy returns an overlay that may be changed.
func (o *overlay) copy() *overlay {
	if o == nil {
		return &overlay{hidden: map[Key]struct{}{}, ids: map[tuple.Object]ID{}}
	}
	return &overlay{
		forward:    slices.Clone(o.forward),
		hidden:     maps.Clone(o.hidden),
		ids:        maps.Clone(o.ids),
		objects:    slices.Clone(o.objects),
		qualifiers: slices.Clone(o.qualifiers),
	}
}

// With returns a reader to which the relationships are added, replacing what
// qualifies those that are there. They are canonical, and every type and
// relation has a name. Nothing is interned. It costs the size of the overlay.
func (r *Reader) With(rels []tuple.Relationship) (Reader, error) {
	o := r.over.copy()
	next := *r
	next.over = o
	added := make(map[Key]Key, len(rels))
	for _, rel := range rels {
		k, err := next.localKey(rel.Tuple)
		if err != nil {
			return Reader{}, err
		}
		id := k
		if q := QualifierOf(rel); q != nil {
			k.Qualifier = uint32(len(o.qualifiers)) | qualifierLocal
			if q.Expires != 0 {
				k.Qualifier |= qualifierExpires
			}
			o.qualifiers = append(o.qualifiers, q)
		}
		added[id] = k
	}
	o.forward = slices.DeleteFunc(o.forward, func(k Key) bool {
		_, again := added[k.Identity()]
		return again
	})
	for _, k := range added {
		o.forward = append(o.forward, k)
	}
	o.sort()
	return next, nil
}

// Without returns a reader from which the tuples are removed. It costs the
// size of the overlay.
func (r *Reader) Without(tuples []tuple.Tuple) Reader {
	o := r.over.copy()
	next := *r
	next.over = o
	removed := make(map[Key]struct{}, len(tuples))
	for _, t := range tuples {
		k, ok := next.Key(t)
		if !ok {
			continue
		}
		removed[k] = struct{}{}
		if r.snap.forward.Has(k) {
			o.hidden[k] = struct{}{}
		}
	}
	o.forward = slices.DeleteFunc(o.forward, func(k Key) bool {
		_, gone := removed[k.Identity()]
		return gone
	})
	o.sort()
	return next
}

func (o *overlay) sort() {
	slices.SortFunc(o.forward, CompareForward)
	o.reverse = slices.Clone(o.forward)
	slices.SortFunc(o.reverse, CompareReverse)
}

// localKey returns the identity of t, giving local ids to unknown objects.
func (r *Reader) localKey(t tuple.Tuple) (Key, error) {
	var k Key
	var ok bool
	if k.Relation, ok = r.Name(t.Relation); !ok {
		return Key{}, fmt.Errorf("the relation of %s has no name in the dictionary", t)
	}
	if k.SubjectRelation, ok = r.Name(t.Subject.Relation); !ok {
		return Key{}, fmt.Errorf("the relation of the subject of %s has no name in the dictionary", t)
	}
	var err error
	if k.Object, err = r.localID(t.Object); err != nil {
		return Key{}, err
	}
	k.Subject, err = r.localID(t.Subject.Object)
	return k, err
}

func (r *Reader) localID(o tuple.Object) (ID, error) {
	if id, ok := r.ID(o); ok {
		return id, nil
	}
	if len(r.over.objects) >= maxLocal {
		return 0, fmt.Errorf("%w: a hypothetical view names %d objects that are not stored", ErrFull, maxLocal)
	}
	id := localID | ID(len(r.over.objects))
	r.over.objects = append(r.over.objects, o)
	r.over.ids[o] = id
	return id, nil
}
