package rules

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"mspscan/msp"
	"mspscan/rules/subject"
)

// Sample is a subject with what the rule must say of it. Input is laid over the
// neutral view of the rule's kind of subject.
type Sample struct {
	Name     string
	Want     string // finding, pass, unknown, na
	Severity string // of a finding; "" = whatever
	Findings int    // how many; 0 = any
	Says     string // a part of the message or question; "" = whatever

	view subject.View
	pos  msp.Pos
}

func wants() []string { return []string{"finding", "pass", "unknown", "na"} }

func sampleKeys() []string { return []string{"name", "input", "want", "severity", "findings", "says"} }

// samples reads the list; the inputs wait for the kind of subject, which may
// stand further down in the file.
func (d *decoder) samples(n *yaml.Node) []Sample {
	if n.Kind != yaml.SequenceNode {
		d.errorf(n, "", "a list of samples was expected")
		return nil
	}
	var list []Sample
	for _, item := range n.Content {
		s := Sample{pos: d.at(item)}
		var input *yaml.Node
		d.mapping(item, map[string]func(*yaml.Node){
			"name": d.text(&s.Name), "want": d.word(&s.Want, wants()), "severity": d.word(&s.Severity, severityWords()),
			"findings": func(n *yaml.Node) { s.Findings = d.count(n) }, "says": d.text(&s.Says),
			"input": func(n *yaml.Node) { input = n },
		}, sampleKeys())
		if s.Name == "" || s.Want == "" {
			d.errorf(item, "", "a sample needs name and want")
		}
		s.view = &pendingView{d, input}
		list = append(list, s)
	}
	return list
}

func (d *decoder) count(n *yaml.Node) int {
	s, ok := d.scalar(n)
	c, err := strconv.Atoi(s)
	if ok && (err != nil || c < 1) {
		d.errorf(n, "a whole number from 1", "%q is no count", s)
	}
	return c
}

// pendingView is the input of a sample before the rule's kind is known.
type pendingView struct {
	d     *decoder
	input *yaml.Node
}

func (*pendingView) Ref() msp.Subject           { return msp.Subject{} }
func (*pendingView) Owner() string              { return "" }
func (*pendingView) Input(string) subject.Input { return subject.Input{} }

// settleSamples lays the inputs over the neutral views.
func (r *Rule) settleSamples() {
	names := map[string]bool{}
	for i := range r.Samples {
		s := &r.Samples[i]
		p, ok := s.view.(*pendingView)
		if !ok || r.kind.Neutral == nil {
			continue
		}
		if names[s.Name] {
			p.d.problems.add(s.pos, "give each sample its name", "sample %q stands twice", s.Name)
		}
		names[s.Name] = true
		s.view = r.kind.Neutral()
		if p.input != nil {
			p.d.overlay(p.input, reflect.ValueOf(s.view).Elem(), string(r.Subject))
		}
	}
}

// overlay writes the keys of a mapping into a view's fields, by their names in
// rules.
func (d *decoder) overlay(n *yaml.Node, to reflect.Value, path string) {
	if n.Kind != yaml.MappingNode {
		d.errorf(n, "", "%s: a mapping was expected", path)
		return
	}
	fields := fieldsOf(to.Type())
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		index, ok := fields[key.Value]
		if !ok {
			d.errorf(key, suggest(key.Value, fieldNames(to.Type())), "%s has no field %q", path, key.Value)
			continue
		}
		d.assign(value, to.FieldByIndex(index), path+"."+key.Value)
	}
}

// assign writes a node into a field of any of the kinds that views have.
func (d *decoder) assign(n *yaml.Node, to reflect.Value, path string) {
	switch to.Kind() {
	case reflect.Pointer:
		if to.IsNil() {
			to.Set(reflect.New(to.Type().Elem()))
		}
		d.overlay(n, to.Elem(), path)
	case reflect.Slice:
		if n.Kind != yaml.SequenceNode {
			d.errorf(n, "", "%s: a list was expected", path)
			return
		}
		to.Set(reflect.MakeSlice(to.Type(), len(n.Content), len(n.Content)))
		for i, c := range n.Content {
			d.assign(c, to.Index(i), fmt.Sprintf("%s[%d]", path, i))
		}
	default:
		if n.Kind != yaml.ScalarNode || !setScalar(n.Value, to) {
			d.errorf(n, "", "%s: %q is no %s", path, n.Value, to.Kind())
		}
	}
}

func setScalar(s string, to reflect.Value) bool {
	switch to.Kind() {
	case reflect.String:
		to.SetString(s)
		return true
	case reflect.Bool:
		b, err := strconv.ParseBool(s)
		to.SetBool(b)
		return err == nil
	case reflect.Int64:
		i, err := strconv.ParseInt(s, 10, 64)
		to.SetInt(i)
		return err == nil
	case reflect.Float64:
		f, err := strconv.ParseFloat(s, 64)
		to.SetFloat(f)
		return err == nil && !math.IsNaN(f)
	}
	return false
}

// fieldsOf maps the names that rules use to the fields of a view, those of
// embedded structs among them.
func fieldsOf(t reflect.Type) map[string][]int {
	out := map[string][]int{}
	for _, f := range reflect.VisibleFields(t) {
		if name := f.Tag.Get("json"); f.IsExported() && !f.Anonymous && name != "" && name != "-" {
			out[name] = f.Index
		}
	}
	return out
}

func fieldNames(t reflect.Type) []string {
	var out []string
	for name := range fieldsOf(t) {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

// fieldAt follows a path such as access.controls.mfa from the type of its first
// word and gives the type of the last.
func fieldAt(t reflect.Type, path []string) (reflect.Type, bool) {
	for _, name := range path {
		for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
			t = t.Elem()
		}
		if t.Kind() != reflect.Struct {
			return nil, false
		}
		index, ok := fieldsOf(t)[strings.TrimSpace(name)]
		if !ok {
			return nil, false
		}
		t = t.FieldByIndex(index).Type
	}
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	return t, true
}
