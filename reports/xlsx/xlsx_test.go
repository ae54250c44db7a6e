package xlsx_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"mspscan/reports"
	"mspscan/reports/internal/sample"
	"mspscan/reports/xlsx"
)

func TestWrite(t *testing.T) {
	in, err := sample.Mining()
	require.NoError(t, err)
	var b bytes.Buffer
	require.NoError(t, xlsx.Workbook{}.Render(&b, reports.Build(in)))
	require.NoError(t, os.WriteFile(filepath.Join("/tmp", "wb.xlsx"), b.Bytes(), 0o600))
}
