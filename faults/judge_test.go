package faults

import (
	"errors"
	"fmt"
	"slices"
	"sort"
	"strconv"

	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/tuple"
)

// A judge knows what a log has, and says whether a history agrees with it. It can be given
// the log, and the history, in parts.
type judge struct {
	revision  store.Revision // of the newest commit
	positions map[string]uint64
	tuples    map[tuple.Tuple]bool
	versions  map[string][]version // of each cell, oldest first
	commits   map[int64]commitOf   // by operation
	digests   map[string]string    // by revision, of those that were asked for

	staleness int64 // how old whatever is shown may be; 0 is no bound

	lost *judge // what had been committed on a server that did not survive; or nil
	fork int64  // when it was known that it did not
}

type version struct {
	position uint64
	cell     cell
}

type commitOf struct {
	position     uint64
	parent       string
	revision     string
	before, made cell
}

// newJudge returns a judge of a log with no commits but what is before origin, which has
// to be position 0.
func newJudge(origin store.Revision) *judge {
	return &judge{revision: origin, positions: map[string]uint64{origin.String(): origin.Position()}, tuples: map[tuple.Tuple]bool{},
		versions: map[string][]version{}, commits: map[int64]commitOf{}, digests: map[string]string{}}
}

// forget drops what is only needed for operations that have been judged, but not the
// newest revisions, which may be the tokens of others.
func (j *judge) forget() {
	for revision, position := range j.positions {
		if position+1000 < j.revision.Position() {
			delete(j.positions, revision)
		}
	}
	j.commits, j.digests = map[int64]commitOf{}, map[string]string{}
	j.versions = map[string][]version{}
	for t := range j.tuples {
		name := t.Object.ID
		if len(j.versions[name]) == 0 {
			j.versions[name] = []version{{}}
		}
		_ = j.versions[name][0].cell.put(t) // it is well-formed
	}
}

// extend adds commits. asked are the operations of the history, some of which made them.
func (j *judge) extend(commits []store.Commit, asked []record) error {
	ops := make(map[int64]*op, len(asked))
	wanted := map[string]bool{}
	for i := range asked {
		ops[asked[i].Op.ID] = &asked[i].Op
		if asked[i].Op.Kind == digest {
			wanted[asked[i].Result.Revision] = true
		}
	}
	j.digests[j.revision.String()] = j.digest() // as someone may not have seen more
	for i := range commits {
		if err := j.add(&commits[i], ops); err != nil {
			return fmt.Errorf("position %d: %w", commits[i].Revision.Position(), err)
		}
		if r := j.revision.String(); wanted[r] {
			j.digests[r] = j.digest()
		}
	}
	return nil
}

// add makes sure that a commit is what it should be.
func (j *judge) add(c *store.Commit, ops map[int64]*op) error {
	if c.Parent != j.revision || c.Revision.Position() != j.revision.Position()+1 {
		return fmt.Errorf("it was made on %s, and the one before is %s", c.Parent, j.revision)
	}
	again := store.Commit{Parent: c.Parent, ID: c.ID, Time: c.Time, Schema: c.Schema, Removed: c.Removed, Added: c.Added, Actor: c.Actor, Note: c.Note}
	again.Seal()
	if again.Revision != c.Revision {
		return fmt.Errorf("its contents make %s, and it says %s", again.Revision, c.Revision)
	}
	before := j.revision
	j.revision = c.Revision
	j.positions[c.Revision.String()] = c.Revision.Position()
	if c.Schema != "" {
		if c.Revision.Position() != 1 || len(c.Added)+len(c.Removed) > 0 {
			return errors.New("it has a schema, which nobody asked for")
		}
		return nil
	}
	id, err := strconv.ParseInt(c.Note, 10, 64)
	o := ops[id]
	if err != nil || o == nil || !o.writes() {
		return fmt.Errorf("no such operation was asked for: %q", c.Note)
	}
	if first, ok := j.commits[id]; ok {
		return fmt.Errorf("operation %d was committed at position %d already", id, first.position)
	}
	made := commitOf{position: c.Revision.Position(), parent: before.String(), revision: c.Revision.String(), before: j.cell(o.Cell, before.Position())}
	if err := j.change(c, o.Cell); err != nil {
		return err
	}
	made.made = j.cell(o.Cell, c.Revision.Position())
	j.commits[id] = made
	if want, ok := o.step(made.before); !ok || want != made.made {
		return fmt.Errorf("operation %d, %s, has made of %+v %+v", id, o.Kind, made.before, made.made)
	}
	return nil
}

