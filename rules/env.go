package rules

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/cost"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/ext"

	"mspscan/msp"
	"mspscan/rules/subject"
)

// The bounds of an expression. Lists and strings of views are bounded too
// (package subject), so the worst cost of an expression is known before it runs.
const (
	costLimit  = 1_000_000       // of one evaluation; past it the rule is unknown and an error is named
	costRefuse = 100_000_000_000 // an expression that may cost this much is not loaded
	checkEvery = 100             // steps of a list between looks at the context
	maxNesting = 100
)

// newEnv makes the language for a kind of subject: its view under its own name,
// today, the four answers, and the functions on dates.
func newEnv(kind subject.Kind) (*cel.Env, error) {
	env, err := cel.NewCustomEnv(
		cel.StdLib(), cel.Macros(cel.StandardMacros...), cel.EnableMacroCallTracking(),
		cel.CrossTypeNumericComparisons(true), cel.ParserExpressionSizeLimit(maxSource), cel.ParserRecursionLimit(maxNesting),
		ext.NativeTypes(ext.ParseStructTag("json"), kind.Type.Elem()),
		cel.Variable(string(kind.Name), cel.ObjectType(kind.Type.Elem().String())),
		cel.Variable("today", cel.StringType),
		cel.Constant("YES", cel.StringType, types.String("yes")),
		cel.Constant("NO", cel.StringType, types.String("no")),
		cel.Constant("UNKNOWN", cel.StringType, types.String("unknown")),
		cel.Constant("BROKEN", cel.StringType, types.String("broken")),
		cel.Constant("NA", cel.StringType, types.String("na")),
		dateFunction("older_than_months", func(day time.Time, n int) time.Time { return day.AddDate(0, -n, 0) }),
		dateFunction("older_than_days", func(day time.Time, n int) time.Time { return day.AddDate(0, 0, -n) }),
	)
	if err != nil {
		return nil, fmt.Errorf("make the rule language for %s: %w", kind.Name, err)
	}
	return env, nil
}

// dateFunction makes name(date, n, today): whether the date lies before today
// less n. An unknown date ("") is not old.
func dateFunction(name string, back func(time.Time, int) time.Time) cel.EnvOption {
	return cel.Function(name, cel.Overload(name+"_string_int_string",
		[]*cel.Type{cel.StringType, cel.IntType, cel.StringType}, cel.BoolType,
		cel.FunctionBinding(func(args ...ref.Val) ref.Val {
			date, ok1 := args[0].Value().(string)
			n, ok2 := args[1].Value().(int64)
			today, ok3 := args[2].Value().(string)
			if !ok1 || !ok2 || !ok3 || n < 0 || n > 12000 {
				return types.NewErr("%s: wrong arguments", name)
			}
			now, err := msp.ParseDate(today)
			if err != nil {
				return types.NewErr("%s: %v", name, err)
			}
			if date == "" {
				return types.False
			}
			return types.Bool(date < back(now.Time(), int(n)).Format(time.DateOnly))
		})))
}

// vars is what an expression sees.
type vars struct {
	name    string // of the subject's variable
	view    ref.Val
	today   ref.Val
	item    ref.Val
	missing []string
}

// ResolveName gives a variable's value.
func (v *vars) ResolveName(name string) (any, bool) {
	switch name {
	case v.name:
		return v.view, true
	case "today":
		return v.today, true
	case "item":
		return v.item, v.item != nil
	case "missing":
		return v.missing, true
	}
	return nil, false
}

// Parent is none: all variables are here.
func (v *vars) Parent() cel.Activation { return nil }

// sizes bounds what the estimator cannot see: lists and texts of views.
type sizes struct{}

// EstimateSize bounds a list or a text.
func (sizes) EstimateSize(n cost.AstNode) *cost.SizeEstimate {
	if n.Type() != nil && n.Type().Kind() == types.StringKind {
		return &cost.SizeEstimate{Max: subject.MaxText}
	}
	return &cost.SizeEstimate{Max: subject.MaxList}
}

// EstimateCallCost leaves calls to the estimator.
func (sizes) EstimateCallCost(_, _ string, _ *cost.AstNode, _ []cost.AstNode) *cost.CallEstimate {
	return nil
}

// paramOptions makes a constant params.NAME of each threshold.
func paramOptions(params []Param) []cel.EnvOption {
	var out []cel.EnvOption
	for _, p := range params {
		name := "params." + p.Name
		switch v := p.Value.(type) {
		case int64:
			out = append(out, cel.Constant(name, cel.IntType, types.Int(v)))
		case float64:
			out = append(out, cel.Constant(name, cel.DoubleType, types.Double(v)))
		case string:
			out = append(out, cel.Constant(name, cel.StringType, types.String(v)))
		case []string:
			out = append(out, cel.Variable(name, cel.ListType(cel.StringType)))
		}
	}
	return out
}

// What a message holds of one value: whoever owns a zone decides how many name
// servers it has and how long its records are.
const (
	maxShownItems = 24
	maxShownText  = 1200 // characters
)

// show gives a value as a message shows it: lists joined by commas, numbers
// without a needless fraction, and what is too much counted, not shown.
func show(v ref.Val) string {
	switch t := v.Value().(type) {
	case string:
		return cut(t)
	case float64:
		return decimal(t)
	case []string:
		return joined(t)
	case []ref.Val:
		parts := make([]string, len(t))
		for i, e := range t {
			parts[i] = show(e)
		}
		return joined(parts)
	}
	return fmt.Sprint(v.Value())
}

// joined lists the first items and says how many more there are.
func joined(items []string) string {
	if len(items) <= maxShownItems+1 { // one more is no longer than to say so
		return cut(strings.Join(items, ", "))
	}
	return cut(strings.Join(items[:maxShownItems], ", ")) + fmt.Sprintf(" and %d more", len(items)-maxShownItems)
}

// cut keeps the beginning of a long text and says how much it left out.
func cut(s string) string {
	if len(s) <= maxShownText {
		return s
	}
	runes := []rune(s)
	if len(runes) <= maxShownText {
		return s
	}
	return fmt.Sprintf("%s… [cut, %d more]", string(runes[:maxShownText]), len(runes)-maxShownText)
}

// decimal gives one decimal place, two for shares, and none that is not needed.
func decimal(f float64) string {
	places := 1
	if f < 1 && f > -1 {
		places = 2
	}
	s := strconv.FormatFloat(f, 'f', places, 64)
	return strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
}
