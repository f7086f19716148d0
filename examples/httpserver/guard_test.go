package main

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab"
	"github.com/baobab-authz/baobab/tuple"
)

// newServer serves a handler over HTTP on the loopback interface, with an
// engine in which ann owns the document plan.
func newServer(t *testing.T, handler func(*baobab.Engine) http.Handler) (*baobab.Engine, string) {
	eng, err := openEngine()
	require.NoError(t, err)
	t.Cleanup(func() { _ = eng.Close() })
	_, err = eng.Write(context.Background(), tuple.MustParseRelationship("document:plan#owner@user:ann"))
	require.NoError(t, err)
	srv := httptest.NewServer(handler(eng))
	t.Cleanup(srv.Close)
	return eng, srv.URL
}

// request makes a request as a user, with headers in pairs.
func request(t *testing.T, method, url, user string, headers ...string) *http.Response {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	require.NoError(t, err)
	if user != "" {
		req.Header.Set("X-User", user)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	require.NoError(t, err)
	return resp
}

func TestRoutes(t *testing.T) {
	_, url := newServer(t, newHandler)
	for _, c := range []struct {
		name, method, path, user string
		want                     int
	}{
		{"the owner reads", "GET", "/documents/plan", "ann", 200},
		{"a stranger does not", "GET", "/documents/plan", "bob", 403},
		{"nor shares", "PUT", "/documents/plan/viewers/bob", "bob", 403},
		{"nor anyone who does not say who it is", "GET", "/documents/plan", "", 401},
		{"nor everyone at once", "GET", "/documents/plan", "*", 401},
		{"nor someone with an impossible name", "GET", "/documents/plan", "a:b", 401},
		{"nor a document that nothing can be called", "GET", "/documents/*", "ann", 404},
		{"a document that is not there is nobody's", "GET", "/documents/other", "ann", 403},
		{"and one that cannot be there is not found", "GET", "/documents/a%23b", "ann", 404},
		{"a user that cannot be there is no viewer", "PUT", "/documents/plan/viewers/a%23b", "ann", 400},
		{"nor is everyone", "PUT", "/documents/plan/viewers/*", "ann", 400},
		{"there are no other methods", "POST", "/documents/plan", "ann", 405},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.Equal(t, c.want, request(t, c.method, url+c.path, c.user).StatusCode)
		})
	}
}

// Whoever sends the revision of a change along sees the change.
func TestShareAndRevoke(t *testing.T) {
	_, url := newServer(t, newHandler)
	require.Equal(t, 403, request(t, "GET", url+"/documents/plan", "bob").StatusCode)

	shared := request(t, "PUT", url+"/documents/plan/viewers/bob", "ann")
	require.Equal(t, 204, shared.StatusCode)
	token := shared.Header.Get(RevisionHeader)
	require.NotEmpty(t, token)
	require.Equal(t, 200, request(t, "GET", url+"/documents/plan", "bob", RevisionHeader, token).StatusCode)
	require.Equal(t, 403, request(t, "PUT", url+"/documents/plan/viewers/carla", "bob").StatusCode, "a viewer shares nothing")

	revoked := request(t, "DELETE", url+"/documents/plan/viewers/bob", "ann")
	require.Equal(t, 204, revoked.StatusCode)
	require.NotEqual(t, token, revoked.Header.Get(RevisionHeader))
	require.Equal(t, 403, request(t, "GET", url+"/documents/plan", "bob", RevisionHeader, revoked.Header.Get(RevisionHeader)).StatusCode)
	require.Equal(t, 403, request(t, "GET", url+"/documents/plan", "bob", RevisionHeader, token).StatusCode, "an old revision asks for at least that")
}

func TestTokensOfOthers(t *testing.T) {
	other, _ := newServer(t, newHandler)
	_, url := newServer(t, newHandler)
	for _, token := range []string{other.Now().Revision().String(), "nonsense", "1"} {
		require.Equal(t, 400, request(t, "GET", url+"/documents/plan", "ann", RevisionHeader, token).StatusCode)
	}
}

// guarded serves one route behind a guard, and notes whether it let through.
func guarded(g Guard, permission, objectType string, through *bool, before func(http.Handler) http.Handler) func(*baobab.Engine) http.Handler {
	return func(eng *baobab.Engine) http.Handler {
		g.Engine, g.Subject = eng, headerUser
		mux := http.NewServeMux()
		mux.Handle("GET /{id}", g.Require(permission, objectType, "id", func(http.ResponseWriter, *http.Request) { *through = true }))
		if before == nil {
			return mux
		}
		return before(mux)
	}
}

func TestHide(t *testing.T) {
	through := false
	_, url := newServer(t, guarded(Guard{Hide: true}, "view", "document", &through, nil))
	require.Equal(t, 404, request(t, "GET", url+"/plan", "bob").StatusCode)
	require.False(t, through)
	require.Equal(t, 200, request(t, "GET", url+"/plan", "ann").StatusCode)
	require.True(t, through)
}

// What fails never lets through.
func TestFailures(t *testing.T) {
	cancelled := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			ctx, cancel := context.WithCancel(r.Context())
			cancel()
			next.ServeHTTP(w, r.WithContext(ctx))
		})
	}
	for _, c := range []struct {
		name                   string
		permission, objectType string
		before                 func(http.Handler) http.Handler
		closed                 bool
		want                   int
	}{
		{"an unknown type", "view", "dokument", nil, false, 500},
		{"an unknown permission", "vieuw", "document", nil, false, 500},
		{"a cancelled request", "view", "document", cancelled, false, 503},
		{"a closed engine", "view", "document", nil, true, 503},
	} {
		t.Run(c.name, func(t *testing.T) {
			through := false
			eng, url := newServer(t, guarded(Guard{Wait: time.Second}, c.permission, c.objectType, &through, c.before))
			if c.closed {
				require.NoError(t, eng.Close())
			}
			require.Equal(t, c.want, request(t, "GET", url+"/plan", "ann").StatusCode)
			require.False(t, through)
		})
	}
}
