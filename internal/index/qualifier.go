package index

import (
	"math"
	"reflect"
	"time"

	"github.com/baobab-authz/baobab/tuple"
)

// A Qualifier is what qualifies a stored tuple. The zero value says that
// nothing does. It and its context are never changed once they are stored.
type Qualifier struct {
	Caveat  string
	Context map[string]any
	Expires int64 // Unix microseconds; 0 never
}

// QualifierOf returns what qualifies r, which is canonical, or nil when nothing does.
func QualifierOf(r tuple.Relationship) *Qualifier {
	if r.Caveat == "" && r.Expires.IsZero() {
		return nil
	}
	q := &Qualifier{Caveat: r.Caveat, Context: r.Context}
	if !r.Expires.IsZero() {
		q.Expires = Instant(r.Expires)
		if q.Expires == 0 { // the beginning of 1970 is an instant, 0 is never
			q.Expires = -1
		}
	}
	return q
}

// Instant returns t in Unix microseconds; the first or last that there is when
// t is outside the years 1 to 9999, where no expiry is. What is finer is cut
// off, as it is from an expiry: so a tuple stops existing at the very instant.
func Instant(t time.Time) int64 {
	switch y := t.UTC().Year(); {
	case y < 1:
		return math.MinInt64
	case y > 9999:
		return math.MaxInt64
	}
	return t.UnixMicro()
}

// Expired reports whether a tuple that q qualifies does not exist at the instant now.
func (q *Qualifier) Expired(now int64) bool { return q != nil && q.Expires != 0 && q.Expires <= now }

// EqualQualifiers reports whether p and q mean the same; nil means nothing.
func EqualQualifiers(p, q *Qualifier) bool {
	if p == q {
		return true
	}
	if p == nil {
		p = &Qualifier{}
	}
	if q == nil {
		q = &Qualifier{}
	}
	return p.Caveat == q.Caveat && p.Expires == q.Expires && len(p.Context) == len(q.Context) &&
		(len(p.Context) == 0 || reflect.DeepEqual(p.Context, q.Context))
}

// Relationship returns t with q as what qualifies it. The context is copied,
// so that the caller may change it.
func (q *Qualifier) Relationship(t tuple.Tuple) tuple.Relationship {
	r := tuple.Relationship{Tuple: t}
	if q == nil {
		return r
	}
	r.Caveat = q.Caveat
	if len(q.Context) > 0 {
		r.Context = copyValue(q.Context).(map[string]any)
	}
	if q.Expires != 0 {
		r.Expires = time.UnixMicro(q.Expires).UTC()
	}
	return r
}

// copyValue copies a value of a canonical context.
func copyValue(v any) any {
	switch v := v.(type) {
	case map[string]any:
		m := make(map[string]any, len(v))
		for k, e := range v {
			m[k] = copyValue(e)
		}
		return m
	case []any:
		list := make([]any, len(v))
		for i, e := range v {
			list[i] = copyValue(e)
		}
		return list
	}
	return v
}

// Bytes estimates the memory that q takes, for bounds of retained history.
func (q *Qualifier) Bytes() int {
	if q == nil {
		return 0
	}
	return 40 + len(q.Caveat) + valueBytes(q.Context)
}

func valueBytes(v any) int {
	n := 16
	switch v := v.(type) {
	case string:
		n += len(v)
	case []any:
		for _, e := range v {
			n += valueBytes(e)
		}
	case map[string]any:
		for k, e := range v {
			n += 32 + len(k) + valueBytes(e)
		}
	}
	return n
}

// A record is a qualifier as a snapshot keeps it, by the number in
// Key.Qualifier. The expiry is repeated, to be judged without the pointer.
type record struct {
	number  uint32
	expires int64
	q       *Qualifier
}

func recordLess(a, b record) bool { return a.number < b.number }

// An expiry says when a stored tuple expires.
type expiry struct {
	at  int64
	key Key
}

func expiryLess(a, b expiry) bool {
	return a.at < b.at || a.at == b.at && ForwardLess(a.key, b.key)
}
