package faults

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"sort"
	"strconv"
	"time"

	"github.com/baobab-authz/baobab"
	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/tuple"
)

// errRefused is that of a transaction that does not want to go on after what it has read.
var errRefused = errors.New("not as it was to be")

// perform does what a client asks for.
func perform(engine *baobab.Engine, o op) result {
	ctx, cancel := context.WithTimeout(context.Background(), time.Duration(o.Timeout)*time.Millisecond)
	defer cancel()
	r := result{ID: o.ID}
	var err error
	if o.writes() {
		err = update(ctx, engine, o, &r)
	} else {
		err = look(ctx, engine, o, &r)
	}
	r.Outcome, r.Code = classify(err)
	if err != nil {
		r.Err = err.Error()
	}
	return r
}

// classify returns what an error means for the one who asked.
func classify(err error) (outcome, string) {
	switch {
	case err == nil:
		return done, ""
	case errors.Is(err, store.ErrUnknown):
		return unknown, "unknown"
	}
	for _, refusal := range []error{errRefused, store.ErrExists, store.ErrConstraint, store.ErrGuard} {
		if errors.Is(err, refusal) {
			return refused, ""
		}
	}
	for code, is := range map[string]error{"stale": store.ErrStale, "diverged": store.ErrDiverged, "foreign": store.ErrForeignRevision,
		"closed": store.ErrClosed, "read-only": store.ErrReadOnly} {
		if errors.Is(err, is) {
			return failed, code
		}
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return failed, "deadline"
	}
	return failed, "other"
}

// update runs a transaction.
func update(ctx context.Context, engine *baobab.Engine, o op, r *result) error {
	fn := func(tx *baobab.Tx) error {
		view := tx.View()
		c, err := readCell(ctx, view, o.Cell)
		if err != nil {
			return err
		}
		r.Base, r.Seen = view.Revision().String(), c
		if err := tx.Note(strconv.FormatInt(o.ID, 10)); err != nil {
			return err
		}
		return write(tx, o, c)
	}
	var rev baobab.Revision
	var err error
	if o.Kind == lend {
		rev, err = engine.UpdateAs(ctx, subject("user", o.Who), nil, fn)
	} else {
		rev, err = engine.Update(ctx, fn)
	}
	r.Revision = rev.String()
	var open *store.UnknownError
	if errors.As(err, &open) {
		r.Revision = open.Revision.String()
	}
	return err
}

// write does what an operation writes. What the schema is to refuse it leaves to the schema.
func write(tx *baobab.Tx, o op, c cell) error {
	if o.Kind == grab {
		return tx.Create(held(o.Cell, "owner", o.Who).Always())
	}
	next, ok := o.step(c)
	if o.Kind == lend && c.Borrower != o.To {
		next, ok = c, true
		next.Borrower = o.To
	}
	if !ok {
		return errRefused
	}
	after := next.tuples(o.Cell)
	if err := tx.Delete(without(c.tuples(o.Cell), after)...); err != nil {
		return err
	}
	for _, t := range without(after, c.tuples(o.Cell)) {
		if err := tx.Create(t.Always()); err != nil {
			return err
		}
	}
	return nil
}

// without returns those of a that are not in b.
func without(a, b []tuple.Tuple) []tuple.Tuple {
	var rest []tuple.Tuple
	for _, t := range a {
		found := false
		for _, u := range b {
			found = found || t == u
		}
		if !found {
			rest = append(rest, t)
		}
	}
	return rest
}

// look reads from one view.
func look(ctx context.Context, engine *baobab.Engine, o op, r *result) error {
	view, err := viewOf(ctx, engine, o)
	if err != nil {
		return err
	}
	r.Revision = view.Revision().String()
	if o.Kind == digest {
		r.Digest, err = digestOf(view)
		return err
	}
	r.Cells = make(map[string]cell, len(o.Cells))
	for _, name := range o.Cells {
		if r.Cells[name], err = readCell(ctx, view, name); err != nil {
			return err
		}
	}
	return nil
}

func viewOf(ctx context.Context, engine *baobab.Engine, o op) (baobab.View, error) {
	switch o.Level {
	case latest:
		return engine.Latest(ctx)
	case atLeast:
		token, err := store.ParseRevision(o.Token)
		if err != nil {
			return baobab.View{}, err
		}
		return engine.AtLeast(ctx, token)
	}
	view := engine.Now()
	return view, view.Err()
}

// readCell reads a cell, and asks of the one or two that may use the item whether they may.
func readCell(ctx context.Context, view baobab.View, name string) (cell, error) {
	var c cell
	for _, typ := range []string{"counter", "item"} {
		for rel, err := range view.Tuples(tuple.Filter{ObjectType: typ, ObjectID: name}) {
			if err != nil {
				return c, err
			}
			if err := c.put(rel.Tuple); err != nil {
				return c, err
			}
		}
	}
	for who, may := range map[string]bool{c.Owner: true, c.Borrower: true, "nobody": false} {
		if who == "" {
			continue
		}
		d, err := view.Check(ctx, held(name, "use", who))
		if err != nil {
			return c, err
		}
		if d.Allowed() != may {
			return c, fmt.Errorf("a view has %+v, and says %v to whether %s may use it", c, d, who)
		}
	}
	return c, nil
}

// put makes a tuple part of a cell, which must not have another in its place.
func (c *cell) put(t tuple.Tuple) error {
	taken := false
	switch t.Relation {
	case "value":
		n, err := strconv.ParseInt(t.Subject.ID, 10, 64)
		if err != nil {
			return err
		}
		taken, c.N = c.N != 0, n
	case "owner":
		taken, c.Owner = c.Owner != "", t.Subject.ID
	case "borrower":
		taken, c.Borrower = c.Borrower != "", t.Subject.ID
	default:
		return fmt.Errorf("a cell with %s", t)
	}
	if taken {
		return fmt.Errorf("there is another one beside %s", t)
	}
	return nil
}

// digestOf hashes all tuples of a view.
func digestOf(view baobab.View) (string, error) {
	var all []string
	for rel, err := range view.Tuples(tuple.Filter{}) {
		if err != nil {
			return "", err
		}
		all = append(all, rel.Tuple.String())
	}
	return hash(all), nil
}

func hash(tuples []string) string {
	sort.Strings(tuples)
	h := sha256.New()
	for _, t := range tuples {
		fmt.Fprintln(h, t)
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}
