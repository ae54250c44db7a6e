package mtasts

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

func load(t *testing.T, file string, v any) {
	t.Helper()
	raw, err := os.ReadFile("../../../shared/suites/mox-records/" + file)
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("suite not here: mox-records")
	}
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(raw, v))
}

func TestConformanceRecords(t *testing.T) {
	var cases []struct {
		Record string
		Valid  bool
		Note   string
	}
	load(t, "mta-sts-record.json", &cases)
	passed := 0
	for _, c := range cases {
		rec, ok := Parse(c.Record)
		if got := ok && len(rec.Errors) == 0; got != c.Valid {
			t.Errorf("%q: valid %v, want %v (%s): %v", c.Record, got, c.Valid, c.Note, rec.Errors)
			continue
		}
		passed++
	}
	t.Logf("mox-records mta-sts record: %d of %d", passed, len(cases))
}

func TestConformancePolicies(t *testing.T) {
	var cases []struct {
		Policy string
		Valid  bool
		Note   string
	}
	load(t, "mta-sts-policy.json", &cases)
	passed := 0
	for _, c := range cases {
		p := ParsePolicy(c.Policy)
		if got := len(p.Errors) == 0; got != c.Valid {
			t.Errorf("%q: valid %v, want %v (%s): %v", c.Policy, got, c.Valid, c.Note, p.Errors)
			continue
		}
		passed++
	}
	t.Logf("mox-records mta-sts policy: %d of %d", passed, len(cases))
}
