package validation

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/baobab-authz/baobab/tuple"
)

// The columns of a CSV file.
const (
	userType         = "user_type"
	userID           = "user_id"
	userRelation     = "user_relation"
	relationName     = "relation"
	objectType       = "object_type"
	objectID         = "object_id"
	conditionName    = "condition_name"
	conditionContext = "condition_context"
)

var (
	neededColumns = []string{userType, userID, relationName, objectType, objectID}
	otherColumns  = []string{userRelation, conditionName, conditionContext}
)

// ReadTuplesCSV reads OpenFGA's tuples from CSV. The first line names the columns,
// in any order: user_type, user_id, relation, object_type and object_id, and if
// there are any, user_relation, condition_name and condition_context, which is a
// JSON object. The name of the file is only for messages. The error is [Errors].
func ReadTuplesCSV(file string, data []byte) ([]Relationship, error) {
	p := &problems{}
	reader := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(data, []byte(byteOrderMark))))
	reader.ReuseRecord = true
	columns, ok := csvColumns(file, reader, p)
	if !ok {
		return nil, p.err(file)
	}
	var rels []Relationship
	for {
		row, err := reader.Read()
		var wrong *csv.ParseError
		switch {
		case errors.Is(err, io.EOF):
			return rels, p.err(file)
		case errors.Is(err, csv.ErrFieldCount) && errors.As(err, &wrong):
			p.errorf(file, wrong.StartLine, "%d columns, where the first line has %d", len(row), len(columns))
			continue
		case err != nil:
			notCSV(file, err, p)
			return rels, p.err(file)
		}
		line, _ := reader.FieldPos(0)
		t, err := csvTuple(columns, row)
		if err == nil {
			var rel tuple.Relationship
			if rel, err = t.relationship(); err == nil {
				rels = append(rels, Relationship{rel, file, line})
			}
		}
		if err != nil {
			p.errorf(file, line, "%w", err)
		}
	}
}

// notCSV adds the error of the CSV reader.
func notCSV(file string, err error, p *problems) {
	line := 0
	var wrong *csv.ParseError
	if errors.As(err, &wrong) {
		line, err = wrong.Line, wrong.Err
	}
	p.errorf(file, line, "not CSV: %w", err)
}

// csvColumns reads the first line: where each column is.
func csvColumns(file string, reader *csv.Reader, p *problems) (map[string]int, bool) {
	first, err := reader.Read()
	if errors.Is(err, io.EOF) {
		p.errorf(file, 0, "the file is empty: its first line names the columns")
		return nil, false
	}
	if err != nil {
		notCSV(file, err, p)
		return nil, false
	}
	columns := map[string]int{}
	before := len(p.found)
	for i, name := range first {
		name = strings.TrimSpace(name)
		switch _, twice := columns[name]; {
		case twice:
			p.errorf(file, 1, "the column %s is there twice", name)
		case !slices.Contains(neededColumns, name) && !slices.Contains(otherColumns, name):
			p.errorf(file, 1, "unknown column %q: there are %s, and can be %s", name,
				strings.Join(neededColumns, ", "), strings.Join(otherColumns, ", "))
		}
		columns[name] = i
	}
	for _, name := range neededColumns {
		if _, ok := columns[name]; !ok {
			p.errorf(file, 1, "there is no column %s", name)
		}
	}
	return columns, len(p.found) == before
}

// csvTuple returns the tuple of a row.
func csvTuple(columns map[string]int, row []string) (fgaTuple, error) {
	cell := func(name string) string {
		if i, ok := columns[name]; ok {
			return row[i]
		}
		return ""
	}
	t := fgaTuple{
		User:     cell(userType) + ":" + cell(userID),
		Relation: cell(relationName),
		Object:   cell(objectType) + ":" + cell(objectID),
	}
	if r := cell(userRelation); r != "" {
		t.User += "#" + r
	}
	name, context := cell(conditionName), strings.TrimSpace(cell(conditionContext))
	if name == "" && context == "" {
		return t, nil
	}
	t.Condition = &fgaCondition{Name: name}
	if context == "" {
		return t, nil
	}
	var err error
	if t.Condition.Context, err = readContext(context); err != nil {
		return t, fmt.Errorf("%s: %w", conditionContext, err)
	}
	return t, nil
}
