package engine

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"reflect"
	"time"
	"unsafe"

	openfgav1 "github.com/openfga/api/proto/openfga/v1"
	"github.com/openfga/language/pkg/go/transformer"
	"github.com/openfga/openfga/pkg/server"
	"github.com/openfga/openfga/pkg/storage"
	"github.com/openfga/openfga/pkg/storage/memory"

	"github.com/baobab-authz/baobab/bench/workload"
	"github.com/baobab-authz/baobab/tuple"
)

// OpenFGA is OpenFGA's server over its memory store, called in process, without
// a network. Its caches, of answers and of what was read for them, are on or off;
// on, they are large enough for the workload and nothing expires in a run.
type OpenFGA struct {
	cached bool
	store  storage.OpenFGADatastore
	server *server.Server
	id     string // of the store
	model  string
}

const openfgaModel = `model
  schema 1.1

type user

type team
  relations
    define parent: [team]
    define member: [user, team#member]

type organization
  relations
    define owner: [user]
    define admin: [user]
    define member: [user, team#member]
    define manage: owner or admin

type workspace
  relations
    define org: [organization]
    define owner: [user]
    define admin: [user, team#member]
    define engineer: [user, team#member]
    define reader: [user, team#member]
    define guest: [user, team#member]
    define transfer: owner or manage from org
    define delete: owner or admin or manage from org
    define edit: delete or engineer
    define view: edit or reader
    define test: view or guest

type chatbot
  relations
    define workspace: [workspace]
    define banned: [user]
    define test: test from workspace but not banned
    define view: view from workspace
    define edit: edit from workspace
    define delete: delete from workspace
    define transfer: transfer from workspace
`

const (
	cacheEntries = 4_000_000
	cacheTime    = 24 * time.Hour
	listTime     = 5 * time.Minute
)

// NewOpenFGA returns a server with an empty store.
func NewOpenFGA(ctx context.Context, cached bool) (*OpenFGA, error) {
	o := &OpenFGA{cached: cached, store: memory.New()}
	options := []server.OpenFGAServiceV1Option{
		server.WithDatastore(o.store),
		server.WithRequestTimeout(listTime),
		server.WithListObjectsDeadline(listTime),
		server.WithListObjectsMaxResults(0), // no bound
		server.WithListUsersDeadline(listTime),
		server.WithListUsersMaxResults(0),
	}
	if cached {
		options = append(options,
			server.WithCheckCacheLimit(cacheEntries),
			server.WithCheckQueryCacheEnabled(true),
			server.WithCheckQueryCacheTTL(cacheTime),
			server.WithCheckIteratorCacheEnabled(true),
			server.WithCheckIteratorCacheTTL(cacheTime))
	}
	var err error
	if o.server, err = server.NewServerWithOpts(options...); err != nil {
		return nil, err
	}
	return o, o.createStore(ctx)
}

// createStore makes the store and gives it its model.
func (o *OpenFGA) createStore(ctx context.Context) error {
	created, err := o.server.CreateStore(ctx, &openfgav1.CreateStoreRequest{Name: "workload"})
	if err != nil {
		return err
	}
	o.id = created.GetId()
	m, err := transformer.TransformDSLToProto(openfgaModel)
	if err != nil {
		return err
	}
	written, err := o.server.WriteAuthorizationModel(ctx, &openfgav1.WriteAuthorizationModelRequest{
		StoreId:         o.id,
		SchemaVersion:   m.GetSchemaVersion(),
		TypeDefinitions: m.GetTypeDefinitions(),
	})
	o.model = written.GetAuthorizationModelId()
	return err
}

// Name returns OpenFGA, and whether its caches are on.
func (o *OpenFGA) Name() string {
	if o.cached {
		return "OpenFGA, cached"
	}
	return "OpenFGA"
}

// Close ends the server.
func (o *OpenFGA) Close() error {
	o.server.Close()
	o.store.Close()
	return nil
}

