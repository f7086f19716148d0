package oracle

import (
	"maps"
	"slices"
)

// A hanging is what the undecided atoms of a well-founded model hang on.
type hanging struct {
	*grounding
	lower, upper set
}

func (h hanging) undecided(atom int) bool { return h.upper[atom] && !h.lower[atom] }

// on returns the undecided atoms that an undecided atom hangs on at once: those
// that its rule names. Conditions are among them, by way of the atom of their
// tuple, which is undecided only if the tuple matches or its target is not false.
func (h hanging) on(atom int) (list []int) {
	r := &h.rules[atom]
	named := slices.Concat(r.any, r.all)
	if r.but != nil {
		named = append(named, r.but.base, r.but.subtract)
	}
	for _, i := range named {
		if h.undecided(i) {
			list = append(list, i)
		}
	}
	return list
}

// reach returns an undecided atom and all that it hangs on, over any number of
// steps, in the order in which they are met.
func (h hanging) reach(atom int) []int {
	met := make(set, len(h.rules))
	met[atom] = true
	list := []int{atom}
	for i := 0; i < len(list); i++ {
		for _, next := range h.on(list[i]) {
			if !met[next] {
				met[next] = true
				list = append(list, next)
			}
		}
	}
	return list
}

// cycles returns the exclusions that hang on themselves by way of their right
// side.
func (h hanging) cycles() set {
	cycles := make(set, len(h.rules))
	for i, r := range h.rules {
		if r.but != nil && h.undecided(i) && h.undecided(r.but.subtract) {
			cycles[i] = slices.Contains(h.reach(r.but.subtract), i)
		}
	}
	return cycles
}

// answer is what an undecided atom comes to.
func (h hanging) answer(atom int, cycles set) Value {
	reached := h.reach(atom)
	for _, i := range reached {
		if c := h.rules[i].condition; c != nil && c.Err != nil {
			return Failed
		}
	}
	for _, i := range reached {
		if cycles[i] {
			return Undefined
		}
	}
	parameters := map[string]bool{}
	for _, i := range reached {
		if c := h.rules[i].condition; c != nil {
			for _, name := range c.Missing {
				parameters[name] = true
			}
		}
	}
	if len(parameters) == 0 {
		panic("oracle: an atom is undecided for no reason")
	}
	return Missing(slices.Sorted(maps.Keys(parameters))...)
}
