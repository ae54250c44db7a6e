package xlsx

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"mspscan/msp"
	"mspscan/reports"
)

// paths writes the ways from providers to assets.
func (b *book) paths() error {
	t := &table{
		sheet: sheetPaths, title: "Access paths", name: "tbl_paths", freeze: 1,
		note: "The most credible ways from a provider to an asset. A single point is a door whose closing cuts the provider off the asset.",
		columns: []column{
			{"No.", 5, centred, ""},
			{"Path", 40, wrapped, ""},
			{"Asset", 18, wrapped, ""},
			{"Via provider", 22, wrapped, ""},
			{"Service", 20, wrapped, ""},
			{"Access", 18, wrapped, ""},
			{"Controls on it", 34, wrapped, ""},
			{"Hops", 6, centred, ""},
			{"Rank", 6, centred, ""},
			{"Probability hi", 11, percent, ""},
			{"Probability lo", 11, percent, ""},
			{"Single point", 20, wrapped, ""},
			{"Shared by", 8, centred, ""},
		},
		n: len(b.r.Paths),
	}
	names := b.assetNames()
	t.row = func(i, _ int) []any {
		p := &b.r.Paths[i]
		access := make([]string, len(p.Access))
		for k, a := range p.Access {
			access[k] = sentence(a)
			if a == "" {
				access[k] = "Not stated"
			}
		}
		single := "No"
		if len(p.Single) > 0 {
			single = lines(p.Single)
		}
		_, via := b.partyOf(p.Provider)
		return []any{
			i + 1, b.way(p, names), names[p.Asset], via, text(p.Service), lines(access), lines(p.Controls), p.Hops, rankOf(p.Rank),
			p.Probability.Hi, p.Probability.Lo, single, p.SharedBy,
		}
	}
	t.dress = func(s *stream) error { return s.bar01(t.ref(t.col("Probability hi"))) }
	if b.o.Graph != nil {
		t.jump, t.below = "↓ Graph", (*stream).graph
	}
	return t.write(b)
}

func (b *book) assetNames() map[string]string {
	names := map[string]string{}
	for _, a := range b.r.Assets {
		names[a.ID] = text(a.Name)
	}
	return names
}

// way gives the names along a path with the doors between them.
func (b *book) way(p *reports.Path, assets map[string]string) string {
	var s strings.Builder
	for i, id := range p.Nodes {
		if i > 0 {
			s.WriteString(" → ")
			if i-1 < len(p.Doors) {
				s.WriteString("[" + text(p.Doors[i-1]) + "] → ")
			}
		}
		if name, ok := assets[id]; ok {
			s.WriteString(name)
			continue
		}
		_, name := b.partyOf(id)
		s.WriteString(name)
	}
	return cut(s.String())
}

// supply writes the supply chain in the shape of DORA template B_05.02.
func (b *book) supply() error {
	t := &table{
		sheet: sheetSupply, title: "Supply chain", name: "tbl_supply", freeze: 1,
		note: "In the shape of template B_05.02 of the register of information (DORA). Rank 1 serves you directly; true ranks come from the graph.",
		columns: []column{
			{"Contract", 12, wrapped, ""},
			{"ICT service type", 20, wrapped, ""},
			{"Service", 20, wrapped, ""},
			{"Provider", 22, wrapped, ""},
			{"Provider id type", 8, wrapped, ""},
			{"Provider legal id", 14, wrapped, ""},
			{"Rank", 6, centred, ""},
			{"Recipient", 22, wrapped, ""},
			{"Recipient id type", 9, wrapped, ""},
			{"Recipient legal id", 14, wrapped, ""},
			{"Country", 8, centred, ""},
			{"Substitutability", 18, wrapped, ""},
			{"Exit plan", 9, centred, ""},
			{"Last audit", 11, dateOf, ""},
			{"Source", 12, wrapped, ""},
			{"Shown by", 26, wrapped, ""},
		},
		n: len(b.r.SupplyChain),
	}
	t.row = func(i, _ int) []any {
		l := &b.r.SupplyChain[i]
		return []any{
			sentence(l.Contract), text(l.ServiceType), text(l.Service), text(l.ProviderName), text(l.ProviderID.Scheme), text(l.ProviderID.Value), rankOf(l.Rank),
			text(l.RecipientName), text(l.RecipientID.Scheme), text(l.RecipientID.Value), text(l.Country), sentence(l.Substitution), sentence(l.ExitPlan), date(l.LastAudit),
			sentence(l.Source), text(l.SourceEvidence),
		}
	}
	t.dress = func(s *stream) error {
		return s.mark(t.ref(t.col("Source")), "equal to", `"Seen in DNS"`, "FCE3CF", "843C00")
	}
	return t.write(b)
}

