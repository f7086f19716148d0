package store

import (
	"context"
	"fmt"
	"strings"

	"github.com/baobab-authz/baobab/internal/index"
	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/tuple"
)

// SchemaOptions say what becomes of the stored tuples when the schema changes.
type SchemaOptions struct {
	// Renames are types and relations that go by another name in the new schema.
	// Every tuple that names them is rewritten, in the same commit. Default: none.
	Renames schema.Renames
	// SetAside keeps the tuples that the new schema does not admit, instead of
	// refusing the change. Nothing sees them, and no constraint counts them, until
	// a schema admits them again. They are renamed with the others; one that is
	// deleted is gone, and one that is written anew is replaced. Default: off.
	SetAside bool
	// Actor is who changes the schema, for those who watch. Default: no one.
	Actor tuple.Subject
	// Note is why, for those who watch. Default: none.
	Note string
}

// MaxExamples is how many tuples an error names that is about many.
const MaxExamples = 10

// An OrphanError says that a schema does not admit tuples that are stored, so
// that it was not put in place. It matches [ErrOrphans], and what each of its
// examples matches.
type OrphanError struct {
	Count    int     // how many there are
	Examples []error // why for some of them, at most MaxExamples; each names its tuple
}

// Error lists the examples, a line each.
func (e *OrphanError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%v: %d stored", ErrOrphans, e.Count)
	for _, x := range e.Examples {
		b.WriteString("\n\t" + x.Error())
	}
	if n := e.Count - len(e.Examples); n > 0 {
		fmt.Fprintf(&b, "\n\tand %d more", n)
	}
	return b.String()
}

// Is reports whether target is [ErrOrphans].
func (e *OrphanError) Is(target error) bool { return target == ErrOrphans }

// Unwrap returns the examples.
func (e *OrphanError) Unwrap() []error { return e.Examples }

// SetSchema puts another schema in place, as one commit. States taken earlier
// keep theirs. It is refused, and nothing changes, with an [*OrphanError] if
// stored tuples would not be admitted any more (unless the options set them
// aside), with a [*ConstraintError] if those that remain break a constraint of
// the new schema, and with [schema.ErrRename] for renames that do not lead from
// one schema to the other. Tuples that have expired are swept first.
//
// Tuples that an earlier change set aside and the new schema admits are back,
// unless they have expired, were deleted, or were replaced by a tuple that was
// written since, whatever has become of that.
//
// It waits for the turn as [Store.Update] does. It reads every stored tuple, and
// counts every group if there are constraints: for a million tuples 0.06 s, and
// up to 2 s if each is in a group of its own.
func (s *Store) SetSchema(ctx context.Context, sch *schema.Schema, o SchemaOptions) (Revision, error) {
	if sch == nil || len(sch.Definitions()) == 0 {
		return Revision{}, ErrNoSchema
	}
	return s.update(ctx, nil, func(tx *Tx) error { return tx.setSchema(sch, o) })
}

func (tx *Tx) setSchema(sch *schema.Schema, o SchemaOptions) error {
	if o.Note != "" {
		if err := tx.Note(o.Note); err != nil {
			return err
		}
	}
	if o.Actor != (tuple.Subject{}) {
		if err := tx.By(o.Actor); err != nil {
			return err
		}
	}
	if err := o.Renames.Validate(tx.base.Schema, sch); err != nil {
		return err
	}
	if err := tx.store.dict.InternNames(namesOf(sch)...); err != nil {
		return fmt.Errorf("store: %w", err)
	}
	m := &migration{tx: tx, schema: sch, options: o}
	return m.run(tx.ctx)
}

// A migration moves the stored tuples under another schema.
type migration struct {
	tx       *Tx
	schema   *schema.Schema
	options  SchemaOptions
	examples []error
	orphans  int
	kinds    map[kind]error // whether unqualified tuples of a kind are admitted
}

// A kind is what the admission of an unqualified tuple depends on.
type kind struct {
	typ, relation, subjectType, subjectRelation index.Name
	wildcard                                    bool
}

func (m *migration) run(ctx context.Context) error {
	tx := m.tx
	tx.written = true
	tx.swept = tx.builder.Sweep(tx.instant, sweepAll)
	if err := m.renameAside(); err != nil {
		return err
	}
	r := tx.builder.Freeze().ReadAt(tx.instant)
	m.kinds = map[kind]error{}
	var moved []tuple.Relationship
	n := 0
	var err error
	(&query{r: &r}).each(func(k index.Key) bool {
		if n++; n%1024 == 0 {
			if err = ctx.Err(); err != nil {
				return false
			}
		}
		var keep bool
		if keep, err = m.keep(&r, k); err == nil && !keep {
			moved = append(moved, r.Relationship(k))
		}
		return err == nil
	})
	if err != nil {
		return err
	}
	if m.orphans > 0 {
		return &OrphanError{Count: m.orphans, Examples: m.examples}
	}
	if err := m.rename(moved); err != nil {
		return err
	}
	if err := m.restore(); err != nil {
		return err
	}
	meta := tx.builder.Peek().Meta
	meta.Schema = m.schema
	tx.builder.SetMeta(meta)
	return nil
}

