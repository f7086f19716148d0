module github.com/baobab-authz/baobab/bench

go 1.26.0

replace github.com/baobab-authz/baobab => ../

require (
	github.com/baobab-authz/baobab v0.0.0
	github.com/google/btree v1.1.3
	github.com/hashicorp/golang-lru/v2 v2.0.7
	github.com/stretchr/testify v1.12.1
)

require go.yaml.in/yaml/v3 v3.0.5 // indirect
