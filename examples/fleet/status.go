package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/baobab-authz/baobab/check"
	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/tuple"
)

// errNoUser is why a write is refused that nobody asks for.
var errNoUser = errors.New("the header " + userHeader + " is missing or names no user")

// errBadRequest is matched by what is wrong with a request.
var errBadRequest = errors.New("bad request")

func badRequest(format string, args ...any) error {
	return fmt.Errorf("%w: %s", errBadRequest, fmt.Sprintf(format, args...))
}

// statuses say how errors are answered. The first that matches counts: an unknown
// outcome wraps the error of the context, and is no mere delay.
var statuses = []struct {
	err    error
	status int
}{
	{store.ErrUnknown, http.StatusGatewayTimeout}, // it may have been done: see fail

	{errBadRequest, http.StatusBadRequest}, // only the client can mend these
	{store.ErrMalformedRevision, http.StatusBadRequest},
	{store.ErrForeignRevision, http.StatusBadRequest},
	{tuple.ErrSyntax, http.StatusBadRequest},
	{tuple.ErrTooLong, http.StatusBadRequest},
	{tuple.ErrUTF8, http.StatusBadRequest},
	{schema.ErrUnknownRelation, http.StatusBadRequest},
	{schema.ErrWildcardNotAllowed, http.StatusBadRequest},
	{store.ErrNote, http.StatusBadRequest}, // the name of the request

	{errNoUser, http.StatusUnauthorized},
	{errMayNot, http.StatusForbidden},
	{store.ErrGuard, http.StatusForbidden},

	{store.ErrConstraint, http.StatusConflict}, // another state would take it
	{store.ErrDiverged, http.StatusConflict},   // the log has lost what the token stands for

	{store.ErrStale, http.StatusServiceUnavailable}, // nothing has been done, and it may pass
	{store.ErrClosed, http.StatusServiceUnavailable},
	{store.ErrReadOnly, http.StatusServiceUnavailable},
	{check.ErrBudget, http.StatusServiceUnavailable},
	{context.Canceled, http.StatusServiceUnavailable},
	{context.DeadlineExceeded, http.StatusServiceUnavailable},
}

// statusOf returns 500 for what is not expected.
func statusOf(r *http.Request, err error) int {
	if errors.Is(err, store.ErrDiverged) && r.Header.Get(RevisionHeader) == "" {
		return http.StatusServiceUnavailable // the client has nothing that could be lost; the server is catching up
	}
	for _, s := range statuses {
		if errors.Is(err, s.err) {
			return s.status
		}
	}
	return http.StatusInternalServerError
}

// fail answers a request that has failed. Who has made one that may have been done gets
// the revision that it would have: a check with that token is answered if it has been done,
// and with 409 once it is certain that it has not.
func (s *server) fail(w http.ResponseWriter, r *http.Request, err error) {
	status := statusOf(r, err)
	text := err.Error()
	var unknown *store.UnknownError
	switch {
	case errors.As(err, &unknown):
		w.Header().Set(RevisionHeader, unknown.Revision.String())
	case status == http.StatusServiceUnavailable:
		w.Header().Set("Retry-After", "1")
	case status == http.StatusInternalServerError:
		text = http.StatusText(status) // the log has more
	}
	if status >= http.StatusInternalServerError {
		s.logger.WarnContext(r.Context(), "request failed", "method", r.Method, "path", r.URL.Path, "status", status, "error", err)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(problem{text}) // the client may be gone
}
