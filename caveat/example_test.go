package caveat_test

import (
	"errors"
	"fmt"

	"github.com/baobab-authz/baobab/caveat"
	"github.com/baobab-authz/baobab/schema"
)

func Example() {
	s, err := schema.Parse("office.zed", `
caveat in_office(address ipaddress, network string, after_hours bool) {
	address.in_cidr(network) || after_hours
}

definition user {}

definition report {
	relation reader: user with in_office
}
`)
	if err != nil {
		panic(err)
	}
	// The engine does this when it is opened with an evaluator.
	s, err = s.Bind(caveat.New(caveat.Options{}))
	if err != nil {
		panic(err)
	}
	condition := s.Caveat("in_office").Condition()

	stored := map[string]any{"network": "10.0.0.0/8"} // with the tuple
	for _, given := range []map[string]any{           // with the question
		{"address": "10.1.2.3"},
		{"address": "10.1.2.3", "after_hours": false},
		{"address": "192.0.2.1"},
		{"address": "192.0.2.1", "after_hours": false},
		{"after_hours": true},
		{},
		{"address": "the office"},
	} {
		verdict, err := condition.Evaluate(stored, given)
		switch {
		case err != nil:
			fmt.Println(err, errors.Is(err, caveat.ErrType))
		case verdict.Known():
			fmt.Println(verdict.Holds)
		default:
			fmt.Println("depends on", verdict.Missing)
		}
	}
	// Output:
	// true
	// true
	// depends on [after_hours]
	// false
	// true
	// depends on [address after_hours]
	// office.zed:2:8: caveat in_office: parameter address: expected an IP address such as "10.0.0.1", got the string "the office" true
}

// What is wrong with an expression is shown where it is in the schema.
func ExampleNew_errors() {
	s, err := schema.Parse("quota.zed", `
caveat quota(limit int, used int) {
	usd < limit
}

definition user {}
`)
	if err != nil {
		panic(err)
	}
	_, err = s.Bind(caveat.New(caveat.Options{}))
	fmt.Println(err)
	// Output:
	// quota.zed:3:2: caveat quota: undeclared reference to 'usd' (did you mean 'used'?)
	// 	usd < limit
	// 	^^^
}
