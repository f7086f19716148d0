package main

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/baobab-authz/baobab"
	"github.com/baobab-authz/baobab/check"
	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/tuple"
)

// RevisionHeader carries a revision: in a response that of the write, in a
// request that which the answer must have seen.
const RevisionHeader = "Baobab-Revision"

// A Guard lets a request through to its handler when the engine allows it.
// Whatever fails on the way to an answer ends the request with an error: only
// an allow lets it through.
type Guard struct {
	Engine *baobab.Engine
	// Subject returns who makes the request. An error is answered with 401.
	Subject func(*http.Request) (tuple.Subject, error)
	// Hide answers a deny with 404 instead of 403, so that nobody learns by
	// asking which objects there are. Default: 403.
	Hide bool
	// Wait bounds how long a request waits for the revision that it names.
	// Default: as long as the request lasts.
	Wait time.Duration
	// Logger hears of the errors, which the client is not told. Default:
	// slog.Default().
	Logger *slog.Logger
}

// Require guards a handler: the request's subject must have the permission on
// the object of that type whose id is the path value of that name.
func (g *Guard) Require(permission, objectType, pathValue string, next http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		subject, err := g.Subject(r)
		if err != nil {
			http.Error(w, http.StatusText(http.StatusUnauthorized), http.StatusUnauthorized)
			return
		}
		object := tuple.Object{Type: objectType, ID: r.PathValue(pathValue)}
		if object.Validate() != nil { // nothing can be called that
			http.NotFound(w, r)
			return
		}
		switch allowed, err := g.ask(r, tuple.New(object, permission, subject)); {
		case err != nil:
			g.fail(w, r, err)
		case allowed:
			next(w, r)
		case g.Hide:
			http.NotFound(w, r)
		default:
			http.Error(w, http.StatusText(http.StatusForbidden), http.StatusForbidden)
		}
	})
}

// ask asks of a state that has the revision which the request names, if any.
func (g *Guard) ask(r *http.Request, t tuple.Tuple) (bool, error) {
	var rev baobab.Revision
	if text := r.Header.Get(RevisionHeader); text != "" {
		if err := rev.UnmarshalText([]byte(text)); err != nil {
			return false, err
		}
	}
	ctx := r.Context()
	if g.Wait > 0 {
		var stop context.CancelFunc
		ctx, stop = context.WithTimeout(ctx, g.Wait)
		defer stop()
	}
	view, err := g.Engine.AtLeast(ctx, rev)
	if err != nil {
		return false, err
	}
	d, err := view.Check(ctx, t)
	return d.Allowed(), err
}

// fail answers a request that got no decision.
func (g *Guard) fail(w http.ResponseWriter, r *http.Request, err error) {
	status := statusOf(err)
	logger := g.Logger
	if logger == nil {
		logger = slog.Default()
	}
	logger.ErrorContext(r.Context(), "no decision", "method", r.Method, "path", r.URL.Path, "status", status, "error", err)
	http.Error(w, http.StatusText(status), status)
}

// statusOf returns 400 for what only the client can mend, 503 for what may
// pass, and 500 for what will not.
func statusOf(err error) int {
	for _, clients := range []error{store.ErrMalformedRevision, store.ErrForeignRevision} {
		if errors.Is(err, clients) {
			return http.StatusBadRequest
		}
	}
	for _, passing := range []error{context.Canceled, context.DeadlineExceeded, store.ErrStale, store.ErrClosed, check.ErrBudget} {
		if errors.Is(err, passing) {
			return http.StatusServiceUnavailable
		}
	}
	return http.StatusInternalServerError
}