// change changes the tuples as a commit says, all of which have to be of one cell.
func (j *judge) change(c *store.Commit, name string) error {
	for _, x := range c.Removed {
		if !j.tuples[x.Tuple] {
			return fmt.Errorf("it removes %s, which is not there", x.Tuple)
		}
		delete(j.tuples, x.Tuple)
	}
	for _, x := range c.Added {
		if j.tuples[x.Tuple] {
			return fmt.Errorf("it adds %s, which is there", x.Tuple)
		}
		j.tuples[x.Tuple] = true
	}
	now := j.cell(name, c.Revision.Position())
	for _, x := range slices.Concat(c.Removed, c.Added) {
		if x.Object.ID != name {
			return fmt.Errorf("it changes %s, and was to change cell %s", x.Tuple, name)
		}
	}
	for _, x := range c.Removed {
		now.drop(x.Tuple.Relation)
	}
	for _, x := range c.Added {
		if err := now.put(x.Tuple); err != nil { // and so a rule of the schema is broken
			return err
		}
	}
	j.versions[name] = append(j.versions[name], version{c.Revision.Position(), now})
	return nil
}

func (c *cell) drop(relation string) {
	switch relation {
	case "value":
		c.N = 0
	case "owner":
		c.Owner = ""
	case "borrower":
		c.Borrower = ""
	}
}

// cell returns what a cell was at a position.
func (j *judge) cell(name string, position uint64) cell {
	all := j.versions[name]
	i := sort.Search(len(all), func(i int) bool { return all[i].position > position })
	if i == 0 {
		return cell{}
	}
	return all[i-1].cell
}

func (j *judge) digest() string {
	all := make([]string, 0, len(j.tuples))
	for t := range j.tuples {
		all = append(all, t.String())
	}
	return hash(all)
}

// at returns the judge whose log has a revision, and its position there.
func (j *judge) at(revision string) (*judge, uint64, bool) {
	if p, ok := j.positions[revision]; ok {
		return j, p, true
	}
	if j.lost != nil {
		p, ok := j.lost.positions[revision]
		return j.lost, p, ok
	}
	return nil, 0, false
}

// check says whether each operation did what it says.
func (j *judge) check(records []record) error {
	for i := range records {
		r := &records[i]
		var err error
		if r.Op.writes() {
			err = j.checkWrite(r)
		} else {
			err = j.checkRead(r)
		}
		if err != nil {
			return fmt.Errorf("%+v: %w", *r, err)
		}
	}
	return j.checkOrder(records)
}

func (j *judge) checkWrite(r *record) error {
	c, there := j.commits[r.Op.ID]
	gone := false
	if !there && j.lost != nil {
		c, gone = j.lost.commits[r.Op.ID]
	}
	switch r.Result.Outcome {
	case done:
		switch {
		case gone && r.Return > j.fork:
			return errors.New("it was acknowledged when it was lost")
		case !there && !gone:
			return errors.New("it was acknowledged, and is not in the log")
		case c.revision != r.Result.Revision:
			return fmt.Errorf("it was acknowledged, and is in the log as %s", c.revision)
		case c.parent != r.Result.Base || c.before != r.Result.Seen:
			return fmt.Errorf("it was validated on %+v at %s, and made on %+v at %s", r.Result.Seen, r.Result.Base, c.before, c.parent)
		}
	case refused, failed:
		if there {
			return fmt.Errorf("nothing was to happen, and it is in the log as %s", c.revision)
		}
	}
	if r.Result.Outcome == refused {
		in, position, ok := j.at(r.Result.Base)
		if !ok {
			return errors.New("it was refused for a state that has never been")
		}
		if seen := in.cell(r.Op.Cell, position); seen != r.Result.Seen {
			return fmt.Errorf("it has seen %+v, and there was %+v", r.Result.Seen, seen)
		}
		if _, ok := r.Op.step(r.Result.Seen); ok {
			return errors.New("it was refused without a reason")
		}
	}
	return nil
}

