package torture

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestCollect holds that rows come back sorted and summed, and that a case which
// was not tried never counts as one that held.
func TestCollect(t *testing.T) {
	dir := t.TempDir()
	for _, r := range []Row{
		{Case: "kill", What: "SIGKILL", Tries: 20, Seconds: 3.6, Figures: map[string]float64{"torn": 0, "kept": 7.5}},
		{Case: "disk", What: "full", Tries: 4, Faults: 1, First: "torn\nmore"},
		{Case: "power", NotRun: "needs root"},
		{Case: "silent"},
	} {
		require.NoError(t, r.Save(dir))
	}
	got, err := Collect(dir)
	require.NoError(t, err)
	require.Equal(t, []string{"disk", "kill", "power", "silent"}, []string{got.Cases[0].Case, got.Cases[1].Case, got.Cases[2].Case, got.Cases[3].Case})
	require.Equal(t, [3]int{24, 2, 1}, [3]int{got.Tries, got.Faults, got.NotRun})
	require.Nil(t, got.Wire)

	var table bytes.Buffer
	require.NoError(t, got.Table(&table))
	for _, line := range []string{
		`(?m)^disk +4 +1 +0 +first fault: torn$`, `(?m)^kill +20 +0 +4 +kept 7.5, torn 0$`,
		`(?m)^power +- +not run +0 +needs root$`, `(?m)^silent +0 +1 +0 +first fault: it was never tried$`,
		`(?m)^all +24 +2 +4 cases, 1 not run$`,
	} {
		require.Regexp(t, line, table.String())
	}

	require.NoError(t, os.WriteFile(filepath.Join(dir, "wire.json"), []byte(`{"lies":0}`), 0o600))
	got, err = Collect(dir)
	require.NoError(t, err)
	data, err := json.Marshal(got)
	require.NoError(t, err)
	require.Contains(t, string(data), `"wire":{"lies":0}`)
}

// TestCollectRefuses holds that what can't be read is an error.
func TestCollectRefuses(t *testing.T) {
	for _, name := range []string{"wire.json", "kill" + rowEnding} {
		dir := t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte("{"), 0o600))
		_, err := Collect(dir)
		require.Error(t, err, name)
	}
	require.Error(t, Row{Case: "a"}.Save(filepath.Join(t.TempDir(), "none")))
}
