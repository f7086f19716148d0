package caveat

import (
	"errors"
	"regexp"
	"regexp/syntax"
	"strings"
	"unicode/utf8"
)

// maxProgram bounds the instructions of a regular expression that an expression
// spells out, some 2.5 MB; those that are values cost instructionCost for each.
const (
	maxProgram      = 10_000
	instructionCost = 10
)

// errProgramSize says that a regular expression is too large.
var errProgramSize = errors.New("the regular expression is too large")

// A pattern is a compiled regular expression.
type pattern struct {
	re   *regexp.Regexp
	size uint64 // in instructions
}

// compilePattern compiles a regular expression of at most so many instructions.
func compilePattern(text string, most uint64) (*pattern, error) {
	size, err := programSize(text, most*instructionCost)
	if err != nil {
		return nil, err
	}
	if size > most {
		return nil, errProgramSize
	}
	return newPattern(text, size)
}

func newPattern(text string, size uint64) (*pattern, error) {
	re, err := regexp.Compile(text)
	if err != nil {
		return nil, err
	}
	return &pattern{re, size}, nil
}

// programSize estimates how many instructions a regular expression compiles to,
// without compiling it: what is repeated a thousand times is parsed once. Text
// that is longer than maxText is not even parsed.
func programSize(text string, maxText uint64) (uint64, error) {
	if textSize(text) > maxText {
		return 0, errProgramSize
	}
	parsed, err := syntax.Parse(text, syntax.Perl)
	if err != nil {
		return 0, err
	}
	return instructions(parsed), nil
}

// textSize is how long a text is to parse, in bytes: a class of Unicode is as long
// as a table of some hundred ranges, and to fold the case of a range beyond ASCII
// the parser goes through all that is in it.
func textSize(text string) uint64 {
	n := len(text) + 20*(strings.Count(text, `\p`)+strings.Count(text, `\P`))
	wide := strings.Contains(text, `\x`) || strings.ContainsFunc(text, func(r rune) bool { return r >= utf8.RuneSelf })
	if wide && strings.Contains(text, "(?") && strings.Contains(text, "i") {
		n += 1000 * strings.Count(text, "-")
	}
	return uint64(n)
}

// instructions counts what a regular expression compiles to. The parser bounds how
// deep it nests, and how often nested repeats repeat all in all.
func instructions(re *syntax.Regexp) uint64 {
	n := uint64(0)
	for _, sub := range re.Sub {
		n += instructions(sub)
	}
	switch re.Op {
	case syntax.OpLiteral:
		return max(1, uint64(len(re.Rune)))
	case syntax.OpCharClass:
		return 1 + uint64(len(re.Rune))/32 // what compiles may copy the ranges
	case syntax.OpCapture:
		return n + 2
	case syntax.OpAlternate:
		return n + uint64(len(re.Sub))
	case syntax.OpRepeat:
		least := uint64(re.Min)
		if re.Max < 0 {
			return max(least, 1)*n + 2
		}
		return max(least*n+(uint64(re.Max)-least)*(n+1), 1)
	}
	return n + 1
}

// patternCost is what compiling costs, in CEL's units.
func patternCost(text string, size uint64) uint64 {
	return instructionCost * (textSize(text) + size)
}

// matchCost is what it costs to match a string of so many bytes.
func matchCost(length int, size uint64) uint64 {
	return uint64(length) * (1 + size) / 10
}
