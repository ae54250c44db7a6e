package xlsx

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"mspscan/msp"
	"mspscan/reports"
)

// Portfolio renders many organisations side by side: a summary, their ranking,
// and the parties that stand behind them. The zero Portfolio prints on A4.
type Portfolio struct {
	Letter bool
	Brand  Brand
}

// The sheets of a portfolio, beside its summary.
const (
	sheetRanking = "Ranking"
	sheetParties = "Parties"
	sheetChanged = "Changed"
	sheetByParty = "Changed by provider"
)

// Render writes the portfolio as a workbook; the same portfolio gives the same
// bytes.
func (o Portfolio) Render(w io.Writer, p *reports.Portfolio) (err error) {
	r := &reports.Report{Tool: p.Tool}
	r.Run.Now = p.Now
	r.Organisation.Name = plural(len(p.Organisations), "organisation")
	b, err := startBook(Workbook{Letter: o.Letter, Brand: o.Brand}, r, sheetSummary, func(b *book) []sheet {
		return []sheet{{sheetSummary, b.o.Brand.Navy, nil}, {sheetRanking, b.o.Brand.Accent, nil}, {sheetParties, b.o.Brand.Accent, nil}, {sheetLayers, b.o.Brand.Accent, nil}, {sheetShares, b.o.Brand.Accent, nil}, {sheetChanged, b.o.Brand.Accent, nil}, {sheetByParty, b.o.Brand.Accent, nil}}
	})
	if err != nil {
		return fmt.Errorf("make workbook: %w", err)
	}
	defer func() { err = errors.Join(err, b.f.Close()) }()
	b.title = "Provider exposure of a portfolio of " + r.Organisation.Name
	list := &portfolio{p: p, ranking: ranking(p), parties: partyTable(p), changes: changeTable(p)}
	for _, step := range []func() error{
		func() error { return list.names(b) }, func() error { return list.summary(b) }, func() error { return list.ranking.write(b) }, func() error { return list.parties.write(b) },
		func() error { return layerTable(p).write(b) }, func() error { return shareTable(p).write(b) }, func() error { return list.changes.write(b) }, func() error { return partyChangeTable(p).write(b) },
		b.finish, b.lint.check, func() error { return b.save(w) },
	} {
		if err := step(); err != nil {
			return fmt.Errorf("make workbook: %w", err)
		}
	}
	return nil
}

// portfolio is a portfolio's workbook in the making.
type portfolio struct {
	p                         *reports.Portfolio
	ranking, parties, changes *table
}

