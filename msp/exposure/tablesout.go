package exposure

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"mspscan/msp"
)

// BuiltIn reports whether these are the tables that come with the program.
func (t Tables) BuiltIn() bool { return t.Version == TablesV1 }

// Hash gives the SHA-256 of all numbers of the tables in lower-case hexadecimal,
// whatever the order of the controls.
func (t Tables) Hash() string {
	t = t.clone()
	slices.SortFunc(t.Controls, func(a, b Safeguard) int { return strings.Compare(string(a.Control), string(b.Control)) })
	data, err := json.Marshal(t)
	if err != nil { // a number that is none, which Validate refuses
		data = fmt.Appendf(nil, "%v", t)
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// TablesSchema gives the JSON Schema (draft 2020-12) of the file that ReadTables
// reads.
func TablesSchema() ([]byte, error) {
	type object = map[string]any
	share := object{"type": "number", "minimum": 0, "maximum": 1}
	amount := object{"type": "number", "minimum": 0, "maximum": maxValue}
	each := func(names []string, of object) object {
		props := object{}
		for _, n := range names {
			props[n] = of
		}
		return object{"type": "object", "properties": props, "additionalProperties": false}
	}
	whole := func(least, most int) object { return object{"type": "integer", "minimum": least, "maximum": most} }
	kinds := each(words(msp.AccessKinds()), share)
	control := object{
		"type": "object", "additionalProperties": false, "required": []string{"control", "family", "r"},
		"description": "what a control takes off a door; it replaces the built-in one whole, by_kind too",
		"properties": object{
			"control": object{"enum": msp.AllControls()}, "family": object{"enum": families()},
			"r": share, "by_kind": kinds,
		},
	}
	described := func(o object, text string) object {
		out := maps.Clone(o)
		out["description"] = text
		return out
	}
	s := object{
		"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "mspscan transmission tables",
		"description": "The numbers of the exposure model that differ from " + TablesV1 + ". What is not named stays as it is built in.",
		"type":        "object", "additionalProperties": false, "required": []string{"version"},
		"properties": object{
			"version":     object{"type": "string", "pattern": versionText, "not": object{"const": TablesV1}, "description": "a name of your own, such as acme/v1"},
			"base":        described(kinds, "b: the probability that a door of a kind opens without controls"),
			"controls":    object{"type": "array", "items": control},
			"verified":    described(share, "e: what of a control counts if it was verified"),
			"attested":    described(share, "e: if somebody said so"),
			"expired":     described(share, "e: if its evidence is too old"),
			"values":      described(each(append(msp.Criticalities(), notStated), amount), "what an asset without a value counts, by criticality"),
			"exact_doors": described(whole(0, 30), "most uncertain doors for the exact method"),
			"trials":      described(whole(64, 1<<24), "trials of the Monte Carlo method"),
			"seed":        described(whole(0, 1<<32-1), "of the trials"),
		},
	}
	out, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("encode schema: %w", err)
	}
	return append(out, '\n'), nil
}
