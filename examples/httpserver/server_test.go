package main

import (
	"context"
	"log"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/tuple"
)

// The permission is asked again in the transaction, so that a request that has
// passed the guard does not use a permission that was withdrawn meanwhile.
func TestWithdrawnMeanwhile(t *testing.T) {
	eng, err := openEngine()
	require.NoError(t, err)
	defer eng.Close()
	s := &server{eng, &Guard{Engine: eng, Subject: headerUser}}
	for name, c := range map[string]struct {
		user string
		ctx  func() context.Context
		want int
	}{
		"no permission": {"ann", context.Background, http.StatusForbidden},
		"no user":       {"", context.Background, http.StatusUnauthorized},
		"cancelled": {"ann", func() context.Context {
			ctx, cancel := context.WithCancel(context.Background())
			cancel()
			return ctx
		}, http.StatusServiceUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequestWithContext(c.ctx(), "PUT", "/documents/plan/viewers/bob", nil)
			r.SetPathValue("id", "plan")
			r.SetPathValue("user", "bob")
			r.Header.Set("X-User", c.user)
			w := httptest.NewRecorder()
			s.share(w, r)
			require.Equal(t, c.want, w.Code)
			require.Empty(t, w.Header().Get(RevisionHeader))
		})
	}
	for r, err := range eng.Tuples(tuple.Filter{}) {
		t.Fatal("something was written: ", r, err)
	}
}

func TestServe(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	require.Error(t, serve(ctx, "localhost:0"), "nothing starts when it is over already")
	require.Error(t, serve(context.Background(), "nowhere:nothing"))

	ctx, cancel = context.WithCancel(context.Background())
	defer cancel()
	defer log.SetOutput(log.Writer())
	log.SetOutput(listening(func() { time.AfterFunc(20*time.Millisecond, cancel) }))
	require.NoError(t, serve(ctx, "localhost:0"))
}

// listening is called when the server says that it listens.
type listening func()

func (f listening) Write(p []byte) (int, error) {
	f()
	return len(p), nil
}
