package reports_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"mspscan/reports"
)

// TestRead holds that a report comes back as it was written.
func TestRead(t *testing.T) {
	for name, r := range reportsOf(t) {
		text := string(encode(t, r))
		got, err := reports.Read(strings.NewReader(text))
		require.NoError(t, err, name)
		require.JSONEq(t, text, string(encode(t, got)), name)
	}
	text := string(encode(t, mining(t)))
	for name, bad := range map[string]string{
		"empty": "", "cut": text[:len(text)/2], "another schema": strings.Replace(text, reports.SchemaID, "mspscan/report/v9", 1), "two": text + text,
	} {
		_, err := reports.Read(strings.NewReader(bad))
		require.ErrorIs(t, err, reports.ErrReport, name)
	}
}

// FuzzRead holds that no file brings the reader down and that what it takes in
// it can write.
func FuzzRead(f *testing.F) {
	f.Add([]byte(`{"schema": "mspscan/report/v1", "findings": [{"severity": "high", "waived": {"expires": "2026-01-02"}}]}`))
	f.Add([]byte(`{"schema": "mspscan/report/v1", "findings": [{"severity": 7}]}`))
	f.Add([]byte(`[]`))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := reports.Read(bytes.NewReader(data))
		if err != nil {
			require.ErrorIs(t, err, reports.ErrReport)
			return
		}
		require.NotEmpty(t, encode(t, r))
	})
}
