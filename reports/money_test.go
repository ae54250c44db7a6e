package reports_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"mspscan/reports"
	"mspscan/reports/internal/sample"
)

func priced(t *testing.T) *reports.Report {
	t.Helper()
	in, err := sample.Priced()
	require.NoError(t, err)
	return reports.Build(in)
}

func markdownOf(t *testing.T, r *reports.Report) string {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, reports.Markdown{}.Render(&b, r))
	return b.String()
}

func summaryOf(t *testing.T, r *reports.Report) string {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, reports.Summary(&b, r, reports.Terminal{Width: 400}))
	return b.String()
}

// TestMoneyOnlyWhereItWasGiven: a report of an inventory without frequencies and
// costs has no field, column or sentence of them.
func TestMoneyOnlyWhereItWasGiven(t *testing.T) {
	plain, full := mining(t), priced(t)
	require.False(t, plain.Priced() || plain.HasAnnual())
	require.True(t, full.Priced() && full.HasAnnual())
	for _, key := range []string{`"annual"`, `"cost"`, `"reduction_per_cost"`, `"gain_per_cost"`, `"without_cost"`, `"rank_by_cost"`} {
		require.NotContains(t, string(encode(t, plain)), key)
		require.Contains(t, string(encode(t, full)), key)
	}
	for _, words := range []string{"Loss a year", "Rank by cost", "by what they cut for their cost", "as the inventory judges it"} {
		require.NotContains(t, markdownOf(t, plain), words)
		require.Contains(t, markdownOf(t, full), words)
	}
	require.NotContains(t, summaryOf(t, plain), "cost")
	require.Contains(t, summaryOf(t, full), "By cost     Record the sessions on southern-door: cuts AUD 900k; costs nothing")
	require.Contains(t, summaryOf(t, full), "that is AUD 1.51M a year, from AUD 515k to AUD 2.84M")
	require.Contains(t, summaryOf(t, full), "costs AUD 400k: AUD 36.3 off for each AUD 1 spent")
}

func TestMarkdownRanksByCost(t *testing.T) {
	text := markdownOf(t, priced(t))
	require.Contains(t, text, "| 1 | Record the sessions on southern-door | AUD 900k | AUD 0 | costs nothing |")
	require.Contains(t, text, "| 3 | Close the VPN pilbara-door | AUD 797k | AUD 90k | AUD 8.86 |")
	require.Contains(t, text, "| Segment Active Directory from the ERP | Ridgeline Minerals Ltd | 0 | AUD 8.08M | 30 days | not given | |")
	require.Contains(t, text, "## Sets of changes by what they cut for their cost")
	require.Contains(t, text, "changes the order of the first five in 1 of 2 runs: the control mfa on doors of kind rmm agent at 0.12 instead of 0.1.")
	require.Contains(t, text, "**Is the obvious fix worth it?**")
	require.NotContains(t, text, "much is reached", "the headline says the first sentence")
}

// TestTablesAreNamed: the version and hash of the tables stand in the header of the
// run, their numbers in the model.
func TestTablesAreNamed(t *testing.T) {
	r := priced(t)
	require.Equal(t, reports.Tables{Version: "ridgeline/v2", SHA256: r.Model.SHA256}, r.Run.Tables)
	require.Len(t, r.Run.Tables.SHA256, 64)
	require.Len(t, r.Model.Base, 16)
	require.Len(t, r.Model.Controls, 12)
	require.Equal(t, reports.ModelControl{Control: "jit_pam", Family: "auth", Share: .8, ByKind: []reports.ModelShare{{Kind: "rmm_agent", Share: .6}}}, r.Model.Controls[0])
	require.Len(t, r.Model.Values, 5)
}

// TestRedactedMoney: where the client is hidden, what it judged and pays is a share
// of the whole like any amount, and ratios and ranks stay.
func TestRedactedMoney(t *testing.T) {
	r := priced(t)
	x := reports.Redact(r, reports.RedactClient, reports.Names{})
	whole := r.Organisation.Value
	require.InDelta(t, 100*400_000/whole, *x.Fixes[0].Cost, .01)
	require.Equal(t, *r.Fixes[0].PerCost, *x.Fixes[0].PerCost)
	require.InDelta(t, 100*r.Providers[0].Annual.Most/whole, x.Providers[0].Annual.Most, .01)
	require.InDelta(t, 100*r.Sensitivity.Providers[0].Up/whole, x.Sensitivity.Providers[0].Up, .01)
	require.InDelta(t, 400_000, *r.Fixes[0].Cost, 0, "the report itself is left alone")
	require.NotContains(t, strings.Join(append(x.Sensitivity.Words, x.Summary.Explain...), " "), "AUD")
	text, err := json.Marshal(x)
	require.NoError(t, err)
	for _, amount := range []string{"400000", "797000", "90000,", "1000000"} {
		require.NotContains(t, string(text), amount)
	}
	p := reports.Redact(r, reports.RedactProvider, reports.Names{})
	require.NotContains(t, strings.Join(p.Sensitivity.Words, " "), "Southern")
	require.Regexp(t, `^provider-[0-9]+$`, p.Sensitivity.Providers[0].Provider)
	require.Regexp(t, `^provider-[0-9]+$`, p.Sensitivity.Swings[0].Order[0])
}

func TestOften(t *testing.T) {
	for perYear, want := range map[float64]string{
		0: "no compromise", .0533: "0.053 compromises a year (one in 19 years)", .5: "0.5 compromises a year (one in 2 years)", 1: "one compromise a year", 2.5: "2.5 compromises a year",
	} {
		require.Equal(t, want, reports.Often(perYear))
	}
}

func TestSensitivityWords(t *testing.T) {
	words := func(change func(*reports.Input)) string {
		in, err := sample.Priced()
		require.NoError(t, err)
		change(&in)
		return strings.Join(reports.Build(in).Sensitivity.Words, "\n")
	}
	require.Contains(t, words(func(in *reports.Input) {
		in.Sensitivity.Held, in.Sensitivity.TopHeld = 2, 2
	}), "Changing any one number of the tables by 20 %, up or down, changes no place in the ranking (2 runs).\nWith every number 20 % lower at once, the first five keep their order.\nWith every number 20 % higher at once, the first are Southern Cross")
	require.Contains(t, words(func(in *reports.Input) { in.Sensitivity.TopHeld = 2 }), "leaves the first five in their order; further down, places change in 1 of 2 runs.")
	require.Contains(t, words(func(in *reports.Input) { in.Sensitivity.Spreads = in.Sensitivity.Spreads[:1] }), "There is one provider")
	require.Contains(t, words(func(in *reports.Input) {
		for i := range in.Sensitivity.Spreads {
			in.Sensitivity.Spreads[i].Money = 0
		}
	}), "No provider reaches an asset with a value, whatever the numbers of the tables.")
	require.Empty(t, words(func(in *reports.Input) { in.Sensitivity.Spreads = nil }))
}
