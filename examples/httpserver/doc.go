// Command httpserver guards the handlers of a net/http server with the engine.
//
//	go run ./examples/httpserver
//
//	curl -i -H 'X-User: ann' localhost:8080/documents/plan               200
//	curl -i -H 'X-User: bob' localhost:8080/documents/plan               403
//	curl -i -H 'X-User: ann' -X PUT localhost:8080/documents/plan/viewers/bob
//	curl -i -H 'X-User: bob' localhost:8080/documents/plan               200
//
// [Guard] is the middleware, and the part to copy; the rest is the smallest
// server that has something to guard. It believes the header X-User, as a
// server does that stands behind a proxy which authenticates: replace
// [Guard.Subject] by what knows your sessions.
//
// # Reading what was written
//
// A request that changes who may do what is answered with the header
// Baobab-Revision. A client that sends it along with its next request is
// answered from a state that has the change. A revision is of one engine: after
// a restart, or in another process, it is refused with 400, and the client
// drops it.
package main
