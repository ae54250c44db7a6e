package inventory

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestRoundTripToYAML goes from YAML to a workbook and to CSV, and back to YAML:
// the inventory is the same, and so is a second way round to the byte.
func TestRoundTripToYAML(t *testing.T) {
	for _, text := range []string{everything, string(Sample()), string(Starter())} {
		back, err := YAML([]File{{Name: "i.xlsx", Data: asWorkbook(t, []byte(text))}})
		require.NoError(t, err)
		requireSame(t, decode(t, text), decode(t, string(back)))
		fromCSV, err := YAML(asCSV(t, []byte(text)))
		require.NoError(t, err)
		requireSame(t, decode(t, text), decode(t, string(fromCSV)))
		again, err := YAML([]File{{Name: "i.xlsx", Data: asWorkbook(t, back)}})
		require.NoError(t, err)
		require.Equal(t, string(back), string(again))
	}
}

func TestYAMLOfOthers(t *testing.T) {
	_, err := YAML([]File{{Name: "i.yaml", Data: Sample()}})
	require.ErrorContains(t, err, "no CSV or XLSX inventory")
	_, err = YAML([]File{{Name: "access.csv", Data: []byte("id\n")}})
	var diags Diagnostics
	require.ErrorAs(t, err, &diags)
}
