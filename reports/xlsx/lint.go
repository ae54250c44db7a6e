package xlsx

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// lint collects what spreadsheet programs would "repair" or refuse although the
// schema passes it, while the book is made. Its complaints are defects of this
// package, never of the data.
type lint struct {
	sheets   map[string]bool
	tables   map[string]bool
	names    map[string]bool
	used     []string
	problems []string
}

// maxLinks is how many links a sheet may hold.
const maxLinks = 65_529

func (l *lint) complain(format string, args ...any) {
	l.problems = append(l.problems, fmt.Sprintf(format, args...))
}

func add(set *map[string]bool, key string) (fresh bool) {
	if *set == nil {
		*set = map[string]bool{}
	}
	fresh = !(*set)[key]
	(*set)[key] = true
	return fresh
}

// sheet checks a sheet's name: at most 31 characters, none of []:*?/\, no quote
// at an end, not "History", unique without regard to case.
func (l *lint) sheet(name string) {
	lower := strings.ToLower(name)
	switch {
	case name == "" || len([]rune(name)) > 31:
		l.complain("sheet name %q is empty or over 31 characters", name)
	case strings.ContainsAny(name, `[]:*?/\`) || strings.HasPrefix(name, "'") || strings.HasSuffix(name, "'"):
		l.complain("sheet name %q holds a forbidden character", name)
	case lower == "history":
		l.complain("sheet name %q is reserved", name)
	}
	if !add(&l.sheets, lower) {
		l.complain("sheet name %q is used twice", name)
	}
}

// table checks a table's name and its headers, which must be texts unlike each
// other even without regard to case.
func (l *lint) table(name string, headers []string) {
	if cellLike(name) || !regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.]{0,254}$`).MatchString(name) {
		l.complain("table name %q is no name", name)
	}
	if !add(&l.tables, strings.ToLower(name)) || l.names[strings.ToLower(name)] {
		l.complain("table name %q is used twice", name)
	}
	var seen map[string]bool
	for _, h := range headers {
		if h == "" || len(h) > 255 || strings.TrimSpace(h) != h {
			l.complain("table %s: header %q is empty, too long or padded", name, h)
		}
		if !add(&seen, strings.ToLower(h)) {
			l.complain("table %s: header %q stands twice", name, h)
		}
	}
}

// cellLike reports whether a name could be read as a cell: A1 or R1C1 style.
func cellLike(name string) bool {
	return regexp.MustCompile(`(?i)^([a-z]{1,3}[0-9]+|r[0-9]*(c[0-9]*)?|c[0-9]*)$`).MatchString(name)
}

// defined checks a defined name and that the sheet it refers to exists.
func (l *lint) defined(name, ref string) {
	if !strings.HasPrefix(name, "_xlnm.") {
		if cellLike(name) || !regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.]{0,254}$`).MatchString(name) {
			l.complain("defined name %q is no name", name)
		}
		if !add(&l.names, strings.ToLower(name)) || l.tables[strings.ToLower(name)] {
			l.complain("defined name %q is used twice", name)
		}
	}
	sheet, _, ok := strings.Cut(ref, "!")
	if !ok || !l.sheets[strings.ToLower(strings.Trim(sheet, "'"))] {
		l.complain("defined name %s refers to no sheet: %s", name, ref)
	}
}

// uses notes that a drop-down or formula needs a defined name.
func (l *lint) uses(name string) {
	l.used = append(l.used, name)
	if len(name) > 255 {
		l.complain("a list of %d characters is over 255", len(name))
	}
}

// link checks that a link stays within the book and within the limit.
func (l *lint) link(sheet, target string, n int) {
	if n > maxLinks {
		l.complain("sheet %s has more than %d links", sheet, maxLinks)
	}
	to, cell, ok := strings.Cut(target, "!")
	if !ok || !l.sheets[strings.ToLower(strings.Trim(to, "'"))] || !cellLike(cell) {
		l.complain("sheet %s: link to %q leads nowhere", sheet, target)
	}
}

// color checks that a colour is 6 or 8 hex digits.
func (l *lint) color(c string) {
	if !regexp.MustCompile(`^([0-9A-F]{6}|[0-9A-F]{8})$`).MatchString(c) {
		l.complain("colour %q is not 6 or 8 digits", c)
	}
}

// picture checks that a chart or picture has a text for those who do not see it.
func (l *lint) picture(sheet, alt string) {
	if len(strings.TrimSpace(alt)) < 10 {
		l.complain("sheet %s: a chart has no alt text", sheet)
	}
}

// check gives all complaints as one error.
func (l *lint) check() error {
	for _, n := range l.used {
		if !l.names[strings.ToLower(n)] {
			l.complain("name %q is used and not defined", n)
		}
	}
	if len(l.problems) == 0 {
		return nil
	}
	return errors.New(strings.Join(l.problems, "; "))
}
