package differential

import (
	openfgav1 "github.com/openfga/api/proto/openfga/v1"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/baobab-authz/baobab/internal/oracle"
	"github.com/baobab-authz/baobab/tuple"
)

// model returns a schema as OpenFGA's model.
func model(s *oracle.Schema) *openfgav1.WriteAuthorizationModelRequest {
	m := &openfgav1.WriteAuthorizationModelRequest{SchemaVersion: "1.1", Conditions: map[string]*openfgav1.Condition{}}
	for _, c := range s.Caveats {
		types := map[string]*openfgav1.ConditionParamTypeRef{}
		for _, p := range c.Parameters {
			types[p.Name] = &openfgav1.ConditionParamTypeRef{TypeName: openfgav1.ConditionParamTypeRef_TYPE_NAME_BOOL}
		}
		m.Conditions[c.Name] = &openfgav1.Condition{Name: c.Name, Expression: c.Expression, Parameters: types}
	}
	for _, typ := range s.Types {
		def := &openfgav1.TypeDefinition{Type: typ.Name}
		if len(typ.Relations) > 0 {
			def.Relations = map[string]*openfgav1.Userset{}
			def.Metadata = &openfgav1.Metadata{Relations: map[string]*openfgav1.RelationMetadata{}}
		}
		for _, r := range typ.Relations {
			def.Relations[r.Name] = rewrite(r.Rewrite)
			def.Metadata.Relations[r.Name] = &openfgav1.RelationMetadata{DirectlyRelatedUserTypes: references(r.Admits)}
		}
		m.TypeDefinitions = append(m.TypeDefinitions, def)
	}
	return m
}

// references returns the forms of subject that a relation admits.
func references(admits []oracle.Admit) []*openfgav1.RelationReference {
	var all []*openfgav1.RelationReference
	for _, a := range admits {
		ref := &openfgav1.RelationReference{Type: a.Type, Condition: a.Caveat}
		switch {
		case a.Wildcard:
			ref.RelationOrWildcard = &openfgav1.RelationReference_Wildcard{Wildcard: &openfgav1.Wildcard{}}
		case a.Relation != "":
			ref.RelationOrWildcard = &openfgav1.RelationReference_Relation{Relation: a.Relation}
		}
		all = append(all, ref)
	}
	return all
}

// rewrite returns an expression in their form.
func rewrite(e oracle.Expr) *openfgav1.Userset {
	switch e := e.(type) {
	case oracle.Computed:
		return computed(e.Relation)
	case oracle.Arrow:
		return &openfgav1.Userset{Userset: &openfgav1.Userset_TupleToUserset{TupleToUserset: &openfgav1.TupleToUserset{
			Tupleset:        &openfgav1.ObjectRelation{Relation: e.Tupleset},
			ComputedUserset: &openfgav1.ObjectRelation{Relation: e.Relation},
		}}}
	case oracle.Union:
		return &openfgav1.Userset{Userset: &openfgav1.Userset_Union{Union: operands(e)}}
	case oracle.Intersection:
		return &openfgav1.Userset{Userset: &openfgav1.Userset_Intersection{Intersection: operands(e)}}
	case oracle.Exclusion:
		return &openfgav1.Userset{Userset: &openfgav1.Userset_Difference{Difference: &openfgav1.Difference{
			Base: rewrite(e.Base), Subtract: rewrite(e.Subtract),
		}}}
	}
	return &openfgav1.Userset{Userset: &openfgav1.Userset_This{This: &openfgav1.DirectUserset{}}}
}

func computed(relation string) *openfgav1.Userset {
	return &openfgav1.Userset{Userset: &openfgav1.Userset_ComputedUserset{ComputedUserset: &openfgav1.ObjectRelation{Relation: relation}}}
}

func operands(all []oracle.Expr) *openfgav1.Usersets {
	u := &openfgav1.Usersets{}
	for _, e := range all {
		u.Child = append(u.Child, rewrite(e))
	}
	return u
}

// key returns a relationship in their form.
func key(r tuple.Relationship) (*openfgav1.TupleKey, error) {
	k := &openfgav1.TupleKey{Object: r.Object.String(), Relation: r.Relation, User: r.Subject.String()}
	if r.Caveat != "" {
		values, err := structpb.NewStruct(r.Context)
		if err != nil {
			return nil, err
		}
		k.Condition = &openfgav1.RelationshipCondition{Name: r.Caveat, Context: values}
	}
	return k, nil
}
