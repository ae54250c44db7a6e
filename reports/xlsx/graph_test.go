package xlsx_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"mspscan/msp/exposure"
	"mspscan/reports"
	"mspscan/reports/graphout"
	"mspscan/reports/internal/sample"
	"mspscan/reports/xlsx"
)

// drawnGraph gives the workbook of an input with the picture of its graph.
func drawnGraph(t testing.TB, in reports.Input) []byte {
	t.Helper()
	m, err := exposure.New(t.Context(), in.Graph, exposure.DefaultTables(), in.Header.Now)
	require.NoError(t, err)
	var svg, b bytes.Buffer
	require.NoError(t, graphout.SVG(&svg, graphout.Input{Graph: in.Graph, Model: m}))
	require.NoError(t, xlsx.Workbook{Graph: svg.Bytes()}.Render(&b, reports.Build(in)))
	return b.Bytes()
}

func TestGraphPicture(t *testing.T) {
	in, err := sample.Mining()
	require.NoError(t, err)
	raw := drawnGraph(t, in)
	require.True(t, bytes.Equal(raw, drawnGraph(t, in)), "the same bytes")
	f := open(t, raw)
	paths := reports.Build(in).Paths
	require.NotEmpty(t, paths)
	cell := "A" + itoa(4+len(paths)+4)
	pictures, err := f.GetPictures("Access paths", cell)
	require.NoError(t, err)
	require.Len(t, pictures, 1)
	require.Equal(t, ".svg", pictures[0].Extension)
	require.Contains(t, pictures[0].Format.AltText, "Southern Cross Managed IT")
	svg := string(pictures[0].File)
	for _, gone := range []string{"<style>", "class=", "paint-order"} {
		require.NotContains(t, svg, gone, "office programs read no style sheet")
	}
	require.Contains(t, svg, `style="font-family:Arial;font-size:12px;fill:#111"`)
	require.Greater(t, strings.Count(svg, "style="), 20)
	d := xml.NewDecoder(strings.NewReader(svg))
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
	}
	jump, err := f.GetCellValue("Access paths", "B2")
	require.NoError(t, err)
	require.Equal(t, "↓ Graph", jump)
	linked, target, err := f.GetCellHyperLink("Access paths", "B2")
	require.NoError(t, err)
	require.True(t, linked)
	require.Equal(t, "'Access paths'!A"+itoa(4+len(paths)+2), target)
}

func TestGraphThatIsNone(t *testing.T) {
	in, err := sample.Mining()
	require.NoError(t, err)
	for _, bad := range []string{"", "<svg>", `<svg width="0" height="0"/>`, "no picture"} {
		err := xlsx.Workbook{Graph: []byte(bad)}.Render(io.Discard, reports.Build(in))
		require.ErrorContains(t, err, "read graph", bad)
	}
}
