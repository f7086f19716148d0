package main

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/baobab-authz/baobab"
	"github.com/baobab-authz/baobab/store/postgres"
)

// A sabotage is one way in which all servers are wrong. What looks for violations has to
// find each of them: one that finds nothing in a fleet that is broken says nothing about one that is not.
type sabotage string

const (
	noSabotage     sabotage = ""
	sabotageToken  sabotage = "token"  // servers answer without looking at the token
	sabotageLatest sabotage = "latest" // servers answer from what they have when they are asked for the latest
	sabotageAck    sabotage = "ack"    // servers acknowledge a revoke that they have not made
	sabotageRules  sabotage = "rules"  // the schema does not say how many owners and pens there may be
)

// Set reads what String returns, as a flag.
func (s *sabotage) Set(text string) error {
	switch is := sabotage(text); is {
	case noSabotage, sabotageToken, sabotageLatest, sabotageAck, sabotageRules:
		*s = is
		return nil
	}
	return fmt.Errorf("it is one of %s, %s, %s and %s", sabotageToken, sabotageLatest, sabotageAck, sabotageRules)
}

// String returns its name.
func (s *sabotage) String() string { return string(*s) }

// schema returns the schema of the servers.
func (s sabotage) schema(text string) string {
	if s != sabotageRules {
		return text
	}
	var kept []string
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(strings.TrimSpace(line), "//baobab:count") {
			kept = append(kept, line)
		}
	}
	return strings.Join(kept, "")
}

// options returns those of the log. A server that does not wait for what it should wait for
// is often lucky, because commits arrive within milliseconds: then it hears of them late.
func (s sabotage) options(o postgres.Options) postgres.Options {
	if s == sabotageToken || s == sabotageLatest {
		o.NoListen, o.Poll = true, 50*time.Millisecond
	}
	return o
}

// wrap returns the handler of the servers.
func (s sabotage) wrap(eng *baobab.Engine, next http.Handler) http.Handler {
	switch s {
	case sabotageToken:
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			r.Header.Del(RevisionHeader)
			next.ServeHTTP(w, r)
		})
	case sabotageLatest:
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			q := r.URL.Query()
			q.Del("consistency")
			r.URL.RawQuery = q.Encode()
			next.ServeHTTP(w, r)
		})
	case sabotageAck:
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/revoke" {
				next.ServeHTTP(w, r)
				return
			}
			_ = written(w, eng.Now().Revision(), nil)
		})
	}
	return next
}
