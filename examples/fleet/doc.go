// Command fleet runs several servers on one PostgreSQL, uses them hard, kills some of them
// meanwhile, and says whether anything was seen that must not be.
//
//	go run ./examples/fleet
//	go run ./examples/fleet -duration 60s -clients 16 -seed 7
//
// It needs PostgreSQL: Debian's package postgresql, of which it starts a server of its own in a temporary
// directory, or a server that is there already, which the environment variable
// BAOBAB_POSTGRES_URL names. There it makes a store of its own, and drops it at the end.
//
// The command exits with 0 if all is well, with 1 if something is not, after it has printed
// each offending request with its answer, and with 2 if it cannot tell, for example because
// there is no PostgreSQL. (go run itself exits with 1 for either.)
//
// # The server
//
// This is the part to copy: server.go has the handlers, open.go how the engine is opened,
// status.go how errors are answered, and serve.go how the server starts and ends. One alone is started by
//
//	BAOBAB_POSTGRES_URL=postgres://… go run ./examples/fleet serve -addr localhost:8080
//
//	curl -i -H 'X-User: ann' -X PUT localhost:8080/documents/plan
//	curl -i -H 'X-User: ann' -d '{"document":"plan","user":"bob"}' localhost:8080/share
//	curl -i -H 'X-User: ann' -d '{"document":"plan","user":"bob"}' localhost:8080/revoke
//	curl -i 'localhost:8080/check?document=plan&permission=view&user=bob'
//
// It believes the header X-User, as a server does that stands behind a proxy which
// authenticates. The rest of the API hands documents over (POST /handover), deletes them (DELETE /documents/plan),
// passes round their pen, which one user at a time has (PUT and DELETE /documents/plan/pen), and
// lists who has what (GET /documents/plan). Who may do what, that a document has one owner, and that
// no two have the pen, is said by schema.zed; the handlers only say that a document that nobody has may be begun by
// anyone, and that the pen is for those who may view.
//
// # What a client may rely on
//
// Every server answers from its own memory. What another has committed it has a few
// milliseconds later, so a question is asked in one of three ways:
//
//	GET /check?…                            what this server has; fastest, never wrong for its state, perhaps old
//	GET /check?…  X-Baobab-Revision: TOKEN  a state that has what the token stands for
//	GET /check?…&consistency=latest         a state that has all that was acknowledged, by any server
//
// The token is the header of the same name that every answer carries: that of a write
// stands for the write. Who passes it on, to another client or to another server, passes on
// that the write has to be seen. The second way waits only if the server has not heard of the token yet; the third asks the
// database each time. What cannot be had within 3 seconds is 503 and never an older answer.
//
// Writes need no token. Wherever one is made, it is decided on the newest state: two servers that give the same
// pen to two users at the same moment do it one after the other, and the second is refused as it would be
// an hour later. What is revoked is revoked, also on a server that has not heard of the share yet. A client
// that gets no answer makes its request again, of another server: to do it twice is to do it once. (Only a document that was handed over
// cannot be handed over again; then the second answer is 403.)
//
//	204  it is durable                        400  the request, or its token, is none of this store
//	401  the header X-User names nobody       403  the user may not do that
//	409  a rule of the schema is against it; or the log has lost what the token stands for
//	503  nothing was done: ask again, elsewhere or later
//	504  it may have been done. The answer has the token that it would have: a check with
//	     it is answered if it was done, 409 if another commit has its place, and 503 until either is so
//
// # What is done to it
//
// Three servers are started, which are processes of their own. Clients work for some seconds, all at the same time:
//
//   - Some share documents, revoke that, and now and then delete a document. After each write, which is on any server,
//     they ask another one with the token, and sometimes for the latest.
//   - Some ask what others may see, without a token, and some ask for the latest, up to a thousand times a second each.
//   - One has two users take the same pen at the same moment, on two servers; one has an owner hand a document over
//     to two users at once.
//
// Twice, after each third of the time, a server is killed as kill -9 does, and started again. Clients that it leaves
// without an answer go to the next one.
//
// # What is verified
//
// The command reads the commits from the log itself. From them it works out, with a few
// maps and without the engine, what the documents were after each commit, and compares all that clients saw with that:
//
//   - nothing lost: an acknowledged write is in the log, at the revision that was returned, and what it was for is so there.
//   - once: a request that was made twice has one commit.
//   - order: a write that was asked for after an answer has a later revision than that.
//   - seen at once: after a revoke the answer to its token is no, after a share it is yes, on every server.
//   - token: an answer is from a state that has the token's revision.
//   - latest: an answer of the latest is from no earlier state than any answer that was there before it was asked for.
//   - right answers: each answer is what the commits up to its revision say.
//   - one owner, one pen, one winner: of what excludes each other, one was done.
//   - refused: nothing was refused that nothing stood against.
//
// Answers without a token are not late for anything, so how old they were is only reported.
//
// A search that finds nothing proves little unless it can find something:
//
//	go run ./examples/fleet -sabotage token
//
// breaks the servers on purpose, and kills none. They answer without looking at the token (token), or without asking for the latest
// (latest), acknowledge what they have not done (ack), or forget how many owners and pens there may
// be (rules). The command has to exit with 1, and the tests see to it that it does.
package main
