package caveat

import (
	"errors"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"cel.dev/cel-go/common"

	"github.com/baobab-authz/baobab/schema"
)

// whole is an error about an expression as such.
func whole(c *schema.Caveat, message string) error {
	return &schema.ExpressionError{Offset: 0, Length: len(c.Expression), Message: message}
}

// expressionErrors turns CEL's errors about an expression into the schema's.
func expressionErrors(c *schema.Caveat, found []*common.Error) error {
	errs := make([]error, len(found))
	for i, e := range found {
		message := plain(e.Message)
		if e.Location.Line() < 1 || e.Location.Column() < 0 {
			errs[i] = whole(c, message)
			continue
		}
		if strings.HasPrefix(message, "undeclared reference") && !strings.Contains(message, "did you mean") {
			message += "; " + parameters(c)
		}
		at := locate(c.Expression, e.Location.Line(), e.Location.Column())
		errs[i] = &schema.ExpressionError{Offset: at, Length: wordLength(c.Expression[at:]), Message: message}
	}
	return errors.Join(errs...)
}

// operator is how CEL names its operators in messages.
var operator = regexp.MustCompile(`'(?:_(\S+)_|(!|-)_)'`)

// plain takes from a message what only those who know CEL's inside understand.
func plain(message string) string {
	message = strings.ReplaceAll(message, " (in container '')", "")
	message = strings.Replace(message, "Syntax error: ", "syntax error: ", 1)
	return operator.ReplaceAllString(message, "'$1$2'")
}

// parameters lists the parameters of a caveat.
func parameters(c *schema.Caveat) string {
	names := make([]string, len(c.Parameters))
	for i, p := range c.Parameters {
		names[i] = p.Name
	}
	if len(names) == 1 {
		return "the parameter is " + names[0]
	}
	return "the parameters are " + strings.Join(names, ", ")
}

// locate returns the offset in bytes of a line, counted from 1, and a column,
// counted in characters from 0.
func locate(text string, line, column int) int {
	offset := 0
	for ; line > 1; line-- {
		n := strings.IndexByte(text[offset:], '\n')
		if n < 0 {
			return len(text)
		}
		offset += n + 1
	}
	return offset + byteOffset(text[offset:], column)
}

// byteOffset returns the offset in bytes of a character.
func byteOffset(text string, character int) int {
	for offset := range text {
		if character == 0 {
			return offset
		}
		character--
	}
	return len(text)
}

// wordLength returns the length in bytes of the name, number, string or operator
// that a text begins with.
func wordLength(text string) int {
	first, size := utf8.DecodeRuneInString(text)
	if size == 0 {
		return 0
	}
	if isWord(first) {
		for n, r := range text {
			if !isWord(r) {
				return n
			}
		}
		return len(text)
	}
	if first == '\'' || first == '"' {
		if n := strings.IndexByte(text[1:], text[0]); n >= 0 {
			return n + 2
		}
	}
	for _, op := range []string{"&&", "||", "==", "!=", "<=", ">="} {
		if strings.HasPrefix(text, op) {
			return len(op)
		}
	}
	return size
}

func isWord(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) }
