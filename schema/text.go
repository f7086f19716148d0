package schema

import (
	"regexp"
	"slices"
)

// Text returns the schema as String does, for SpiceDB: [Parse] reads it back to an
// equal schema, and so do SpiceDB and its tools. It is the way by which a model in
// another language gets there.
//
// What SpiceDB's language cannot say is refused, all of it at once, by the error
// [Errors] without positions:
//
//   - relations that are rewritten as well as stored: give what is stored a
//     relation of its own, and make of the rest a permission
//   - names with capital letters, hyphens, or fewer than three characters, and names
//     that are keywords
//   - caveats that have the name of a definition
//   - conditions of OpenFGA about a uint, or with the function ipaddress, which SpiceDB
//     reads in another way; other expressions are taken over as they are
//   - arrows over relations that admit a wildcard, and usersets of another type's
//     relation that does
func (s *Schema) Text() (string, error) {
	report := &reports{}
	f := &file{flags: map[string]span{}}
	w := &speller{report, s.taken(), regexp.MustCompile("^" + spicePrefix + spiceName + "$"),
		regexp.MustCompile("^" + spiceName + "$"), regexp.MustCompile("^[a-zA-Z_][a-zA-Z0-9_]*$")}
	for _, c := range s.caveats {
		w.caveat(c)
		f.decls = append(f.decls, DeclareCaveat(c.Name, c.Expression, c.Parameters...).part())
	}
	for _, d := range s.definitions {
		w.definition(d)
		f.decls = append(f.decls, Define(d.Name, members(d)...).part())
	}
	if _, err := compile([]*file{f}, report, rules{native: true}); err != nil {
		return "", err
	}
	return s.String(), nil
}

// members returns what [New] would take for the relations of a definition, without
// directives, which have been checked.
func members(d *Definition) []Member {
	list := make([]Member, len(d.Relations))
	for i, r := range d.Relations {
		if list[i] = Perm(r.Name, r.Rewrite); r.Stored() {
			list[i] = Rel(r.Name, r.Subjects...).Rewritten(r.Rewrite)
		}
	}
	return list
}

// taken returns the words that name nothing in the text of the schema.
func (s *Schema) taken() []string {
	words := append([]string{"all", "any", "from", "import"}, keywords...)
	expires, self := s.flags()
	if expires {
		words = append(words, "and", "expiration")
	}
	if self {
		words = append(words, "self")
	}
	return words
}

// What SpiceDB admits as names.
const (
	spiceName   = `[a-z_][a-z0-9_]{1,62}[a-z0-9]`
	spicePrefix = `([a-z_][a-z0-9_]{1,61}[a-z0-9]/)*`
)

// A speller reports names that SpiceDB does not admit.
type speller struct {
	report                       *reports
	taken                        []string
	types, relations, parameters *regexp.Regexp
}

func (w *speller) name(kind, name, about string, admitted *regexp.Regexp) {
	switch {
	case slices.Contains(w.taken, name):
		w.report.errorf(span{}, about, "%s %s: SpiceDB has no such name, because it is a keyword", kind, name)
	case len(name) > 128 || !admitted.MatchString(name):
		w.report.errorf(span{}, about, "%s %s: SpiceDB has no such name: one has lower-case letters, digits and '_', from 3 to 64 of them", kind, name)
	}
}

func (w *speller) caveat(c *Caveat) {
	w.name("caveat", c.Name, c.Name, w.types)
	if c.OpenFGA && c.dialect() {
		w.report.errorf(span{}, c.Name, "the condition may mean something else to SpiceDB, where a uint is no unsigned number and there is no function ipaddress")
	}
	for _, p := range c.Parameters {
		if !w.parameters.MatchString(p.Name) {
			w.report.errorf(span{}, c.Name, "parameter %s: SpiceDB has no such name: one has letters, digits and '_', and begins with no digit", p.Name)
		}
	}
}

func (w *speller) definition(d *Definition) {
	w.name("definition", d.Name, d.Name, w.types)
	for _, r := range d.Relations {
		about := d.Name + "#" + r.Name
		w.name("relation", r.Name, about, w.relations)
		if _, this := r.Rewrite.(This); r.Stored() && !this {
			w.report.suggestf(span{}, about, "give its tuples a relation of their own",
				"relation %s is stored and rewritten at once, which SpiceDB's language cannot say", r.Name)
		}
	}
}
