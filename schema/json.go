package schema

import (
	"bytes"
	"encoding/json"
)

// jsonVersion is the version of the form in JSON that is written and read.
const jsonVersion = 1

// MarshalJSON returns the schema in a form that says all that it means, whatever
// it was made from, so that it can be stored: [ParseJSON] reads it back to an equal
// schema; json.Unmarshal does not. (For a text see [Schema.String], and for one that
// SpiceDB reads [Schema.Text].) What it does not keep is positions, the warnings that come from
// how a text was written, partials, imports, and comments but for those above
// declarations. The error is always nil.
//
// The form is on one line, and the same for the same schema. This one has line
// breaks, and every field that there is:
//
//	{"version": 1,
//	 "caveats": [
//	  {"name": "at_work", "comments": ["// By day."],
//	   "parameters": [{"name": "hour", "type": "int"}, {"name": "days", "type": "list<string>"}],
//	   "expression": "hour < 17", "openfga": true}],
//	 "definitions": [
//	  {"name": "user"},
//	  {"name": "team", "comments": ["// Of users."], "deleted_by": "lead",
//	   "relations": [
//	    {"relation": "lead", "comments": ["// One at most."],
//	     "subjects": [{"type": "user", "caveat": "at_work", "expiration": true}],
//	     "counts": [{"min": 0, "max": 1}, {"min": 0, "max": 5, "per_subject": true, "in": "part_of"}],
//	     "on_delete": "refuse", "expires_within": "30d"},
//	    {"relation": "part_of", "subjects": [{"type": "team"}],
//	     "guards": [{"permission": "lead"}, {"permission": "lead", "on_subject": true}, {"self": true}]},
//	    {"relation": "member", "subjects": [{"type": "user", "wildcard": true}, {"type": "team", "relation": "member"}],
//	     "rewrite": {"union": ["this", {"computed": "lead"}]}},
//	    {"permission": "help", "rewrite": {"arrow": ["part_of", "member"]}}]}]}
//
// A field that is missing is empty, or false, and a field is never null. What can
// not be missing is version, name, type, parameters, expression, min, and the
// rewrite of a permission; that of a relation is "this" then, a count has no max
// then, and an on_delete is detach. A member of a definition has either relation or
// permission. The words are those of [Caveat], [Definition], [Relation],
// [SubjectType], [Count] and [Guard].
//
// A rewrite is one of the words "this", "nil" and "self", or an object with one
// field:
//
//	{"computed": "editor"}              see Computed
//	{"arrow": ["parent", "view"]}       see TupleToUserset: parent->view
//	{"arrow_all": ["parent", "view"]}   the same with All: parent.all(view)
//	{"union": [a, b, …]}                see Union: a + b + …
//	{"intersection": [a, b, …]}         see Intersection: a & b & …
//	{"exclusion": [base, subtract]}     see Exclusion: base - subtract
func (s *Schema) MarshalJSON() ([]byte, error) {
	form := schemaForm{Version: jsonVersion}
	for _, c := range s.caveats {
		form.Caveats = append(form.Caveats, c.form())
	}
	for _, d := range s.definitions {
		form.Definitions = append(form.Definitions, d.form())
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false) // for whoever reads a < b
	err := e.Encode(form)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

// The form in JSON, as it is written.
type (
	schemaForm struct {
		Version     int              `json:"version"`
		Caveats     []caveatForm     `json:"caveats,omitempty"`
		Definitions []definitionForm `json:"definitions"`
	}
	caveatForm struct {
		Name       string          `json:"name"`
		Comments   []string        `json:"comments,omitempty"`
		Parameters []parameterForm `json:"parameters"`
		Expression string          `json:"expression"`
		OpenFGA    bool            `json:"openfga,omitempty"`
	}
	parameterForm struct {
		Name string `json:"name"`
		Type string `json:"type"`
	}
	definitionForm struct {
		Name      string         `json:"name"`
		Comments  []string       `json:"comments,omitempty"`
		DeletedBy string         `json:"deleted_by,omitempty"`
		Relations []relationForm `json:"relations,omitempty"`
	}
	relationForm struct {
		Relation      string        `json:"relation,omitempty"`
		Permission    string        `json:"permission,omitempty"`
		Comments      []string      `json:"comments,omitempty"`
		Subjects      []subjectForm `json:"subjects,omitempty"`
		Rewrite       any           `json:"rewrite,omitempty"`
		Counts        []countForm   `json:"counts,omitempty"`
		Guards        []guardForm   `json:"guards,omitempty"`
		OnDelete      string        `json:"on_delete,omitempty"`
		ExpiresWithin string        `json:"expires_within,omitempty"`
	}
	subjectForm struct {
		Type       string `json:"type"`
		Relation   string `json:"relation,omitempty"`
		Wildcard   bool   `json:"wildcard,omitempty"`
		Caveat     string `json:"caveat,omitempty"`
		Expiration bool   `json:"expiration,omitempty"`
	}
	countForm struct {
		Min        int    `json:"min"`
		Max        *int   `json:"max,omitempty"`
		PerSubject bool   `json:"per_subject,omitempty"`
		In         string `json:"in,omitempty"`
	}
	guardForm struct {
		Permission string `json:"permission,omitempty"`
		OnSubject  bool   `json:"on_subject,omitempty"`
		Self       bool   `json:"self,omitempty"`
	}
	operatorForm map[string]any // of one field
)

func (c *Caveat) form() caveatForm {
	f := caveatForm{Name: c.Name, Comments: c.Comments, Expression: c.Expression, OpenFGA: c.OpenFGA}
	for _, p := range c.Parameters {
		f.Parameters = append(f.Parameters, parameterForm{p.Name, p.Type.String()})
	}
	return f
}

func (d *Definition) form() definitionForm {
	f := definitionForm{Name: d.Name, Comments: d.Comments, DeletedBy: d.DeletedBy}
	for _, r := range d.Relations {
		f.Relations = append(f.Relations, r.form())
	}
	return f
}

func (r *Relation) form() relationForm {
	f := relationForm{Relation: r.Name, Comments: r.Comments}
	if r.Permission {
		f.Relation, f.Permission = "", r.Name
	}
	for _, s := range r.Subjects {
		f.Subjects = append(f.Subjects, subjectForm(s))
	}
	if r.Rewrite != (This{}) {
		f.Rewrite = rewriteForm(r.Rewrite)
	}
	for _, c := range r.Counts {
		count := countForm{Min: c.Min, Max: &c.Max, PerSubject: c.PerSubject, In: c.In}
		if c.Max == Unbounded {
			count.Max = nil
		}
		f.Counts = append(f.Counts, count)
	}
	for _, g := range r.Guards {
		f.Guards = append(f.Guards, guardForm{g.Permission, g.OnSubject, g.Permission == ""})
	}
	if r.OnDelete != Detach {
		f.OnDelete = r.OnDelete.String()
	}
	if r.ExpiresWithin != 0 {
		f.ExpiresWithin = LimitString(r.ExpiresWithin)
	}
	return f
}

func rewriteForm(r Rewrite) any {
	switch r := r.(type) {
	case Computed:
		return operatorForm{"computed": r.Relation}
	case TupleToUserset:
		names := []string{r.Tupleset, r.Computed}
		if r.All {
			return operatorForm{"arrow_all": names}
		}
		return operatorForm{"arrow": names}
	case Union:
		return operatorForm{"union": rewriteForms(r.Children)}
	case Intersection:
		return operatorForm{"intersection": rewriteForms(r.Children)}
	case Exclusion:
		return operatorForm{"exclusion": rewriteForms([]Rewrite{r.Base, r.Subtract})}
	}
	return r.String() // this, nil or self
}

func rewriteForms(list []Rewrite) []any {
	forms := make([]any, len(list))
	for i, r := range list {
		forms[i] = rewriteForm(r)
	}
	return forms
}
