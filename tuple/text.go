package tuple

// A valued is any of this package's types.
type valued interface {
	Validate() error
	String() string
}

func marshal(v valued) ([]byte, error) {
	if err := v.Validate(); err != nil {
		return nil, err
	}
	return []byte(v.String()), nil
}

func unmarshal[T any](to *T, text []byte, parse func(string) (T, error)) error {
	v, err := parse(string(text))
	if err == nil {
		*to = v
	}
	return err
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// reparsed is for values whose parts are invalid: err is what reading their
// text reports. It is nil when a part contains the separator that follows it,
// or is the ellipsis.
func reparsed(err error, text string) error {
	if err == nil {
		err = &SyntaxError{Text: text, Problem: "a part is invalid, so this would be read back as something else", kind: ErrSyntax}
	}
	return err
}
