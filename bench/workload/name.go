package workload

import (
	"strconv"
	"strings"

	"github.com/baobab-authz/baobab/tuple"
)

// The names of what an organization has: the letter of its kind and the numbers
// of its organization, its workspace and its own.

func name(kind byte, numbers ...int) string {
	text := append(make([]byte, 0, 24), kind)
	for i, n := range numbers {
		if i > 0 {
			text = append(text, '-')
		}
		text = strconv.AppendInt(text, int64(n), 10)
	}
	return string(text)
}

func (o *Org) object() tuple.Object {
	return tuple.Object{Type: "organization", ID: name('o', o.number)}
}

func (o *Org) user(i int) tuple.Subject { return user(o.number, i) }

func user(org, i int) tuple.Subject { return person(name('u', org, i)) }

func (o *Org) team(i int) tuple.Object {
	return tuple.Object{Type: "team", ID: name('t', o.number, i)}
}

func workspaceOf(org, i int) tuple.Object {
	return tuple.Object{Type: "workspace", ID: name('w', org, i)}
}

func chatbotOf(org, workspace, i int) tuple.Object {
	return tuple.Object{Type: "chatbot", ID: name('c', org, workspace, i)}
}

func person(id string) tuple.Subject {
	return tuple.Object{Type: "user", ID: id}.Subject()
}

// OrgOf returns the number of the organization that an object belongs to, and
// false if it is an extra, which belongs to none.
func OrgOf(o tuple.Object) (int, bool) {
	if len(o.ID) < 2 {
		return 0, false
	}
	number, _, _ := strings.Cut(o.ID[1:], "-")
	n, err := strconv.Atoi(number)
	return n, err == nil
}
