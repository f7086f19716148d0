package caveat

import (
	"regexp/syntax"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The estimate is near what a regular expression really compiles to, and not less
// than half of it.
func TestProgramSize(t *testing.T) {
	for _, text := range []string{"", "a", "abc", "^a.c$", "a*b+c?", "(a|b|cd)+", "[a-z]{3,5}", "x{1000}", "x{0,1000}", "(?:ab{3}){7}", "(?i)straße",
		`\bfoo\b`, "(((a{3}){3}){3}){3}", "(a*)*", "(?:){1000}", "(?:){0}", "a{0}", "a{0,}", "x{1000}y{1000}|z{1000}", "(?:(?:a|b){10}|c){99}"} {
		size, err := programSize(text, 100_000)
		require.NoError(t, err)
		parsed, err := syntax.Parse(text, syntax.Perl)
		require.NoError(t, err)
		program, err := syntax.Compile(parsed.Simplify())
		require.NoError(t, err)
		assert.GreaterOrEqual(t, 2*int(size)+2, len(program.Inst), text)
		assert.LessOrEqual(t, int(size), 2*len(program.Inst)+2, text)
	}
}