// Load puts the tuples into the memory store's own slice. Its Write compares each
// tuple with every other, which takes minutes for 100,000 and is no part of what is
// measured here; so its unexported field is set instead, of the version that go.mod
// names. The log of changes, which nothing reads, stays empty, to its benefit.
func (o *OpenFGA) Load(_ context.Context, all iter.Seq[tuple.Tuple]) error {
	backend, ok := o.store.(*memory.MemoryBackend)
	if !ok {
		return fmt.Errorf("OpenFGA: the memory store is a %T", o.store)
	}
	field := reflect.ValueOf(backend).Elem().FieldByName("tuples")
	if !field.IsValid() {
		return errors.New("OpenFGA: the memory store has no field tuples")
	}
	tuples, ok := reflect.NewAt(field.Type(), unsafe.Pointer(field.UnsafeAddr())).Elem().Interface().(map[string][]*storage.TupleRecord)
	if !ok {
		return fmt.Errorf("OpenFGA: the memory store's tuples are a %s", field.Type())
	}
	records := tuples[o.id]
	now := time.Now()
	for t := range all {
		records = append(records, &storage.TupleRecord{
			Store:      o.id,
			ObjectType: t.Object.Type,
			ObjectID:   t.Object.ID,
			Relation:   t.Relation,
			User:       t.Subject.String(),
			InsertedAt: now,
		})
	}
	tuples[o.id] = records
	return nil
}

// Prepare makes the requests.
func (o *OpenFGA) Prepare(questions []workload.Question) (Ask, error) {
	requests := make([]*openfgav1.CheckRequest, len(questions))
	for i, q := range questions {
		requests[i] = &openfgav1.CheckRequest{
			StoreId:              o.id,
			AuthorizationModelId: o.model,
			TupleKey: &openfgav1.CheckRequestTupleKey{
				Object:   q.Tuple.Object.String(),
				Relation: q.Tuple.Relation,
				User:     q.Tuple.Subject.String(),
			},
		}
	}
	return func(ctx context.Context, i int) (bool, error) {
		answer, err := o.server.Check(ctx, requests[i])
		return answer.GetAllowed(), err
	}, nil
}

// Objects returns the length of a list.
func (o *OpenFGA) Objects(ctx context.Context, who tuple.Subject, permission, objectType string) (int, error) {
	answer, err := o.server.ListObjects(ctx, &openfgav1.ListObjectsRequest{
		StoreId:              o.id,
		AuthorizationModelId: o.model,
		Type:                 objectType,
		Relation:             permission,
		User:                 who.String(),
	})
	return len(answer.GetObjects()), err
}

// Subjects returns the length of a list.
func (o *OpenFGA) Subjects(ctx context.Context, what tuple.Object, permission, subjectType string) (int, error) {
	answer, err := o.server.ListUsers(ctx, &openfgav1.ListUsersRequest{
		StoreId:              o.id,
		AuthorizationModelId: o.model,
		Object:               &openfgav1.Object{Type: what.Type, Id: what.ID},
		Relation:             permission,
		UserFilters:          []*openfgav1.UserTypeFilter{{Type: subjectType}},
	})
	return len(answer.GetUsers()), err
}

// Write writes one tuple.
func (o *OpenFGA) Write(ctx context.Context, t tuple.Tuple) error {
	_, err := o.server.Write(ctx, &openfgav1.WriteRequest{
		StoreId:              o.id,
		AuthorizationModelId: o.model,
		Writes: &openfgav1.WriteRequestWrites{TupleKeys: []*openfgav1.TupleKey{
			{Object: t.Object.String(), Relation: t.Relation, User: t.Subject.String()},
		}},
	})
	return err
}

// Delete removes one tuple.
func (o *OpenFGA) Delete(ctx context.Context, t tuple.Tuple) error {
	_, err := o.server.Write(ctx, &openfgav1.WriteRequest{
		StoreId:              o.id,
		AuthorizationModelId: o.model,
		Deletes: &openfgav1.WriteRequestDeletes{TupleKeys: []*openfgav1.TupleKeyWithoutCondition{
			{Object: t.Object.String(), Relation: t.Relation, User: t.Subject.String()},
		}},
	})
	return err
}
