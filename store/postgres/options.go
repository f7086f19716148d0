package postgres

import (
	"fmt"
	"log/slog"
	"math"
	"regexp"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// Options say where in a database a store is and how the log behaves. The zero Options are
// useful. Processes that share a store may have different ones, but for Store.
type Options struct {
	// Store is the name of the store, and of the PostgreSQL schema that its tables are in. It is
	// made if it is not there. Stores of other names in the same database have
	// nothing to do with each other. Up to 50 small letters, digits and underscores, the first of
	// them a letter; not pg_ and something, and not public. Default: baobab.
	Store string

	// Poll is how often a [Log.Tail] that waits looks whether there is something new, even if
	// nothing has told it so. Default: 100 ms.
	Poll time.Duration

	// NoListen turns off NOTIFY and LISTEN, so that what others append is seen when a Tail
	// polls, or is nudged. It saves a connection, and a small transaction for what is
	// appended (at most one every 2 ms). Default: false.
	NoListen bool
	// ListenURL is a connection string for the one connection that listens for notifications, for
	// when the others go through a pooler, which does not pass them on. Default: the pool's.
	ListenURL string

	// Timeout bounds every statement that the log sends, but for the wait of [Log.AppendTx] for its turn, those that migrate tables, and the
	// time that the reader of a [store.Snapshot] takes. A snapshot, and a commit of more than 256 KiB, may take
	// longer to arrive, as long as something does. So a server that has frozen, or a connection
	// that has been lost without notice, is an error after that time.
	//
	// An append that has waited so long for its turn ends the connection that has the turn, if
	// the server has been waiting for that one's client all the while, in the middle of a statement: a process that is
	// frozen or cut off there holds up nobody for longer than about twice that. So processes should have much the same Timeout. It takes the
	// right to end each other's connections, which those of one role have. Default: 10 s.
	Timeout time.Duration

	// Prepared keeps prepared statements on the server's connections. It saves the server 0.2 to
	// 0.5 ms an append, which is half of a small one, but a pooler that gives each transaction another
	// connection may not be able to do it. Default: false.
	Prepared bool

	// Logger is told what nobody is told by an error: that the listening connection is lost
	// or there again, and that connections that held up the log were ended, or could not be. Default: none.
	Logger *slog.Logger
}

const (
	defaultStore   = "baobab"
	defaultPoll    = 100 * time.Millisecond
	defaultTimeout = 10 * time.Second
)

// storeName matches what needs no quotes as the name of a schema, unless it is a keyword.
var storeName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,49}$`)

// withDefaults returns o with the defaults where it says nothing, or what is wrong with it.
func (o Options) withDefaults() (Options, error) {
	if o.Store == "" {
		o.Store = defaultStore
	}
	if !storeName.MatchString(o.Store) || strings.HasPrefix(o.Store, "pg_") || o.Store == "public" || o.Store == "information_schema" {
		return o, fmt.Errorf("the store cannot be named %q: at most 50 small letters, digits and underscores, beginning with a letter; and not as a schema that PostgreSQL has", o.Store)
	}
	if o.Poll <= 0 {
		o.Poll = defaultPoll
	}
	if o.Timeout <= 0 {
		o.Timeout = defaultTimeout
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o, nil
}

// mode returns how statements are sent: always in one round trip.
func (o Options) mode() pgx.QueryExecMode {
	if o.Prepared {
		return pgx.QueryExecModeCacheStatement
	}
	return pgx.QueryExecModeCacheDescribe
}

// idle returns the timeout in milliseconds, as the server's settings can have it: 0 would be none there.
func (o Options) idle() int64 { return min(max(o.Timeout.Milliseconds(), 1), math.MaxInt32) }
