package baobab_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A planted bug is a change to the engine's source that makes it wrong in a
// way in which engines of this kind have been wrong.
type plantedBug struct {
	name, file string
	old, new   string
}

var plantedBugs = []plantedBug{
	{"a provisional no is kept", "check/solver.go",
		"	case child != none:\n",
		"	case child != none && s.nodes[child].index >= 0:\n		s.learn(at, r, no, certain)\n		s.spread()\n	case child != none:\n"},
	{"a wildcard leaks through an exclusion", "check/children.go",
		"	if s.wildcard != 0 && a.this.wildcard[s.kind.typ] {\n",
		"	if f := len(s.frames) - 2; s.wildcard != 0 && a.this.wildcard[s.kind.typ] && (f < 0 || s.frames[f].arg < 2 || s.nodes[s.frames[f].node].part.op != opExclusion) {\n"},
	{"the first branch's answer is returned", "check/graph.go",
		"		if v == yes {\n			g.decide(at, yes)\n			return\n		}\n	case opExclusion:\n",
		"		if v != unsure {\n			g.decide(at, v)\n			return\n		}\n	case opExclusion:\n"},
	{"an expiry is forgotten", "internal/index/reader.go",
		"	return rec.expires > r.now\n",
		"	return rec.expires > 0\n"},
	{"a tuple outlives its expiry by an instant", "internal/index/reader.go",
		"	return rec.expires > r.now\n",
		"	return rec.expires >= r.now\n"},
	{"the depth is limited to 50", "check/solver.go",
		"	n.low = n.index\n",
		"	n.low = n.index\n	if len(s.frames) >= 50 {\n		s.decide(at, no)\n	}\n"},
	{"a userset does not hold of itself", "check/children.go",
		"		return none, yes // x#r@x#r holds for every userset\n",
		"		return none, no\n"},
	{"an arrow over all holds of nothing", "check/children.go",
		"		return none, no, certain // no tuple at all\n",
		"		return none, undecided, certain\n"},
	{"what is undefined is denied without an error", "check/cause.go",
		"		g.decide(at, unsure)\n",
		"		g.decide(at, no)\n"},
	{"an unknown condition holds", "check/condition.go",
		"		return unsure, s.intern(causeSet{missing: missing})\n",
		"		return yes, certain\n"},
	{"a caveat that fails does not hold", "check/condition.go",
		"		return unsure, s.intern(causeSet{failed: &ConditionError{Tuple: s.key(k), Caveat: q.Caveat, Err: err}})\n",
		"		return no, certain\n"},
	{"an arrow does not ask for the condition", "check/children.go",
		"			holds, c := s.condition(k)\n",
		"			holds, c := yes, certain\n"},
	{"a cycle loses a condition inside of it", "check/cause.go",
		"g.merge(g.nodes[e.child].cause, e.cause)",
		"g.nodes[e.child].cause"},
	{"a cycle through a denial is only conditional", "check/cause.go",
		"e.role == subtrahend && group[e.child] == int32(i)",
		"e.role == subtrahend && group[e.child] == int32(i) && c == certain"},
	{"what is unfounded is undefined", "check/graph.go",
		"				g.decide(n, no)\n				unfounded = true\n",
		"				g.decide(n, unsure)\n				unfounded = true\n"},
	{"what is hypothetically removed is found", "internal/index/reader.go",
		"		if hidden {\n",
		"		if hidden && k.Object == 0 {\n"},
	{"a group that was left still counts", "check/closure.go",
		"	case b.epoch <= last:\n",
		"	case b.epoch >= last:\n"},
	{"a group of a group that was left still counts", "check/closure.go",
		"	for _, g := range c.groups {\n		if b.reader",
		"	for _, g := range c.groups[:0] {\n		if b.reader"},
	{"a group that everybody left still counts", "check/closure.go",
		", b.public != 0 && b.reader.LastAsMember(b.public) > last:",
		":"},
	{"a group outlives its expiry", "check/closure.go",
		" || instant >= c.until ||",
		" ||"},
	{"a group ends with its expiry for earlier instants", "check/closure.go",
		"instant < c.from || ",
		""},
	{"a group counts before there were members", "check/closure.go",
		" || b.epoch < c.first ||",
		" ||"},
	{"groups are of any line of commits", "check/closure.go",
		"!c.line || !b.reader.Line()",
		"b.plan == nil"},
	{"groups are those of whoever is not public", "check/closure.go",
		" || b.public != c.public {",
		" {"},
	{"the groups of nobody are kept", "check/closure.go",
		"	case p.public == 0:\n		return f.plan.nobody\n",
		"	case p.public == 0:\n		p.subject.object -= 2\n"},
	{"groups that are shared outlive their expiry", "check/climb.go",
		"min(w.until, c.until), w.unsure",
		"w.until, w.unsure"},
	{"a caveat among groups that are shared is not asked about", "check/climb.go",
		"w.unsure || c.unsure",
		"w.unsure"},
	{"the filter leaves out the wildcard", "check/principal.go",
		"		p.direct.add(p.wildcard)\n",
		""},
	{"changes are not noted", "internal/index/builder.go",
		"		if !b.s.beside {\n",
		"		if b.s.dict == nil {\n"},
	{"a compaction begins with new epochs", "internal/index/compact.go",
		"	n.epoch.Store(d.epoch.Load())\n",
		""},
	{"an arrow over all has found what has expired", "check/fast.go",
		"			continue // it has expired\n		}\n		found = true\n",
		"			found = true\n			continue\n		}\n		found = true\n"},
	{"a caveat is not asked about in a roster", "check/fast.go",
		"	if v != yes || !e.Qualified() {\n",
		"	if v != yes || e.Qualified() {\n"},
	{"what rosters do not decide is not excluded", "check/fast.go",
		"		case left == yes && right == no:\n",
		"		case left == yes && right != yes:\n"},
	{"a group with a caveat on the way is none", "check/climb.go",
		"			w.unsure = true\n			return\n",
		"			return\n"},
	{"a userset is not its own in a roster", "check/fast.go",
		"	if f.subject.relation != 0 && (goal{object, r.relation}) == f.subject {\n",
		"	if f.subject.relation != 0 && f.steps > maxFast && (goal{object, r.relation}) == f.subject {\n"},
	{"what is kept depends on no group", "check/depends.go",
		"						reach(sub.Type, sub.Relation)\n",
		"						_ = sub\n"},
	{"what is kept does not depend on where an arrow starts", "check/depends.go",
		"				read(tupleset)\n",
		""},
	{"what is kept does not depend on where an arrow leads", "check/depends.go",
		"						reach(sub.Type, w.Computed)\n",
		""},
	{"what is kept outlives an expiry", "check/cache.go",
		" || instant >= r.until {",
		" {"},
	{"what is kept is true of earlier instants", "check/cache.go",
		" || instant < r.from ||",
		" ||"},
	{"what is kept outlives a commit", "check/cache.go",
		"!ok || r.epoch != epoch ||",
		"!ok ||"},
	{"what is kept outlives a tuple without a caveat", "check/condition.go",
		"	if q.Expires != 0 {\n",
		"	if q.Expires != 0 && q.Caveat != \"\" {\n"},
	{"what is kept serves every context", "check/lookup.go",
		"		l.key.given = string(values)\n",
		"		_ = values\n"},
	{"what is kept serves every schema", "check/lookup.go",
		"	l.key.plan, l.rule = p.number, at\n",
		"	l.rule = at\n"},
	{"what is kept serves hypothetical views", "check/lookup.go",
		" || !st.Committed() {\n",
		" {\n"},
	{"a tuple keeps an id of another generation", "internal/index/compact.go",
		"	k.Object, k.Subject = c.ids[k.Object], c.ids[k.Subject]\n",
		"	k.Object = c.ids[k.Object]\n"},
	{"groups outlive a generation of ids", "check/check.go",
		" && p.key.generation == d.Generation() {",
		" {"},
	{"an intersection is listed without a question", "expand/climb.go",
		"	if !plain {\n",
		"	if !plain && c.ctx == nil {\n"},
	{"a caveat is not asked about on the way up", "expand/climb.go",
		"s.plain && sure",
		"s.plain && (sure || k.Qualifier != 0)"},
	{"what is narrowed is listed without a question", "expand/descend.go",
		"	return min(l, maybe)\n",
		"	return l\n"},
	{"an exclusion takes nobody away", "expand/descend.go",
		"		l = kept\n",
		""},
	{"an exclusion takes away for all ways", "expand/taken.go",
		"	t.single = !s.narrowed &&",
		"	t.single = true ||"},
	{"an exclusion takes away for what is narrowed", "expand/taken.go",
		"!s.narrowed &&",
		"true &&"},
	{"an excluded wildcard takes nobody away", "expand/taken.go",
		"max(t.found.level(id, 0), t.open)",
		"t.found.level(id, 0)"},
	{"a caveat on the right side is taken to hold", "expand/descend.go",
		"		return true, c.reader.Qualifier(k).Caveat == \"\", nil\n",
		"		return true, true, nil\n"},
	{"a kept list is of any instant", "expand/pages.go",
		"instant < k.from || instant >= k.until || ",
		"instant < k.from && instant >= k.until || "},
	{"a kept list is of whatever was given", "expand/pages.go",
		"k.conditioned && len",
		"!k.conditioned && len"},
	{"a kept list is that of what is hypothetical", "expand/pages.go",
		"!o.paged() || !st.Committed()",
		"!o.paged()"},
	{"a kept list is of any revision", "expand/pages.go",
		"	e := p.byKey[key]\n",
		"	e := p.byKey[key]\n	for k, other := range p.byKey {\n		if k.revision = key.revision; k == key {\n			e = other\n		}\n	}\n"},
	{"a list without an order is kept", "expand/list.go",
		"return o.paged() && o.limit > 0",
		"return o.limit > 0"},
	{"a list of one's objects is another's", "expand/objects.go",
		"about: s.subject, ",
		""},
	{"an object is listed for each way", "expand/climb.go",
		"node == c.plan.target && before == unseen",
		"node == c.plan.target"},
	{"an object that becomes certain is not decided", "expand/objects.go",
		"		s.raise(&c)\n",
		"		c.level = certain\n"},
	{"a wildcard has no exceptions", "expand/subjects.go",
		"!s.public.denied() || s.plan",
		"s.public.denied() && s.plan"},
	{"a wildcard speaks for those with conditions", "expand/subjects.go",
		"			if !known[i].same(s.public) {\n",
		"			if known[i].denied() {\n"},
	{"whom an exclusion gives back is left out", "expand/subjects.go",
		"ref{typed, named}",
		"ref{named, typed}"},
	{"a page begins with the last entry of the one before", "expand/candidate.go",
		"	if found {\n",
		"	if found && len(id) > 3 {\n"},
}

