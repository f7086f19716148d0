package expand

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/tuple"
)

// ErrCursor is what a list ends with that is asked to begin behind a [Cursor] of
// another state, or behind any without an order, and what [Cursor.UnmarshalText] returns for a text that is none.
var ErrCursor = errors.New("not a cursor of this view")

// A Cursor is a place in a list: behind the entry whose id is Last.
//
// With a Revision it is of the state at that revision, judged at Time, and only a
// view of both goes on there, so that all pages are of one state. Without, it is
// of any state: the list then goes on behind that id with whatever there is. The
// zero Cursor is the beginning of every list.
//
// The view of a cursor's state is that of Engine.Resume. The state lasts as long as
// the engine retains the revision ([store.Options]); when it is gone, a Cursor with
// Last alone goes on in the newest. Which list it is of, what is hypothetical and
// what is given to caveats a Cursor does not know; the caller sees to that.
type Cursor struct {
	Last     string // "" is before all; of subjects, "*" is behind the wildcard
	Revision store.Revision
	Time     time.Time // to the microsecond
}

// of reports why c is not a place in lists of st.
func (c Cursor) of(st *store.State) error {
	switch {
	case c.Validate() != nil:
		return c.Validate()
	case c.Revision.IsZero():
		return nil
	case c.Revision != st.Revision():
		return fmt.Errorf("%w: it is of revision %v, and the view of %v (Engine.Resume returns to the cursor's; one with Last alone goes on in any view)", ErrCursor, c.Revision, st.Revision())
	case !c.Time.Equal(st.Time()):
		return fmt.Errorf("%w: it is of %s, and the view of %s (Engine.Resume returns to the cursor's; one with Last alone goes on in any view)", ErrCursor, c.Time.UTC().Format(time.RFC3339Nano), st.Time().Format(time.RFC3339Nano))
	}
	return nil
}

// timeless reports a revision without a time. It is not read as the earliest one,
// at which nothing has expired yet.
func (c Cursor) timeless() error {
	return fmt.Errorf("%w: it has the revision %v, and no time", ErrCursor, c.Revision)
}

// Validate reports why c is a place in no list; nil when it can be one.
func (c Cursor) Validate() error {
	switch {
	case !c.Revision.IsZero() && c.Time.IsZero():
		return c.timeless()
	case !c.Revision.IsZero() && c.Last == "": // of an entry that ended a list
		return fmt.Errorf("%w: it has the revision %v, and no id", ErrCursor, c.Revision)
	case c.Last == "":
		return nil
	}
	if err := tuple.ValidateID(c.Last); err != nil {
		return fmt.Errorf("%w: Last is the id of an entry, without its type: %w", ErrCursor, err)
	}
	return nil
}

// String returns the text that UnmarshalText reads: the revision, the time and
// the id. It is no secret, and not protected against change: whoever can change it
// chooses the revision and the instant, and so sees what has been revoked or has
// expired since. Sign what leaves for a client, or send the id alone.
func (c Cursor) String() string {
	at := ""
	if !c.Time.IsZero() {
		at = c.Time.UTC().Format(time.RFC3339Nano)
	}
	return c.Revision.String() + "@" + at + "#" + c.Last
}

// MarshalText returns the same as String.
func (c Cursor) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText reads what MarshalText returns. On an error, which matches
// [ErrCursor], c is unchanged.
func (c *Cursor) UnmarshalText(text []byte) error {
	place, last, ok := strings.Cut(string(text), "#")
	revision, at, found := strings.Cut(place, "@")
	if !ok || !found {
		return fmt.Errorf("%w: %q", ErrCursor, text)
	}
	read := Cursor{Last: last}
	var err error
	if read.Revision, err = store.ParseRevision(revision); err != nil {
		return fmt.Errorf("%w: %q: %w", ErrCursor, text, err)
	}
	if at != "" {
		if read.Time, err = time.Parse(time.RFC3339Nano, at); err != nil {
			return fmt.Errorf("%w: %q: its time cannot be read", ErrCursor, text)
		}
		read.Time = read.Time.UTC()
	}
	if err := read.Validate(); err != nil {
		return fmt.Errorf("%q: %w", text, err)
	}
	*c = read
	return nil
}
