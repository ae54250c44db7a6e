package inventory

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"mspscan/msp"
)

// ISMColumns are the eight fields of a managed service register (Information
// Security Manual, Managed services, ISM-1737) as its CSV form is headed.
func ISMColumns() []string {
	return []string{
		"Managed service provider", "Managed service", "Purpose", "Sensitivity or classification of data",
		"Due date of next security assessment", "Contractual arrangements", "Point of contact for users", "24/7 contact details",
	}
}

// DraftOfISM1737 turns the CSV of a managed service register into a draft of an
// inventory for the organisation id. Access is unknown: no register asks how a
// provider gets in. The error is Diagnostics.
func DraftOfISM1737(f File, id string) ([]byte, error) {
	d := newDecoder([]File{f})
	d.sheets = []msp.Pos{{File: f.Name}}
	t, ok := d.csvFile(f, table{name: "the register"})
	var rows []ismRow
	if ok {
		rows = d.ismRows(t)
	}
	if !idPattern().MatchString(id) || len(id) > maxID {
		d.errorf(node{line: 1, col: 1}, "%s is not an id for the organisation", "lower-case letters, digits and hyphens", quote(id))
	}
	if err := d.out.sorted().Err(); err != nil {
		return nil, err
	}
	data := ismDraft(id, rows)
	if _, diags := Decode([]File{{Name: "draft.yaml", Data: data}}); diags.Err() != nil {
		return nil, diags.Errors()
	}
	return data, nil
}

// ismRow is a row by the place of its column among ISMColumns.
type ismRow struct {
	cells [8]string
	id    string // of the provider
	line  int
}

// ismRows finds the columns by their titles and reads the rows.
func (d *decoder) ismRows(t table) []ismRow {
	columns := make([]int, 0, len(t.header))
	for _, title := range ISMColumns() {
		at := slices.IndexFunc(t.header, func(n node) bool { return strings.EqualFold(strings.TrimSpace(n.text), title) })
		if at < 0 {
			d.errorf(node{line: 1, col: 1, sheet: t.number}, "the register has no column %s", "give its eight columns the titles of ISM-1737: "+strings.Join(ISMColumns(), ", "), quote(title))
		}
		columns = append(columns, at)
	}
	if d.out.errs > 0 {
		return nil
	}
	ids := map[string]string{}
	var rows []ismRow
	for _, cells := range t.rows {
		r := ismRow{line: int(cells[0].line)}
		for i, at := range columns {
			if at < len(cells) {
				r.cells[i] = strings.Join(strings.Fields(msp.Visible(cells[at].text)), " ")
			}
		}
		if strings.Join(r.cells[:], "") == "" {
			continue
		}
		r.id = draftID(r.cells[0], ids)
		switch {
		case r.cells[0] == "":
			d.errorf(cells[0], "a row without a provider", "name who provides the service")
		case r.cells[4] != "" && !isDay(r.cells[4]):
			d.errorf(cells[columns[4]], "the due date %s is not a date", "write the day as YYYY-MM-DD", quote(r.cells[4]))
		}
		rows = append(rows, r)
	}
	return rows
}

// draftID makes an id of a name; other names that come to the same get a number.
func draftID(name string, ids map[string]string) string {
	base := msp.Slug(name)
	if len(base) > 60 {
		base = strings.Trim(base[:60], "-")
	}
	if base == "" {
		base = "provider"
	}
	id := base
	for n := 2; ids[id] != "" && !strings.EqualFold(ids[id], name); n++ {
		id = base + "-" + strconv.Itoa(n)
	}
	ids[id] = name
	return id
}

// ismDraft writes the draft.
func ismDraft(org string, rows []ismRow) []byte {
	w := &draftWriter{}
	w.line(0, "# yaml-language-server: $schema=%s", SchemaFile)
	w.comment(0, []string{"Draft from a managed service register (ISM-1737). Still to say: the domains of", "all parties, the assets, and for each service how the provider gets in."})
	w.line(0, "version: 1")
	w.line(0, "organisation:")
	w.line(1, "id: %s", plain(org))
	w.line(0, "providers:")
	done := map[string]bool{org: true}
	name := func(r ismRow) string {
		if r.id == org {
			return r.id + "-provider"
		}
		return r.id
	}
	for _, r := range rows {
		if id := name(r); !done[id] {
			done[id] = true
			w.line(1, "- id: %s", plain(id))
			w.line(2, "name: %s", plain(r.cells[0]))
			w.line(2, "kind: msp # the register does not tell the kind")
		}
	}
	w.line(0, "relationships:")
	for _, r := range rows {
		w.line(1, "- provider: %s", plain(name(r)))
		w.optional("service", r.cells[1])
		w.optional("purpose", r.cells[2])
		w.optional("data_sensitivity", r.cells[3])
		if r.cells[4] != "" {
			w.line(2, "next_assessment: %s", r.cells[4])
		}
		if c := contractText(r.cells[5]); c != "" {
			w.line(2, "contract: %s", c)
		}
		if r.cells[6] != "" || r.cells[7] != "" {
			w.line(2, "contacts: {%s}", contactsText(r.cells[6], r.cells[7]))
		}
		w.line(2, "access: unknown")
	}
	return []byte(w.b.String())
}

func (w *draftWriter) optional(key, value string) {
	if value != "" {
		w.line(2, "%s: %s", key, plain(value))
	}
}

func contactsText(users, always string) string {
	var parts []string
	if users != "" {
		parts = append(parts, "users: "+plain(users))
	}
	if always != "" {
		parts = append(parts, "always: "+plain(always))
	}
	return strings.Join(parts, ", ")
}

// contractText reads "C-17 from 2024-07-01 until 2027-06-30", any part of which
// may be missing; other words are taken as the reference.
func contractText(s string) string {
	switch s {
	case "":
		return ""
	case "none":
		return "none"
	case "in writing":
		return "{}"
	}
	m := regexp.MustCompile(`^(.*?) ?(?:from (\d{4}-\d\d-\d\d))?(?: ?until (\d{4}-\d\d-\d\d))?$`).FindStringSubmatch(s)
	var parts []string
	if m == nil || m[2] != "" && !isDay(m[2]) || m[3] != "" && !isDay(m[3]) || m[2] > m[3] && m[3] != "" {
		m = []string{s, s, "", ""}
	}
	for i, key := range []string{"ref", "starts", "ends"} {
		switch text := strings.TrimSpace(m[i+1]); {
		case text == "":
		case key == "ref":
			parts = append(parts, "ref: "+plain(text))
		default:
			parts = append(parts, key+": "+text)
		}
	}
	return "{" + strings.Join(parts, ", ") + "}"
}