func (j *judge) checkRead(r *record) error {
	if r.Result.Outcome != done {
		return nil
	}
	in, position, ok := j.at(r.Result.Revision)
	if !ok {
		return errors.New("there has never been such a revision")
	}
	if in == j.lost && r.Op.Level == latest && r.Call > j.fork {
		return errors.New("it has read what was lost")
	}
	if r.Op.Kind == digest {
		if want := in.digests[r.Result.Revision]; want != r.Result.Digest {
			return fmt.Errorf("the tuples there have another digest: %s", want)
		}
	}
	for name, seen := range r.Result.Cells {
		if is := in.cell(name, position); is != seen {
			return fmt.Errorf("cell %s was %+v", name, is)
		}
	}
	if len(r.Op.Cells) != len(r.Result.Cells) && r.Op.Kind == read {
		return errors.New("it has not read all cells")
	}
	if r.Op.Level == atLeast && r.Op.Token != "0" {
		return j.checkToken(r)
	}
	return nil
}

// checkToken compares what was shown with the token of who asked, in the log that has both. What had been
// committed when some of it was lost is in both logs, up to there.
func (j *judge) checkToken(r *record) error {
	for _, log := range []*judge{j, j.lost} {
		if log == nil {
			continue
		}
		least, ok := log.positions[r.Op.Token]
		if is, shown := log.positions[r.Result.Revision]; ok && shown {
			if is < least {
				return errors.New("it is older than its token")
			}
			return nil
		}
	}
	if _, _, ok := j.at(r.Op.Token); !ok {
		return errors.New("its token is of no revision")
	}
	if r.Call > j.fork {
		return errors.New("its token is of what was lost, and it is not")
	}
	return nil
}

// An event is that an operation begins or ends.
type event struct {
	at  int64
	end bool
	r   *record
}

// checkOrder says whether what follows in time follows in the log: a transaction and a Latest
// comes after whatever anybody has been told before it was asked for, and whatever a process
// answers after what it has answered before.
func (j *judge) checkOrder(records []record) error {
	var events []event
	for i := range records {
		r := &records[i]
		events = append(events, event{r.Call, false, r})
		if r.Return != pending {
			events = append(events, event{r.Return, true, r})
		}
	}
	sort.SliceStable(events, func(a, b int) bool {
		if events[a].at != events[b].at {
			return events[a].at < events[b].at
		}
		return !events[a].end && events[b].end // at the same time is not after
	})
	type life struct{ node, life int }
	var told tellings
	shown := map[life]uint64{}
	floor := map[*record][2]uint64{}
	for _, e := range events {
		at := life{e.r.Node, e.r.Life}
		if !e.end {
			least := shown[at]
			if j.staleness > 0 {
				least = max(least, told.before(e.at-j.staleness))
			}
			floor[e.r] = [2]uint64{told.newest(), least}
			continue
		}
		position, ok := j.shows(e.r)
		if !ok {
			continue
		}
		least := floor[e.r][1]
		if e.r.Op.writes() || e.r.Op.Level == latest {
			least = max(least, floor[e.r][0])
		}
		if position < least {
			return fmt.Errorf("%+v: it is at position %d, and %d had been shown before it was asked", *e.r, position, least)
		}
		told, shown[at] = told.add(e.at, position), max(shown[at], position)
	}
	return nil
}

// Tellings say when anybody was first told of a position.
type tellings []struct {
	at       int64
	position uint64
}

func (t tellings) newest() uint64 {
	if len(t) == 0 {
		return 0
	}
	return t[len(t)-1].position
}

func (t tellings) add(at int64, position uint64) tellings {
	if position <= t.newest() {
		return t
	}
	return append(t, struct {
		at       int64
		position uint64
	}{at, position})
}

// before returns the newest that was told before a time.
func (t tellings) before(at int64) uint64 {
	i := sort.Search(len(t), func(i int) bool { return t[i].at >= at })
	return t[:i].newest()
}

// shows returns the position in this log that an answer shows to have been reached.
func (j *judge) shows(r *record) (uint64, bool) {
	revision := r.Result.Revision
	switch r.Result.Outcome {
	case refused:
		revision = r.Result.Base
	case done:
	default:
		return 0, false
	}
	p, ok := j.positions[revision]
	return p, ok
}
