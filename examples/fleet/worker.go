package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"

	"github.com/baobab-authz/baobab"
)

// A worker is a client of the fleet that does one thing after the other, and notes what
// it sees. Two records of one worker never overlap.
type worker struct {
	fleet *fleet
	name  string
	rng   *rand.Rand
	asked int
	seen  history
}

// elsewhere returns a server that is not one of those given, if there are enough.
func (w *worker) elsewhere(than ...int) int {
	n := len(w.fleet.servers)
	at := w.rng.IntN(n)
	for range n {
		free := true
		for _, other := range than {
			free = free && at != other
		}
		if free {
			return at
		}
		at = (at + 1) % n
	}
	return at
}

// request returns one with a name of its own.
func (w *worker) request(method, path string) request {
	w.asked++
	return request{id: fmt.Sprintf("%s-%d", w.name, w.asked), method: method, path: path}
}

// writing returns the request of a write about a document by an actor; user is whom it is about.
func (w *worker) writing(o op, document, actor, user string) request {
	path := "/documents/" + url.PathEscape(document)
	var r request
	switch o {
	case opCreate:
		r = w.request(http.MethodPut, path)
	case opRemove:
		r = w.request(http.MethodDelete, path)
	case opTake:
		r = w.request(http.MethodPut, path+"/pen")
	case opPutDown:
		r = w.request(http.MethodDelete, path+"/pen")
	default:
		path := map[op]string{opShare: "/share", opRevoke: "/revoke", opHandOver: "/handover"}[o]
		r = w.request(http.MethodPost, path)
		r.body = &grant{document, user}
	}
	r.user = actor
	return r
}

// do makes a request, and reads its answer.
func (w *worker) do(ctx context.Context, server int, r *record) error {
	var err error
	if r.answer, err = w.fleet.do(ctx, server, r.request, &w.seen.trouble); err != nil {
		return err
	}
	if err := r.parse(); err != nil {
		return fmt.Errorf("%s: %w", r, err)
	}
	return nil
}

// write makes a change that nobody else's change can prevent.
func (w *worker) write(ctx context.Context, server int, o op, document, actor, user string) (*record, error) {
	r := &record{op: o, request: w.writing(o, document, actor, user), document: document, user: user}
	if err := w.do(ctx, server, r); err != nil {
		return r, err
	}
	w.note(r)
	return r, nil
}

// note keeps a record that ought to be done.
func (w *worker) note(r *record) {
	if !r.done() {
		w.seen.violate("refused", "this was refused, although nothing stands against it:\n    %s", r)
		return
	}
	w.seen.records = append(w.seen.records, r)
}

// ask checks whether a user may view a document.
func (w *worker) ask(ctx context.Context, server int, o op, document, user string, token baobab.Revision) (*record, error) {
	q := url.Values{"document": {document}, "user": {user}, "permission": {"view"}}
	if o.latest() {
		q.Set("consistency", "latest")
	}
	r := &record{op: o, request: w.request(http.MethodGet, "/check?"+q.Encode()), document: document, user: user}
	r.token = token
	if err := w.do(ctx, server, r); err != nil {
		return r, err
	}
	w.note(r)
	return r, nil
}

// expect asks after a write, by its token or for the latest, where the answer can only be one.
func (w *worker) expect(ctx context.Context, server int, o op, after *record, user string, want bool) error {
	if !after.done() {
		return nil // which has been noted
	}
	var token baobab.Revision
	if o == opToken {
		token = after.revision
	}
	r, err := w.ask(ctx, server, o, after.document, user, token)
	if err == nil && r.done() && r.allowed != want {
		w.seen.violate("seen at once", "the answer has to be %v:\n    %s\n  after this was acknowledged:\n    %s", want, r, after)
	}
	return err
}

// look reads who has what on a document, in the latest state.
func (w *worker) look(ctx context.Context, server int, document string) (*record, error) {
	r := &record{op: opRead, request: w.request(http.MethodGet, "/documents/"+url.PathEscape(document)+"?consistency=latest"), document: document}
	if err := w.do(ctx, server, r); err != nil {
		return r, err
	}
	w.note(r)
	return r, nil
}
