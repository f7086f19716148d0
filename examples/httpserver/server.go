package main

import (
	_ "embed"
	"errors"
	"fmt"
	"net/http"

	"github.com/baobab-authz/baobab"
	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/tuple"
)

//go:embed schema.zed
var schemaText string

// openEngine returns an engine without tuples.
func openEngine() (*baobab.Engine, error) {
	s, err := schema.Parse("schema.zed", schemaText)
	if err != nil {
		return nil, err
	}
	return baobab.Open(s, baobab.Options{})
}

// A server serves documents, and lets their owners share them.
type server struct {
	eng   *baobab.Engine
	guard *Guard
}

// newHandler returns the routes of the server, each with its guard.
func newHandler(eng *baobab.Engine) http.Handler {
	s := &server{eng, &Guard{Engine: eng, Subject: headerUser}}
	mux := http.NewServeMux()
	mux.Handle("GET /documents/{id}", s.guard.Require("view", "document", "id", s.read))
	mux.Handle("PUT /documents/{id}/viewers/{user}", s.guard.Require("share", "document", "id", s.share))
	mux.Handle("DELETE /documents/{id}/viewers/{user}", s.guard.Require("share", "document", "id", s.revoke))
	return mux
}

var errNoUser = errors.New("the header X-User is missing or names no user")

// headerUser returns the user whom the proxy in front has authenticated.
func headerUser(r *http.Request) (tuple.Subject, error) {
	user := tuple.Object{Type: "user", ID: r.Header.Get("X-User")}
	if user.Validate() != nil { // also for *, which would stand for everyone
		return tuple.Subject{}, errNoUser
	}
	return user.Subject(), nil
}

func (s *server) read(w http.ResponseWriter, r *http.Request) {
	fmt.Fprintf(w, "This is %s.\n", r.PathValue("id"))
}

func (s *server) share(w http.ResponseWriter, r *http.Request) {
	s.change(w, r, func(tx *baobab.Tx, t tuple.Tuple) error { return tx.Touch(t.Always()) })
}

func (s *server) revoke(w http.ResponseWriter, r *http.Request) {
	s.change(w, r, func(tx *baobab.Tx, t tuple.Tuple) error { return tx.Delete(t) })
}

var errNoLonger = errors.New("the permission was withdrawn meanwhile")

// change writes about a viewer of the document. The guard has let the request
// through, but that was another state: the transaction asks again, so that
// nobody shares with a permission that is gone.
func (s *server) change(w http.ResponseWriter, r *http.Request, write func(*baobab.Tx, tuple.Tuple) error) {
	object := tuple.Object{Type: "document", ID: r.PathValue("id")}
	viewer := tuple.Object{Type: "user", ID: r.PathValue("user")}
	if viewer.Validate() != nil {
		http.Error(w, "no user can be called that", http.StatusBadRequest)
		return
	}
	subject, err := s.guard.Subject(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusUnauthorized)
		return
	}
	rev, err := s.eng.Update(r.Context(), func(tx *baobab.Tx) error {
		d, err := tx.Check(r.Context(), tuple.New(object, "share", subject))
		if err != nil {
			return err
		}
		if !d.Allowed() {
			return errNoLonger
		}
		return write(tx, tuple.New(object, "viewer", viewer.Subject()))
	})
	switch {
	case errors.Is(err, errNoLonger):
		http.Error(w, err.Error(), http.StatusForbidden)
	case err != nil:
		s.guard.fail(w, r, err)
	default:
		w.Header().Set(RevisionHeader, rev.String())
		w.WriteHeader(http.StatusNoContent)
	}
}
