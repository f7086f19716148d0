// Package fga answers the calls of OpenFGA's API with baobab, so that the suites
// that OpenFGA exports run on it unchanged.
//
// [Client] has the seven methods that those suites call. A store of theirs is an
// engine; their model is read by schema/openfga; contextual tuples are View.With,
// a request's context is View.Given; a second model of a store is put in place by
// SetSchema, which sets aside the tuples that it does not admit.
//
// The adapter decides nothing. It translates answers, and that only where the two
// interfaces have another form for the same thing:
//
//	Conditional, in lists too       the error 2000, since theirs has no such answer
//	check.ErrCycle                  false; in a list, no entry
//	an invalid contextual tuple     the error 2027; in a list 2000 if only its condition is wrong
//	an invalid request              the errors 2000, 2021 and 2022, see [invalid]
//	check.ErrCondition              the error 2000
//	check.ErrBudget                 the error 2002
//
// and a wildcard's exceptions, for which their ListUsers has no place, are left
// out of its answer. Inline expressions, conditions that a tuple brings along in
// place of naming one of the model, are declared as caveats when they are met: see
// [inline].
package fga

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"

	openfgav1 "github.com/openfga/api/proto/openfga/v1"
	"google.golang.org/grpc"

	"github.com/baobab-authz/baobab"
	"github.com/baobab-authz/baobab/caveat"
	"github.com/baobab-authz/baobab/check"
	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/tuple"
)

// A Client has stores, each an engine of its own. It is safe for use by many
// goroutines.
type Client struct {
	mu     sync.Mutex
	stores map[string]*fgaStore
}

// NewClient returns a client without stores.
func NewClient() *Client { return &Client{stores: map[string]*fgaStore{}} }

// CreateStore makes a store, which has no engine before it has a model.
func (c *Client) CreateStore(_ context.Context, in *openfgav1.CreateStoreRequest, _ ...grpc.CallOption) (*openfgav1.CreateStoreResponse, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	id := strconv.Itoa(len(c.stores) + 1)
	c.stores[id] = &fgaStore{inline: inline{}}
	return &openfgav1.CreateStoreResponse{Id: id, Name: in.GetName()}, nil
}

func (c *Client) store(id string) (*fgaStore, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.stores[id]
	if s == nil {
		return nil, failed(openfgav1.NotFoundErrorCode_store_id_not_found, fmt.Errorf("store %q", id))
	}
	return s, nil
}

// An fgaStore is a store with its newest model.
type fgaStore struct {
	mu      sync.Mutex
	engine  *baobab.Engine // nil before the first model
	models  int
	model   *openfgav1.AuthorizationModel
	inline  inline
	applied int // how many inline expressions the engine's schema has
}

// WriteAuthorizationModel opens the store's engine, or gives it another schema.
func (c *Client) WriteAuthorizationModel(ctx context.Context, in *openfgav1.WriteAuthorizationModelRequest, _ ...grpc.CallOption) (*openfgav1.WriteAuthorizationModelResponse, error) {
	s, err := c.store(in.GetStoreId())
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	before := s.model
	s.model = &openfgav1.AuthorizationModel{
		SchemaVersion:   in.GetSchemaVersion(),
		TypeDefinitions: in.GetTypeDefinitions(),
		Conditions:      in.GetConditions(),
	}
	if err := s.apply(ctx); err != nil {
		s.model = before
		return nil, failed(openfgav1.ErrorCode_invalid_authorization_model, err)
	}
	s.models++
	return &openfgav1.WriteAuthorizationModelResponse{AuthorizationModelId: strconv.Itoa(s.models)}, nil
}

// apply puts the model in place, with the inline expressions met so far.
func (s *fgaStore) apply(ctx context.Context) error {
	parsed, err := s.inline.schema(s.model)
	if err != nil {
		return err
	}
	if s.engine == nil {
		s.engine, err = baobab.Open(parsed, baobab.Options{Caveats: caveat.New(caveat.Options{})})
	} else {
		_, err = s.engine.SetSchema(ctx, parsed, store.SchemaOptions{SetAside: true})
	}
	if err == nil {
		s.applied = len(s.inline)
	}
	return err
}

