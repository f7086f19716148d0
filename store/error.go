package store

import (
	"errors"

	"github.com/baobab-authz/baobab/internal/index"
)

var (
	// ErrClosed is what every question and every write of a closed store returns.
	ErrClosed = errors.New("the store is closed")
	// ErrNoSchema is what [Open] returns without a schema, or with an empty one.
	ErrNoSchema = errors.New("a store needs a schema with at least one definition")
	// ErrNoFunction is what [Store.Update] returns when it is given none.
	ErrNoFunction = errors.New("no function to run in the transaction")
	// ErrReentrant is what a method that waits for the transaction in progress
	// returns when that transaction's own function calls it.
	ErrReentrant = errors.New("called from within the function of a transaction of the same store")
	// ErrTxDone is what the methods of a transaction, and the states taken from
	// it, return when its function has returned.
	ErrTxDone = errors.New("the transaction is over")
	// ErrExists is what [Tx.Create] returns for a tuple that is there already.
	ErrExists = errors.New("the tuple exists already")
	// ErrPrecondition is what [Tx.Require] and [Tx.Forbid] return when what they ask for is not so.
	ErrPrecondition = errors.New("a precondition does not hold")
	// ErrOrphans is matched by an [*OrphanError].
	ErrOrphans = errors.New("the schema does not admit tuples that are stored")
	// ErrNoLog is what [Store.Prepare] returns for a store in memory alone.
	ErrNoLog = errors.New("the store has no log")
	// ErrUnknown is matched by an [*UnknownError].
	ErrUnknown = errors.New("whether the transaction has been committed is not known")
	// ErrSchemaDiffers is matched by a [*SchemaDiffersError].
	ErrSchemaDiffers = errors.New("the log has another schema")
	// ErrStale is what [Store.AtLeast] and [Store.Latest] return when the
	// context ends before the state that was asked for is here. The error of
	// the context is wrapped as well.
	ErrStale = errors.New("the state asked for is not here yet")
	// ErrSwept is what [State.AsOf] returns for an instant at which tuples
	// existed that have been swept since, or may have: see [OpenLog].
	ErrSwept = errors.New("tuples that existed at that instant have been swept")
	// ErrRevisionGone is what [Store.At] returns for a revision that is not retained any more.
	ErrRevisionGone = errors.New("the revision is not retained any more")
	// ErrFutureRevision is what [Store.At] returns for a revision that this process has not seen.
	ErrFutureRevision = errors.New("the revision is not here yet")
	// ErrForeignRevision is what is returned for a revision of another store or epoch.
	ErrForeignRevision = errors.New("the revision is of another store")
	// ErrMalformedRevision is what [ParseRevision] returns for what no revision prints.
	ErrMalformedRevision = errors.New("malformed revision")
	// ErrFull is what is returned when the ids of objects, the names of types
	// and relations, or the records of what qualifies tuples are used up.
	ErrFull = index.ErrFull
	// ErrCorrupt is what [Store.Check] returns when the structures of the store
	// do not agree: a defect of this module, or of the machine's memory.
	ErrCorrupt = index.ErrCorrupt
)
