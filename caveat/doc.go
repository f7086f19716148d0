// Package caveat evaluates the caveats of a schema: conditions on which a tuple
// can be made to depend, written in CEL (https://cel.dev), with the types and
// functions that SpiceDB has for them. A schema that is right for SpiceDB means
// the same here.
//
//	caveat on_weekdays(day string, holidays list<string>) {
//		day != "saturday" && day != "sunday" && !(day in holidays)
//	}
//
// An engine is given an evaluator when it is opened:
//
//	eng, err := baobab.Open(s, baobab.Options{Caveats: caveat.New(caveat.Options{})})
//
// [schema.Schema.Bind] is what that comes to. It compiles every caveat, once. An
// expression that cannot be read, names something that is neither a parameter
// nor a variable of its own, or does not come to a bool is an error there, shown
// with its line and a caret.
//
// The package is a module of its own, so that who uses no caveats does not
// compile CEL.
//
// # Values
//
// A parameter has the value that is stored with the tuple, or else the one that
// is given with the question; values of names that are no parameters are passed
// over. What a value is written as depends on the parameter's type:
//
//	type       accepted JSON
//	any        anything, null included; a number is a CEL double
//	bool       true, false
//	string     a string
//	int        a whole number from -2^63 to 2^63-1; also in a string: 42, "42", "4.2e1"
//	uint       the same, but not negative
//	double     a number; also in a string: 1.5, "1.5", "15e-1"
//	bytes      a string, in padded base64 of the standard alphabet: "AQID"
//	duration   a string, as time.ParseDuration reads it: "1h30m"
//	timestamp  a string, as RFC 3339 has it, in the years 1 to 9999: "2024-02-29T12:00:00Z"
//	ipaddress  a string, as net/netip.ParseAddr reads it: "10.0.0.1", "2001:db8::1"
//	list<T>    a list, each element as T
//	map<T>     an object, each value as T
//
// JSON's numbers are exact below 2^53 only. For an int or a uint such a number of
// 2^53 or more is refused, since it may have been another: write it as a string.
// Values that come from Go may be numbers of any of Go's types. Base64 with line
// breaks, or with bits in its padding, is refused as well.
//
// null is a value of any alone. For a parameter of another type it is a value of
// the wrong type, not a missing one: leave the name out to say that there is no
// value. A value of the wrong type is an error, [ErrType], even where the
// expression has no use for it; so what is an error does not depend on an order
// of evaluation. A given value that a stored one replaces is not looked at.
//
// As in SpiceDB, a uint is an int to CEL, one that cannot be negative when it
// comes in: write "used < 5", not "used < 5u"; used - 7 may be less than 0.
// Here that goes for arithmetic too, where SpiceDB fails on used + 1 and on a
// difference below 0, and takes what is beyond 2^63-1 as 2^63-1. In
// a condition that schema/openfga has read ([schema.Caveat]) a uint is one in CEL as
// well, as in OpenFGA: "used < 5u".
//
// # Functions
//
// All of CEL's standard functions and macros (all, exists, exists_one, map,
// filter, has), CEL's optional values (m[?key].orValue(x), m.?field), and
//
//	ip.in_cidr("10.0.0.0/8")  whether an ipaddress is in a network. IPv4 addresses are in no
//	                          IPv6 network nor the other way round. The form ::ffff:10.0.0.1
//	                          is the IPv4 address, here and everywhere, and a zone does not
//	                          matter: otherwise a ban of a network would be got round by
//	                          writing an address in another way. (SpiceDB has both in none,
//	                          and OpenFGA addresses with a zone.)
//	ipaddress("10.0.0.1")     an ipaddress, in conditions of OpenFGA alone
//	a.isSubtreeOf(b)          whether the map b has each entry of a. Where an entry of a is a
//	                          map, b's must have its entries, and may have more; all other
//	                          values must be equal by CEL's ==, lists as a whole.
//
// A map is gone through in the order of its keys, so that m.map(k, k) is the same
// each time. Times are in UTC; t.getHours("Europe/Berlin") and the like depend on
// the zone data of the machine, and fail where it has none. There is no other
// function that tells the time or depends on anything but its arguments: give the
// current time as a parameter.
//
// A key that a given map does not have is an error, as it is in CEL and in
// SpiceDB; it is not a missing parameter. has(m.key) and m[?key] ask first.
//
// # Partial evaluation
//
// An expression is evaluated with the values there are. If it comes to true or
// false without the others, that is the verdict; if not, it names the parameters
// that it hangs on, in [schema.Verdict]. Given only day = "sunday" the caveat
// above does not hold, and with day = "monday" it hangs on holidays.
//
// The operators &&, || and ?: are what makes this possible: with a side that
// decides, it does not matter that the other is unknown, or fails. A condition
// that is known stays what it is when more values come (and one that failed
// keeps failing), which the package's tests check on random expressions. The
// names need not be all that will be missing: m[key] without either names m, and
// key once m is there. And CEL does not reason about names: x == x is unknown
// without x.
//
// # Cost
//
// A caveat is part of every check that meets it, so what one evaluation may cost
// is bounded, by [Options.CostLimit] in CEL's units. A unit is about 50 ns: the
// default stops an evaluation after some 5 milliseconds, with [ErrCost]. What looks
// at all of a long string or of a nested value pays for all of it, here other than
// in CEL. An expression that cannot cost more than 200 is evaluated without counting.
//
// What a comparison, in, isSubtreeOf or matches would cost is looked at before it
// begins. Comparing costs one for every two values or ten bytes in the lighter side. A
// regular expression that is a value costs 10 for each byte of its text and for each
// instruction that it compiles to, repeats multiplied out: by default it has at most
// 10,000 of both, and less with classes of Unicode such as \pL, or with (?i) and
// ranges beyond ASCII. One that the expression spells out is compiled with it
// and bounded by the same 10,000. Matching costs a tenth of the instructions for
// each byte of the string.
//
// The values given with a question are read once for the question and each caveat,
// and what an evaluation costs and reads counts as work of the question; see
// [schema.Preparer] and the package check.
//
// Measured on one core of a server, values converted from JSON included:
//
//	                                         all values          one missing
//	day == "monday"                           130 ns,  1 alloc    320 ns,  6 allocs
//	now < expiry                              270 ns,  2 allocs   500 ns,  7 allocs
//	day in allowed && ip.in_cidr(network)    1350 ns, 17 allocs  1300 ns, 22 allocs
//	expected.isSubtreeOf(provided), 2 of 3   1750 ns, 28 allocs
//	xs.all(x, x < 100), 10 elements          2150 ns, 24 allocs
//
// Compiling a caveat takes about 50 µs.
//
// # Errors
//
// What goes wrong with values is an [*Error], which names the caveat and where
// it is in the schema, and matches ErrType, ErrCost or ErrEvaluation. Nothing
// panics, whatever the expression or the values.
//
// # What it refuses
//
// Expressions of more than 100,000 characters or that nest more than 250 deep;
// such as come to a value of type dyn, which may be no bool (compare it: x.y ==
// true); constants that a conversion cannot read, as in timestamp("tomorrow"),
// int("x") and matches("("); values of type any that nest more than 100 deep;
// strings such as "inf", "0x10" and "1_000" for numbers.
//
// Parameters with the names that CEL reserves (in, null, true, namespace,
// package, ...) can be declared but not used.
package caveat
