package differential

import (
	"context"
	"fmt"
	"slices"
	"strings"

	openfgav1 "github.com/openfga/api/proto/openfga/v1"
	"github.com/openfga/openfga/pkg/server"
	"github.com/openfga/openfga/pkg/storage/memory"
	"google.golang.org/grpc"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/baobab-authz/baobab/conformance/fga"
	"github.com/baobab-authz/baobab/tuple"
)

// An API is the part of OpenFGA's that is compared.
type api interface {
	CreateStore(context.Context, *openfgav1.CreateStoreRequest) (*openfgav1.CreateStoreResponse, error)
	WriteAuthorizationModel(context.Context, *openfgav1.WriteAuthorizationModelRequest) (*openfgav1.WriteAuthorizationModelResponse, error)
	Write(context.Context, *openfgav1.WriteRequest) (*openfgav1.WriteResponse, error)
	Check(context.Context, *openfgav1.CheckRequest) (*openfgav1.CheckResponse, error)
	ListObjects(context.Context, *openfgav1.ListObjectsRequest) (*openfgav1.ListObjectsResponse, error)
	ListUsers(context.Context, *openfgav1.ListUsersRequest) (*openfgav1.ListUsersResponse, error)
}

// newServer returns OpenFGA, which is to be closed.
func newServer() *server.Server {
	return server.MustNewServerWithOpts(
		server.WithDatastore(memory.New()),
		server.WithResolveNodeLimit(100),
		server.WithListObjectsDeadline(0),
		server.WithListObjectsMaxResults(0),
		server.WithListUsersDeadline(0),
		server.WithListUsersMaxResults(0),
	)
}

// ours is the adapter, in the form of the server's methods.
type ours struct{ *fga.Client }

func call[In, Out any](method func(context.Context, In, ...grpc.CallOption) (Out, error)) func(context.Context, In) (Out, error) {
	return func(ctx context.Context, in In) (Out, error) { return method(ctx, in) }
}

func (o ours) CreateStore(ctx context.Context, in *openfgav1.CreateStoreRequest) (*openfgav1.CreateStoreResponse, error) {
	return call(o.Client.CreateStore)(ctx, in)
}

func (o ours) WriteAuthorizationModel(ctx context.Context, in *openfgav1.WriteAuthorizationModelRequest) (*openfgav1.WriteAuthorizationModelResponse, error) {
	return call(o.Client.WriteAuthorizationModel)(ctx, in)
}

func (o ours) Write(ctx context.Context, in *openfgav1.WriteRequest) (*openfgav1.WriteResponse, error) {
	return call(o.Client.Write)(ctx, in)
}

func (o ours) Check(ctx context.Context, in *openfgav1.CheckRequest) (*openfgav1.CheckResponse, error) {
	return call(o.Client.Check)(ctx, in)
}

func (o ours) ListObjects(ctx context.Context, in *openfgav1.ListObjectsRequest) (*openfgav1.ListObjectsResponse, error) {
	return call(o.Client.ListObjects)(ctx, in)
}

func (o ours) ListUsers(ctx context.Context, in *openfgav1.ListUsersRequest) (*openfgav1.ListUsersResponse, error) {
	return call(o.Client.ListUsers)(ctx, in)
}

// A peer is one of the two, with a case in it.
type peer struct {
	api
	store, model string
	given        *structpb.Struct
}

// load puts a case into a store of its own. refused is that it does not accept the
// model.
func load(ctx context.Context, a api, c Case) (p *peer, refused, err error) {
	return loadModel(ctx, a, model(c.Schema), c)
}

// loadModel is load with a model in OpenFGA's form.
func loadModel(ctx context.Context, a api, m *openfgav1.WriteAuthorizationModelRequest, c Case) (p *peer, refused, err error) {
	p = &peer{api: a}
	if p.given, err = structpb.NewStruct(c.Given); err != nil {
		return nil, nil, err
	}
	created, err := a.CreateStore(ctx, &openfgav1.CreateStoreRequest{Name: "differential"})
	if err != nil {
		return nil, nil, err
	}
	p.store = created.GetId()
	m.StoreId = p.store
	written, refused := a.WriteAuthorizationModel(ctx, m)
	if refused != nil {
		return nil, refused, nil
	}
	p.model = written.GetAuthorizationModelId()
	var keys []*openfgav1.TupleKey
	for _, r := range c.Tuples {
		k, err := key(r)
		if err != nil {
			return nil, nil, err
		}
		keys = append(keys, k)
	}
	if len(keys) == 0 {
		return p, nil, nil
	}
	_, err = a.Write(ctx, &openfgav1.WriteRequest{StoreId: p.store, AuthorizationModelId: p.model, Writes: &openfgav1.WriteRequestWrites{TupleKeys: keys}})
	return p, nil, err
}

// An answer is that of one of the two: an error's code, or a list of subjects or
// objects, sorted. That a tuple holds is the list of "true".
type answer struct {
	code int
	list []string
}

func (a answer) String() string {
	if a.code != 0 {
		return fmt.Sprint("error ", a.code)
	}
	return "[" + strings.Join(a.list, " ") + "]"
}

func (a answer) equal(b answer) bool { return a.code == b.code && slices.Equal(a.list, b.list) }

// answered makes an answer.
func answered(list []string, err error) answer {
	if err != nil {
		return answer{code: int(status.Code(err))}
	}
	slices.Sort(list)
	return answer{list: list}
}

func (p *peer) check(ctx context.Context, t tuple.Tuple) answer {
	got, err := p.Check(ctx, &openfgav1.CheckRequest{
		StoreId: p.store, AuthorizationModelId: p.model, Context: p.given,
		TupleKey: &openfgav1.CheckRequestTupleKey{Object: t.Object.String(), Relation: t.Relation, User: t.Subject.String()},
	})
	if got.GetAllowed() {
		return answered([]string{"true"}, err)
	}
	return answered(nil, err)
}

func (p *peer) objects(ctx context.Context, typ, relation string, s tuple.Subject) answer {
	got, err := p.ListObjects(ctx, &openfgav1.ListObjectsRequest{
		StoreId: p.store, AuthorizationModelId: p.model, Context: p.given,
		Type: typ, Relation: relation, User: s.String(),
	})
	return answered(got.GetObjects(), err)
}

func (p *peer) users(ctx context.Context, o tuple.Object, relation, typ, userset string) answer {
	got, err := p.ListUsers(ctx, &openfgav1.ListUsersRequest{
		StoreId: p.store, AuthorizationModelId: p.model, Context: p.given,
		Object: &openfgav1.Object{Type: o.Type, Id: o.ID}, Relation: relation,
		UserFilters: []*openfgav1.UserTypeFilter{{Type: typ, Relation: userset}},
	})
	var list []string
	for _, u := range got.GetUsers() {
		list = append(list, fga.Subject(u).String())
	}
	return answered(list, err)
}