// graphFiles are where what decides by the graph is.
var graphFiles = []string{"check/solver.go", "check/children.go", "check/graph.go", "check/cause.go", "check/condition.go"}

// cacheFiles are where what keeps results is.
var cacheFiles = []string{"check/cache.go", "check/depends.go", "check/lookup.go"}

// lifeFiles are where the groups of subjects are kept, and what says how long.
var lifeFiles = []string{"check/closure.go", "check/climb.go", "check/principal.go", "internal/index/builder.go", "internal/index/compact.go"}

var failedAfter = regexp.MustCompile(`failed after \d+ tests|flaky test`) // flaky: where a hash's seed decides what is displaced

// Each planted bug is found by TestAgreesWithOracle, or if it is one of lists by
// TestListsAgreeWithOracle, if it is one of decisions that are kept by
// TestCacheAgreesWithOracle, and if it is one of groups that are kept by
// TestLivesAgreeWithOracle, within 10,000 cases.
func TestPlantedBugs(t *testing.T) {
	every, err := strconv.Atoi(os.Getenv("BAOBAB_PLANTED"))
	if err != nil || every < 1 {
		t.Skip("it builds the tests once for each bug, which takes ten minutes: set BAOBAB_PLANTED=1, or 8 for every eighth as .ci/run does")
	}
	root, err := os.Getwd()
	require.NoError(t, err)
	for i, bug := range plantedBugs {
		if i%every != 0 {
			continue
		}
		t.Run(bug.name, func(t *testing.T) {
			t.Parallel()
			source, err := os.ReadFile(bug.file)
			require.NoError(t, err)
			require.Equal(t, 1, strings.Count(string(source), bug.old), "%s has changed: plant the bug anew", bug.file)
			dir := t.TempDir()
			planted := filepath.Join(dir, filepath.Base(bug.file))
			require.NoError(t, os.WriteFile(planted, []byte(strings.Replace(string(source), bug.old, bug.new, 1)), 0o600))
			overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{filepath.Join(root, bug.file): planted}})
			require.NoError(t, err)
			overlayFile := filepath.Join(dir, "overlay.json")
			require.NoError(t, os.WriteFile(overlayFile, overlay, 0o600))

			tags := "" // rosters decide most questions, and so hide what is wrong with the graph and with what is kept
			if slices.Contains(graphFiles, bug.file) || slices.Contains(cacheFiles, bug.file) {
				tags = "baobab_graph"
			}
			build := exec.Command("go", "test", "-c", "-tags", tags, "-overlay", overlayFile, "-o", filepath.Join(dir, "planted.test"), ".")
			out, err := build.CombinedOutput()
			require.NoError(t, err, "%s", out)
			test := "^TestAgreesWithOracle$"
			switch {
			case strings.HasPrefix(bug.file, "expand/"):
				test = "^TestListsAgreeWithOracle$"
			case slices.Contains(cacheFiles, bug.file) || strings.HasPrefix(bug.name, "what is kept"):
				test = "^TestCacheAgreesWithOracle$"
			case slices.Contains(lifeFiles, bug.file):
				test = "^TestLivesAgreeWithOracle$"
			}
			run := exec.Command(filepath.Join(dir, "planted.test"), "-test.run", test,
				"-test.timeout", "5m", "-rapid.nofailfile", "-rapid.shrinktime", "1ms")
			run.Env = append(os.Environ(), "BAOBAB_CASES=10000")
			out, err = run.CombinedOutput()
			require.Error(t, err, "not found in 10,000 cases")
			after := failedAfter.FindString(string(out))
			require.NotEmpty(t, after, "it failed in another way:\n%s", out)
			t.Logf("found: it %s", after)
		})
	}
}
