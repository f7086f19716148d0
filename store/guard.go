package store

import (
	"github.com/baobab-authz/baobab/internal/index"
	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/tuple"
)

// A guarding decides whether an actor may commit what a transaction changed.
type guarding struct {
	*rules
	tx            *Tx
	actor         *acting
	before, after *State
	answers       map[question]answer
	births        map[index.ID]bool
	covered       map[index.ID]bool // deleted objects whose tuples need no guard; false where a tuple names it
}

// A question is whether the actor has a permission on an object.
type question struct {
	object     index.ID
	permission string
	pending    bool // in the pending state, and not in the one before
}

type answer struct {
	allowed bool
	err     error
}

// guard reports what the actor, if there is one, may not do; otherwise it
// returns the changes that are made. A tuple that is set aside, which the actor
// does not see, stays so if they may not remove it: a refusal would tell of it.
//
// It asks the judge once about each object, permission and state, and
// otherwise costs a few lookups for each change.
func (tx *Tx) guard(changes []index.Change) ([]index.Change, error) {
	if tx.acting == nil {
		return changes, nil
	}
	life := &Tx{store: tx.store} // as long as the judge is asked
	defer life.done.Store(true)
	g := &guarding{
		rules: tx.store.rules(tx.base.Schema), tx: tx, actor: tx.acting, answers: map[question]answer{}, births: map[index.ID]bool{},
		before: &State{store: tx.store, reader: tx.base.ReadAt(tx.instant), unpublished: tx.on != nil},
		after:  &State{store: tx.store, reader: tx.builder.Freeze().ReadAt(tx.instant), tx: life},
	}
	if err := g.deletions(); err != nil {
		return nil, err
	}
	// What is in the way of a deletion leaves its tuples without cover, for which
	// they may have no guard: so it is said first, to whoever may delete.
	if err := g.detained(); err != nil {
		return nil, err
	}
	made := make([]index.Change, 0, len(changes))
	for len(changes) > 0 {
		n := 1
		for n < len(changes) && changes[n].Key.Object == changes[0].Key.Object {
			n++
		}
		for _, c := range changes[:n] {
			switch err := g.change(c, changes[:n]); {
			case err == nil:
				made = append(made, c)
			case c.Aside:
				tx.builder.PutAside(c.Key, c.Before)
			default:
				return nil, err
			}
		}
		changes = changes[n:]
	}
	return made, nil
}

// ask asks the judge, once.
func (g *guarding) ask(object index.ID, permission string, pending bool) answer {
	q := question{object, permission, pending}
	a, ok := g.answers[q]
	if !ok {
		st := g.before
		if pending {
			st = g.after
		}
		a.allowed, a.err = g.actor.judge(st, g.asked(object, permission))
		a.allowed = a.allowed && a.err == nil
		g.answers[q] = a
	}
	return a
}

func (g *guarding) asked(object index.ID, permission string) tuple.Tuple {
	return tuple.New(g.after.reader.Object(object), permission, g.actor.subject)
}

// deletions decides whether the actor may delete what DeleteObject was called
// for, and finds what needs no guard because of that.
func (g *guarding) deletions() error {
	r := &g.after.reader
	for _, id := range g.tx.roots {
		e := &GuardError{Actor: g.actor.subject, Object: r.Object(id)}
		permission := g.deletedBy[r.TypeOf(id)]
		if permission == "" {
			return e
		}
		if a := g.ask(id, permission, false); !a.allowed {
			e.Rule, e.Err, e.Asked = "deleted-by "+permission, a.err, g.asked(id, permission)
			return e
		}
	}
	g.cover()
	g.tx.entitled = g.covered
	return nil
}

// cover finds the objects that were deleted and are named by no tuple any
// more. One that a cascade deleted is covered only if the cascade came by tuples
// of the state before: otherwise whoever may delete one object could delete any
// other, with a tuple that is there only within the transaction.
func (g *guarding) cover() {
	if len(g.tx.roots) == 0 {
		return
	}
	g.covered = make(map[index.ID]bool, len(g.tx.deleted))
	reach := func(id index.ID) bool {
		_, deleted := g.tx.deleted[id]
		_, known := g.covered[id]
		if deleted && !known {
			g.covered[id] = !isNamed(&g.after.reader, id)
		}
		return deleted && !known
	}
	var queue []index.ID
	for _, id := range g.tx.roots {
		if reach(id) {
			queue = append(queue, id)
		}
	}
	r := &g.before.reader
	buf := make([]index.Key, 0, pageKeys)
	for ; len(queue) > 0; queue = queue[1:] {
		eachOf(r, queue[0], true, buf, func(k index.Key) bool {
			if g.onDelete[member{r.TypeOf(k.Object), k.Relation}] == schema.Cascade && reach(k.Object) {
				queue = append(queue, k.Object)
			}
			return true
		})
	}
}

