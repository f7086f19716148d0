package store

import (
	"fmt"

	"github.com/baobab-authz/baobab/internal/index"
	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/tuple"
)

// An OnDeleteError says that an object cannot be deleted because a tuple of a
// relation with on-delete refuse names it. It matches [ErrConstraint].
type OnDeleteError struct {
	Tuple   tuple.Tuple  // there may be more
	Deleted tuple.Object // its subject, or its subject's object
}

// Error names the tuple and the object.
func (e *OnDeleteError) Error() string {
	return fmt.Sprintf("%s cannot be deleted because of %s (on-delete refuse)", e.Deleted, e.Tuple)
}

// Is reports whether target is [ErrConstraint].
func (e *OnDeleteError) Is(target error) bool { return target == ErrConstraint }

// DeleteObject removes every tuple that names o, as its object, as its subject
// or as its subject's object, and returns how many tuples it removed.
//
// Where o is the subject or the subject's object, the relation may say
// otherwise: a tuple with on-delete refuse stays, and the transaction does not
// commit as long as it is there; of one with on-delete cascade the object is
// deleted in the same way. That can meet itself, and has no limit of depth.
//
// An object that no tuple names, neither now nor before the transaction, is
// not there, and nothing happens. It costs the tuples of all objects that are
// deleted.
func (tx *Tx) DeleteObject(o tuple.Object) (int, error) {
	if err := tx.usable(); err != nil {
		return 0, err
	}
	if err := o.Validate(); err != nil {
		return 0, err
	}
	if err := tx.base.Schema.ValidateFilter(tuple.Filter{ObjectType: o.Type}); err != nil {
		return 0, err
	}
	r, before := tx.reader(), tx.base.ReadAt(tx.instant)
	id, ok := r.ID(o)
	if !ok {
		return 0, nil
	}
	if !isNamed(&r, id) && !isNamed(&before, id) {
		tx.forget(map[index.ID]struct{}{id: {}})
		return 0, nil
	}
	tx.roots = append(tx.roots, id)
	return tx.deleteAll(tx.store.rules(tx.base.Schema), id), nil
}

// deleteAll deletes an object and those to which that cascades.
func (tx *Tx) deleteAll(rules *rules, id index.ID) int {
	if tx.deleted == nil {
		tx.deleted = map[index.ID]struct{}{}
	}
	n := 0
	buf := make([]index.Key, 0, pageKeys)
	visited := map[index.ID]struct{}{id: {}}
	for queue := []index.ID{id}; len(queue) > 0; queue = queue[1:] {
		id := queue[0]
		tx.deleted[id] = struct{}{}
		var keys []index.Key
		r := tx.reader()
		eachOf(&r, id, false, buf, func(k index.Key) bool {
			keys = append(keys, k)
			return true
		})
		eachOf(&r, id, true, buf, func(k index.Key) bool {
			switch rules.onDelete[member{r.TypeOf(k.Object), k.Relation}] {
			case schema.Refuse:
				return true
			case schema.Cascade:
				if _, ok := visited[k.Object]; !ok {
					visited[k.Object] = struct{}{}
					queue = append(queue, k.Object)
				}
			}
			keys = append(keys, k)
			return true
		})
		n += tx.remove(keys)
	}
	tx.forget(visited)
	return n
}

// eachOf calls yield for the tuples of an object, or in reverse for those of it
// or a userset of it as the subject, until it returns false.
func eachOf(r *index.Reader, id index.ID, reverse bool, buf []index.Key, yield func(index.Key) bool) {
	read, after, from := r.ForwardObject, index.Key.AfterForward, index.Key{Object: id}
	if reverse {
		read, after, from = r.ReverseSubject, index.Key.AfterReverse, index.Key{Subject: id}
	}
	for {
		keys := read(from, buf)
		for _, k := range keys {
			if !yield(k) {
				return
			}
		}
		if len(keys) < cap(buf) {
			return
		}
		from = after(keys[len(keys)-1])
	}
}

// detained reports the tuples that are in the way of what the actor may delete,
// and of what that cascades to over tuples of the state before.
func (g *guarding) detained() error {
	if len(g.covered) == 0 || len(g.refusing) == 0 {
		return nil
	}
	c := newChecker(g.tx.ctx, g.rules, g.before.reader, g.after.reader)
	c.deleted = make(map[index.ID]struct{}, len(g.covered))
	for id := range g.covered {
		c.deleted[id] = struct{}{}
	}
	c.refuse()
	return c.result()
}

// refuseFirst lets what is in the way of a deletion come before the counts of what
// would have been deleted.
const refuseFirst = 1 << 30

// refuse looks for tuples that refuse the deletion of what they name, one for
// each object. It costs the tuples that name a deleted object all the same.
func (c *checker) refuse() {
	if len(c.refusing) == 0 {
		return
	}
	for id := range c.deleted {
		eachOf(&c.after, id, true, c.buffers[0], func(k index.Key) bool {
			m := member{c.after.TypeOf(k.Object), k.Relation}
			if c.onDelete[m] != schema.Refuse {
				return true
			}
			e := &OnDeleteError{c.after.Tuple(k), c.after.Object(id)}
			c.found.add(violation{c.refuseOrder[m], e.Deleted.String(), func() error { return e }})
			return false
		})
	}
}
