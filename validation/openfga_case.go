package validation

import (
	"fmt"

	"go.yaml.in/yaml/v3"

	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/tuple"
)

// questions reads the assertions of a test.
type questions struct {
	*reader
	schema *schema.Schema
}

// check reads an element of check: a user or several, an object or several, and
// which relations there are between each of them.
func (q questions) check(n *yaml.Node) []Assertion {
	fields := q.fields(n, "a check", "user", "users", "object", "objects", "context", "assertions")
	users := q.oneOrMany(n, fields, "user", "users")
	objects := q.oneOrMany(n, fields, "object", "objects")
	context := q.context(fields["context"].value)
	var all []Assertion
	for _, a := range q.asserted(n, fields) {
		holds, ok := q.boolean(a.value, a.name)
		if !ok {
			q.errorf(a.key, "%s should be true or false", a.name)
			continue
		}
		want := denied
		if holds {
			want = allowed
		}
		for _, user := range users {
			for _, object := range objects {
				t, err := questionOf(object.Value, a.name, user.Value)
				if err != nil {
					q.errorf(a.key, "%w", err)
				} else if q.known(q.schema, a.key, t) {
					all = append(all, checkAssertion(q.name, a.key.Line, Check, t, context, want))
				}
			}
		}
	}
	return all
}

// oneOrMany returns the texts of a key, or of another that has a list of them.
func (q questions) oneOrMany(n *yaml.Node, fields map[string]field, one, many string) []*yaml.Node {
	f, isOne := fields[one]
	list, isMany := fields[many]
	switch {
	case isOne && isMany:
		q.errorf(list.key, "%s and %s: a check has one of them", one, many)
	case isOne:
		if _, ok := q.text(f.value, one); ok {
			return []*yaml.Node{f.value}
		}
	case isMany:
		return q.texts(list.value, many)
	default:
		q.errorf(n, "there is no %s", one)
	}
	return nil
}

// asserted returns the entries of assertions, by relation. None is an error: who
// writes a question expects an answer.
func (q questions) asserted(n *yaml.Node, fields map[string]field) []field {
	f, ok := fields["assertions"]
	if !ok {
		q.errorf(n, "there are no assertions")
		return nil
	}
	return q.entries(f.value, "assertions")
}

// needed returns the text of a key that must be there.
func (q questions) needed(n *yaml.Node, fields map[string]field, name string) (string, bool) {
	if _, ok := fields[name]; !ok {
		q.errorf(n, "there is no %s", name)
		return "", false
	}
	return q.text(fields[name].value, name)
}

// anyID stands for an object whose type alone matters.
const anyID = "any"

// listObjects reads an element of list_objects: a user, a type, and for relations
// the objects of that type to which the user has them.
func (q questions) listObjects(n *yaml.Node) []Assertion {
	fields := q.fields(n, "an element of list_objects", "user", "type", "context", "assertions")
	user, okUser := q.needed(n, fields, "user")
	typ, okType := q.needed(n, fields, "type")
	context := q.context(fields["context"].value)
	assertions := q.asserted(n, fields)
	if !okUser || !okType {
		return nil
	}
	var all []Assertion
	for _, a := range assertions {
		t, err := questionOf(typ+":"+anyID, a.name, user)
		if err != nil {
			q.errorf(a.key, "%w", err)
			continue
		}
		if !q.admits(a.key, t) {
			continue
		}
		l := objectList{subject: t.Subject, permission: a.name, objectType: typ, context: context}
		for _, item := range q.texts(a.value, a.name) {
			o, err := tuple.ParseObject(item.Value)
			if err == nil && o.Type != typ {
				err = fmt.Errorf("%v is not of the type %s", o, typ)
			}
			if err != nil {
				q.errorf(item, "%w", err)
				continue
			}
			l.want = append(l.want, o)
		}
		all = append(all, l.assertion(q.name, a.key.Line))
	}
	return all
}

// admits is known, for a question that is not about the tuple's object.
func (q questions) admits(n *yaml.Node, t tuple.Tuple) bool {
	if q.schema == nil { // which is an error already
		return true
	}
	if err := q.schema.ValidateTuple(t); err != nil {
		q.errorf(n, "%w", err)
		return false
	}
	return true
}

// listUsers reads an element of list_users: an object, the types of users that are
// asked for, and for relations the users that have them to the object.
func (q questions) listUsers(n *yaml.Node) []Assertion {
	fields := q.fields(n, "an element of list_users", "object", "user_filter", "context", "assertions")
	object, ok := q.needed(n, fields, "object")
	filters := q.userFilters(n, fields)
	context := q.context(fields["context"].value)
	assertions := q.asserted(n, fields)
	if !ok || len(filters) == 0 {
		return nil
	}
	var all []Assertion
	for _, a := range assertions {
		l := subjectList{permission: a.name, filters: filters, context: context}
		if a.value != nil {
			l.want = q.users(q.fields(a.value, a.name, "users")["users"].value, filters)
		}
		t, err := questionOf(object, a.name, filters[0].example())
		if err != nil {
			q.errorf(a.key, "%w", err)
			continue
		}
		admitted := true
		for _, f := range filters {
			t.Subject, _ = tuple.ParseSubject(f.example())
			admitted = admitted && q.admits(a.key, t)
		}
		if admitted {
			l.object = t.Object
			all = append(all, l.assertion(q.name, a.key.Line))
		}
	}
	return all
}

// userFilters reads user_filter: types, or usersets with type and relation.
func (q questions) userFilters(n *yaml.Node, fields map[string]field) []userFilter {
	f, ok := fields["user_filter"]
	if !ok {
		q.errorf(n, "there is no user_filter")
		return nil
	}
	var all []userFilter
	for _, item := range q.items(f.value, "user_filter") {
		parts := q.fields(item, "a user_filter", "type", "relation")
		typ, ok := q.needed(item, parts, "type")
		relation, _ := q.text(parts["relation"].value, "relation")
		filter := userFilter{typ, relation}
		if _, err := tuple.ParseSubject(filter.example()); ok && err != nil {
			q.errorf(item, "%w", err)
		} else if ok {
			all = append(all, filter)
		}
	}
	return all
}

// users reads the users that are expected.
func (q questions) users(n *yaml.Node, filters []userFilter) []tuple.Subject {
	var all []tuple.Subject
	for _, item := range q.texts(n, "users") {
		s, err := tuple.ParseSubject(item.Value)
		if err == nil && !among(filters, s) {
			err = fmt.Errorf("%v is not among what user_filter asks for: %s", s, joined(filters))
		}
		if err != nil {
			q.errorf(item, "%w", err)
			continue
		}
		all = append(all, s)
	}
	return all
}
