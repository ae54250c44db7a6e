package reports

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	"mspscan/msp"
)

// Schema gives the JSON Schema (draft 2020-12) of the JSON format. It is made
// from the Go types that the encoder walks, so the two cannot drift apart.
func Schema() ([]byte, error) {
	s := schemaMaker{defs: map[string]any{}}
	root := s.object(reflect.TypeFor[Report]())
	root["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	root["$id"] = "urn:" + strings.ReplaceAll(SchemaID, "/", ":")
	root["title"] = "mspscan report"
	root["description"] = "What a run of mspscan found. Amounts are in organisation.currency; times are RFC 3339 and days YYYY-MM-DD, empty where not known."
	root["$defs"] = s.defs
	root["properties"].(map[string]any)["schema"] = map[string]any{"const": SchemaID}
	out, err := json.MarshalIndent(root, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("encode schema: %w", err)
	}
	return append(out, '\n'), nil
}

type schemaMaker struct {
	defs map[string]any
}

// of gives the schema of a type; structs become definitions of their own.
func (s schemaMaker) of(t reflect.Type) map[string]any {
	if m, ok := special(t); ok {
		return m
	}
	switch t.Kind() {
	case reflect.Pointer:
		return map[string]any{"anyOf": []any{s.of(t.Elem()), map[string]any{"type": "null"}}}
	case reflect.Slice:
		return map[string]any{"type": "array", "items": s.of(t.Elem())}
	case reflect.Map:
		return map[string]any{"type": "object", "additionalProperties": s.of(t.Elem())}
	case reflect.Struct:
		return s.ref(t)
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.Int:
		return map[string]any{"type": "integer"}
	case reflect.Float64:
		return map[string]any{"type": "number"}
	}
	return map[string]any{"type": "string"}
}

// special gives the types that encode themselves.
func special(t reflect.Type) (map[string]any, bool) {
	switch t {
	case reflect.TypeFor[msp.Severity]():
		return enum("critical", "high", "medium", "low", "info"), true
	case reflect.TypeFor[msp.Confidence]():
		return enum("confirmed", "firm", "possible", ""), true
	case reflect.TypeFor[msp.FindingState]():
		return enum("", "new", "same", "fixed", "reopened", "not_looked_at"), true
	case reflect.TypeFor[msp.Date]():
		return map[string]any{"type": "string", "pattern": `^([0-9]{4}-[0-9]{2}-[0-9]{2})?$`}, true
	}
	return nil, false
}

func enum(words ...any) map[string]any { return map[string]any{"enum": words} }

func (s schemaMaker) ref(t reflect.Type) map[string]any {
	name := t.Name()
	if _, done := s.defs[name]; !done {
		s.defs[name] = nil // ends recursion
		s.defs[name] = s.object(t)
	}
	return map[string]any{"$ref": "#/$defs/" + name}
}

func (s schemaMaker) object(t reflect.Type) map[string]any {
	properties, required := map[string]any{}, []string{}
	s.fields(t, properties, &required)
	o := map[string]any{"type": "object", "properties": properties, "additionalProperties": false}
	if len(required) > 0 {
		o["required"] = required
	}
	if d := describe(t.Name()); d != "" {
		o["description"] = d
	}
	return o
}

func (s schemaMaker) fields(t reflect.Type, properties map[string]any, required *[]string) {
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous {
			s.fields(f.Type, properties, required)
			continue
		}
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		properties[name] = s.of(f.Type)
		if options != "omitempty" {
			*required = append(*required, name)
		}
	}
}

// describe says what the less plain objects mean.
func describe(name string) string {
	return map[string]string{
		"Coverage":      "A check is one question put to DNS: checks = present + absent + broken + unknown. not_applicable counts judgements of rules that do not apply; rules counts all judgements.",
		"Range":         "hi counts unknown answers as no, lo as yes.",
		"Counts":        "Findings by severity.",
		"Provider":      "score and exposure are null for parties that nobody declared: their access is not known and so not weighed. rank 0 = no relationship leads to it.",
		"Finding":       "id is stable over runs. Waived findings stay in the list and do not count.",
		"Link":          "A row of the supply chain in the shape of template B_05.02 of Implementing Regulation (EU) 2024/2956.",
		"Fix":           "Reductions of single fixes do not add up; sets were computed whole. cost, reduction_per_cost, without_cost and rank_by_cost are there where some fix has a cost: single changes and sets are ranked apart, 1 takes off most for its cost.",
		"Annual":        "frequency is compromises a year, as somebody judged it; loss is its mean times the exposure; least and most take its ends. Losses of several providers do not add up.",
		"Sensitivity":   "What the ranking of providers would be if the model's numbers were wrong by share: held of runs in which one number was changed kept the ranking, top_held the first ones; down and up change every number at once.",
		"Model":         "The numbers of the exposure model: base is b of a door by kind, controls are r by family, verified, attested and expired are e; values count for assets without a value.",
		"Question":      "narrows is the exposure range that the answer removes.",
		"Concentration": "c counts users, direct or through services, whom a compromise of the provider touches; i those whom its outage takes down, for want of another. touches and stops say so of the organisation itself.",
		"Layer":         "users and parties are those of the organisation and its declared providers; hhi is the sum of the squared shares of the parties, excess is hhi - 1/users. stops and touches list who takes the layer from the organisation by an outage, and who touches it by a compromise, each alone; outage and compromise are the chances of that if each party has one of 1 %.",
	}[name]
}
