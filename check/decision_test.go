package check_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/check"
)

// What is conditional was the same in JSON as what is allowed: {}.
func TestDecisionText(t *testing.T) {
	for _, text := range []string{`"denied"`, `"allowed"`, `"conditional on day"`, `"conditional on day, place"`} {
		var d check.Decision
		require.NoError(t, json.Unmarshal([]byte(text), &d))
		back, err := json.Marshal(struct{ Decision check.Decision }{d})
		require.NoError(t, err)
		require.Equal(t, `{"Decision":`+text+`}`, string(back))
	}
	for _, text := range []string{`""`, `"Allowed"`, `"conditional on "`, `"conditional on a, "`, `"conditional on b, a"`, `"conditional on a, a"`, `"conditional on a,b"`, `{}`, `1`} {
		d := check.Allow()
		require.Error(t, json.Unmarshal([]byte(text), &d), text)
		require.Equal(t, check.Allow(), d, text)
	}
	require.Equal(t, check.Allow(), decision(t, `"allowed"`))
	require.Equal(t, []string{"day", "place"}, decision(t, `"conditional on day, place"`).Missing())
	require.True(t, decision(t, `"conditional on day, place"`).Conditional())
	require.True(t, decision(t, `"denied"`).Denied())
}

func decision(t *testing.T, text string) (d check.Decision) {
	require.NoError(t, json.Unmarshal([]byte(text), &d))
	return d
}
