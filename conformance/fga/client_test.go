package fga_test

import (
	"testing"

	openfgav1 "github.com/openfga/api/proto/openfga/v1"
	language "github.com/openfga/language/pkg/go/transformer"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/baobab-authz/baobab/conformance/fga"
)

const model = `model
  schema 1.1
type user
type doc
  relations
    define reader: [user, user with even, user with $expression]
    define blocked: [user, doc#view]
    define view: reader but not blocked
condition even(n: int) {
  n % 2 == 0
}`

// store returns a client with a store of one model and some tuples.
func store(t *testing.T, keys ...*openfgav1.TupleKey) (*fga.Client, string) {
	t.Helper()
	c := fga.NewClient()
	created, err := c.CreateStore(t.Context(), &openfgav1.CreateStoreRequest{})
	require.NoError(t, err)
	parsed := language.MustTransformDSLToProto(model)
	_, err = c.WriteAuthorizationModel(t.Context(), &openfgav1.WriteAuthorizationModelRequest{
		StoreId: created.GetId(), SchemaVersion: "1.1",
		TypeDefinitions: parsed.GetTypeDefinitions(), Conditions: parsed.GetConditions(),
	})
	require.NoError(t, err)
	_, err = c.Write(t.Context(), &openfgav1.WriteRequest{StoreId: created.GetId(), Writes: &openfgav1.WriteRequestWrites{TupleKeys: keys}})
	require.NoError(t, err)
	return c, created.GetId()
}

func key(object, relation, user string) *openfgav1.TupleKey {
	return &openfgav1.TupleKey{Object: object, Relation: relation, User: user}
}

func conditional(k *openfgav1.TupleKey, name string, context map[string]any) *openfgav1.TupleKey {
	values, err := structpb.NewStruct(context)
	if err != nil {
		panic(err)
	}
	k.Condition = &openfgav1.RelationshipCondition{Name: name, Context: values}
	return k
}

func ask(t *testing.T, c *fga.Client, store, object, relation, user string, context map[string]any) (bool, error) {
	t.Helper()
	values, err := structpb.NewStruct(context)
	require.NoError(t, err)
	got, err := c.Check(t.Context(), &openfgav1.CheckRequest{
		StoreId: store, Context: values,
		TupleKey: &openfgav1.CheckRequestTupleKey{Object: object, Relation: relation, User: user},
	})
	return got.GetAllowed(), err
}

func code(err error) int { return int(status.Code(err)) }

// What the translation of answers says it does.
func TestAnswers(t *testing.T) {
	c, id := store(t,
		key("doc:1", "reader", "user:ann"),
		key("doc:1", "blocked", "doc:1#view"), // who may view may not
		conditional(key("doc:2", "reader", "user:ann"), "even", nil),
		key("doc:3", "reader", "user:ann"),
	)
	allowed, err := ask(t, c, id, "doc:3", "view", "user:ann", nil)
	require.NoError(t, err)
	require.True(t, allowed)

	allowed, err = ask(t, c, id, "doc:1", "view", "user:ann", nil)
	require.NoError(t, err, "a cycle is false")
	require.False(t, allowed)

	_, err = ask(t, c, id, "doc:2", "view", "user:ann", nil)
	require.Equal(t, 2000, code(err), "conditional")
	_, err = ask(t, c, id, "doc:2", "view", "user:ann", map[string]any{"n": "two"})
	require.Equal(t, 2000, code(err), "a condition that fails")
	_, err = ask(t, c, id, "doc:2", "edit", "user:ann", nil)
	require.Equal(t, 2000, code(err), "an unknown relation")

	list := &openfgav1.ListObjectsRequest{StoreId: id, Type: "doc", Relation: "view", User: "user:ann"}
	_, err = c.ListObjects(t.Context(), list)
	require.Equal(t, 2000, code(err), "conditional in a list")
	list.Context, err = structpb.NewStruct(map[string]any{"n": 2})
	require.NoError(t, err)
	got, err := c.ListObjects(t.Context(), list)
	require.NoError(t, err)
	require.Equal(t, []string{"doc:2", "doc:3"}, got.GetObjects(), "what is undefined is not listed")

	for relation, expected := range map[string]int{"view": 2000, "edit": 2022} {
		_, err = c.ListObjects(t.Context(), &openfgav1.ListObjectsRequest{StoreId: id, Type: "doc", Relation: relation, User: "malformed"})
		require.Equal(t, expected, code(err), relation)
	}
}

func TestContextualTuples(t *testing.T) {
	c, id := store(t)
	for name, x := range map[string]struct {
		key         *openfgav1.TupleKey
		check, list int
	}{
		"not admitted":      {key("doc:1", "reader", "doc:2"), 2027, 2027},
		"unknown type":      {key("file:1", "reader", "user:ann"), 2027, 2027},
		"wrong condition":   {conditional(key("doc:1", "blocked", "user:ann"), "even", nil), 2027, 2000},
		"unknown parameter": {conditional(key("doc:1", "reader", "user:ann"), "even", map[string]any{"m": 1}), 2027, 2000},
		"wrong expression":  {conditional(key("doc:1", "reader", "user:ann"), "$expression", map[string]any{"expression": "1 +"}), 2027, 2000},
	} {
		t.Run(name, func(t *testing.T) {
			given := &openfgav1.ContextualTupleKeys{TupleKeys: []*openfgav1.TupleKey{x.key}}
			_, err := c.Check(t.Context(), &openfgav1.CheckRequest{
				StoreId: id, TupleKey: &openfgav1.CheckRequestTupleKey{Object: "doc:1", Relation: "view", User: "user:ann"}, ContextualTuples: given,
			})
			require.Equal(t, x.check, code(err), "%v", err)
			_, err = c.ListObjects(t.Context(), &openfgav1.ListObjectsRequest{
				StoreId: id, Type: "doc", Relation: "view", User: "user:ann", ContextualTuples: given,
			})
			require.Equal(t, x.list, code(err), "%v", err)
		})
	}
}

// An expression that a tuple brings along may have types that are said, others that
// are not, variables of its own, and no parameters at all.
func TestInlineExpressions(t *testing.T) {
	inline := func(object, expression string, parameters map[string]any) *openfgav1.TupleKey {
		return conditional(key(object, "reader", "user:ann"), "$expression", map[string]any{"expression": expression, "parameters": parameters})
	}
	c, id := store(t,
		inline("doc:1", "size(names) == 2 && names.exists(x, x == name)", map[string]any{"names": "list<string>"}),
		inline("doc:2", "1 < 2", nil),
	)
	context := map[string]any{"names": []any{"ann", "bob"}, "name": "bob"}
	for _, object := range []string{"doc:1", "doc:2"} {
		allowed, err := ask(t, c, id, object, "reader", "user:ann", context)
		require.NoError(t, err)
		require.True(t, allowed, object)
	}
	context["name"] = "cat"
	allowed, err := ask(t, c, id, "doc:1", "reader", "user:ann", context)
	require.NoError(t, err)
	require.False(t, allowed)
	_, err = c.Write(t.Context(), &openfgav1.WriteRequest{StoreId: id, Writes: &openfgav1.WriteRequestWrites{
		TupleKeys: []*openfgav1.TupleKey{inline("doc:3", "x", map[string]any{"x": "list<"})},
	}})
	require.ErrorContains(t, err, `unknown type "list<"`)
}
