package schema

import (
	"fmt"
	"slices"
)

// Counted returns the relations whose tuples the counts of r count: r itself,
// or, in the order in which they are named, the relations of which the
// permission r is a sum, each once. It is nil if r has no counts or is none of
// d's. It takes constant time.
func (d *Definition) Counted(r *Relation) []*Relation { return d.counted[r] }

// counts is what has been said about how many tuples a relation has.
type counts struct {
	said   map[Count]span // without positions
	groups map[Count]*bounds
}

// bounds are the counts with the least upper bound and with the greatest lower
// bound of those of one grouping.
type bounds struct{ least, greatest directive }

func (k *directiveChecker) count(d directive) bool {
	if !k.bounded(d) {
		return false
	}
	counted, ok := k.counted(d)
	if !ok || !k.groupable(d, counted) || !k.reachable(d, counted) || !k.consistent(d) {
		return false
	}
	if k.def.counted == nil {
		k.def.counted = map[*Relation][]*Relation{}
	}
	k.def.counted[k.rel] = counted
	return true
}

// bounded checks the range by itself.
func (k *directiveChecker) bounded(d directive) bool {
	c := d.count
	message := ""
	switch {
	case c.Min < 0 || c.Max < Unbounded:
		message = "a bound is not negative"
	case c.Min > MaxCount || c.Max > MaxCount:
		message = fmt.Sprintf("%d is too large: a bound is at most %d", max(c.Min, c.Max), MaxCount)
	case c.Max == 0 && c.Min == 0:
		message = "a count of 0 would admit no tuple"
	case c.Max == Unbounded && c.Min == 0:
		message = "0..* bounds nothing"
	case c.Max != Unbounded && c.Max < c.Min:
		message = fmt.Sprintf("the range %d..%d is empty", c.Min, c.Max)
	default:
		return true
	}
	k.report.errorf(d.value, k.about, "%s", message)
	return false
}

// counted finds the relations that are counted. Their sum may be written by way
// of other permissions that are sums, whose names may lead back.
func (k *directiveChecker) counted(d directive) ([]*Relation, bool) {
	if k.rel.Stored() {
		return []*Relation{k.rel}, true
	}
	var list []*Relation
	seen := map[*Relation]bool{}
	var other Rewrite   // that is no relation
	var where *Relation // the permission whose operand it is
	var add func(r *Relation) bool
	sum := func(p *Relation, r Rewrite) bool {
		name, ok := r.(Computed)
		if !ok {
			other, where = r, p
			return false
		}
		next := k.def.byName[name.Relation]
		return next != nil && add(next)
	}
	add = func(r *Relation) bool {
		if seen[r] {
			return true
		}
		seen[r] = true
		if r.Stored() {
			list = append(list, r)
			return true
		}
		if u, ok := r.Rewrite.(Union); ok {
			for _, child := range u.Children {
				if !sum(r, child) {
					return false
				}
			}
			return true
		}
		return sum(r, r.Rewrite)
	}
	if add(k.rel) {
		return list, true
	}
	if other != nil && !k.unread(where) { // or a name is unknown, which is reported
		k.report.errorf(d.at, k.about, "%s cannot be counted: it is no sum (+) of relations of %s alone, because of %s", k.rel.Name, k.def.Name, other)
	}
	return nil, false
}

// groupable checks the relation in which is counted.
func (k *directiveChecker) groupable(d directive, counted []*Relation) bool {
	c := d.count
	if c.In == "" {
		return true
	}
	if !k.exists(c.In, d.in) {
		return false
	}
	in := k.def.byName[c.In]
	if !in.Stored() {
		k.report.errorf(d.in, k.about, "what is counted in is a relation, and %s is a permission", c.In)
		return false
	}
	if slices.Contains(counted, in) {
		k.report.errorf(d.in, k.about, "%s is itself what is counted", c.In)
		return false
	}
	if slices.ContainsFunc(in.Subjects, SubjectType.object) {
		return true
	}
	if !k.unread(in) {
		k.report.errorf(d.in, k.about, "%s admits no object, so there is nothing to count in", c.In)
	}
	return false
}

// reachable checks that the tuples which are admitted can be counted, and, for
// a lower bound, that some are neither conditional nor temporary.
func (k *directiveChecker) reachable(d directive, counted []*Relation) bool {
	c := d.count
	countable, certain := false, false
	for _, r := range counted {
		for _, s := range r.Subjects {
			if !c.PerSubject || !s.Wildcard {
				countable = true
				certain = certain || s.certain()
			}
		}
	}
	certainIn := c.In == ""
	if !certainIn {
		for _, s := range k.def.byName[c.In].Subjects {
			certainIn = certainIn || s.object() && s.certain()
		}
	}
	if countable && (c.Min == 0 || certain && certainIn) {
		return true
	}
	const never = "the lower bound cannot be met: it counts no tuple with a caveat or an expiry, and %s admits no other"
	switch {
	case k.unread(counted...) || c.In != "" && k.unread(k.def.byName[c.In]):
	case !countable:
		k.report.errorf(d.at, k.about, "per subject counts no wildcards, and %s admits nothing else", k.rel.Name)
	case !certain:
		k.report.errorf(d.value, k.about, never, k.rel.Name)
	default:
		k.report.errorf(d.value, k.about, never, c.In)
	}
	return false
}

// object reports whether the subjects are objects, and no usersets or wildcards.
func (s SubjectType) object() bool { return s.Relation == "" && !s.Wildcard }

// certain reports whether tuples with the subject have neither caveat nor expiry.
func (s SubjectType) certain() bool { return s.Caveat == "" && !s.Expiration }

// consistent checks a count against those before it.
func (k *directiveChecker) consistent(d directive) bool {
	c := d.count
	c.Pos = Pos{}
	if k.counts.said == nil {
		k.counts.said, k.counts.groups = map[Count]span{}, map[Count]*bounds{}
	}
	if first, twice := k.counts.said[c]; twice {
		k.report.errorf(d.at, k.about, "%s is said already%s", c, since(first))
		return false
	}
	k.counts.said[c] = d.at
	group := Count{PerSubject: c.PerSubject, In: c.In}
	b := k.counts.groups[group]
	if b == nil {
		k.counts.groups[group] = &bounds{d, d}
		return true
	}
	contradicts := func(other directive) bool {
		k.report.errorf(d.value, k.about, "%s contradicts %s%s", c, other.count, since(other.at))
		return false
	}
	switch least, greatest := b.least.count, b.greatest.count; {
	case least.Max != Unbounded && c.Min > least.Max:
		return contradicts(b.least)
	case c.Max != Unbounded && c.Max < greatest.Min:
		return contradicts(b.greatest)
	default:
		if c.Max != Unbounded && (least.Max == Unbounded || c.Max < least.Max) {
			b.least = d
		}
		if c.Min > greatest.Min {
			b.greatest = d
		}
	}
	return true
}
