package baobab_test

// What OpenFGA has published. Each comment says what was wrong there and why it
// cannot be here.
func openfgaAdvisories() []advisory {
	return []advisory{
		// Two checks with different contexts came to one key of the cache, and the
		// second got the first one's answer. Here no answer outlives its question, and
		// contexts are never joined into a text. See TestCVE202633729 as well.
		{"CVE-2026-33729", nil},
		// Of several checks of one tuple in one batch, with different contexts, all
		// got the answer of the first. Here a batch has one view, and so one context.
		// The published case, of lists, is a test of package caveat.
		{"CVE-2026-34972", nil},
		// Listing users returned one that is excluded from a wildcard, when the
		// exclusion was intersected with another relation that has the user: the
		// intersection forgot the exception. Here each side is decided for the user.
		{"CVE-2026-61709", nil},
		// Listing users returned one that an exclusion within an exclusion takes
		// away from a wildcard. Here exclusions nest like everything else.
		{"GHSA-h7w8-xr72-cv4r", nil},
		// Listing objects returned one that is excluded, when reading what excludes
		// it failed. Here an error on the right side of an exclusion is the answer,
		// unless the left side is false. See TestGHSA5278RrxcMgf7 for other errors.
		{"GHSA-5278-rrxc-mgf7", nil},
		// A cycle's provisional no was cached as an answer. Here nothing that is found
		// inside of a cycle is final until the cycle is.
		{"CVE-2025-46331", nil},
		// A user's own tuple on another object, later in the order of ids, hid the
		// wildcard of the object in question. Here no order matters.
		{"CVE-2026-24851", nil},
	}
}
