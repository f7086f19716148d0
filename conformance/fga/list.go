package fga

import (
	"context"
	"errors"
	"io"

	openfgav1 "github.com/openfga/api/proto/openfga/v1"
	"google.golang.org/grpc"

	"github.com/baobab-authz/baobab/tuple"
)

// ListObjects lists the objects of a type that a subject has a relation to.
func (c *Client) ListObjects(ctx context.Context, in *openfgav1.ListObjectsRequest, _ ...grpc.CallOption) (*openfgav1.ListObjectsResponse, error) {
	v, err := c.view(ctx, in, in.GetContextualTuples().GetTupleKeys(), in.GetContext().AsMap(), invalidListTuple)
	if err != nil {
		return nil, err
	}
	// A malformed subject is reported after an unknown type, as there.
	subject, malformed := tuple.ParseSubject(in.GetUser())
	if malformed != nil {
		subject = tuple.Subject{Object: tuple.Object{Type: in.GetType(), ID: "any"}}
	}
	out := &openfgav1.ListObjectsResponse{}
	for o, err := range v.Objects(ctx, subject, in.GetRelation(), in.GetType()) {
		if err != nil && o.Object.IsZero() {
			return nil, unknown(err, in.GetType(), in.GetRelation())
		}
		if malformed != nil {
			break
		}
		listed, err := answer(o.Decision, err)
		if err != nil {
			return nil, err
		}
		if listed {
			out.Objects = append(out.Objects, o.Object.String())
		}
	}
	if malformed != nil {
		return nil, invalid(malformed)
	}
	return out, nil
}

// ListUsers lists the subjects of some types that have a relation to an object.
func (c *Client) ListUsers(ctx context.Context, in *openfgav1.ListUsersRequest, _ ...grpc.CallOption) (*openfgav1.ListUsersResponse, error) {
	v, err := c.view(ctx, in, in.GetContextualTuples(), in.GetContext().AsMap(), invalidListTuple)
	if err != nil {
		return nil, err
	}
	object := tuple.Object{Type: in.GetObject().GetType(), ID: in.GetObject().GetId()}
	out := &openfgav1.ListUsersResponse{}
	for _, filter := range in.GetUserFilters() {
		subjectType := filter.GetType()
		if filter.GetRelation() != "" {
			subjectType += "#" + filter.GetRelation()
		}
		for s, err := range v.Subjects(ctx, object, in.GetRelation(), subjectType) {
			if err != nil && s.Subject.IsZero() {
				return nil, unknownSubject(err, in, filter)
			}
			listed, err := answer(s.Decision, err)
			if err != nil {
				return nil, err
			}
			if listed {
				out.Users = append(out.Users, user(s.Subject))
			}
		}
	}
	return out, nil
}

// unknownSubject translates an error of ListUsers, which names the type or the
// relation of the object or of the filter.
func unknownSubject(err error, in *openfgav1.ListUsersRequest, filter *openfgav1.UserTypeFilter) error {
	object := unknown(err, in.GetObject().GetType(), in.GetRelation())
	subject := unknown(err, filter.GetType(), filter.GetRelation())
	if errors.Is(object, invalid(err)) {
		return subject
	}
	return object
}

// user returns a subject in their form.
func user(s tuple.Subject) *openfgav1.User {
	switch {
	case s.IsWildcard():
		return &openfgav1.User{User: &openfgav1.User_Wildcard{Wildcard: &openfgav1.TypedWildcard{Type: s.Type}}}
	case s.IsUserset():
		return &openfgav1.User{User: &openfgav1.User_Userset{Userset: &openfgav1.UsersetUser{Type: s.Type, Id: s.ID, Relation: s.Relation}}}
	}
	return &openfgav1.User{User: &openfgav1.User_Object{Object: &openfgav1.Object{Type: s.Type, Id: s.ID}}}
}

// StreamedListObjects is ListObjects, an object a message.
func (c *Client) StreamedListObjects(ctx context.Context, in *openfgav1.StreamedListObjectsRequest, _ ...grpc.CallOption) (openfgav1.OpenFGAService_StreamedListObjectsClient, error) {
	out, err := c.ListObjects(ctx, &openfgav1.ListObjectsRequest{
		StoreId:              in.GetStoreId(),
		AuthorizationModelId: in.GetAuthorizationModelId(),
		Type:                 in.GetType(),
		Relation:             in.GetRelation(),
		User:                 in.GetUser(),
		ContextualTuples:     in.GetContextualTuples(),
		Context:              in.GetContext(),
	})
	return &stream{objects: out.GetObjects(), err: err}, nil
}

// A stream has the messages of an answer. The suites only receive.
type stream struct {
	grpc.ClientStream
	objects []string
	err     error
}

// Recv returns the next message, and io.EOF or the answer's error after the last.
func (s *stream) Recv() (*openfgav1.StreamedListObjectsResponse, error) {
	if s.err != nil {
		return nil, s.err
	}
	if len(s.objects) == 0 {
		return nil, io.EOF
	}
	next := s.objects[0]
	s.objects = s.objects[1:]
	return &openfgav1.StreamedListObjectsResponse{Object: next}, nil
}

// Subject returns a user of an answer of ListUsers.
func Subject(u *openfgav1.User) tuple.Subject {
	switch u := u.GetUser().(type) {
	case *openfgav1.User_Wildcard:
		return tuple.Object{Type: u.Wildcard.GetType(), ID: tuple.Wildcard}.Subject()
	case *openfgav1.User_Userset:
		return tuple.Object{Type: u.Userset.GetType(), ID: u.Userset.GetId()}.Userset(u.Userset.GetRelation())
	}
	return tuple.Object{Type: u.GetObject().GetType(), ID: u.GetObject().GetId()}.Subject()
}
