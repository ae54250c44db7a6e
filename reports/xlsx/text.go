package xlsx

import (
	"strings"
	"time"

	"mspscan/msp"
)

// maxUnits is the most UTF-16 units of a text cell here; Excel takes 32,767.
const maxUnits = 32_000

// cutNote stands at the end of a text that was cut.
const cutNote = " … cut here, the JSON report has all of it"

// text makes outside text fit for a cell: controls and invisible characters as
// escapes, one line, cut visibly. It stays a string cell whatever it begins
// with; the library escapes what looks like _xHHHH_.
func text(s string) string {
	if simple(s) {
		return s
	}
	if len(s) <= maxUnits/4 { // cannot be too long, even if every byte becomes \xHH
		return msp.Visible(s)
	}
	return cut(msp.Visible(cut(s)))
}

// simple reports whether s is short printable ASCII, which most text is: it
// needs no second look.
func simple(s string) bool {
	if len(s) > maxUnits {
		return false
	}
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' || s[i] == '#' {
			return false
		}
	}
	return true
}

// lines joins outside texts to one cell, a line each.
func lines(list []string) string {
	if len(list) == 1 {
		return text(list[0])
	}
	clean := make([]string, len(list))
	for i, s := range list {
		clean[i] = text(s)
	}
	return cut(strings.Join(clean, "\n"))
}

// paragraphs gives a text of several lines as a person wrote it, nothing for an
// empty one.
func paragraphs(s string) any {
	if s == "" {
		return nil
	}
	return lines(strings.Split(s, "\n"))
}

// cut shortens a text to maxUnits UTF-16 units and says so.
func cut(s string) string {
	if len(s) <= maxUnits { // no character takes more units than bytes
		return s
	}
	units, room := 0, maxUnits-len(cutNote)
	end := 0
	for i, r := range s {
		n := 1
		if r > 0xFFFF {
			n = 2
		}
		if units+n <= room {
			end = i + len(string(r))
		}
		if units += n; units > maxUnits {
			return s[:min(end, len(s))] + cutNote
		}
	}
	return s
}

// headerText makes outside text fit for a printed header: & begins a code there
// and 255 characters are all there are.
func headerText(s string, most int) string {
	s = msp.Visible(s)
	if r := []rune(s); len(r) > most {
		s = string(r[:most-1]) + "…"
	}
	return strings.ReplaceAll(s, "&", "&&")
}

// date turns YYYY-MM-DD or RFC 3339 into a date cell; what cannot be read stays
// text, nothing stays empty.
func date(s string) any {
	day, _, _ := strings.Cut(s, "T")
	if day == "" {
		return nil
	}
	t, err := time.Parse(time.DateOnly, day)
	if err != nil || t.Year() < 1900 {
		return text(s)
	}
	return t
}

// moment turns RFC 3339 into a date and time cell.
func moment(s string) any {
	if s == "" {
		return nil
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil || t.Year() < 1900 {
		return text(s)
	}
	return t.UTC()
}

// sentence gives a word of the model with a capital, as people write it in a
// table: "rmm_agent" is "RMM agent".
func sentence(s string) string {
	switch s {
	case "rmm_agent":
		return "RMM agent"
	case "rdp", "ssh", "vpn", "api", "dns", "msp", "mssp", "cdn", "mfa":
		return strings.ToUpper(s)
	case "saas":
		return "SaaS"
	case "na":
		return "Not applicable"
	case "jit_pam":
		return "Just-in-time access"
	case "phishing_resistant_mfa":
		return "Phishing-resistant MFA"
	}
	s = strings.ReplaceAll(text(s), "_", " ")
	if s != "" && s[0] >= 'a' && s[0] <= 'z' {
		s = string(s[0]-'a'+'A') + s[1:]
	}
	return s
}

// serial gives a date cell's number, 0 for anything else.
func serial(v any) float64 {
	t, ok := v.(time.Time)
	if !ok {
		return 0
	}
	return excelDay(t)
}

// days gives the days from the run to a date cell.
func (b *book) days(v any) (float64, bool) {
	t, ok := v.(time.Time)
	if !ok {
		return 0, false
	}
	return excelDay(t) - serial(b.runDate()), true
}
