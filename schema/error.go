package schema

import (
	"errors"
	"fmt"
	"strings"

	"github.com/baobab-authz/baobab/tuple"
)

var (
	// ErrSchema is matched by every error about a schema; see [Errors].
	ErrSchema = errors.New("invalid schema")
	// ErrEmpty is matched by an error about a schema without definitions.
	ErrEmpty = errors.New("no definitions")
	// ErrUnknownType is matched by a [*NameError] about a type.
	ErrUnknownType = errors.New("unknown type")
	// ErrUnknownRelation is matched by a [*NameError] about a relation.
	ErrUnknownRelation = errors.New("unknown relation")
	// ErrNotStored is matched by an [*AdmissionError] about a tuple of a permission.
	ErrNotStored = errors.New("a permission stores no tuples")
	// ErrSubjectNotAllowed is matched by an [*AdmissionError] about a type of
	// subject, a wildcard included, that the relation does not admit.
	ErrSubjectNotAllowed = errors.New("subject type not allowed")
	// ErrWildcardNotAllowed is matched by an [*AdmissionError] about a wildcard.
	ErrWildcardNotAllowed = errors.New("wildcard not allowed")
	// ErrCaveatNotAllowed is matched by an [*AdmissionError] about a tuple that
	// carries a caveat other than it must, or lacks one.
	ErrCaveatNotAllowed = errors.New("caveat not allowed")
	// ErrContextNotAllowed is matched by a [*ContextError].
	ErrContextNotAllowed = errors.New("context not allowed")
	// ErrExpirationNotAllowed is matched by an [*AdmissionError] about a tuple
	// that expires and must not, or must and does not.
	ErrExpirationNotAllowed = errors.New("expiration not allowed")
)

// A NameError says that a schema has no such type or relation. It matches
// [ErrUnknownType] or [ErrUnknownRelation].
type NameError struct {
	Type       string // the type that is unknown, or that lacks the relation; empty if no type has it
	Relation   string // the relation that is unknown; empty if the type is
	Suggestion string // the name that was probably meant; often empty
}

// Error names what is unknown and what was probably meant.
func (e *NameError) Error() string {
	var text string
	switch {
	case e.Relation == "":
		text = fmt.Sprintf("unknown type %q", e.Type)
	case e.Type == "":
		text = fmt.Sprintf("unknown relation %q: no type has it", e.Relation)
	default:
		text = fmt.Sprintf("unknown relation %q: type %q does not have it", e.Relation, e.Type)
	}
	if e.Suggestion != "" {
		text += fmt.Sprintf("; did you mean %q?", e.Suggestion)
	}
	return text
}

// Is reports whether target is [ErrUnknownType], or [ErrUnknownRelation].
func (e *NameError) Is(target error) bool {
	if e.Relation == "" {
		return target == ErrUnknownType
	}
	return target == ErrUnknownRelation
}

// An AdmissionError says why a relation does not admit a tuple. It matches
// [ErrNotStored], [ErrSubjectNotAllowed], [ErrWildcardNotAllowed],
// [ErrCaveatNotAllowed] or [ErrExpirationNotAllowed].
type AdmissionError struct {
	Relationship tuple.Relationship // what was refused
	Admitted     []SubjectType      // what the relation admits; empty for a permission
	kind         error
}

// Error names the tuple and what the relation admits instead.
func (e *AdmissionError) Error() string {
	r := e.Relationship
	name := r.Object.Type + "#" + r.Relation
	switch e.kind {
	case ErrNotStored:
		return fmt.Sprintf("%s: %s is a permission and stores no tuples", r.Tuple, name)
	case ErrCaveatNotAllowed:
		carries := "without a caveat"
		if r.Caveat != "" {
			carries = fmt.Sprintf("with the caveat %q", r.Caveat)
		}
		return fmt.Sprintf("%s: %s does not admit this subject %s; it admits %s", r.Tuple, name, carries, e.admitted())
	case ErrExpirationNotAllowed:
		expires := "without an expiry"
		if !r.Expires.IsZero() {
			expires = "with an expiry"
		}
		return fmt.Sprintf("%s: %s does not admit this subject %s; it admits %s", r.Tuple, name, expires, e.admitted())
	}
	subject := SubjectType{Type: r.Subject.Type, Relation: r.Subject.Relation, Wildcard: e.kind == ErrWildcardNotAllowed}
	return fmt.Sprintf("%s: %s does not admit %s; it admits %s", r.Tuple, name, subject, e.admitted())
}

func (e *AdmissionError) admitted() string {
	texts := make([]string, len(e.Admitted))
	for i, s := range e.Admitted {
		texts[i] = s.String()
	}
	return strings.Join(texts, " | ")
}

// Is reports whether target is the error's kind. A wildcard that is not
// admitted is also a subject type that is not.
func (e *AdmissionError) Is(target error) bool {
	return target == e.kind || e.kind == ErrWildcardNotAllowed && target == ErrSubjectNotAllowed
}

// A ContextError says why a caveat cannot have the values that a relationship
// gives it. It matches [ErrContextNotAllowed], and what the evaluator returned.
type ContextError struct {
	Relationship tuple.Relationship
	err          error
}

// Error names the tuple, the caveat and the parameter.
func (e *ContextError) Error() string { return e.err.Error() }

// Is reports whether target is [ErrContextNotAllowed].
func (e *ContextError) Is(target error) bool { return target == ErrContextNotAllowed }

// Unwrap returns what is wrong with the values.
func (e *ContextError) Unwrap() error { return e.err }
