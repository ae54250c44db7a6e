package rules

import (
	"fmt"
	"reflect"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"

	"mspscan/msp"
)

// program is a compiled expression. A bounded one cannot reach the cost limit
// and runs without counting.
type program struct {
	run     cel.Program
	bounded bool
}

// compiled is a rule ready to judge.
type compiled struct {
	applies, when, unknown, each, key *program
	severity                          []*program // nil = always
	confidence                        []*program
	message, question                 template
	adapter                           types.Adapter
	parts                             []part // the sides of when's ||, to tell which one holds
}

// part is one side of a condition's top-level ||.
type part struct {
	run  *program
	text string
}

// compiler compiles the expressions of one rule.
type compiler struct {
	rule     *Rule
	env      *cel.Env
	item     reflect.Type
	problems *Problems
}

// compile checks and compiles everything that the rule says in CEL.
func (r *Rule) compile(base *cel.Env, ps *Problems) {
	env, err := base.Extend(paramOptions(r.Params)...)
	if err != nil {
		ps.add(r.pos, "", "params: %v", err)
		return
	}
	c := &compiler{rule: r, env: env, problems: ps}
	b := &compiled{adapter: base.CELTypeAdapter()}
	b.applies, _ = c.boolean(r.Applies)
	var when *cel.Ast
	b.when, when = c.boolean(r.When)
	b.unknown, _ = c.boolean(r.Unknown)
	b.parts = c.parts(when)
	if r.Each.Text != "" {
		b.each = c.each(r.Each)
		b.key, _ = c.typed(r.Key, types.StringKind, "a text")
	}
	b.severity, b.confidence = c.cases(r.Severity), c.cases(r.Confidence)
	b.message = c.template(r.Message)
	if r.Question.Text != "" {
		c.extend(cel.Variable("missing", cel.ListType(cel.StringType)))
		b.question = c.template(r.Question)
	}
	r.built = b
}

func (c *compiler) extend(o cel.EnvOption) {
	env, err := c.env.Extend(o)
	if err != nil {
		c.problems.add(c.rule.pos, "", "extend the rule language: %v", err)
		return
	}
	c.env = env
}

func (c *compiler) boolean(e Expr) (*program, *cel.Ast) {
	return c.typed(e, types.BoolKind, "true or false")
}

// typed compiles an expression that must give one type.
func (c *compiler) typed(e Expr, kind types.Kind, what string) (*program, *cel.Ast) {
	if e.Text == "" {
		return nil, nil
	}
	a, ok := c.check(e, e.Text, 0)
	if !ok {
		return nil, nil
	}
	if a.OutputType().Kind() != kind {
		c.problems.add(e.at.pos(), "", "the expression gives %s, not %s", a.OutputType(), what)
		return nil, nil
	}
	return c.program(a, e.at.pos()), a
}

// check compiles text, which stands at offset of e.
func (c *compiler) check(e Expr, text string, offset int) (*cel.Ast, bool) {
	a, issues := c.env.Compile(text)
	if issues.Err() == nil {
		return a, true
	}
	for _, err := range issues.Errors() {
		at := offset
		if line := err.Location.Line(); line > 0 {
			at += offsetOf(text, line, err.Location.Column())
		}
		what, instead, move := c.explain(err.Message, text, at-offset)
		c.problems.add(e.at.place(e.Text, at+move), instead, "%s", what)
	}
	return nil, false
}

// explain finds what was meant by a field or name that is not there, and how far
// the name stands from the place that was reported.
func (c *compiler) explain(message, text string, at int) (what, instead string, move int) {
	if name, ok := between(message, "undefined field '", "'"); ok {
		path := pathBefore(text, at)
		t, ok := c.follow(path)
		if !ok {
			return message, "", 1
		}
		return fmt.Sprintf("%s has no field %q", strings.Join(path, "."), name), suggest(name, fieldNames(t)), 1
	}
	if name, ok := between(message, "undeclared reference to '", "'"); ok {
		if head, _, dotted := strings.Cut(name, "."); dotted {
			move = len(strings.Join(pathBefore(text, at), "."))
			if head != "params" {
				name = head
			}
		}
		return fmt.Sprintf("unknown name %q", name), suggest(name, c.names()), -move
	}
	message, _, _ = strings.Cut(message, "\n")
	return strings.TrimSpace(message), "", 0
}

func between(s, before, after string) (string, bool) {
	_, rest, ok := strings.Cut(s, before)
	if !ok {
		return "", false
	}
	name, _, ok := strings.Cut(rest, after)
	return name, ok
}

// names lists what an expression of the rule may name.
func (c *compiler) names() []string {
	list := []string{string(c.rule.Subject), "today", "YES", "NO", "UNKNOWN", "BROKEN", "NA", "item", "missing", "size", "has", "older_than_months", "older_than_days"}
	for _, p := range c.rule.Params {
		list = append(list, "params."+p.Name)
	}
	return list
}

