package caveat

import (
	"fmt"
	"math"
	"sync"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/cost"
	"cel.dev/cel-go/common/types"

	"github.com/baobab-authz/baobab/schema"
)

// DefaultCostLimit is the default of [Options.CostLimit].
const DefaultCostLimit = 100_000

// maxCostLimit is a limit that nothing comes to in a lifetime, and that can be
// multiplied without an overflow.
const maxCostLimit = 1 << 48

// uncounted is what an evaluation may cost that is not counted, neither for the
// limit nor as work.
const uncounted = 200

// Options says how caveats are evaluated. The zero Options is ready to use.
type Options struct {
	// CostLimit bounds what one evaluation may cost, in CEL's units: about one
	// for each operator, function call, and access to a variable or to a part of
	// it, and more for functions that read long strings or lists; a loop pays for
	// each round. The package comment says how long a unit takes.
	//
	// The default, if it is 0, is DefaultCostLimit.
	CostLimit uint64
}

// An Evaluator reads the expressions of caveats as CEL. It is safe for
// concurrent use, and may be used for any number of schemas.
type Evaluator struct {
	limit            uint64
	spicedb, openfga func() (*cel.Env, error) // what all caveats have in common
}

var _ schema.Evaluator = (*Evaluator)(nil)

// New returns an evaluator, for the engine's options or for [schema.Schema.Bind].
func New(o Options) *Evaluator {
	if o.CostLimit == 0 {
		o.CostLimit = DefaultCostLimit
	}
	return &Evaluator{min(o.CostLimit, maxCostLimit), sync.OnceValues(newEnvironment), sync.OnceValues(newOpenFGAEnvironment)}
}

// newEnvironment returns what all caveats have in common: CEL's own functions,
// its optional values as SpiceDB has them, and SpiceDB's functions.
func newEnvironment() (*cel.Env, error) {
	labelSharedErrors()
	return cel.NewEnv(
		cel.CustomTypeAdapter(ordered{}),
		cel.DefaultUTCTimeZone(true),
		cel.OptionalTypes(cel.OptionalTypesVersion(0)),
		cel.ASTValidators(cel.ValidateDurationLiterals(), cel.ValidateTimestampLiterals(), patternLiterals{}),
		inNetwork(),
		isSubtreeOf(),
	)
}

// newOpenFGAEnvironment returns the same with what OpenFGA has beyond it.
func newOpenFGAEnvironment() (*cel.Env, error) {
	env, err := newEnvironment()
	if err != nil {
		return nil, err
	}
	return env.Extend(makeAddress())
}

// sharedErrors guards labelSharedErrors.
var sharedErrors sync.Once

// labelSharedErrors works around cel-go's having two errors that all evaluations
// share, into which the first that raises one writes the node of its expression:
// a data race, and the wrong place in every other expression.
func labelSharedErrors() {
	sharedErrors.Do(func() {
		types.LabelErrNode(-1, types.NoSuchOverloadErr())
		types.LabelErrNode(-1, types.Int(math.MaxInt64).ConvertToType(types.TimestampType))
	})
}

// Compile implements [schema.Evaluator]. Its error is made of
// [*schema.ExpressionError] values, joined if there are several.
func (e *Evaluator) Compile(c *schema.Caveat) (_ schema.Condition, err error) {
	// cel-go recovers from what it foresees in its parser. A schema is input, and
	// input must not panic, so the rest is recovered from here.
	defer func() {
		if r := recover(); r != nil {
			err = whole(c, fmt.Sprintf("cel-go failed: %v", r))
		}
	}()
	environment := e.spicedb
	if c.OpenFGA {
		environment = e.openfga
	}
	base, err := environment()
	if err != nil {
		return nil, whole(c, err.Error())
	}
	kinds := make([]kind, len(c.Parameters))
	variables := make([]cel.EnvOption, len(c.Parameters))
	for i, p := range c.Parameters {
		if kinds[i], err = kindOf(p.Type, c.OpenFGA); err != nil {
			return nil, whole(c, fmt.Sprintf("parameter %s: %v", p.Name, err))
		}
		variables[i] = cel.Variable(p.Name, kinds[i].cel())
	}
	env, err := base.Extend(variables...)
	if err != nil {
		return nil, whole(c, err.Error())
	}
	ast, issues := env.Compile(c.Expression)
	if err := issues.Err(); err != nil {
		return nil, expressionErrors(c, issues.Errors())
	}
	if t := ast.OutputType(); !t.IsExactType(cel.BoolType) {
		message := fmt.Sprintf("the expression must come to a bool, and comes to a value of type %s", t)
		if t.IsExactType(cel.DynType) {
			message += ", which may be any: compare it, as in x == true"
		}
		return nil, whole(c, message)
	}
	return e.plan(c, kinds, env, ast)
}

// plan makes the programs of a checked expression.
func (e *Evaluator) plan(c *schema.Caveat, kinds []kind, env *cel.Env, ast *cel.Ast) (*condition, error) {
	cond := &condition{caveat: c, kinds: kinds, index: make(map[string]int, len(kinds)), limit: e.limit, nodes: ast.NativeRep().SourceInfo()}
	cond.pool.New = func() any { return newValues(cond) }
	for i, p := range c.Parameters {
		cond.index[p.Name] = i
		cond.patterns = append(cond.patterns, cel.AttributePattern(p.Name))
	}
	cond.used = make([]bool, len(kinds))
	for _, r := range ast.NativeRep().ReferenceMap() {
		if i, ok := cond.index[r.Name]; ok {
			cond.used[i] = true
		}
	}
	tracker, estimate := subtreeCost(e.limit)
	b := &bound{limit: e.limit, patterns: make(map[string]*pattern)}
	options := []cel.ProgramOption{cel.EvalOptions(cel.OptOptimize), cel.CustomDecoratorV2(orderLiterals)}
	// Counting costs time. What cannot cost much is not counted.
	bounds, err := env.EstimateCost(ast, unknownSizes{}, estimate)
	if err != nil || bounds.Max > min(e.limit, uncounted) || mustCount(ast.NativeRep()) {
		options = append(options, cel.CustomDecoratorV2(b.decorate),
			cel.CostTrackerOptions(append(nestedCosts(b), tracker)...), cel.CostLimit(e.limit))
	}
	// What is constant is evaluated here, and may fail: int('a').
	if cond.full, err = env.Program(ast, options...); err != nil {
		return nil, whole(c, err.Error())
	}
	options = append(options, cel.EvalOptions(cel.OptOptimize, cel.OptPartialEval))
	if cond.partial, err = env.Program(ast, options...); err != nil {
		return nil, whole(c, err.Error())
	}
	return cond, nil
}

// unknownSizes estimates no sizes: the values that come may be of any.
type unknownSizes struct{}

func (unknownSizes) EstimateSize(cost.AstNode) *cost.SizeEstimate { return nil }

func (unknownSizes) EstimateCallCost(_, _ string, _ *cost.AstNode, _ []cost.AstNode) *cost.CallEstimate {
	return nil
}
