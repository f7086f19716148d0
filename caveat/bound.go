package caveat

import (
	"fmt"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/overloads"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
	"cel.dev/cel-go/interpreter"
)

// A bound stops what would go beyond the limit before it begins. CEL counts a
// call when it is over, and estimates the size of values by their outermost part;
// but lists that hold one another many times are small and take forever to
// compare, and a regular expression is longer than its text.
type bound struct {
	limit    uint64
	patterns map[string]*pattern // those that the expression spells out
}

// mustCount reports whether an expression has a call whose cost CEL's estimate
// does not know: only what is counted pays for what it did before.
func mustCount(checked *ast.AST) bool {
	nested := func(e ast.Expr) bool {
		switch checked.GetType(e.ID()).Kind() {
		case types.BoolKind, types.IntKind, types.UintKind, types.DoubleKind, types.StringKind, types.BytesKind,
			types.DurationKind, types.TimestampKind, types.NullTypeKind, types.TypeKind:
			return false
		}
		return true
	}
	found := false
	ast.PostOrderVisit(checked.Expr(), ast.NewExprVisitor(func(e ast.Expr) {
		if e.Kind() != ast.CallKind {
			return
		}
		switch call := e.AsCall(); call.FunctionName() {
		case overloads.Matches:
			found = true
		case operators.In:
			found = found || nested(call.Args()[0])
		case operators.Equals, operators.NotEquals:
			found = found || nested(call.Args()[0]) && nested(call.Args()[1])
		}
	}))
	return found
}

// decorate is a decorator of programs.
func (b *bound) decorate(i interpreter.InterpretableV2) (interpreter.InterpretableV2, error) {
	call, ok := i.(interpreter.InterpretableCall)
	if !ok {
		return i, nil
	}
	name, overload := call.Function(), call.OverloadID()
	var do func(args ...ref.Val) ref.Val
	switch name {
	case operators.Equals, operators.NotEquals:
		do = func(args ...ref.Val) ref.Val {
			b.afford(comparison(args[0], args[1], b.limit))
			equal := types.Equal(args[0], args[1])
			if truth, ok := equal.(types.Bool); ok && name == operators.NotEquals {
				return !truth
			}
			return equal
		}
	case operators.In:
		overload = overloads.InList // what is dyn may be either, and has none
		do = func(args ...ref.Val) ref.Val {
			in, ok := args[1].(traits.Container)
			if !ok {
				return types.MaybeNoSuchOverloadErr(args[1])
			}
			b.afford(membership(args[1], b.limit))
			return in.Contains(args[0])
		}
	case "isSubtreeOf":
		do = func(args ...ref.Val) ref.Val {
			b.afford(entries(args[0], 0, b.limit))
			return subtreeOf(args[0], args[1])
		}
	case overloads.Size:
		if overload != "" {
			return i, nil
		}
		overload = overloads.SizeString // it is dyn, and may be a long one
		do = func(args ...ref.Val) ref.Val {
			if v, ok := args[0].(traits.Sizer); ok {
				return v.Size()
			}
			return types.MaybeNoSuchOverloadErr(args[0])
		}
	case overloads.Matches:
		if literal, ok := call.Args()[1].(interpreter.InterpretableConst); ok {
			if text, ok := literal.Value().(types.String); ok {
				p, err := compilePattern(string(text), maxProgram)
				if err != nil {
					return nil, err
				}
				b.patterns[string(text)] = p
			}
		}
		name = "bounded matches" // not one that cel-go replaces by its own
		do = b.matches
	default:
		return i, nil
	}
	return interpreter.NewCall(call.ID(), name, overload, call.Args(), do), nil
}

// afford ends the evaluation if what comes costs more than all of it may. The
// panic is how cel-go itself ends one, and recovers from: an error would be passed
// over where another side decides.
func (b *bound) afford(cost uint64) {
	if cost > b.limit {
		panic(interpreter.EvalCancelledError{Cause: interpreter.CostLimitExceeded, Message: "the cost limit is exceeded"})
	}
}

// matches is CEL's function of that name.
func (b *bound) matches(args ...ref.Val) ref.Val {
	s, ok := args[0].(types.String)
	text, isText := args[1].(types.String)
	if !ok || !isText {
		return types.MaybeNoSuchOverloadErr(args[0])
	}
	p := b.patterns[string(text)]
	if p == nil {
		size, err := programSize(string(text), b.limit/instructionCost)
		if err == nil {
			b.afford(patternCost(string(text), size) + matchCost(len(s), size))
			p, err = newPattern(string(text), size)
		} else if err == errProgramSize {
			b.afford(b.limit + 1)
		}
		if err != nil {
			return types.WrapErr(err)
		}
	}
	b.afford(matchCost(len(s), p.size))
	return types.Bool(p.re.MatchString(string(s)))
}

// matchesCost is what matches cost, once it is over.
func (b *bound) matchesCost(args []ref.Val, _ ref.Val) *uint64 {
	s, _ := args[0].(types.String)
	text, _ := args[1].(types.String)
	cost := uint64(1)
	if p := b.patterns[string(text)]; p != nil {
		cost += matchCost(len(s), p.size)
	} else if size, err := programSize(string(text), b.limit/instructionCost); err == nil {
		cost += patternCost(string(text), size) + matchCost(len(s), size)
	}
	return &cost
}

// patternLiterals refuses the regular expressions that cannot be read or are too
// large, of those that an expression spells out.
type patternLiterals struct{}

// Name implements cel.ASTValidator.
func (patternLiterals) Name() string { return "baobab.patterns" }

// Validate implements cel.ASTValidator.
func (patternLiterals) Validate(_ *cel.Env, _ cel.ValidatorConfig, checked *ast.AST, issues *cel.Issues) {
	ast.PostOrderVisit(checked.Expr(), ast.NewExprVisitor(func(e ast.Expr) {
		if e.Kind() != ast.CallKind || e.AsCall().FunctionName() != overloads.Matches {
			return
		}
		args := e.AsCall().Args()
		arg := args[len(args)-1]
		if arg.Kind() != ast.LiteralKind {
			return
		}
		if text, ok := arg.AsLiteral().(types.String); ok {
			if _, err := compilePattern(string(text), maxProgram); err == errProgramSize {
				issues.ReportErrorAtID(arg.ID(), "%s", fmt.Sprintf("the regular expression compiles to more than %d instructions", maxProgram))
			} else if err != nil {
				issues.ReportErrorAtID(arg.ID(), "invalid matches argument")
			}
		}
	}))
}
