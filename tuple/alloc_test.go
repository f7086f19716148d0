package tuple_test

import (
	"testing"
	"time"

	"github.com/baobab-authz/baobab/tuple"
	"github.com/stretchr/testify/assert"
)

func TestNoAllocation(t *testing.T) {
	object, subject := tuple.MustParseObject("workspace:acme"), tuple.MustParseSubject("team:世界#member")
	fact := tuple.New(object, "owner", subject)
	filter := tuple.FilterOf(fact)
	rel := fact.When("f", map[string]any{
		"s": "世", "n": 1.5, "i": 1 << 40, "nil": nil, "b": true,
		"list": []any{"a", 2.0}, "map": map[string]any{"k": int8(1)},
	}).Until(time.Now())
	subjectText, text, filterText := subject.String(), fact.String(), filter.String()
	var err error
	for name, f := range map[string]func(){
		"Object.Validate":       func() { err = object.Validate() },
		"Subject.Validate":      func() { err = subject.Validate() },
		"Tuple.Validate":        func() { err = fact.Validate() },
		"Filter.Validate":       func() { err = filter.Validate() },
		"Relationship.Validate": func() { err = rel.Validate() },
		"ValidateName":          func() { err = tuple.ValidateName("owner") },
		"ValidateTypeName":      func() { err = tuple.ValidateTypeName("acme/owner") },
		"ValidateID":            func() { err = tuple.ValidateID("世界") },
		"ParseObject":           func() { object, err = tuple.ParseObject("workspace:acme") },
		"ParseSubject":          func() { subject, err = tuple.ParseSubject(subjectText) },
		"Parse":                 func() { fact, err = tuple.Parse(text) },
		"ParseFilter":           func() { filter, err = tuple.ParseFilter(filterText) },
		"ParseRelationship":     func() { _, err = tuple.ParseRelationship(text) },
		"Filter.Matches":        func() { filter.Matches(fact) },
	} {
		assert.Zero(t, testing.AllocsPerRun(100, f), name)
		assert.NoError(t, err, name)
	}
}
