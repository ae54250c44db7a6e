package xlsx

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"mspscan/reports"
)

// What stands for what a hand-out must not name.
const (
	otherParty  = "[another provider]"
	someMoney   = "[amount]"
	shortestKey = 2 // letters of a name that is looked for
)

// cleaner takes the names of all parties but one out of texts, whole words only
// and without regard to case, and amounts of money too.
type cleaner struct {
	own    map[string]bool   // lower case: stays
	hidden map[rune][]string // lower case, by first letter, longest first
	amount *regexp.Regexp    // nil = amounts stay
}

// newCleaner knows the names of every party in the report: ids, names, domains,
// contracts, legal ids, access items. What p has itself stays, and so do parties
// that only p's own DNS shows.
func newCleaner(r *reports.Report, p reports.Provider, money bool) cleaner {
	c := cleaner{own: map[string]bool{}, hidden: map[rune][]string{}}
	keep := func(words ...string) {
		for _, w := range words {
			c.own[strings.ToLower(w)] = true
		}
	}
	keep(p.ID, p.Name, r.Organisation.ID, r.Organisation.Name)
	keep(p.Domains...)
	for _, x := range r.Controls {
		if x.Provider == p.ID {
			keep(x.Subject)
		}
	}
	declared := map[string]bool{}
	for _, q := range r.Providers {
		declared[q.ID] = q.Declared
	}
	for _, d := range r.Dependencies {
		if d.From == p.ID && !declared[d.To] {
			keep(d.To, d.ToName)
		}
	}
	c.hide(otherNames(r, p.ID))
	if code := regexp.QuoteMeta(r.Organisation.Currency); !money && code != "" {
		c.amount = regexp.MustCompile(`(?i)\b` + code + `\s?[0-9][0-9.,]*\s?(?:[kmb]|bn|million|billion)?\b`)
	}
	return c
}

// otherNames lists what must not be told of every party but one.
func otherNames(r *reports.Report, id string) []string {
	var list []string
	for _, q := range r.Providers {
		if q.ID != id {
			list = append(list, q.ID, q.Name, q.LegalID.Value)
			list = append(list, q.Domains...)
			if !slices.Contains([]string{"none", "unknown", "stated"}, q.Contract) {
				list = append(list, strings.Split(q.Contract, ", ")...)
			}
		}
	}
	for _, d := range r.Dependencies {
		if d.To != id {
			list = append(list, d.To, d.ToName)
		}
	}
	for _, x := range r.Controls {
		if x.Provider != id {
			list = append(list, x.Subject)
		}
	}
	for _, p := range r.Paths {
		if p.Provider != id {
			list = append(list, p.Doors...)
		}
	}
	return list
}

func (c *cleaner) hide(words []string) {
	seen := map[string]bool{}
	for _, w := range words {
		w = strings.ToLower(strings.TrimSpace(w))
		if utf8.RuneCountInString(w) < shortestKey || seen[w] || c.own[w] {
			continue
		}
		seen[w] = true
		first, _ := utf8.DecodeRuneInString(w)
		c.hidden[first] = append(c.hidden[first], w)
	}
	for w := range c.own { // own names are matched too, so that no part of one is taken out
		if first, size := utf8.DecodeRuneInString(w); size > 0 && !seen[w] {
			c.hidden[first] = append(c.hidden[first], w)
		}
	}
	for _, list := range c.hidden {
		slices.SortFunc(list, func(a, b string) int { return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a, b)) })
	}
}

// text gives s without what is hidden.
func (c cleaner) text(s string) string {
	if c.amount != nil {
		s = c.amount.ReplaceAllString(s, someMoney)
	}
	s = strings.ToValidUTF8(s, "\uFFFD")
	low := lowered(s)
	var out strings.Builder
	before := rune(0)
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		if word := c.wordAt(low[i:], before); word != "" {
			if c.own[word] {
				out.WriteString(s[i : i+len(word)])
			} else {
				out.WriteString(otherParty)
			}
			i += len(word)
			before, _ = utf8.DecodeLastRuneInString(s[:i])
			continue
		}
		out.WriteString(s[i : i+size])
		before = r
		i += size
	}
	return out.String()
}

// wordAt gives the longest name that begins here and is a whole word.
func (c cleaner) wordAt(s string, before rune) string {
	if wordRune(before) {
		return ""
	}
	first, _ := utf8.DecodeRuneInString(s)
	for _, w := range c.hidden[first] {
		if strings.HasPrefix(s, w) {
			if after, _ := utf8.DecodeRuneInString(s[len(w):]); !wordRune(after) || len(s) == len(w) {
				return w
			}
		}
	}
	return ""
}

func wordRune(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// lowered folds letters whose small form takes as many bytes, so that places in
// both texts are the same.
func lowered(s string) string {
	return strings.Map(func(r rune) rune {
		if l := unicode.ToLower(r); utf8.RuneLen(l) == utf8.RuneLen(r) {
			return l
		}
		return r
	}, s)
}