// pathBefore reads the dotted words that end at an offset.
func pathBefore(text string, at int) []string {
	start := at
	for start > 0 && (text[start-1] == '.' || text[start-1] == '_' || text[start-1] >= '0' && text[start-1] <= '9' || text[start-1] >= 'a' && text[start-1] <= 'z') {
		start--
	}
	return strings.Split(strings.Trim(text[start:at], "."), ".")
}

// follow gives the type of a path; what is neither the subject nor the item, such
// as the variable of a macro, is not known.
func (c *compiler) follow(path []string) (reflect.Type, bool) {
	switch {
	case path[0] == string(c.rule.Subject):
		return fieldAt(c.rule.kind.Type, path[1:])
	case path[0] == "item" && c.item != nil:
		return fieldAt(c.item, path[1:])
	}
	return nil, false
}

// program makes the expression run, with a limit where it could cost too much.
func (c *compiler) program(a *cel.Ast, at msp.Pos) *program {
	cost, err := c.env.EstimateCost(a, sizes{})
	if err != nil || cost.Max > costRefuse {
		c.problems.add(at, "look at fewer lists inside lists", "the expression may never come to an end: its cost may reach %d, the most is %d", cost.Max, costRefuse)
		return nil
	}
	p := &program{bounded: cost.Max < costLimit}
	options := []cel.ProgramOption{cel.EvalOptions(cel.OptOptimize)}
	if !p.bounded {
		options = append(options, cel.CostLimit(costLimit), cel.InterruptCheckFrequency(checkEvery))
	}
	options = append(options, c.globals()...)
	p.run, err = c.env.Program(a, options...)
	if err != nil {
		c.problems.add(at, "", "%v", err)
		return nil
	}
	return p
}

// globals gives the lists among the thresholds, which are no constants of CEL.
func (c *compiler) globals() []cel.ProgramOption {
	m := map[string]any{}
	for _, p := range c.rule.Params {
		if list, ok := p.Value.([]string); ok {
			m["params."+p.Name] = list
		}
	}
	if len(m) == 0 {
		return nil
	}
	return []cel.ProgramOption{cel.Globals(m)}
}

// each compiles the list and makes its element known as item.
func (c *compiler) each(e Expr) *program {
	a, ok := c.check(e, e.Text, 0)
	if !ok {
		return nil
	}
	if a.OutputType().Kind() != types.ListKind || len(a.OutputType().Parameters()) != 1 {
		c.problems.add(e.at.pos(), "", "each gives %s, not a list", a.OutputType())
		return nil
	}
	c.item = c.elementOf(a)
	c.extend(cel.Variable("item", a.OutputType().Parameters()[0]))
	return c.program(a, e.at.pos())
}

// elementOf finds the Go type of the list's elements, for suggestions.
func (c *compiler) elementOf(a *cel.Ast) reflect.Type {
	want := a.OutputType().Parameters()[0].String()
	t := c.rule.kind.Type.Elem()
	for _, f := range reflect.VisibleFields(t) {
		if f.Type.Kind() == reflect.Slice && f.Type.Elem().Kind() == reflect.Pointer && f.Type.Elem().Elem().String() == want {
			return f.Type.Elem()
		}
	}
	return nil
}

func (c *compiler) cases(list []Case) []*program {
	out := make([]*program, len(list))
	for i, k := range list {
		out[i], _ = c.boolean(k.When)
	}
	return out
}

// parts splits a condition at its top-level ||.
func (c *compiler) parts(a *cel.Ast) []part {
	if a == nil {
		return nil
	}
	var out []part
	for _, side := range sides(a.NativeRep().Expr()) {
		text, err := cel.ExprToString(side, a.NativeRep().SourceInfo())
		if err != nil {
			return nil
		}
		sub, issues := c.env.Compile(text)
		if issues.Err() != nil {
			return nil
		}
		if p := c.program(sub, c.rule.When.at.pos()); p != nil {
			out = append(out, part{p, text})
		}
	}
	return out
}

func sides(e ast.Expr) []ast.Expr {
	if e.Kind() == ast.CallKind && e.AsCall().FunctionName() == operators.LogicalOr {
		var out []ast.Expr
		for _, arg := range e.AsCall().Args() {
			out = append(out, sides(arg)...)
		}
		return out
	}
	return []ast.Expr{e}
}

// names reports whether the part names an input, by its last word.
func (p part) names(input string) bool {
	word := inputWord(input)
	for i := 0; ; {
		j := strings.Index(p.text[i:], word)
		if j < 0 {
			return false
		}
		i += j
		if i > 0 && p.text[i-1] == '.' {
			return true
		}
		i += len(word)
	}
}
