package firststeps_test

import (
	"context"
	"fmt"

	"github.com/baobab-authz/baobab"
	"github.com/baobab-authz/baobab/caveat"
	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/tuple"
)

func Example_caveat() {
	eng, err := baobab.Open(schema.MustParse(`
		caveat in_office(address ipaddress, network string) {
			address.in_cidr(network)
		}

		definition user {}

		definition ledger {
			relation reader: user with in_office
		}`), baobab.Options{Caveats: caveat.New(caveat.Options{})})
	if err != nil {
		panic(err)
	}
	defer eng.Close()
	ctx := context.Background()
	_, _ = eng.Write(ctx, tuple.MustParseRelationship(`ledger:2026#reader@user:ann[in_office:{"network":"10.0.0.0/8"}]`))

	read := tuple.MustParse("ledger:2026#reader@user:ann")
	for _, given := range []map[string]any{
		{"address": "10.1.2.3"},
		{"address": "192.0.2.7"},
		{"address": "192.0.2.7", "network": "0.0.0.0/0"}, // what the tuple says wins
		{},
		{"address": "the beach"},
	} {
		d, err := eng.Now().Given(given).Check(ctx, read)
		fmt.Println(d, err)
	}
	// Output:
	// allowed <nil>
	// denied <nil>
	// denied <nil>
	// conditional on address <nil>
	// denied ledger:2026#reader@user:ann: a caveat failed: in_office of ledger:2026#reader@user:ann: 2:10: caveat in_office: parameter address: expected an IP address such as "10.0.0.1", got the string "the beach"
}