// entailed reports whether a tuple was removed because of a deletion that the
// actor may make. What refuses a deletion is not removed by it, but by whoever
// wants to get around the refusal.
func (g *guarding) entailed(c index.Change, m member) bool {
	return g.covered[c.Key.Object] || g.covered[c.Key.Subject] && (c.Aside || g.onDelete[m] != schema.Refuse)
}

// change decides one of the changes of an object's tuples. One that is stored
// although it has expired already is a change all the same, since it exists as of
// an earlier instant; one that had expired and is not stored any more is none.
func (g *guarding) change(c index.Change, ofObject []index.Change) error {
	m := member{g.after.reader.TypeOf(c.Key.Object), c.Key.Relation}
	if !c.Has && (c.Before.Expired(g.tx.instant) || g.entailed(c, m)) {
		return nil
	}
	guards := g.guards[m]
	if len(guards) == 0 {
		return &GuardError{Actor: g.actor.subject, Tuple: g.after.reader.Tuple(c.Key), Removed: !c.Has}
	}
	for _, guard := range guards {
		a := g.satisfied(guard, c.Key)
		if !a.allowed && guard.Permission != "" && !guard.OnSubject && g.born(ofObject) {
			if g.isActor(c.Key) {
				continue
			}
			if later := g.ask(c.Key.Object, guard.Permission, true); later.allowed || later.err != nil {
				a = later
			}
		}
		if !a.allowed {
			e := g.refused(guard, c.Key, a)
			e.Removed = !c.Has
			e.New = !guard.OnSubject && !isNamed(&g.before.reader, c.Key.Object)
			e.Begun = e.New && g.born(ofObject)
			return e
		}
	}
	return nil
}

// satisfied decides a guard by the state before.
func (g *guarding) satisfied(guard schema.Guard, k index.Key) answer {
	switch {
	case guard.Permission == "":
		return answer{allowed: g.isActor(k)}
	case !guard.OnSubject:
		return g.ask(k.Object, guard.Permission, false)
	case isWildcard(&g.after.reader, k.Subject):
		return answer{}
	}
	return g.ask(k.Subject, guard.Permission, false)
}

func (g *guarding) refused(guard schema.Guard, k index.Key, a answer) *GuardError {
	r := &g.after.reader
	e := &GuardError{Actor: g.actor.subject, Tuple: r.Tuple(k), Rule: guard.String(), Err: a.err}
	switch {
	case guard.Permission == "" || guard.OnSubject && isWildcard(r, k.Subject):
	case guard.OnSubject:
		e.Asked = g.asked(k.Subject, guard.Permission)
	default:
		e.Asked = g.asked(k.Object, guard.Permission)
	}
	return e
}

// isActor reports whether the subject of a tuple is the actor.
func (g *guarding) isActor(k index.Key) bool {
	r := &g.after.reader
	return r.Object(k.Subject) == g.actor.subject.Object && r.String(k.SubjectRelation) == g.actor.subject.Relation
}

// born reports whether an object is new and comes with a tuple whose guards on
// its subject are all satisfied.
func (g *guarding) born(changes []index.Change) bool {
	id := changes[0].Key.Object
	is, known := g.births[id]
	if !known {
		is = !isNamed(&g.before.reader, id) && g.bornBy(changes)
		g.births[id] = is
	}
	return is
}

func (g *guarding) bornBy(changes []index.Change) bool {
	for _, c := range changes {
		if !c.Has || c.After.Expired(g.tx.instant) {
			continue
		}
		onSubject, all := false, true
		for _, guard := range g.guards[member{g.after.reader.TypeOf(c.Key.Object), c.Key.Relation}] {
			if guard.OnSubject {
				onSubject = true
				all = all && g.satisfied(guard, c.Key).allowed
			}
		}
		if onSubject && all {
			return true
		}
	}
	return false
}
