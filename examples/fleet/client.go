package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/baobab-authz/baobab"
)

// A request is what a client asks of a server, of any.
type request struct {
	id     string
	method string
	path   string // with its query
	body   *grant
	user   string
	token  baobab.Revision
}

// String spells the request out.
func (r request) String() string {
	text := []string{r.method, r.path}
	if r.body != nil {
		body, _ := json.Marshal(r.body) // two strings
		text = append(text, string(body))
	}
	if r.user != "" {
		text = append(text, "as "+r.user)
	}
	if !r.token.IsZero() {
		text = append(text, fmt.Sprintf("with the token of commit %d (%s)", r.token.Position(), r.token))
	}
	return strings.Join(append(text, "["+r.id+"]"), " ")
}

// An answer is what a server has said.
type answer struct {
	server       int
	status       int
	revision     baobab.Revision
	said         []byte        // its body
	began, ended time.Duration // from when it was first asked; on the clock of the fleet
	tries        int           // at how many servers; the outcome of all but the last is not known
}

// String says who has answered what, and when.
func (a answer) String() string {
	at := ""
	if !a.revision.IsZero() {
		at = fmt.Sprintf(" at commit %d", a.revision.Position())
	}
	again := ""
	if a.tries > 1 {
		again = fmt.Sprintf(" (asked %d times)", a.tries)
	}
	return fmt.Sprintf("server %d, asked at %.4f s, answered at %.4f s: %d%s %s%s",
		a.server+1, a.began.Seconds(), a.ended.Seconds(), a.status, at, bytes.TrimSpace(a.said), again)
}

// done reports whether the request did what it was for.
func (a answer) done() bool { return a.status/100 == 2 }

// betweenRounds is how long a client waits when every server has failed it.
const betweenRounds = 20 * time.Millisecond

// do makes a request of a server. If that does not answer, or cannot, it asks the next one, until
// the context ends: all requests may be made twice. It counts what went wrong in trouble.
func (f *fleet) do(ctx context.Context, server int, r request, t *trouble) (answer, error) {
	began := f.now()
	for tries := 1; ; tries++ {
		a, err := f.ask(ctx, server, r)
		a.server, a.began, a.ended, a.tries = server, began, f.now(), tries
		switch {
		case ctx.Err() != nil:
			return a, fmt.Errorf("%s: %w", r, errors.Join(ctx.Err(), err))
		case err != nil:
			t.broken++
		case a.status == http.StatusServiceUnavailable:
			t.unavailable++
		case a.status == http.StatusGatewayTimeout:
			t.unknown++
		default:
			return a, nil
		}
		server = (server + 1) % len(f.servers)
		if tries%len(f.servers) == 0 {
			select {
			case <-time.After(betweenRounds):
			case <-ctx.Done():
			}
		}
	}
}

// ask makes a request of one server, once.
func (f *fleet) ask(ctx context.Context, server int, r request) (answer, error) {
	var body io.Reader
	if r.body != nil {
		text, err := json.Marshal(r.body)
		if err != nil {
			return answer{}, err
		}
		body = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(ctx, r.method, "http://"+f.addr(server)+r.path, body)
	if err != nil {
		return answer{}, err
	}
	req.Header.Set(requestHeader, r.id)
	if r.user != "" {
		req.Header.Set(userHeader, r.user)
	}
	if !r.token.IsZero() {
		req.Header.Set(RevisionHeader, r.token.String())
	}
	resp, err := f.http.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	a := answer{status: resp.StatusCode}
	if a.said, err = io.ReadAll(resp.Body); err != nil {
		return a, err
	}
	if text := resp.Header.Get(RevisionHeader); text != "" {
		err = a.revision.UnmarshalText([]byte(text))
	}
	return a, err
}

// trouble counts what clients met, and asked another server about.
type trouble struct{ broken, unavailable, unknown int }

func (t *trouble) add(other trouble) {
	t.broken += other.broken
	t.unavailable += other.unavailable
	t.unknown += other.unknown
}
