package schema_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/baobab-authz/baobab/schema"
)

func BenchmarkParse(b *testing.B) {
	var text strings.Builder
	text.WriteString("definition user {}\n")
	for i := range 10_000 {
		fmt.Fprintf(&text, "definition t%d {\n\trelation r: user | t%d#r\n\trelation s: t%d\n\tpermission p = r + s->p\n}\n", i, (i+1)%10_000, (i+7)%10_000)
	}
	b.SetBytes(int64(text.Len()))
	for b.Loop() {
		if _, err := schema.Parse("", text.String()); err != nil {
			b.Fatal(err)
		}
	}
}
