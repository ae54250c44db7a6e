package rules

import (
	"context"
	"fmt"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"

	"mspscan/msp"
	"mspscan/rules/subject"
)

// hit is one finding of a rule on a subject, before it is written out.
type hit struct {
	item       subject.Item // nil without each, or if the items carry nothing
	key        string
	severity   msp.Severity
	confidence msp.Confidence
	message    string
}

// eval runs a program. The error is the rule's: a missing element, or a cost
// over the limit.
func (p *program) eval(ctx context.Context, v *vars) (ref.Val, error) {
	if p.bounded {
		out, _, err := p.run.Eval(cel.Activation(v))
		return out, err
	}
	out, _, err := p.run.ContextEval(ctx, cel.Activation(v))
	return out, err
}

// holds runs a condition; none at all gives the value of absent.
func (p *program) holds(ctx context.Context, v *vars, absent bool) (bool, error) {
	if p == nil {
		return absent, nil
	}
	out, err := p.eval(ctx, v)
	if err != nil {
		return false, err
	}
	b, ok := out.Value().(bool)
	if !ok {
		return false, fmt.Errorf("the condition gave %v", out.Type())
	}
	return b, nil
}

// judge says what the rule makes of the subject in v.
func (r *Rule) judge(ctx context.Context, v *vars) (Verdict, []hit, error) {
	c := r.built
	applies, err := c.applies.holds(ctx, v, true)
	if err != nil || !applies {
		return NotApplicable, nil, err
	}
	found, err := c.when.holds(ctx, v, false)
	if err != nil {
		return Unknown, nil, err
	}
	if found {
		hits, err := r.hits(ctx, v)
		return Finding, hits, err
	}
	open, err := c.unknown.holds(ctx, v, false)
	if err != nil || open {
		return Unknown, nil, err
	}
	return Pass, nil, nil
}

// hits gives one finding, or one for each item.
func (r *Rule) hits(ctx context.Context, v *vars) ([]hit, error) {
	if r.built.each == nil {
		h, err := r.hit(ctx, v)
		return []hit{h}, err
	}
	out, err := r.built.each.eval(ctx, v)
	if err != nil {
		return nil, err
	}
	list, ok := out.(traits.Lister)
	if !ok {
		return nil, fmt.Errorf("each gave %v", out.Type())
	}
	var hits []hit
	defer func() { v.item = nil }()
	for it := list.Iterator(); it.HasNext() == types.True; {
		v.item = it.Next()
		h, err := r.hit(ctx, v)
		if err != nil {
			return nil, err
		}
		hits = append(hits, h)
	}
	if len(hits) == 0 {
		return nil, fmt.Errorf("the condition holds, and each gives no item")
	}
	return hits, nil
}

// hit writes out one finding with the item in v.
func (r *Rule) hit(ctx context.Context, v *vars) (hit, error) {
	var h hit
	word, err := choose(ctx, r.Severity, r.built.severity, v)
	if err != nil {
		return h, err
	}
	h.severity, err = msp.ParseSeverity(word)
	if err != nil {
		return h, err
	}
	word, err = choose(ctx, r.Confidence, r.built.confidence, v)
	if err != nil {
		return h, err
	}
	h.confidence = msp.Confidence(word)
	if r.built.key != nil {
		key, err := r.built.key.eval(ctx, v)
		if err != nil {
			return h, err
		}
		h.key = show(key)
		h.item, _ = v.item.Value().(subject.Item)
	}
	h.message, err = r.built.message.fill(ctx, v)
	return h, err
}

// choose gives the word of the first case that holds.
func choose(ctx context.Context, cases []Case, when []*program, v *vars) (string, error) {
	for i, c := range cases {
		ok, err := when[i].holds(ctx, v, true)
		if err != nil {
			return "", err
		}
		if ok {
			return c.Is, nil
		}
	}
	return "", fmt.Errorf("no case holds")
}

// fill writes the text with its expressions.
func (t template) fill(ctx context.Context, v *vars) (string, error) {
	var b strings.Builder
	b.Grow(t.size)
	for i, e := range t.exprs {
		b.WriteString(t.words[i])
		out, err := e.eval(ctx, v)
		if err != nil {
			return "", err
		}
		b.WriteString(show(out))
	}
	b.WriteString(t.words[len(t.words)-1])
	return tidyText(b.String()), nil
}

// tidyText leaves single blanks between words: texts are folded in their files,
// and an empty list leaves a gap.
func tidyText(s string) string {
	if !strings.Contains(s, "  ") && !strings.ContainsAny(s, "\n\t") {
		return strings.TrimSpace(s)
	}
	return strings.Join(strings.Fields(s), " ")
}
