// Command baobab works with the files of the permission engine baobab.
//
//	baobab validate FILE...   run test files
//
// Each command says with --help what it takes, prints and returns.
package main
