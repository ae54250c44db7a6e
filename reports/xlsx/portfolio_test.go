package xlsx_test

import (
	"bytes"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"

	"mspscan/msp"
	"mspscan/reports"
	"mspscan/reports/internal/sample"
	"mspscan/reports/xlsx"
)

// portfolios gives the portfolios that every check runs over.
func portfolios(t testing.TB) map[string]*reports.Portfolio {
	t.Helper()
	mining, err := sample.Mining()
	require.NoError(t, err)
	many, err := sample.Many(12, 4)
	require.NoError(t, err)
	hostile, err := sample.Hostile(hostileTexts(t))
	require.NoError(t, err)
	member := func(in reports.Input) reports.PortfolioMember {
		return reports.PortfolioMember{Report: reports.Build(in), Mark: in.Graph.Mark}
	}
	third := member(many)
	third.Report.Organisation.ID, third.Report.Organisation.Name = "third", "Third Ltd"
	third.Compared = true
	states := []msp.FindingState{msp.StateNew, msp.StateReopened, msp.StateFixed, msp.StateNotLookedAt, msp.StateSame}
	for i := range third.Report.Findings {
		third.Report.Findings[i].State = states[i%len(states)]
	}
	return map[string]*reports.Portfolio{
		"portfolio":         reports.BuildPortfolio([]reports.PortfolioMember{member(mining), member(many), third}, []string{"acme: the gate ends with exit code 1"}),
		"portfolio hostile": reports.BuildPortfolio([]reports.PortfolioMember{member(mining), member(hostile)}, hostileTexts(t)),
		"portfolio empty":   reports.BuildPortfolio(nil, nil),
	}
}

func renderPortfolio(t testing.TB, p *reports.Portfolio) []byte {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, xlsx.Portfolio{}.Render(&b, p))
	return b.Bytes()
}

func TestPortfolio(t *testing.T) {
	p := portfolios(t)["portfolio"]
	raw := renderPortfolio(t, p)
	require.True(t, bytes.Equal(raw, renderPortfolio(t, p)), "the same bytes")
	f := open(t, raw)
	require.Equal(t, []string{"Summary", "Ranking", "Parties", "Concentration", "Shared parties", "Changed", "Changed by provider"}, f.GetSheetList())
	props, err := f.GetDocProps()
	require.NoError(t, err)
	require.Equal(t, "Provider exposure of a portfolio of 3 organisations", props.Title)
	rows, err := f.GetRows("Ranking", excelize.Options{RawCellValue: true})
	require.NoError(t, err)
	require.Len(t, rows, 4+3)
	for i, o := range p.Organisations {
		require.Equal(t, o.ID, rows[4+i][0], "worst first")
		require.Equal(t, itoa(o.Open.Critical), rows[4+i][10])
	}
	all := ""
	rows, err = f.GetRows("Summary")
	require.NoError(t, err)
	for _, row := range rows {
		all += strings.Join(row, " | ") + "\n"
	}
	for _, want := range []string{"Provider exposure of 3 organisations", "stands behind 3 of 3 organisations", "Concentration is low", "DNS: 1 of 3 organisations use others for it, and no company stands behind more than one of them.", "acme: the gate ends with exit code 1", "HHI of 10,000"} {
		require.Contains(t, all, want)
	}
	require.Contains(t, partsText(t, raw), "Stacked bar chart: organisations by the grade of their worst provider:")
	for _, s := range f.GetSheetList() {
		l, err := f.GetPageLayout(s)
		require.NoError(t, err)
		require.Equal(t, 9, *l.Size, "%s prints on A4", s)
	}
}

// TestPortfolioCounts compares the stored values with the model.
func TestPortfolioCounts(t *testing.T) {
	ours := regexp.MustCompile(`^(?:[A-Z]{1,3}[0-9]+|[0-9.]+|"[A-E–>=0-9.]*"|'(?:Ranking|Parties)'!|(?:IF|SUM|SUMSQ|COUNTIFS)\(|[oq]_[a-z]+|[-+*/^<>=,:()])+$`)
	for name, p := range portfolios(t) {
		raw, checked := renderPortfolio(t, p), 0
		for sheet, cells := range formulas(t, raw) {
			for cell, f := range cells {
				require.Regexp(t, ours, f.text, "%s %s!%s", name, sheet, cell)
				require.NotEmpty(t, f.value, "%s %s!%s has its value", name, sheet, cell)
				checked++
			}
		}
		require.Greater(t, checked, 10)
		summary := formulas(t, raw)["Summary"]
		require.Equal(t, itoa(p.Open.Of(msp.Critical)), summary["B5"].value, name)
		require.NotContains(t, partsText(t, raw), `TargetMode="External"`)
	}
}
