package store

import (
	"fmt"
	"math"
	"time"

	"github.com/baobab-authz/baobab/internal/index"
	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/tuple"
)

// An ExpiryError says that a tuple would expire later than expires-within
// admits, or later than it does already. It matches [ErrConstraint].
type ExpiryError struct {
	Relationship tuple.Relationship // as it would have been stored
	Latest       time.Time          // the latest expiry that is admitted
	Limit        time.Duration      // of the directive
	Prolonged    bool               // within the limit, but later than the tuple expires already
}

// Error names the tuple, its expiry and the latest one that is admitted.
func (e *ExpiryError) Error() string {
	until := "never expires"
	if !e.Relationship.Expires.IsZero() {
		until = "expires at " + e.Relationship.Expires.UTC().Format(time.RFC3339Nano)
	}
	reason := "expires-within " + schema.LimitString(e.Limit)
	if e.Prolonged {
		reason += ", and a touch may not prolong it"
	}
	return fmt.Sprintf("%s %s, %s is the latest admitted (%s)", e.Relationship.Tuple, until, e.Latest.UTC().Format(time.RFC3339Nano), reason)
}

// Is reports whether target is [ErrConstraint].
func (e *ExpiryError) Is(target error) bool { return target == ErrConstraint }

// expiry checks the expiry of a tuple that is created or touched.
func (c *checker) expiry(change index.Change) {
	if len(c.expiries) == 0 || !c.live(change.Has, change.After) {
		return
	}
	rule, ok := c.expiries[member{c.after.TypeOf(change.Key.Object), change.Key.Relation}]
	if !ok {
		return
	}
	now, until := c.after.Instant(), expiryOf(change.After)
	latest := now + rule.limit.Microseconds() // far from the last instant, where every expiry is past
	prolonged := false
	if c.live(change.Had, change.Before) {
		if was := expiryOf(change.Before); was < latest {
			prolonged, latest = until <= latest, was
		}
	}
	if until <= latest {
		return
	}
	rel := change.After.Relationship(c.after.Tuple(change.Key))
	e := &ExpiryError{rel, time.UnixMicro(latest).UTC(), rule.limit, prolonged}
	c.found.add(violation{rule.order, rel.Tuple.String(), func() error { return e }})
}

// expiryOf returns the instant at which a tuple expires; one without end does
// so after every other.
func expiryOf(q *index.Qualifier) int64 {
	if q == nil || q.Expires == 0 {
		return math.MaxInt64
	}
	return q.Expires
}
