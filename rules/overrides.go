package rules

import (
	"fmt"
	"slices"

	"go.yaml.in/yaml/v3"

	"mspscan/msp"
)

// Overrides are thresholds of a user's own: rule id -> parameters.
type Overrides struct {
	rules []override
}

type override struct {
	rule   string
	pos    msp.Pos
	params []Param
}

// ParseOverrides reads a YAML file of the form
//
//	log-retention-short: {months: 18}
//
// Whether the rules and parameters exist is checked when rules are loaded.
func ParseOverrides(file string, raw []byte) (Overrides, error) {
	var ps Problems
	d := newDecoder(file, raw, &ps)
	var o Overrides
	if root := d.document(raw); root != nil {
		o.rules = d.overrides(root)
	}
	if len(ps) > 0 {
		return Overrides{}, fmt.Errorf("%w:\n%w", ErrRules, ps.sorted())
	}
	return o, nil
}

func (d *decoder) overrides(root *yaml.Node) []override {
	var list []override
	for i := 0; i+1 < len(root.Content); i += 2 {
		key, value := root.Content[i], root.Content[i+1]
		if slices.ContainsFunc(list, func(o override) bool { return o.rule == key.Value }) {
			d.errorf(key, "keep one", "rule %q stands twice", key.Value)
			continue
		}
		list = append(list, override{key.Value, d.at(key), d.params(value)})
	}
	return list
}

// apply sets the thresholds of the rules they name.
func (o Overrides) apply(list []*Rule, ps *Problems) {
	ids := make([]string, len(list))
	for i, r := range list {
		ids[i] = r.ID
	}
	for _, over := range o.rules {
		i := slices.Index(ids, over.rule)
		if i < 0 {
			ps.add(over.pos, suggest(over.rule, ids), "there is no rule %q", over.rule)
			continue
		}
		for _, p := range over.params {
			list[i].override(p, ps)
		}
	}
}

func (r *Rule) override(p Param, ps *Problems) {
	var known []string
	for i := range r.Params {
		old := &r.Params[i]
		known = append(known, old.Name)
		if old.Name != p.Name {
			continue
		}
		if _, ok := old.Value.(float64); ok {
			if n, whole := p.Value.(int64); whole {
				p.Value = float64(n)
			}
		}
		if fmt.Sprintf("%T", old.Value) != fmt.Sprintf("%T", p.Value) {
			ps.add(p.pos, fmt.Sprintf("it is %v in the rule", old.Value), "parameter %q of %s is of another type", p.Name, r.ID)
			return
		}
		old.Value = p.Value
		return
	}
	ps.add(p.pos, suggest(p.Name, known), "rule %s has no parameter %q", r.ID, p.Name)
}
