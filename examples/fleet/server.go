package main

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/baobab-authz/baobab"
	"github.com/baobab-authz/baobab/tuple"
)

// The headers of requests and responses.
const (
	// RevisionHeader carries a revision: in a response that of the write, or of the state
	// from which the answer is; in a request that which the answer must have seen.
	RevisionHeader = "X-Baobab-Revision"
	// userHeader has who makes the request, as the proxy in front has authenticated them.
	userHeader = "X-User"
	// requestHeader has what the client calls the request; the commit is noted with it.
	requestHeader = "X-Request-Id"
)

// A server serves the permissions of documents. It is one of several that share a log, and
// nothing in it knows how many.
type server struct {
	eng    *baobab.Engine
	wait   time.Duration // how long a request may wait for the log
	logger *slog.Logger
}

// newHandler returns the routes of a server.
func newHandler(eng *baobab.Engine, wait time.Duration, logger *slog.Logger) http.Handler {
	s := &server{eng, wait, logger}
	mux := http.NewServeMux()
	mux.Handle("GET /check", s.handle(s.check))
	mux.Handle("GET /documents/{document}", s.handle(s.read))
	mux.Handle("PUT /documents/{document}", s.handle(s.create))
	mux.Handle("DELETE /documents/{document}", s.handle(s.remove))
	mux.Handle("POST /share", s.handle(s.share))
	mux.Handle("POST /revoke", s.handle(s.revoke))
	mux.Handle("POST /handover", s.handle(s.handOver))
	mux.Handle("PUT /documents/{document}/pen", s.handle(s.takePen))
	mux.Handle("DELETE /documents/{document}/pen", s.handle(s.putDownPen))
	mux.Handle("GET /healthz", s.handle(s.health))
	return mux
}

// handle bounds what a request may wait for, and answers it if the handler fails.
func (s *server) handle(h func(http.ResponseWriter, *http.Request) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), s.wait)
		defer cancel()
		if err := h(w, r.WithContext(ctx)); err != nil {
			s.fail(w, r, err)
		}
	})
}

// view returns the state from which a request is answered. Without a token it is what this
// server has, which may lack what others have committed in the last milliseconds; with one it is a
// state that has what the token stands for; the latest has all that was acknowledged anywhere.
// A state that cannot be had in time is an error, never an older one.
func (s *server) view(r *http.Request) (baobab.View, error) {
	var token baobab.Revision // the zero one asks for nothing
	if text := r.Header.Get(RevisionHeader); text != "" {
		if err := token.UnmarshalText([]byte(text)); err != nil {
			return baobab.View{}, err
		}
	}
	view, err := s.eng.AtLeast(r.Context(), token)
	if err != nil {
		return view, err
	}
	switch consistency := r.URL.Query().Get("consistency"); consistency {
	case "":
		return view, nil
	case "latest":
		return s.eng.Latest(r.Context())
	default:
		return view, badRequest("there is no consistency %q; it is latest, or not given", consistency)
	}
}

// check answers whether a user has a permission on a document.
func (s *server) check(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	t := tuple.New(document(q.Get("document")), q.Get("permission"), user(q.Get("user")).Subject())
	view, err := s.view(r)
	if err != nil {
		return err
	}
	d, err := view.Check(r.Context(), t)
	if err != nil {
		return err
	}
	return respond(w, view.Revision(), checked{d.Allowed()})
}

// read answers who has what on a document.
func (s *server) read(w http.ResponseWriter, r *http.Request) error {
	o := document(r.PathValue("document"))
	if err := o.Validate(); err != nil {
		return err
	}
	view, err := s.view(r)
	if err != nil {
		return err
	}
	has := roles{Viewers: []string{}}
	for rel, err := range view.Tuples(tuple.Filter{ObjectType: o.Type, ObjectID: o.ID}) {
		if err != nil {
			return err
		}
		has.add(rel.Tuple)
	}
	slices.Sort(has.Viewers)
	return respond(w, view.Revision(), has)
}

