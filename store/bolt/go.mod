module github.com/baobab-authz/baobab/store/bolt

go 1.25.0

require (
	github.com/baobab-authz/baobab v0.0.0
	github.com/stretchr/testify v1.12.1
	go.etcd.io/bbolt v1.5.0
	golang.org/x/sys v0.45.0
	pgregory.net/rapid v1.3.0
)

require (
	github.com/google/btree v1.1.3 // indirect
	go.yaml.in/yaml/v3 v3.0.5 // indirect
)

replace github.com/baobab-authz/baobab => ../../
