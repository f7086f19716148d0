package validation

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"strings"
)

// readContext reads the JSON object of a context.
func readContext(text string) (map[string]any, error) {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var context map[string]any
	if err := d.Decode(&context); err != nil {
		return nil, fmt.Errorf("not a JSON object: %w", err)
	}
	if context == nil {
		return nil, errors.New("not a JSON object: null")
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something stands behind the JSON object")
	}
	v, err := numbers(context)
	if err != nil {
		return nil, err
	}
	return v.(map[string]any), nil
}

// numbers returns a value with its numbers as float64, in place. An integer that
// may be another then is refused, as everywhere in a context.
func numbers(v any) (any, error) {
	switch v := v.(type) {
	case map[string]any:
		for k, e := range v {
			n, err := numbers(e)
			if err != nil {
				return nil, err
			}
			v[k] = n
		}
	case []any:
		for i, e := range v {
			n, err := numbers(e)
			if err != nil {
				return nil, err
			}
			v[i] = n
		}
	case json.Number:
		return number(v.String())
	}
	return v, nil
}

// number returns the value of a number's text.
func number(text string) (any, error) {
	f, err := json.Number(text).Float64()
	if err != nil {
		return nil, fmt.Errorf("%s is out of the range of numbers", text)
	}
	if beyond(text) {
		return nil, fmt.Errorf("the integer %s is beyond 2^53; write it as a text, in quotes", text)
	}
	return f, nil
}

// beyond reports whether a text is an integer of which float64 may have another.
func beyond(text string) bool {
	n, ok := new(big.Int).SetString(text, 0)
	return ok && n.CmpAbs(big.NewInt(1<<53)) > 0
}