// write makes a change on behalf of the user who asks for it: the guards of the schema
// decide whether they may, on the state on which the commit is made, and its counts what it may come to.
//
// All this is decided on the newest state of the log, also by a server that has not heard of it yet, and
// also if nothing is to be changed: to revoke what was shared elsewhere a moment ago revokes it.
func (s *server) write(w http.ResponseWriter, r *http.Request, change func(*baobab.Tx, tuple.Subject) error) error {
	actor, err := actorOf(r)
	if err != nil {
		return err
	}
	rev, err := s.eng.UpdateAs(r.Context(), actor, nil, func(tx *baobab.Tx) error {
		if err := tx.Note(r.Header.Get(requestHeader)); err != nil {
			return err
		}
		return change(tx, actor)
	})
	return written(w, rev, err)
}

// create begins a document, whose owner is who asks for it; that is nobody's to grant,
// so the server does it. One that is somebody else's has an owner, and two are refused.
func (s *server) create(w http.ResponseWriter, r *http.Request) error {
	actor, err := actorOf(r)
	if err != nil {
		return err
	}
	rev, err := s.eng.Update(r.Context(), func(tx *baobab.Tx) error {
		if err := tx.Note(r.Header.Get(requestHeader)); err != nil {
			return err
		}
		return tx.Touch(tuple.New(document(r.PathValue("document")), "owner", actor).Always())
	})
	return written(w, rev, err)
}

// remove deletes a document, with all that names it.
func (s *server) remove(w http.ResponseWriter, r *http.Request) error {
	return s.write(w, r, func(tx *baobab.Tx, _ tuple.Subject) error {
		_, err := tx.DeleteObject(document(r.PathValue("document")))
		return err
	})
}

// share lets a user view a document.
func (s *server) share(w http.ResponseWriter, r *http.Request) error {
	g, err := readGrant(w, r)
	if err != nil {
		return err
	}
	return s.write(w, r, func(tx *baobab.Tx, _ tuple.Subject) error { return tx.Touch(g.tuple("viewer").Always()) })
}

// revoke takes that back.
func (s *server) revoke(w http.ResponseWriter, r *http.Request) error {
	g, err := readGrant(w, r)
	if err != nil {
		return err
	}
	return s.write(w, r, func(tx *baobab.Tx, _ tuple.Subject) error { return tx.Delete(g.tuple("viewer")) })
}

// handOver makes another user the owner in the place of who asks for it.
func (s *server) handOver(w http.ResponseWriter, r *http.Request) error {
	g, err := readGrant(w, r)
	if err != nil {
		return err
	}
	return s.write(w, r, func(tx *baobab.Tx, actor tuple.Subject) error {
		if err := tx.Delete(tuple.New(document(g.Document), "owner", actor)); err != nil {
			return err
		}
		return tx.Touch(g.tuple("owner").Always())
	})
}

// errMayNot is why a handler itself refuses something.
var errMayNot = errors.New("only who may view the document may have its pen")

// takePen puts the pen of a document into the hand of who asks for it. The question is
// asked in the transaction, so it holds at the commit.
func (s *server) takePen(w http.ResponseWriter, r *http.Request) error {
	o := document(r.PathValue("document"))
	return s.write(w, r, func(tx *baobab.Tx, actor tuple.Subject) error {
		d, err := tx.Check(r.Context(), tuple.New(o, "view", actor))
		if err != nil {
			return err
		}
		if !d.Allowed() {
			return errMayNot
		}
		return tx.Touch(tuple.New(o, "pen", actor).Always())
	})
}

// putDownPen takes it out of that hand.
func (s *server) putDownPen(w http.ResponseWriter, r *http.Request) error {
	return s.write(w, r, func(tx *baobab.Tx, actor tuple.Subject) error {
		return tx.Delete(tuple.New(document(r.PathValue("document")), "pen", actor))
	})
}

// health answers whether the server can answer: not if it has heard nothing of the log for
// too long, or has what is not in the log's history.
func (s *server) health(w http.ResponseWriter, _ *http.Request) error {
	view := s.eng.Now()
	if err := view.Err(); err != nil {
		return err
	}
	return respond(w, view.Revision(), health{Commits: view.Revision().Position(), Tuples: s.eng.Stats().Tuples})
}
