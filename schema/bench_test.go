package schema_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/baobab-authz/baobab/schema"
)

// large is a schema with 10,000 types.
func large() string {
	var text strings.Builder
	text.WriteString("definition user {}\n")
	for i := range 10_000 {
		fmt.Fprintf(&text, "definition t%d {\n\trelation r: user | t%d#r\n\trelation s: t%d\n\tpermission p = r + s->p\n}\n", i, (i+1)%10_000, (i+7)%10_000)
	}
	return text.String()
}

func BenchmarkParse(b *testing.B) {
	text := large()
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if _, err := schema.Parse("", text); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParseJSON(b *testing.B) {
	data, err := schema.MustParse(large()).MarshalJSON()
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if _, err := schema.ParseJSON(data); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkMarshalJSON(b *testing.B) {
	s := schema.MustParse(large())
	for b.Loop() {
		if _, err := s.MarshalJSON(); err != nil {
			b.Fatal(err)
		}
	}
}