// keep decides what becomes of a stored tuple: it stays, or it is to be renamed;
// otherwise it is set aside here, or counted as an orphan.
func (m *migration) keep(r *index.Reader, k index.Key) (bool, error) {
	renames := len(m.options.Renames) > 0
	if !renames && k.Qualifier == 0 {
		err, known := m.kinds[m.kind(r, k)]
		if known && err == nil {
			return true, nil
		}
	}
	rel := r.Relationship(k)
	renamed := rel
	if renames {
		renamed = m.options.Renames.Tuple(rel)
	}
	if renamed.Tuple != rel.Tuple {
		if err := m.admitted(renamed); err != nil {
			return true, m.orphan(k, renamed, fmt.Errorf("%s, renamed: %w", rel.Tuple, err))
		}
		return false, nil
	}
	err := m.admitted(rel)
	if k.Qualifier == 0 {
		m.kinds[m.kind(r, k)] = err
	}
	if err != nil {
		return true, m.orphan(k, rel, err)
	}
	return true, nil
}

func (m *migration) kind(r *index.Reader, k index.Key) kind {
	return kind{r.TypeOf(k.Object), k.Relation, r.TypeOf(k.Subject), k.SubjectRelation, r.Object(k.Subject).ID == tuple.Wildcard}
}

func (m *migration) admitted(rel tuple.Relationship) error {
	return named(m.schema.ValidateRelationship(rel), rel.Tuple)
}

// orphan sets a tuple aside, under the name that it would have, or takes note of
// it.
func (m *migration) orphan(k index.Key, rel tuple.Relationship, why error) error {
	if m.options.SetAside {
		m.tx.drop(k)
		k, err := m.tx.store.intern(rel.Tuple)
		if err == nil {
			m.tx.setAside(k, index.QualifierOf(rel))
		}
		return err
	}
	m.orphans++
	if len(m.examples) < MaxExamples {
		m.examples = append(m.examples, why)
	}
	return nil
}

// rename rewrites tuples. No two become one: [schema.Renames.Validate] sees to it
// that no two names do.
func (m *migration) rename(moved []tuple.Relationship) error {
	tx := m.tx
	r := tx.builder.Peek().ReadAt(tx.instant)
	for _, rel := range moved {
		k, _ := r.Key(rel.Tuple)
		tx.drop(k)
	}
	tx.puts.Reset()
	for _, rel := range moved {
		k, err := tx.store.intern(m.options.Renames.Tuple(rel).Tuple)
		if err != nil {
			return err
		}
		tx.puts.Add(k, index.QualifierOf(rel))
	}
	return tx.apply()
}

// renameAside rewrites what was set aside before.
func (m *migration) renameAside() error {
	tx := m.tx
	if len(m.options.Renames) == 0 || tx.builder.Peek().Aside() == 0 {
		return nil
	}
	type move struct {
		from, to index.Key
		q        *index.Qualifier
	}
	var moves []move
	var err error
	aside := tx.builder.Freeze()
	r := aside.ReadAt(tx.instant)
	aside.AsideTuples(func(k index.Key, q *index.Qualifier) bool {
		rel := q.Relationship(r.Tuple(k))
		renamed := m.options.Renames.Tuple(rel)
		if renamed.Tuple == rel.Tuple {
			return true
		}
		var to index.Key
		to, err = tx.store.intern(renamed.Tuple)
		moves = append(moves, move{k, to, q})
		return err == nil
	})
	if err != nil {
		return err
	}
	for _, x := range moves { // all at once, since names can be swapped
		tx.dropAside(x.from)
	}
	for _, x := range moves {
		if _, taken := tx.builder.Peek().LookupAside(x.to); taken {
			return fmt.Errorf("a rename makes two tuples one: %w, set aside: %s", ErrExists, r.Tuple(x.to))
		}
		tx.setAside(x.to, x.q)
	}
	return nil
}

// restore brings back what was set aside before and is admitted again. What was
// set aside now, perhaps in the place of another one, is not.
func (m *migration) restore() error {
	tx := m.tx
	aside := tx.builder.Freeze()
	r := aside.ReadAt(tx.instant)
	tx.puts.Reset()
	aside.AsideTuples(func(k index.Key, q *index.Qualifier) bool {
		switch {
		case q.Expired(tx.instant):
			tx.dropAside(k)
		case m.admitted(q.Relationship(r.Tuple(k))) == nil:
			tx.dropAside(k)
			tx.puts.Add(k, q)
		}
		return true
	})
	return tx.apply()
}

// setAside sets a tuple aside, perhaps in the place of one that is, and notes it.
func (tx *Tx) setAside(k index.Key, q *index.Qualifier) {
	c := index.Change{Key: k, Aside: true, Has: true, After: q}
	c.Before, c.Had = tx.builder.Peek().LookupAside(k)
	tx.changes = append(tx.changes, c)
	tx.builder.PutAside(k, q)
}

// dropAside forgets a tuple, if it is set aside, and notes it.
func (tx *Tx) dropAside(k index.Key) {
	k = k.Identity()
	c := index.Change{Key: k, Aside: true}
	if c.Before, c.Had = tx.builder.Peek().LookupAside(k); c.Had {
		tx.changes = append(tx.changes, c)
		tx.builder.RemoveAside(k)
	}
}

// dropMatching forgets the tuples that are set aside and match: what is deleted
// does not come back with a schema.
func (tx *Tx) dropMatching(match func(index.Key) bool) {
	snap := tx.builder.Peek()
	if snap.Aside() == 0 {
		return
	}
	var keys []index.Key
	snap.AsideTuples(func(k index.Key, _ *index.Qualifier) bool {
		if match(k) {
			keys = append(keys, k)
		}
		return true
	})
	for _, k := range keys {
		tx.dropAside(k)
	}
}

// forget drops the tuples that are set aside and name one of the objects.
func (tx *Tx) forget(ids map[index.ID]struct{}) {
	tx.dropMatching(func(k index.Key) bool {
		_, object := ids[k.Object]
		_, subject := ids[k.Subject]
		return object || subject
	})
}
