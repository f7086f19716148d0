package fga

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	openfgav1 "github.com/openfga/api/proto/openfga/v1"
	"github.com/openfga/openfga/assets"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/structpb"
	"sigs.k8s.io/yaml"

	language "github.com/openfga/language/pkg/go/transformer"
)

// A Case is a test of the YAML files in OpenFGA's assets package.
type Case struct {
	Name   string
	Stages []Stage
}

// A Stage is a model and tuples, which come on top of those of the stages before,
// and what is then asked.
type Stage struct {
	Model       string
	Tuples      []*openfgav1.TupleKey
	Checks      []CheckAssertion   `json:"checkAssertions"`
	ListObjects []ObjectsAssertion `json:"listObjectsAssertions"`
	ListUsers   []UsersAssertion   `json:"listUsersAssertions"`
}

// A Setting is what the assertions of all kinds have in common: what they are
// asked with, and the code of the error that they expect in place of an answer.
type Setting struct {
	Contextual []*openfgav1.TupleKey `json:"contextualTuples"`
	Context    *structpb.Struct
	ErrorCode  int
}

// A CheckAssertion says whether a tuple holds.
type CheckAssertion struct {
	Setting
	Tuple       *openfgav1.CheckRequestTupleKey
	Expectation bool
}

// An ObjectsAssertion says which objects a user has.
type ObjectsAssertion struct {
	Setting
	Request     struct{ User, Type, Relation string }
	Expectation []string
}

// A UsersAssertion says which users have an object.
type UsersAssertion struct {
	Setting
	Request struct {
		Object, Relation string
		Filters          []string
	}
	Expectation []string
}

// Cases reads one of the files.
func Cases(file string) ([]Case, error) {
	data, err := assets.EmbedTests.ReadFile("tests/" + file)
	if err != nil {
		return nil, err
	}
	var all struct{ Tests []Case }
	err = yaml.Unmarshal(data, &all)
	return all.Tests, err
}

// A Run is one case on a client. If Contextual is set, nothing is stored, and the
// tuples are given with each question.
type Run struct {
	Client     *Client
	Contextual bool

	store, model string
	given        []*openfgav1.TupleKey // with each question
	before       []*openfgav1.TupleKey // of all stages so far
}

// Begin puts the next stage in place.
func (r *Run) Begin(ctx context.Context, s Stage) error {
	if r.store == "" {
		created, err := r.Client.CreateStore(ctx, &openfgav1.CreateStoreRequest{})
		if err != nil {
			return err
		}
		r.store = created.GetId()
	}
	model, err := language.TransformDSLToProto(s.Model)
	if err != nil {
		return err
	}
	written, err := r.Client.WriteAuthorizationModel(ctx, &openfgav1.WriteAuthorizationModelRequest{
		StoreId:         r.store,
		SchemaVersion:   model.GetSchemaVersion(),
		TypeDefinitions: model.GetTypeDefinitions(),
		Conditions:      model.GetConditions(),
	})
	if err != nil {
		return err
	}
	r.model = written.GetAuthorizationModelId()
	if r.Contextual {
		r.before = append(r.before, s.Tuples...)
		r.given, err = r.admitted()
		return err
	}
	if len(s.Tuples) == 0 {
		return nil
	}
	_, err = r.Client.Write(ctx, &openfgav1.WriteRequest{
		StoreId:              r.store,
		AuthorizationModelId: r.model,
		Writes:               &openfgav1.WriteRequestWrites{TupleKeys: s.Tuples},
	})
	return err
}

// admitted returns the tuples of all stages that the model admits, as SetSchema
// keeps them and sets the others aside. Given with a question, those would be
// refused.
func (r *Run) admitted() ([]*openfgav1.TupleKey, error) {
	s, err := r.Client.store(r.store)
	if err != nil {
		return nil, err
	}
	var all []*openfgav1.TupleKey
	for _, k := range r.before {
		rs, err := s.relationships(context.Background(), []*openfgav1.TupleKey{k})
		if err != nil {
			return nil, err
		}
		if s.engine.Now().Schema().ValidateRelationship(rs[0]) == nil {
			all = append(all, k)
		}
	}
	return all, nil
}

// tuples returns those that are given with a question.
func (r *Run) tuples(s Setting) []*openfgav1.TupleKey { return slices.Concat(r.given, s.Contextual) }

// Check asks for one tuple.
func (r *Run) Check(ctx context.Context, a CheckAssertion) Outcome {
	got, err := r.Client.Check(ctx, &openfgav1.CheckRequest{
		StoreId: r.store, AuthorizationModelId: r.model,
		TupleKey:         a.Tuple,
		ContextualTuples: &openfgav1.ContextualTupleKeys{TupleKeys: r.tuples(a.Setting)},
		Context:          a.Context,
	})
	return outcome(a.Setting, fmt.Sprint(a.Expectation), fmt.Sprint(got.GetAllowed()), err)
}

// ListObjects asks for a list of objects, at once and as a stream.
func (r *Run) ListObjects(ctx context.Context, a ObjectsAssertion) Outcome {
	got, err := r.Client.ListObjects(ctx, &openfgav1.ListObjectsRequest{
		StoreId: r.store, AuthorizationModelId: r.model,
		User: a.Request.User, Type: a.Request.Type, Relation: a.Request.Relation,
		ContextualTuples: &openfgav1.ContextualTupleKeys{TupleKeys: r.tuples(a.Setting)},
		Context:          a.Context,
	})
	return outcome(a.Setting, sorted(a.Expectation), sorted(got.GetObjects()), err)
}

// ListUsers asks for a list of users.
func (r *Run) ListUsers(ctx context.Context, a UsersAssertion) Outcome {
	typ, id, _ := strings.Cut(a.Request.Object, ":")
	var filters []*openfgav1.UserTypeFilter
	for _, f := range a.Request.Filters {
		typ, relation, _ := strings.Cut(f, "#")
		filters = append(filters, &openfgav1.UserTypeFilter{Type: typ, Relation: relation})
	}
	got, err := r.Client.ListUsers(ctx, &openfgav1.ListUsersRequest{
		StoreId: r.store, AuthorizationModelId: r.model,
		Object:           &openfgav1.Object{Type: typ, Id: id},
		Relation:         a.Request.Relation,
		UserFilters:      filters,
		ContextualTuples: r.tuples(a.Setting),
		Context:          a.Context,
	})
	var users []string
	for _, u := range got.GetUsers() {
		users = append(users, Subject(u).String())
	}
	return outcome(a.Setting, sorted(a.Expectation), sorted(users), err)
}

// An Outcome is what was expected of an assertion and what was answered, as text.
type Outcome struct{ Expected, Answered string }

func outcome(s Setting, expected, answered string, err error) Outcome {
	if s.ErrorCode != 0 {
		expected = fmt.Sprintf("error %d", s.ErrorCode)
	}
	if err != nil {
		answered = err.Error()
		if st, ok := status.FromError(err); ok {
			answered = fmt.Sprintf("error %d", st.Code())
		}
	}
	return Outcome{expected, answered}
}

func sorted(names []string) string {
	return "[" + strings.Join(slices.Sorted(slices.Values(names)), " ") + "]"
}

// Err says what is wrong, if something is.
func (o Outcome) Err() error {
	if o.Expected == o.Answered {
		return nil
	}
	return errors.New("expected: " + o.Expected + "; answered: " + o.Answered)
}