// at returns the engine if the newest model is the one asked for, which the suites
// see to.
func (s *fgaStore) at(model string) (*baobab.Engine, error) {
	if s.engine == nil || model != "" && model != strconv.Itoa(s.models) {
		return nil, failed(openfgav1.ErrorCode_authorization_model_not_found, fmt.Errorf("model %q", model))
	}
	return s.engine, nil
}

// relationships translates tuples that are written or given contextually. It
// brings the inline expressions among them into the schema.
func (s *fgaStore) relationships(ctx context.Context, keys []*openfgav1.TupleKey) ([]tuple.Relationship, error) {
	rs := make([]tuple.Relationship, 0, len(keys))
	for _, k := range keys {
		r, err := s.inline.relationship(k)
		if err != nil {
			return nil, err
		}
		rs = append(rs, r)
	}
	if len(s.inline) > s.applied {
		return rs, s.apply(ctx)
	}
	return rs, nil
}

// Write deletes and creates tuples.
func (c *Client) Write(ctx context.Context, in *openfgav1.WriteRequest, _ ...grpc.CallOption) (*openfgav1.WriteResponse, error) {
	s, err := c.store(in.GetStoreId())
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	engine, err := s.at(in.GetAuthorizationModelId())
	if err != nil {
		return nil, err
	}
	created, err := s.relationships(ctx, in.GetWrites().GetTupleKeys())
	if err != nil {
		return nil, invalidTuple(err)
	}
	var deleted []tuple.Tuple
	for _, k := range in.GetDeletes().GetTupleKeys() {
		t, err := question(k)
		if err != nil {
			return nil, invalidTuple(err)
		}
		deleted = append(deleted, t)
	}
	_, err = engine.Update(ctx, func(tx *baobab.Tx) error {
		return errors.Join(tx.Delete(deleted...), tx.Create(created...))
	})
	switch {
	case errors.Is(err, store.ErrExists):
		return nil, failed(openfgav1.ErrorCode_write_failed_due_to_invalid_input, err)
	case err != nil:
		return nil, invalidTuple(err)
	}
	return &openfgav1.WriteResponse{}, nil
}

// A request is what the three questions have in common.
type request interface {
	GetStoreId() string
	GetAuthorizationModelId() string
}

// view returns the view that a request is asked of. What refuse translates is
// an error about a contextual tuple.
func (c *Client) view(ctx context.Context, in request, contextual []*openfgav1.TupleKey, given map[string]any, refuse func(error) error) (baobab.View, error) {
	s, err := c.store(in.GetStoreId())
	if err != nil {
		return baobab.View{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	engine, err := s.at(in.GetAuthorizationModelId())
	if err != nil {
		return baobab.View{}, err
	}
	added, err := s.relationships(ctx, contextual)
	if err != nil {
		return baobab.View{}, refuse(err)
	}
	v := engine.Now().With(added...)
	if err := v.Err(); err != nil {
		return baobab.View{}, refuse(err)
	}
	v = v.Given(given)
	if err := v.Err(); err != nil {
		return baobab.View{}, failed(openfgav1.ErrorCode_validation_error, err)
	}
	return v, nil
}

// Check asks whether a tuple holds.
func (c *Client) Check(ctx context.Context, in *openfgav1.CheckRequest, _ ...grpc.CallOption) (*openfgav1.CheckResponse, error) {
	v, err := c.view(ctx, in, in.GetContextualTuples().GetTupleKeys(), in.GetContext().AsMap(), invalidTuple)
	if err != nil {
		return nil, err
	}
	t, err := question(in.GetTupleKey())
	if err != nil {
		return nil, failed(openfgav1.ErrorCode_validation_error, err)
	}
	d, err := v.Check(ctx, t)
	holds, err := answer(d, err)
	if err != nil {
		return nil, err
	}
	return &openfgav1.CheckResponse{Allowed: holds}, nil
}

// answer translates a decision, of a check or of a list's entry. What is
// conditional is an error there.
func answer(d baobab.Decision, err error) (bool, error) {
	switch {
	case errors.Is(err, check.ErrCycle):
		return false, nil
	case err != nil:
		return false, invalid(err)
	case d.Conditional():
		return false, failed(openfgav1.ErrorCode_validation_error, fmt.Errorf("missing parameters: %v", d.Missing()))
	}
	return d.Allowed(), nil
}
