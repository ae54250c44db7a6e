package inventory

import (
	"bytes"
	"encoding/csv"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"
)

func compileSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	text, err := Schema()
	require.NoError(t, err)
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	require.NoError(t, err)
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	c.AssertFormat()
	require.NoError(t, c.AddResource(SchemaFile, doc))
	s, err := c.Compile(SchemaFile)
	require.NoError(t, err)
	return s
}

// asJSON gives a file the types that YAML's core schema (YAML 1.2.2 section
// 10.3) gives it, which is what editors hold against the schema.
func asJSON(t *testing.T, text []byte) (any, bool) {
	t.Helper()
	if isJSON(text) {
		v, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		require.NoError(t, err)
		return v, true
	}
	n, bad := piece{data: bytes.TrimPrefix(text, utf8BOM), line: 1}.parse()
	return jsonOf(n), len(bad) == 0
}

func jsonOf(n node) any {
	switch n.kind {
	case mapping:
		m := map[string]any{}
		for i := 0; i+1 < len(n.kids); i += 2 {
			m[n.kids[i].text] = jsonOf(n.kids[i+1])
		}
		return m
	case list:
		l := make([]any, len(n.kids))
		for i, k := range n.kids {
			l[i] = jsonOf(k)
		}
		return l
	}
	switch v, err := strconv.ParseFloat(n.text, 64); {
	case n.quoted:
		return n.text
	case n.null():
		return nil
	case n.text == "true", n.text == "false":
		return n.text == "true"
	case err == nil && !strings.ContainsAny(n.text, "xX_pPnN"):
		return v
	}
	return n.text
}

func TestSchemaTakesSampleAndStarter(t *testing.T) {
	s := compileSchema(t)
	for _, text := range [][]byte{Sample(), Starter()} {
		v, ok := asJSON(t, text)
		require.True(t, ok)
		require.NoError(t, s.Validate(v))
	}
}

// TestSchemaAgreesWithPack runs the pack of inventories through the schema: what
// must be accepted passes, what is misspelt or of the wrong form fails.
func TestSchemaAgreesWithPack(t *testing.T) {
	const pack = "../../../shared/badinputs"
	f, err := os.Open(filepath.Join(pack, "index.csv"))
	if err != nil {
		t.Skip("pack of bad inputs not here: " + err.Error())
	}
	defer func() { require.NoError(t, f.Close()) }()
	rows, err := csv.NewReader(f).ReadAll()
	require.NoError(t, err)
	s := compileSchema(t)
	failing := map[string]bool{
		"unknown-key": true, "misspelt-kind": true, "bad-answer": true, "bad-value": true, "missing": true, "version": true, "bad-id": true, "bad-date": true,
	}
	good, bad := 0, 0
	for _, r := range rows[1:] {
		id, class, expect, file := r[0], r[1], r[2], r[5]
		if !strings.HasSuffix(file, ".yaml") && !strings.HasSuffix(file, ".json") {
			continue
		}
		text, err := os.ReadFile(filepath.Join(pack, file))
		require.NoError(t, err)
		v, ok := asJSON(t, text)
		switch {
		case expect == "accept-safe":
			good++
			require.True(t, ok, id)
			require.NoError(t, s.Validate(v), id)
		case expect == "reject" && failing[class] && ok:
			bad++
			require.Error(t, s.Validate(v), "%s %s", id, r[4])
		}
	}
	require.Greater(t, good, 10)
	require.Greater(t, bad, 60)
}

// TestSchemaKnowsEveryTable holds that each reference has its definition and
// each definition is referred to.
func TestSchemaKnowsEveryTable(t *testing.T) {
	text, err := Schema()
	require.NoError(t, err)
	again, err := Schema()
	require.NoError(t, err)
	require.Equal(t, text, again)
	for def := range newGrammar().defs() {
		require.Contains(t, string(text), `"$ref": "#/$defs/`+def+`"`)
	}
}
