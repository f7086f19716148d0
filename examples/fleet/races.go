package main

import (
	"context"
	"net/http"
	"sync"

	"github.com/baobab-authz/baobab"
)

// The documents that are raced for.
const (
	penDocument   = "shared-pen"
	ownedDocument = "handed-over"
)

var zeroToken baobab.Revision

// racePen lets two users take one pen at the same time, each on another server. One of
// them has it then.
func (l *load) racePen(ctx context.Context, w *worker) error {
	const owner, one, other = "penowner", "penuser1", "penuser2"
	if _, err := w.write(ctx, w.elsewhere(), opCreate, penDocument, owner, owner); err != nil {
		return err
	}
	for _, user := range []string{one, other} {
		if _, err := w.write(ctx, w.elsewhere(), opShare, penDocument, owner, user); err != nil {
			return err
		}
	}
	for done := 0; !l.isOver(done); done++ {
		r := &race{
			a: record{op: opTake, request: w.writing(opTake, penDocument, one, one), document: penDocument, user: one},
			b: record{op: opTake, request: w.writing(opTake, penDocument, other, other), document: penDocument, user: other},
		}
		if err := w.race(ctx, r); err != nil {
			return err
		}
		has, err := w.look(ctx, w.elsewhere(r.a.server, r.b.server), penDocument)
		if err != nil {
			return err
		}
		w.judge(r, has, has.has.Pen)
		for _, winner := range r.winners() {
			if _, err := w.write(ctx, w.elsewhere(), opPutDown, penDocument, winner.user, winner.user); err != nil {
				return err
			}
		}
	}
	return nil
}

// raceOwner lets an owner hand a document over to two users at the same time, each on
// another server. One of them owns it then.
func (l *load) raceOwner(ctx context.Context, w *worker) error {
	owner := userOf(0)
	if _, err := w.write(ctx, w.elsewhere(), opCreate, ownedDocument, owner, owner); err != nil {
		return err
	}
	for at, done := 0, 0; !l.isOver(done); done++ {
		step := 1 + w.rng.IntN(users-2)
		one, other := userOf((at+step)%users), userOf((at+step+1)%users) // neither is the owner
		r := &race{
			a: record{op: opHandOver, request: w.writing(opHandOver, ownedDocument, owner, one), document: ownedDocument, user: one},
			b: record{op: opHandOver, request: w.writing(opHandOver, ownedDocument, owner, other), document: ownedDocument, user: other},
		}
		if err := w.race(ctx, r); err != nil {
			return err
		}
		has, err := w.look(ctx, w.elsewhere(r.a.server, r.b.server), ownedDocument)
		if err != nil {
			return err
		}
		w.judge(r, has, has.has.Owner)
		switch owner = has.has.Owner; owner {
		case one:
			at = (at + step) % users
		case other:
			at = (at + step + 1) % users
		default: // judge has said so
			return nil
		}
	}
	return nil
}

// race makes both requests at once, on two servers.
func (w *worker) race(ctx context.Context, r *race) error {
	here := w.elsewhere()
	there := w.elsewhere(here)
	beside := &worker{fleet: w.fleet} // counts what goes wrong on the other server
	var err error
	var both sync.WaitGroup
	both.Go(func() { err = beside.do(ctx, there, &r.b) })
	err2 := w.do(ctx, here, &r.a)
	both.Wait()
	w.seen.trouble.add(beside.seen.trouble)
	if err == nil {
		err = err2
	}
	return err
}

// judge decides whether a race was won by one, who has then what it was about.
func (w *worker) judge(r *race, look *record, has string) {
	w.seen.races = append(w.seen.races, r)
	for _, x := range []*record{&r.a, &r.b} {
		if !x.done() && x.status != http.StatusConflict && x.status != http.StatusForbidden {
			w.seen.violate("refused", "this was neither done nor refused:\n    %s", x)
			continue
		}
		w.seen.records = append(w.seen.records, x)
	}
	winners := r.winners()
	settled := r.a.tries == 1 && r.b.tries == 1 // who is asked again may have won the first time
	switch {
	case len(winners) == 2:
		w.seen.violate("one winner", "both of two were done that exclude each other:\n    %s\n    %s", &r.a, &r.b)
	case len(winners) == 0 && settled:
		w.seen.violate("one winner", "neither of two was done, although nothing stood against one of them:\n    %s\n    %s", &r.a, &r.b)
	case len(winners) == 1 && winners[0].user != has, has != r.a.user && has != r.b.user:
		w.seen.violate("one winner", "then %q has it, by this:\n    %s\n  after these:\n    %s\n    %s", has, look, &r.a, &r.b)
	}
}
