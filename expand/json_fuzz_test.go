package expand_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/expand"
)

// FuzzTreeJSON checks that no text makes the reader of trees panic, and that
// what it reads can be drawn and is written and read as the same.
func FuzzTreeJSON(f *testing.F) {
	for _, text := range []string{
		``, `null`, `{}`, `{"root":"doc:1#view","usersets":{}}`,
		`{"root":"doc:1#view","usersets":{"doc:1#view":{"kind":"nil"}}}`,
		`{"root":"doc:1#view","usersets":{
			"doc:1#view":{"kind":"exclusion","children":[
				{"kind":"union","children":[{"kind":"userset","subject":"doc:1#viewer","state":"expanded"},{"kind":"self"}]},
				{"kind":"userset","subject":"doc:1#view","state":"cycle"}]},
			"doc:1#viewer":{"kind":"tuples","children":[
				{"kind":"subject","subject":"user:*","tuple":"doc:1#viewer@user:*"},
				{"kind":"userset","subject":"doc:1#viewer","state":"cycle","tuple":"doc:1#viewer@doc:1#viewer"}]}}}`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var tree expand.Tree
		if err := json.Unmarshal(text, &tree); err != nil {
			require.Nil(t, tree.Root, "unchanged")
			return
		}
		if tree.Root == nil {
			return // null
		}
		_ = tree.String()
		written, err := json.Marshal(&tree)
		require.NoError(t, err)
		var again expand.Tree
		require.NoError(t, json.Unmarshal(written, &again), "%s", written)
		require.Equal(t, tree.String(), again.String())
		rewritten, err := json.Marshal(&again)
		require.NoError(t, err)
		require.Equal(t, string(written), string(rewritten))
	})
}
