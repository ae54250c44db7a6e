package inventory

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// SchemaFile is the name under which init writes the schema.
const SchemaFile = "mspscan-inventory.schema.json"

// Schema gives the JSON Schema (draft 2020-12) of an inventory, made from the
// tables that the decoder walks by. It is somewhat stricter than the decoder:
// it wants codes in upper case and answers in lower case. What needs the whole
// inventory (ids that exist, dates in order) only the decoder checks.
func Schema() ([]byte, error) {
	g := newGrammar()
	s := objectSchema(g.inventory)
	s["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	s["title"] = "mspscan inventory, version 1"
	s["$defs"] = g.defs()
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(s); err != nil {
		return nil, fmt.Errorf("write schema: %w", err)
	}
	return b.Bytes(), nil
}

// schema is a JSON Schema under construction.
type schema map[string]any

// defs gives the schemas that others refer to.
func (g *grammar) defs() schema {
	s := commonDefs()
	for def, o := range map[string]schema{
		g.organisation.def: objectSchema(g.organisation), g.asset.def: objectSchema(g.asset), g.money.def: objectSchema(g.money),
		g.frequency.def: objectSchema(g.frequency), g.fixCosts.def: objectSchema(g.fixCosts),
		g.provider.def: objectSchema(g.provider), g.legalID.def: objectSchema(g.legalID), g.contacts.def: objectSchema(g.contacts),
		g.assessments.def: objectSchema(g.assessments), g.answers.def: objectSchema(g.answers), g.consent.def: objectSchema(g.consent),
		g.relationship.def: objectSchema(g.relationship), g.relControls.def: objectSchema(g.relControls), g.contract.def: objectSchema(g.contract),
		g.logging.def: objectSchema(g.logging), g.access.def: objectSchema(g.access), g.controls.def: objectSchema(g.controls),
		g.internal.def: objectSchema(g.internal), g.reply.def: objectSchema(g.reply),
	} {
		s[def] = o
	}
	naNeedsReason(s[g.reply.def].(schema))
	return s
}

// naNeedsReason adds that the answer na needs a reason.
func naNeedsReason(reply schema) {
	reply["if"] = schema{"properties": schema{"answer": schema{"const": "na"}}}
	reply["then"] = schema{"required": []string{"answer", "reason"}, "properties": schema{"reason": schema{"type": "string", "pattern": `\S`}}}
}

func commonDefs() schema {
	whole := schema{"type": "integer", "minimum": 0}
	return schema{
		"id": schema{"anyOf": []any{schema{"type": "string", "pattern": idExpression, "maxLength": maxID}, whole}},
		"text": schema{
			"description": "a text; bare numbers and booleans are read as text",
			"anyOf":       []any{schema{"type": "string", "maxLength": maxText}, schema{"type": []any{"number", "boolean"}}},
		},
		"name": schema{
			"description": "a domain or host name, such as acme.example", "type": "string",
			"pattern": `^[^\s/:@%\\]+\.[^\s/:@%\\]+$`,
		},
		"date": schema{"description": "a day, YYYY-MM-DD", "type": "string", "pattern": "^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$", "format": "date"},
		"amount": schema{"anyOf": []any{
			schema{"type": "number", "minimum": 0, "maximum": maxAmount}, schema{"type": "string", "pattern": `^[0-9]+(_[0-9]{3})*(\.[0-9]+)?$`},
		}},
		"rate": schema{"anyOf": []any{
			schema{"type": "number", "minimum": 0, "maximum": maxRate}, schema{"type": "string", "pattern": `^([0-9]{1,3}(\.[0-9]+)?|\.[0-9]+)([eE][+-]?[0-9]{1,2})?$`},
		}},
		"answer":   schema{"enum": []any{"yes", "no", "unknown", "na", "?", "", true, false, nil}},
		"answered": schema{"anyOf": []any{schema{"enum": []any{"yes", "no", "unknown", "?", "", true, false, nil}}, refSchema("reply")}},
	}
}

// objectSchema describes a table.
func objectSchema[T any](o *object[T]) schema {
	props := schema{}
	required := []string{}
	for _, f := range o.fields {
		s := schema{}
		for k, v := range f.schema {
			s[k] = v
		}
		if f.required {
			required = append(required, f.name)
		} else if !f.blankToo {
			s = schema{"anyOf": []any{s, schema{"type": "null"}}}
		}
		s["description"] = f.doc
		props[f.name] = s
	}
	s := schema{"type": "object", "description": o.what, "properties": props, "additionalProperties": false}
	if len(required) > 0 {
		s["required"] = required
	}
	return s
}

func textSchema() schema { return refSchema("text") }

func refSchema(def string) schema { return schema{"$ref": "#/$defs/" + def} }

func wordSchema(words []string) schema {
	list := make([]any, len(words))
	for i, w := range words {
		list[i] = w
	}
	return schema{"enum": list}
}

// wholeSchema describes a whole number, bare or in quotes.
func wholeSchema(least, most int, noneToo bool) schema {
	words := []any{"unknown", "?"}
	if noneToo {
		words = append(words, "none")
	}
	return schema{"anyOf": []any{
		schema{"type": "integer", "minimum": least, "maximum": most},
		schema{"type": "string", "pattern": "^(0|[1-9][0-9]{0,8})$"},
		schema{"enum": words},
	}}
}

func listSchema(items schema, noneToo bool) schema {
	s := schema{"type": "array", "items": items}
	if noneToo {
		return schema{"anyOf": []any{s, schema{"enum": []any{"none", "unknown", "?"}}}}
	}
	return s
}
