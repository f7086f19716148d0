module github.com/baobab-authz/baobab/bench

go 1.26.0

replace github.com/baobab-authz/baobab => ../

require (
	github.com/baobab-authz/baobab v0.0.0
	github.com/casbin/casbin/v3 v3.10.0
	github.com/cedar-policy/cedar-go v1.9.0
	github.com/google/btree v1.1.3
	github.com/hashicorp/golang-lru/v2 v2.0.7
	github.com/stretchr/testify v1.12.1
)

require (
	github.com/bmatcuk/doublestar/v4 v4.6.1 // indirect
	github.com/casbin/govaluate v1.3.0 // indirect
	github.com/go-json-experiment/json v0.0.0-20260820222146-c27c302e5fc3 // indirect
	github.com/google/uuid v1.6.0 // indirect
	go.yaml.in/yaml/v3 v3.0.5 // indirect
	golang.org/x/exp v0.0.0-20260908205506-85c1c2202aba // indirect
)

require github.com/openfga/openfga v1.22.1

require cel.dev/expr v0.25.2 // indirect

require github.com/Yiling-J/theine-go v0.6.2 // indirect

require github.com/antlr4-go/antlr/v4 v4.13.1 // indirect

require github.com/beorn7/perks v1.0.1 // indirect

require github.com/cenkalti/backoff/v5 v5.0.3 // indirect

require github.com/cespare/xxhash/v2 v2.3.0 // indirect

require github.com/emirpasic/gods v1.18.1 // indirect

require github.com/envoyproxy/protoc-gen-validate v1.3.3 // indirect

require github.com/fsnotify/fsnotify v1.9.0 // indirect

require github.com/go-logr/logr v1.4.4 // indirect

require github.com/go-logr/stdr v1.2.2 // indirect

require github.com/go-viper/mapstructure/v2 v2.5.0 // indirect

require github.com/google/cel-go v0.31.0 // indirect

require github.com/grpc-ecosystem/go-grpc-middleware v1.4.0 // indirect

require github.com/grpc-ecosystem/go-grpc-middleware/v2 v2.3.4 // indirect

require github.com/grpc-ecosystem/grpc-gateway/v2 v2.30.0 // indirect

require github.com/klauspost/cpuid/v2 v2.0.9 // indirect

require github.com/munnerz/goautoneg v0.0.0-20191010083416-a7dc8b61c822 // indirect

require github.com/natefinch/wrap v0.2.0 // indirect

require github.com/oklog/ulid/v2 v2.1.2 // indirect

require github.com/openfga/api/proto v0.0.0-20260319214821-f153694bfc20

require github.com/openfga/language/pkg/go v0.3.2

require github.com/pelletier/go-toml/v2 v2.2.4 // indirect

require github.com/prometheus/client_golang v1.24.1 // indirect

require github.com/prometheus/client_model v0.6.2 // indirect

require github.com/prometheus/common v0.70.1 // indirect

require github.com/prometheus/procfs v0.22.0 // indirect

require github.com/sagikazarmark/locafero v0.9.0 // indirect

require github.com/sourcegraph/conc v0.3.0 // indirect

require github.com/spf13/afero v1.15.0 // indirect

require github.com/spf13/cast v1.10.0 // indirect

require github.com/spf13/pflag v1.0.10 // indirect

require github.com/spf13/viper v1.20.1 // indirect

require github.com/subosito/gotenv v1.6.0 // indirect

require github.com/zeebo/xxh3 v1.0.2 // indirect

require go.opentelemetry.io/auto/sdk v1.2.1 // indirect

require go.opentelemetry.io/otel v1.47.0 // indirect

require go.opentelemetry.io/otel/exporters/otlp/otlptrace v1.47.0 // indirect

require go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc v1.47.0 // indirect

require go.opentelemetry.io/otel/log v1.47.0 // indirect

require go.opentelemetry.io/otel/metric v1.47.0 // indirect

require go.opentelemetry.io/otel/sdk v1.47.0 // indirect

require go.opentelemetry.io/otel/trace v1.47.0 // indirect

require go.opentelemetry.io/proto/otlp v1.11.0 // indirect

require go.uber.org/mock v0.6.0 // indirect

require go.uber.org/multierr v1.11.0 // indirect

require go.uber.org/zap v1.28.0 // indirect

require golang.org/x/net v0.60.0 // indirect

require golang.org/x/sync v0.23.0 // indirect

require golang.org/x/sys v0.48.0 // indirect

require golang.org/x/text v0.42.0 // indirect

require gonum.org/v1/gonum v0.17.0 // indirect

require google.golang.org/genproto/googleapis/api v0.0.0-20260928230214-8a89bd6388cc // indirect

require google.golang.org/genproto/googleapis/rpc v0.0.0-20260928230214-8a89bd6388cc // indirect

require google.golang.org/grpc v1.83.2 // indirect

require google.golang.org/protobuf v1.36.12 // indirect

require gopkg.in/yaml.v3 v3.0.1 // indirect
