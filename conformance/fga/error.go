package fga

import (
	"errors"

	openfgav1 "github.com/openfga/api/proto/openfga/v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/baobab-authz/baobab/check"
	"github.com/baobab-authz/baobab/schema"
)

// failed returns an error with one of OpenFGA's codes.
func failed[C ~int32](code C, err error) error {
	return status.Error(codes.Code(code), err.Error())
}

// invalid translates an error of a question. That the request is invalid, a
// malformed name or one that the model does not have, is 2000, and so is a
// condition that fails; a question that costs too much is 2002.
func invalid(err error) error {
	if errors.Is(err, check.ErrBudget) {
		return failed(openfgav1.ErrorCode_authorization_model_resolution_too_complex, err)
	}
	return failed(openfgav1.ErrorCode_validation_error, err)
}

// unknown translates an error of a list. An unknown type is 2021 and an unknown
// relation 2022 where it is that which is to be listed, or on which; about a
// subject it is 2000, as everything else is.
func unknown(err error, typ, relation string) error {
	name := new(schema.NameError)
	switch {
	case !errors.As(err, &name) || name.Type != typ:
		return invalid(err)
	case name.Relation == "":
		return failed(openfgav1.ErrorCode_type_not_found, err)
	case name.Relation == relation:
		return failed(openfgav1.ErrorCode_relation_not_found, err)
	}
	return invalid(err)
}

// invalidTuple translates an error about a tuple that is written or given with a
// check: 2027.
func invalidTuple(err error) error {
	return failed(openfgav1.ErrorCode_invalid_tuple, err)
}

// invalidListTuple translates an error about a tuple that is given with a list:
// 2027, and 2000 if it is only about the tuple's condition.
func invalidListTuple(err error) error {
	for _, condition := range []error{schema.ErrCaveatNotAllowed, schema.ErrContextNotAllowed, errInline} {
		if errors.Is(err, condition) {
			return failed(openfgav1.ErrorCode_validation_error, err)
		}
	}
	return invalidTuple(err)
}