// controls writes safeguards and terms with their answers.
func (b *book) controls() error { return b.controlsTable().write(b) }

func (b *book) controlsTable() *table {
	t := &table{
		sheet: sheetControls, title: "Controls", name: "tbl_controls", freeze: 2, tall: 2, printed: "Of",
		note: "Change an answer, its evidence or a weight and the points follow, and the column Controls of Providers with them. Unknown earns nothing.",
		columns: []column{
			{"Control", 18, wrapped, ""},
			{"Subject", 20, wrapped, ""},
			{"Provider id", 12, plain, ""},
			{"Provider", 18, wrapped, ""},
			{"Question", 34, wrapped, ""},
			{"Source section", 38, wrapped, ""},
			{"Answer", 11, plainE, "list_answer"},
			{"Evidence", 10, plainE, "list_evidence"},
			{"Detail", 14, wrapped, ""},
			{"Expires", 11, dateE, ""},
			{"Weight", 7, numberE, ""},
			{"In use", 7, centredE, "list_yesno"},
			{"Points", 7, decimalC, ""},
			{"Of", 6, decimalC, ""},
			{"Guidance", 30, wrapped, ""},
		},
		n: len(b.r.Controls), omitted: b.r.Omitted.Controls,
	}
	t.row = func(i, row int) []any {
		c := &b.r.Controls[i]
		id, name := b.partyOf(c.Provider)
		evidence := any(nil)
		if c.Evidence != "" {
			evidence = sentence(c.Evidence)
		}
		at := func(title string) string { return cellName(t.col(title), row) }
		points := fmt.Sprintf(`IF(AND(%s="yes",%s="Yes"),%s*IF(AND(LEN(%s)>0,%s<run_date),worth_expired,IF(%s="Verified",worth_verified,worth_attested)),0)`,
			at("In use"), at("Answer"), at("Weight"), at("Expires"), at("Expires"), at("Evidence"))
		of := fmt.Sprintf(`IF(AND(%s="yes",%s<>"Not applicable"),%s,0)`, at("In use"), at("Answer"), at("Weight"))
		return []any{
			sentence(c.ID), text(c.Subject), id, name, text(c.Question), text(c.Source), sentence(c.Answer), evidence, text(c.Detail), date(c.Expires), c.Weight, "yes",
			live{points, c.Points},
			live{of, possible(*c)},
			text(c.Guidance),
		}
	}
	t.dress = func(s *stream) error {
		answer := t.ref(t.col("Answer"))
		for _, m := range []struct{ word, fill, color string }{
			{"No", toneOf(msp.Critical).fill, toneOf(msp.Critical).text}, {"Unknown", toneOf(msp.Medium).fill, toneOf(msp.Medium).text}, {"Yes", "DFF0E4", "1C5A33"},
		} {
			if err := s.mark(answer, "equal to", `"`+m.word+`"`, m.fill, m.color); err != nil {
				return err
			}
		}
		expires := colName(t.col("Expires"))
		return s.mark(t.ref(t.col("Expires")), "", fmt.Sprintf("AND(LEN($%s%d)>0,$%s%d<run_date)", expires, firstRow, expires, firstRow), alarm, alarmed)
	}
	return t
}

// possible is what a control could earn.
func possible(c reports.Control) float64 {
	if c.Answer == msp.NA.String() {
		return 0
	}
	return c.Weight
}

