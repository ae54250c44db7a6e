package inventory

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"mspscan/msp"
	"mspscan/msp/domain"
	"mspscan/msp/secret"
)

// maxText is what a cell of a workbook holds, so that every text can go into
// every format.
const maxText = 32_767

var idPattern = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(idExpression) })

const (
	idExpression = `^[a-z0-9][a-z0-9-]*$`
	maxID        = 128
)

// scalar gives the text of a single value. A credential in it is blotted out and
// warned of: what an inventory says is passed on in reports.
func (d *decoder) scalar(n node, what, want string) (string, bool) {
	if n.kind != scalar || n.null() {
		d.errorf(n, "%s is %s", want, what, n.what())
		return "", false
	}
	s, secrets := secret.Blot(n.text)
	for _, m := range secrets {
		d.warnf(n, "%s holds what looks like %s", secretAdvice, what, m.Kind)
	}
	return s, true
}

// text reads a text of one line; blanks around it are dropped.
func (d *decoder) text(n node, what string) (string, bool) {
	return d.prose(n, what, false)
}

// prose reads a text, of several lines if long.
func (d *decoder) prose(n node, what string, long bool) (string, bool) {
	s, ok := d.scalar(n, what, "write a text")
	if !ok {
		return "", false
	}
	s = strings.TrimSpace(s)
	if size := len(s); size > maxText && utf8.RuneCountInString(s) > maxText {
		d.errorf(n, "%s has %d bytes", fmt.Sprintf("write at most %d characters", maxText), what, size)
		return "", false
	}
	for _, r := range s {
		switch {
		case long && (r == '\n' || r == '\t'):
		case unicode.IsControl(r) || r == 0x2028 || r == 0x2029:
			d.errorf(n, "%s holds the control character U+%04X", "remove it", what, r)
			return "", false
		case r == utf8.RuneError:
			d.errorf(n, "%s holds U+FFFD, the mark of text that was not UTF-8", "write the character that was meant", what)
			return "", false
		case unicode.Is(unicode.Cf, r) && r != '\u200d' && r != '\u00ad':
			d.warnf(n, "%s holds the invisible character U+%04X", "remove it unless the script needs it", what, r)
			return s, true
		}
	}
	return s, true
}

// id reads an id.
func (d *decoder) id(n node, what string) (string, bool) {
	s, ok := d.scalar(n, what, "write lower-case letters, digits and hyphens")
	if !ok {
		return "", false
	}
	if len(s) > maxID {
		d.errorf(n, "%s %s is %d characters long", fmt.Sprintf("write at most %d", maxID), what, quote(s), len(s))
		return s, false
	}
	if !idPattern().MatchString(s) {
		want := "write lower-case letters, digits and hyphens"
		if slug := msp.Slug(s); slug != "" {
			want += ", such as " + slug
		}
		d.errorf(n, "%s %s is not an id", want, what, quote(s))
		return s, false
	}
	return s, true
}

// word reads one of a vocabulary.
func (d *decoder) word(n node, what string, words []string) (string, bool) {
	s, ok := d.scalar(n, what, "write one of "+someOf(words))
	if !ok {
		return "", false
	}
	if slices.Contains(words, s) {
		return s, true
	}
	if near, ok := d.spell.nearest(strings.ToLower(s), words); ok {
		d.errorf(n, "%s %s is not known", "did you mean "+near+"?", what, quote(s))
	} else {
		d.errorf(n, "%s %s is not known", "write one of "+someOf(words), what, quote(s))
	}
	return "", false
}

// date reads a day as YYYY-MM-DD.
func (d *decoder) date(n node, what string) msp.Date {
	const want = "write the day as YYYY-MM-DD, such as 2026-02-28"
	s, ok := d.scalar(n, what, want)
	if !ok {
		return msp.Date{}
	}
	day, err := msp.ParseDate(s)
	if err != nil || !day.Known() {
		d.errorf(n, "%s %s is not a date", want, what, quote(s))
		return msp.Date{}
	}
	if (day.Year < 1970 || day.Year > 2100) && s != "9999-12-31" {
		d.warnf(n, "%s %s is an unlikely year", "check it", what, s)
	}
	return day
}

var (
	wholePattern  = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(0|[1-9][0-9]{0,8})$`) })
	numberPattern = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^[0-9]{1,15}(_[0-9]{3})*(\.[0-9]{1,9})?([eE]\+?[0-9]{1,2})?$`)
	})
)

// whole reads a whole number from least to most.
func (d *decoder) whole(n node, what string, least, most int) (int, bool) {
	want := fmt.Sprintf("write a whole number from %d to %d", least, most)
	s, ok := d.scalar(n, what, want)
	if !ok {
		return 0, false
	}
	v, err := strconv.Atoi(s)
	if !wholePattern().MatchString(s) || err != nil || v < least || v > most {
		d.errorf(n, "%s is %s", want, what, quote(s))
		return 0, false
	}
	return v, true
}

// maxAmount bounds a value in money: a thousand million millions.
const maxAmount = 1e15

// amount reads a number that is not negative.
func (d *decoder) amount(n node, what string) (float64, bool) {
	const want = "write a plain number of the currency's units, such as 4000000"
	s, ok := d.scalar(n, what, want)
	if !ok {
		return 0, false
	}
	v, err := strconv.ParseFloat(strings.ReplaceAll(s, "_", ""), 64)
	if !numberPattern().MatchString(s) || err != nil || v > maxAmount {
		d.errorf(n, "%s is %s", want, what, quote(s))
		return 0, false
	}
	return v, true
}

// name reads the name of a domain or a host.
func (d *decoder) name(n node, what string) (msp.Name, bool) {
	const want = "write a name such as acme.example, without scheme, port or path"
	s, ok := d.scalar(n, what, want)
	if !ok {
		return "", false
	}
	name, err := domain.Parse(s)
	if err != nil {
		d.errorf(n, "%s %s is not a domain name: %s", want, what, quote(s), reason(err, s))
		return "", false
	}
	return name, true
}

// reason takes from an error of domain.Parse what is not said already.
func reason(err error, s string) string {
	text := err.Error()
	if i := strings.Index(text, strconv.Quote(s)+": "); i >= 0 {
		text = text[i+len(strconv.Quote(s))+2:]
	}
	if text == msp.ErrName.Error() {
		_, err := msp.ParseName(s)
		text = strings.TrimPrefix(fmt.Sprint(err), msp.ErrName.Error()+": "+strconv.Quote(s)+": ")
	}
	if utf8.RuneCountInString(text) > 120 {
		text = string([]rune(text)[:120]) + "…"
	}
	return text
}

// each walks the items of a list.
func (d *decoder) each(n node, what, want string, f func(item node)) {
	if n.kind != list {
		d.errorf(n, "%s is %s", want, what, n.what())
		return
	}
	for _, item := range n.kids {
		if d.out.more > 0 {
			break // enough for one run
		}
		f(item)
	}
}

// none reports whether a value says in a word that there is nothing.
func none(n node) bool { return n.kind == scalar && n.text == "none" }
