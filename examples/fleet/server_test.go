package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab"
	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/store/memlog"
)

const longWait = 20 * time.Second // is not waited for

// newServer serves an engine on a log, and returns both.
func newServer(t *testing.T, log store.Log, wait time.Duration) (*baobab.Engine, http.Handler) {
	quiet := slog.New(slog.DiscardHandler)
	eng, err := openEngine(context.Background(), log, schemaText, quiet)
	require.NoError(t, err)
	t.Cleanup(func() { _ = eng.Close() })
	return eng, newHandler(eng, wait, quiet)
}

// ask makes a request, with headers in pairs. The method and the path are one text.
func ask(t *testing.T, h http.Handler, what, user, body string, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	return askUntil(context.Background(), t, h, what, user, body, headers...)
}

func askUntil(ctx context.Context, t *testing.T, h http.Handler, what, user, body string, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	method, path, _ := strings.Cut(what, " ")
	r := httptest.NewRequestWithContext(ctx, method, path, strings.NewReader(body))
	if user != "" {
		r.Header.Set(userHeader, user)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// token returns the revision of a response to a write, which must have been done.
func token(t *testing.T, w *httptest.ResponseRecorder) string {
	t.Helper()
	require.Equal(t, http.StatusNoContent, w.Code, w.Body)
	require.NotEmpty(t, w.Header().Get(RevisionHeader))
	return w.Header().Get(RevisionHeader)
}

const (
	annAndBob = `{"document":"plan","user":"bob"}`
	mayBob    = "GET /check?document=plan&permission=view&user=bob"
)

// What is written on one server is seen on another by its token, or in the latest state.
func TestTwoServers(t *testing.T) {
	truth := memlog.New()
	_, one := newServer(t, truth.Open(), longWait)
	_, other := newServer(t, truth.Open(), longWait)

	token(t, ask(t, one, "PUT /documents/plan", "ann", ""))
	shared := token(t, ask(t, one, "POST /share", "ann", annAndBob))
	w := ask(t, other, mayBob, "", "", RevisionHeader, shared)
	require.JSONEq(t, `{"allowed":true}`, w.Body.String())
	require.Equal(t, shared, w.Header().Get(RevisionHeader))
	require.Equal(t, "application/json", w.Header().Get("Content-Type"))

	revoked := token(t, ask(t, other, "POST /revoke", "ann", annAndBob))
	require.JSONEq(t, `{"allowed":false}`, ask(t, one, mayBob, "", "", RevisionHeader, revoked).Body.String())
	token(t, ask(t, one, "POST /share", "ann", annAndBob))
	require.JSONEq(t, `{"allowed":true}`, ask(t, other, mayBob+"&consistency=latest", "", "").Body.String())

	token(t, ask(t, other, "PUT /documents/plan/pen", "bob", ""))
	token(t, ask(t, one, "POST /handover", "ann", `{"document":"plan","user":"cat"}`))
	w = ask(t, other, "GET /documents/plan?consistency=latest", "", "")
	require.JSONEq(t, `{"owner":"cat","pen":"bob","viewers":["bob"]}`, w.Body.String())
	token(t, ask(t, one, "DELETE /documents/plan/pen", "bob", ""))
	deleted := token(t, ask(t, one, "DELETE /documents/plan", "cat", ""))
	w = ask(t, other, "GET /documents/plan", "", "", RevisionHeader, deleted)
	require.JSONEq(t, `{"viewers":[]}`, w.Body.String())
}

// Every request may be made twice: who got no answer asks again.
func TestTwice(t *testing.T) {
	_, h := newServer(t, memlog.New().Open(), longWait)
	for _, c := range []struct{ what, user, body string }{
		{"PUT /documents/plan", "ann", ""},
		{"POST /share", "ann", annAndBob},
		{"PUT /documents/plan/pen", "bob", ""},
		{"DELETE /documents/plan/pen", "bob", ""},
		{"POST /revoke", "ann", annAndBob},
		{"DELETE /documents/plan", "ann", ""},
	} {
		first := token(t, ask(t, h, c.what, c.user, c.body))
		require.Equal(t, first, token(t, ask(t, h, c.what, c.user, c.body)), c.what)
	}
}

func TestRefusals(t *testing.T) {
	eng, h := newServer(t, memlog.New().Open(), longWait)
	token(t, ask(t, h, "PUT /documents/plan", "ann", ""))
	for _, user := range []string{"bob", "cat"} {
		token(t, ask(t, h, "POST /share", "ann", `{"document":"plan","user":"`+user+`"}`))
	}
	token(t, ask(t, h, "PUT /documents/plan/pen", "bob", ""))
	before := eng.Now().Revision()
	for _, c := range []struct {
		name, what, user, body string
		status                 int
		says                   string
	}{
		{"a stranger shares", "POST /share", "eve", `{"document":"plan","user":"eve"}`, 403, "granted-by administer"},
		{"a viewer revokes", "POST /revoke", "cat", annAndBob, 403, "granted-by administer"},
		{"a viewer deletes", "DELETE /documents/plan", "cat", "", 403, "deleted-by administer"},
		{"a viewer hands over", "POST /handover", "cat", annAndBob, 403, "granted-by administer"},
		{"a stranger takes the pen", "PUT /documents/plan/pen", "eve", "", 403, "only who may view"},
		{"two have the pen", "PUT /documents/plan/pen", "cat", "", 409, "2 found"},
		{"two create it", "PUT /documents/plan", "eve", "", 409, "2 found"},
		{"nobody shares", "POST /share", "", annAndBob, 401, userHeader},
		{"everybody creates", "PUT /documents/new", "*", "", 401, userHeader},
		{"nobody hands over", "POST /handover", "", annAndBob, 401, userHeader},
		{"a body that is none", "POST /share", "ann", `{"document":`, 400, "no grant"},
		{"a body with more", "POST /revoke", "ann", `{"document":"plan","user":"bob","role":"owner"}`, 400, "role"},
		{"a body that is too long", "POST /handover", "ann", `{"document":"` + strings.Repeat("x", maxBody) + `"}`, 400, "too large"},
		{"no user", "POST /share", "ann", `{"document":"plan"}`, 400, "user:"},
		{"everybody", "POST /share", "ann", `{"document":"plan","user":"*"}`, 400, "does not admit"},
		{"a document that cannot be", "PUT /documents/a:b", "ann", "", 400, "a:b"},
		{"a document that cannot be read", "GET /documents/a:b", "ann", "", 400, "a:b"},
		{"a name that cannot be", "GET /check?document=plan&permission=view&user=a:b", "", "", 400, "a:b"},
		{"no document", "GET /check?permission=view&user=bob", "", "", 400, "document:"},
		{"no such permission", "GET /check?document=plan&permission=edit&user=bob", "", "", 400, "edit"},
		{"no such consistency", mayBob + "&consistency=none", "", "", 400, "none"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := ask(t, h, c.what, c.user, c.body)
			require.Equal(t, c.status, w.Code, w.Body)
			require.Empty(t, w.Header().Get(RevisionHeader))
			var p problem
			require.NoError(t, json.Unmarshal(w.Body.Bytes(), &p), w.Body)
			require.Contains(t, p.Error, c.says)
		})
	}
	name := strings.Repeat("x", store.MaxNote+1)
	for _, what := range []string{"PUT /documents/new", "DELETE /documents/plan"} {
		require.Equal(t, http.StatusBadRequest, ask(t, h, what, "ann", "", requestHeader, name).Code)
	}
	require.Equal(t, before, eng.Now().Revision(), "something was written")
}

// What nobody has thought of is logged, and the client is not told.
func TestUnexpectedError(t *testing.T) {
	var log strings.Builder
	s := &server{wait: longWait, logger: slog.New(slog.NewTextHandler(&log, nil))}
	h := s.handle(func(http.ResponseWriter, *http.Request) error { return errors.New("disk on fire") })
	w := ask(t, h, "GET /healthz", "", "")
	require.Equal(t, http.StatusInternalServerError, w.Code)
	require.NotContains(t, w.Body.String(), "fire")
	require.Contains(t, log.String(), "disk on fire")
}

// A late log tells of no commits until it is let.
type late struct {
	store.Log
	open chan struct{}
}

func (l late) Tail(ctx context.Context, after store.Revision) iter.Seq2[store.Commit, error] {
	return func(yield func(store.Commit, error) bool) {
		select {
		case <-l.open:
			l.Log.Tail(ctx, after)(yield)
		case <-ctx.Done():
			yield(store.Commit{}, ctx.Err())
		}
	}
}

// Who revokes on a server that has not heard of the share has revoked it, or is told that
// nothing was done.
func TestRevokeBeforeTheShareIsHeardOf(t *testing.T) {
	truth := memlog.New()
	_, one := newServer(t, truth.Open(), longWait)
	token(t, ask(t, one, "PUT /documents/plan", "ann", ""))
	log := late{truth.Open(), make(chan struct{})}
	eng, hasty := newServer(t, log, time.Second)
	patient := newHandler(eng, longWait, slog.New(slog.DiscardHandler))
	token(t, ask(t, one, "POST /share", "ann", annAndBob))

	require.JSONEq(t, `{"allowed":false}`, ask(t, hasty, mayBob, "", "").Body.String(), "it has not heard of it")
	w := ask(t, hasty, "POST /revoke", "ann", annAndBob)
	require.Equal(t, http.StatusServiceUnavailable, w.Code, w.Body)
	w = ask(t, hasty, "DELETE /documents/plan/pen", "bob", "")
	require.Equal(t, http.StatusServiceUnavailable, w.Code, w.Body)

	close(log.open)
	revoked := token(t, ask(t, patient, "POST /revoke", "ann", annAndBob))
	require.JSONEq(t, `{"allowed":false}`, ask(t, one, mayBob, "", "", RevisionHeader, revoked).Body.String())
}

func TestTokens(t *testing.T) {
	truth := memlog.New()
	eng, h := newServer(t, truth.Open(), longWait)
	_, foreign := newServer(t, memlog.New().Open(), longWait)
	token(t, ask(t, h, "PUT /documents/plan", "ann", ""))
	kept := token(t, ask(t, h, "POST /share", "ann", annAndBob))

	w := ask(t, h, mayBob, "", "", RevisionHeader, kept[:len(kept)-1])
	require.Equal(t, http.StatusBadRequest, w.Code, "malformed")
	w = ask(t, h, mayBob, "", "", RevisionHeader, token(t, ask(t, foreign, "PUT /documents/plan", "ann", "")))
	require.Equal(t, http.StatusBadRequest, w.Code, "of another store")
	w = ask(t, h, "GET /documents/plan", "", "", RevisionHeader, "x")
	require.Equal(t, http.StatusBadRequest, w.Code)

	// Another server of the log's takes over without the last commit.
	require.Equal(t, 1, truth.Lose(1))
	_, after := newServer(t, truth.Open(), longWait)
	require.Equal(t, http.StatusOK, ask(t, after, mayBob, "", "").Code)
	again := token(t, ask(t, after, "POST /share", "ann", `{"document":"plan","user":"cat"}`))
	require.NotEqual(t, kept, again)
	w = ask(t, after, mayBob, "", "", RevisionHeader, kept)
	require.Equal(t, http.StatusConflict, w.Code, w.Body)
	require.JSONEq(t, `{"allowed":false}`, ask(t, after, mayBob+"&consistency=latest", "", "").Body.String())

	require.NoError(t, eng.Close())
	for _, what := range []string{"GET /healthz", mayBob, "GET /documents/plan", "DELETE /documents/plan", "PUT /documents/plan"} {
		w = ask(t, h, what, "ann", "")
		require.Equal(t, http.StatusServiceUnavailable, w.Code, what)
		require.Equal(t, "1", w.Header().Get("Retry-After"))
	}
}

func TestHealth(t *testing.T) {
	_, h := newServer(t, memlog.New().Open(), longWait)
	token(t, ask(t, h, "PUT /documents/plan", "ann", ""))
	w := ask(t, h, "GET /healthz", "", "")
	require.Equal(t, http.StatusOK, w.Code)
	require.JSONEq(t, `{"commits":2,"tuples":1}`, w.Body.String())
}

// A held log, once it is told to hold, appends nothing until it is let go, and then only if it is told so.
type held struct {
	store.Log
	hold    atomic.Bool   // the next Append
	entered chan struct{} // it has begun
	goOn    chan error    // with what it ends, if that is an error
}

func (l *held) Append(ctx context.Context, commits []store.Commit) error {
	if l.hold.CompareAndSwap(true, false) {
		l.entered <- struct{}{}
		if err := <-l.goOn; err != nil {
			return err
		}
	}
	return l.Log.Append(ctx, commits)
}

// Who is told that the outcome is not known finds it out with the revision: a server waits for
// it, and then either has it or another in its place.
func TestUnknownOutcome(t *testing.T) {
	for _, c := range []struct {
		name      string
		end       error
		inTheLog  int // status of a check with the token
		afterward string
	}{
		{"it was done", nil, http.StatusOK, `{"allowed":true}`},
		{"it was not", store.ErrReadOnly, http.StatusConflict, `{"allowed":false}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			truth := memlog.New()
			_, other := newServer(t, truth.Open(), longWait)
			_, hasty := newServer(t, truth.Open(), time.Millisecond)
			log := &held{Log: truth.Open(), entered: make(chan struct{}), goOn: make(chan error)}
			_, h := newServer(t, log, longWait)
			created := token(t, ask(t, other, "PUT /documents/plan", "ann", ""))
			ask(t, h, mayBob, "", "", RevisionHeader, created) // so that what is held is no conflict
			log.hold.Store(true)

			ctx, giveUp := context.WithCancel(context.Background())
			entered := make(chan struct{})
			go func() {
				defer close(entered)
				<-log.entered
				giveUp()
			}()
			w := askUntil(ctx, t, h, "POST /share", "ann", annAndBob)
			<-entered
			require.Equal(t, http.StatusGatewayTimeout, w.Code, w.Body)
			unknown := w.Header().Get(RevisionHeader)
			require.NotEmpty(t, unknown)

			w = ask(t, hasty, mayBob, "", "", RevisionHeader, unknown)
			require.Equal(t, http.StatusServiceUnavailable, w.Code, "it may yet come: %s", w.Body)
			require.Equal(t, "1", w.Header().Get("Retry-After"))

			log.goOn <- c.end
			if c.end != nil { // something else has its place
				token(t, ask(t, other, "POST /share", "ann", `{"document":"plan","user":"cat"}`))
			}
			w = ask(t, other, mayBob, "", "", RevisionHeader, unknown)
			require.Equal(t, c.inTheLog, w.Code, w.Body)
			require.JSONEq(t, c.afterward, ask(t, other, mayBob+"&consistency=latest", "", "").Body.String())
		})
	}
}

func TestServeEnds(t *testing.T) {
	require.ErrorContains(t, serving{url: "postgres://127.0.0.1:1/x"}.serve(t.Context(), io.Discard, slog.New(slog.DiscardHandler)), "127.0.0.1")
}
