package dkim

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestConformanceRecords(t *testing.T) {
	raw, err := os.ReadFile("../../../shared/suites/mox-records/dkim-key-record.json")
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("suite not here: mox-records")
	}
	require.NoError(t, err)
	var cases []struct {
		Record string
		Valid  bool
		Note   string
		IsDKIM bool `json:"is_dkim"`
	}
	require.NoError(t, json.Unmarshal(raw, &cases))
	passed := 0
	for _, c := range cases {
		rec, ok := Parse(c.Record)
		if got := ok && len(rec.Errors) == 0; got != c.Valid || ok != c.IsDKIM {
			t.Errorf("%q: valid %v, want %v (%s), key record %v, want %v: %v", c.Record, got, c.Valid, c.Note, ok, c.IsDKIM, rec.Errors)
			continue
		}
		passed++
	}
	t.Logf("mox-records dkim key: %d of %d", passed, len(cases))
}
