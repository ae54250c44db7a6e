//go:build unix

package xlsx_test

import (
	"io"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"

	"mspscan/reports"
	"mspscan/reports/internal/sample"
	"mspscan/reports/xlsx"
)

const benchRows = 100_000

func large(b *testing.B) *reports.Report {
	b.Helper()
	in, err := sample.Many(50, benchRows/50)
	require.NoError(b, err)
	r := reports.Build(in)
	in.Graph, in.Findings, in.Questions = nil, nil, nil // not held while the peak is measured
	debug.FreeOSMemory()
	if err := os.WriteFile("/proc/self/clear_refs", []byte("5"), 0); err != nil {
		b.Log("the peak holds the making of the report too:", err)
	}
	return r
}

// BenchmarkFindings streams 100,000 findings into the whole workbook. Compare
// it with BenchmarkBare, which streams the same cells and does nothing else.
func BenchmarkFindings(b *testing.B) {
	r := large(b)
	before, held, runs := cpu(b), memory(b, "VmRSS:"), 0
	for b.Loop() {
		runs++
		require.NoError(b, xlsx.Workbook{}.Render(io.Discard, r))
	}
	b.ReportMetric((cpu(b)-before)/float64(runs), "cpu-s/op")
	b.ReportMetric(memory(b, "VmHWM:"), "peak-MB")
	b.ReportMetric(memory(b, "VmHWM:")-held, "own-MB")
}

// BenchmarkBare streams the cells of the Findings sheet with excelize alone.
func BenchmarkBare(b *testing.B) {
	f := open(b, render(b, large(b)))
	rows, err := f.GetRows("Findings", excelize.Options{RawCellValue: true})
	require.NoError(b, err)
	cells := make([][]any, len(rows))
	for i, row := range rows {
		for c, v := range row {
			cell := excelize.Cell{StyleID: 1, Value: v}
			if i >= 4 && c == 7 {
				cell.Formula = "IF(LEN(F" + strconv.Itoa(i+1) + ")=0,E" + strconv.Itoa(i+1) + ",F" + strconv.Itoa(i+1) + ")"
			}
			if i >= 4 && c == 14 {
				cell.Formula = `IF(OR(N` + strconv.Itoa(i+1) + `="Open",N` + strconv.Itoa(i+1) + `="In progress"),"yes","no")`
			}
			cells[i] = append(cells[i], cell)
		}
	}
	before, held, runs := cpu(b), memory(b, "VmRSS:"), 0
	for b.Loop() {
		runs++
		bare(b, cells)
	}
	b.ReportMetric((cpu(b)-before)/float64(runs), "cpu-s/op")
	b.ReportMetric(memory(b, "VmHWM:"), "peak-MB")
	b.ReportMetric(memory(b, "VmHWM:")-held, "own-MB")
}

func bare(b *testing.B, cells [][]any) {
	f := excelize.NewFile()
	_, err := f.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}})
	require.NoError(b, err)
	w, err := f.NewStreamWriter("Sheet1")
	require.NoError(b, err)
	for i, row := range cells {
		require.NoError(b, w.SetRow("A"+strconv.Itoa(i+1), row))
	}
	require.NoError(b, w.Flush())
	require.NoError(b, f.Write(io.Discard))
	require.NoError(b, f.Close())
}

// cpu gives the seconds of processor time that the process has used; wall time
// says little on a shared machine.
func cpu(b *testing.B) float64 {
	var u syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return float64(u.Utime.Sec+u.Stime.Sec) + float64(u.Utime.Usec+u.Stime.Usec)/1e6
}

// memory gives a figure of the process in MB, 0 where the system does not tell.
func memory(b *testing.B, what string) float64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.SplitSeq(string(status), "\n") {
		if rest, ok := strings.CutPrefix(line, what); ok {
			kb, err := strconv.Atoi(strings.Fields(rest)[0])
			require.NoError(b, err)
			return float64(kb) / 1024
		}
	}
	return 0
}