// names defines what the summary counts.
func (l *portfolio) names(b *book) error {
	err := b.defineColumns(l.ranking, map[string]string{
		"Grade": "o_grade", "Critical": "o_critical", "High": "o_high", "Medium": "o_medium", "Low": "o_low", "Info": "o_info",
	})
	if err != nil {
		return err
	}
	return b.defineColumns(l.parties, map[string]string{"Organisations": "q_clients", "Share": "q_share"})
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// ranking lists the organisations, the most exposed first.
func ranking(p *reports.Portfolio) *table {
	t := &table{
		sheet: sheetRanking, title: "Organisations by exposure", name: "tbl_ranking", freeze: 2, n: len(p.Organisations),
		note: "Score: the share of an organisation's assets that the compromise of its worst provider is expected to reach. Amounts are in each organisation's own currency.",
		columns: []column{
			{"Id", 16, wrapped, ""},
			{"Organisation", 30, wrapped, ""},
			{"Grade", 8, centred, ""},
			{"Score hi", 9, decimal, ""},
			{"Score lo", 9, decimal, ""},
			{"Worst provider", 22, wrapped, ""},
			{"Currency", 9, centred, ""},
			{"Exposure hi", 15, number, ""},
			{"Exposure lo", 15, number, ""},
			{"Assets", 15, number, ""},
			{"Critical", 8, number, ""},
			{"High", 8, number, ""},
			{"Medium", 8, number, ""},
			{"Low", 8, number, ""},
			{"Info", 8, number, ""},
			{"Providers", 10, number, ""},
			{"Undeclared", 11, number, ""},
			{"DNS checks", 10, number, ""},
			{"Unknown", 9, number, ""},
			{"Unknown share", 9, percent, ""},
		},
	}
	t.row = func(i, _ int) []any {
		o, unknown := &p.Organisations[i], any(nil)
		if o.Checks > 0 {
			unknown = float64(o.Unknown) / float64(o.Checks)
		}
		return []any{
			text(o.ID), text(o.Name), cmp.Or(text(o.Grade), "–"), o.Score.Hi, o.Score.Lo, text(o.Worst), text(o.Currency), o.Exposure.Hi, o.Exposure.Lo, o.Value,
			o.Open.Critical, o.Open.High, o.Open.Medium, o.Open.Low, o.Open.Info, o.Providers, o.Undeclared, o.Checks, o.Unknown, unknown,
		}
	}
	t.dress = func(s *stream) error {
		if err := s.grades(t.ref(t.col("Grade"))); err != nil {
			return err
		}
		for _, v := range []msp.Severity{msp.Critical, msp.High} {
			if err := s.mark(t.ref(t.col(sentence(v.String()))), "greater than", "0", toneOf(v).fill, toneOf(v).text); err != nil {
				return err
			}
		}
		if err := s.mark(t.ref(t.col("Unknown share")), "greater than", "0.1", toneOf(msp.Medium).fill, toneOf(msp.Medium).text); err != nil {
			return err
		}
		return s.bar(t.ref(t.col("Score hi")))
	}
	return t
}

// partyTable lists who stands behind the organisations, most clients first.
func partyTable(p *reports.Portfolio) *table {
	t := &table{
		sheet: sheetParties, title: "Who stands behind most of them", name: "tbl_parties", freeze: 2, n: len(p.Parties), printed: "Failure stops",
		note: "A party counts once for each organisation that it serves, directly or through others, declared or seen in DNS. Amber: some of them did not declare it.",
		columns: []column{
			{"Id", 26, wrapped, ""},
			{"Party", 32, wrapped, ""},
			{"Organisations", 13, number, ""},
			{"Share", 9, percent, ""},
			{"Declared by", 11, number, ""},
			{"Closest rank", 11, centred, ""},
			{"Break-in reaches", 11, number, ""},
			{"Failure stops", 11, number, ""},
			{"Exposure hi", 24, wrapped, ""},
			{"Critical", 8, number, ""},
			{"High", 8, number, ""},
			{"Domains", 30, wrapped, ""},
			{"Legal ids", 20, wrapped, ""},
			{"What", 30, wrapped, ""},
			{"Which", 80, wrapped, ""},
		},
	}
	t.row = func(i, _ int) []any {
		q := &p.Parties[i]
		return []any{
			text(q.ID), text(q.Name), len(q.Clients), q.Share, q.Declared, rankOf(q.Rank), q.Touches, q.Stops, amounts(q.Exposure), q.Open.Critical, q.Open.High,
			lines(q.Domains), lines(q.LegalIDs), text(strings.Join(trusts(q), ", ")), text(reports.Cut(strings.Join(q.Clients, ", "), 20000)),
		}
	}
	t.dress = func(s *stream) error {
		declared, clients := colName(t.col("Declared by")), colName(t.col("Organisations"))
		if err := s.mark(t.ref(t.col("Declared by")), "", fmt.Sprintf("$%s%d<$%s%d", declared, firstRow, clients, firstRow), toneOf(msp.Medium).fill, toneOf(msp.Medium).text); err != nil {
			return err
		}
		return s.bar01(t.ref(t.col("Share")))
	}
	return t
}

// amounts writes one amount a line, each in its currency.
func amounts(list []reports.PortfolioMoney) string {
	var out []string
	for _, m := range list {
		out = append(out, reports.Money(m.Currency, m.Hi))
	}
	return lines(out)
}

// trusts gives what a party is trusted with, in words.
func trusts(q *reports.PortfolioParty) []string {
	list := slices.Clone(q.Trust)
	for i, s := range list {
		list[i] = strings.ReplaceAll(s, "_", " ")
	}
	return list
}