// dns writes every check with what came back.
func (b *book) dns() error {
	t := &table{
		sheet: sheetDNS, title: "DNS", name: "tbl_dns", freeze: 3,
		note: "Every question put to DNS. Unknown means that no clean answer came: it is never a pass. Agree compares servers or resolvers where there were several.",
		columns: []column{
			{"Provider", 20, wrapped, ""},
			{"Domain", 24, wrapped, ""},
			{"Check", 14, wrapped, ""},
			{"Result", 10, plain, ""},
			{"Why", 14, wrapped, ""},
			{"Observed", 48, wrapped, ""},
			{"Expected", 26, wrapped, ""},
			{"Servers", 22, wrapped, ""},
			{"Agree", 7, centred, ""},
			{"Milliseconds", 9, decimal, ""},
			{"Time", 18, timeOf, ""},
			{"Finding", 18, wrapped, ""},
		},
		n: len(b.r.DNS),
	}
	t.row = func(i, _ int) []any {
		c := &b.r.DNS[i]
		name := ""
		if c.Owner != "" {
			_, name = b.partyOf(c.Owner)
			if c.Owner == b.r.Organisation.ID {
				name = text(b.r.Organisation.Name)
			}
		}
		return []any{
			name, text(c.Domain), text(c.Check), sentence(c.Result), text(c.Reason), text(c.Observed), text(c.Expected), lines(c.Servers), sentence(c.Agree), c.Millis, moment(c.At), lines(c.Findings),
		}
	}
	t.dress = func(s *stream) error {
		for _, m := range []struct {
			word string
			tone tone
		}{{"Unknown", toneOf(msp.Medium)}, {"Broken", toneOf(msp.Critical)}, {"Absent", toneOf(msp.Low)}} {
			if err := s.mark(t.ref(t.col("Result")), "equal to", `"`+m.word+`"`, m.tone.fill, m.tone.text); err != nil {
				return err
			}
		}
		return s.mark(t.ref(t.col("Agree")), "equal to", `"No"`, alarm, alarmed)
	}
	return t.write(b)
}

// plan writes the action plan.
func (b *book) plan() error { return b.planTable().write(b) }

func (b *book) planTable() *table {
	t := &table{
		sheet: sheetPlan, title: "Action plan", name: "tbl_plan", freeze: 2, tall: 3, printed: "Ticket",
		note: "First the changes that cut most exposure, then what the other findings ask for, then questions to send. Gains of single actions do not add up; Cumulative was computed together.",
		columns: []column{
			{"No.", 5, centred, ""},
			{"Action", 60, wrapped, ""},
			{"Kind", 8, plain, ""},
			{"Provider", 20, wrapped, ""},
			{"Closes", 8, number, ""},
			{"Severity", 11, plain, ""},
			{"Effort", 8, plain, ""},
			{"Exposure gain", 15, money, ""},
			{"Cumulative", 15, money, ""},
			{"Range settled", 15, money, ""},
			{"Days", 6, centredE, "list_horizon"},
			{"Due", 11, dateC, ""},
			{"Owner", 12, wrappedE, ""},
			{"Status", 11, plainE, "list_progress"},
			{"Ticket", 8, wrappedE, ""},
			{"Question to send", 50, wrapped, ""},
		},
		n: len(b.r.Actions), omitted: b.r.Omitted.Actions,
	}
	t.insert("Cumulative", b.costColumns())
	if b.r.Priced() {
		t.note += " The order is by what is cut, whatever it costs; Rank by cost is by what is cut for each unit of cost, where the inventory gives one."
	}
	t.row = func(i, row int) []any {
		a := &b.r.Actions[i]
		severity := any(severityWord(a.Severity))
		if len(a.Closes) == 0 && a.Kind == reports.ActionFix {
			severity = nil
		}
		due := any(nil)
		if d := date(b.r.Run.Now); d != nil {
			due = live{fmt.Sprintf("run_date+%s", cellName(t.col("Days"), row)), serial(d) + float64(a.Horizon)}
		}
		cells := []any{i + 1, text(a.Text), sentence(a.Kind), lines(a.Providers), len(a.Closes), severity, sentence(a.Effort), positive(a.Gain), positive(a.Cumulative)}
		return append(append(cells, b.costCells(a, t, row)...), positive(a.Narrows), a.Horizon, due, nil, "Planned", nil, text(a.Question))
	}
	t.dress = func(s *stream) error { return s.severities(t.ref(t.col("Severity"))) }
	return t
}

// sortByCut sorts fixes by what they cut, most first.
func sortByCut(list []msp.Fix) {
	slices.SortStableFunc(list, func(x, y msp.Fix) int { return cmp.Compare(y.Reduction, x.Reduction) })
}

func positive(v float64) any {
	if v <= 0 {
		return nil
	}
	return v
}
