package main

import (
	"encoding/json"
	"net/http"

	"github.com/baobab-authz/baobab"
	"github.com/baobab-authz/baobab/tuple"
)

// The bodies of requests and responses, in JSON.
type (
	// A grant is what a user is to have on a document, or no more.
	grant struct {
		Document string `json:"document"`
		User     string `json:"user"`
	}
	// checked is the answer to a check.
	checked struct {
		Allowed bool `json:"allowed"`
	}
	// roles are who has what on a document.
	roles struct {
		Owner   string   `json:"owner,omitempty"`
		Pen     string   `json:"pen,omitempty"`
		Viewers []string `json:"viewers"` // sorted
	}
	// health is about a server that can answer.
	health struct {
		Commits uint64 `json:"commits"` // that it has seen
		Tuples  int    `json:"tuples"`
	}
	// problem says why a request failed.
	problem struct {
		Error string `json:"error"`
	}
)

const maxBody = 16 << 10 // bytes of a request

func document(id string) tuple.Object { return tuple.Object{Type: "document", ID: id} }
func user(id string) tuple.Object     { return tuple.Object{Type: "user", ID: id} }

// tuple returns the grant of a relation.
func (g grant) tuple(relation string) tuple.Tuple {
	return tuple.New(document(g.Document), relation, user(g.User).Subject())
}

// add notes a stored tuple of the document.
func (has *roles) add(t tuple.Tuple) {
	switch t.Relation {
	case "owner":
		has.Owner = t.Subject.ID
	case "pen":
		has.Pen = t.Subject.ID
	case "viewer":
		has.Viewers = append(has.Viewers, t.Subject.ID)
	}
}

// readGrant reads the body of a request.
func readGrant(w http.ResponseWriter, r *http.Request) (grant, error) {
	var g grant
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody))
	d.DisallowUnknownFields()
	if err := d.Decode(&g); err != nil {
		return g, badRequest("the body is no grant: %v", err)
	}
	return g, g.tuple("viewer").Validate()
}

// actorOf returns who makes the request.
func actorOf(r *http.Request) (tuple.Subject, error) {
	u := user(r.Header.Get(userHeader))
	if u.Validate() != nil { // also for *, which would stand for everyone
		return tuple.Subject{}, errNoUser
	}
	return u.Subject(), nil
}

// respond answers from a state.
func respond(w http.ResponseWriter, rev baobab.Revision, body any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	w.Header().Set(RevisionHeader, rev.String())
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(append(text, '\n')) // the client may be gone
	return nil
}

// written answers that a change is durable, with the token for whoever wants to see it.
func written(w http.ResponseWriter, rev baobab.Revision, err error) error {
	if err != nil {
		return err
	}
	w.Header().Set(RevisionHeader, rev.String())
	w.WriteHeader(http.StatusNoContent)
	return nil
}
