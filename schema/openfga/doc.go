// Package openfga reads OpenFGA's modelling language and its JSON models into a
// schema.
package openfga
