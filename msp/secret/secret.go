// Package secret finds credentials in texts that people wrote and blots them out.
//
// An inventory, a waiver or a command line is no place for a password, and what
// they say goes into reports that are passed on. Forms are recognised, not
// guessed: keys and tokens by the prefix that their issuer gives them so that
// they can be found, private keys by their armour, passwords by the name before
// them or their place in a URL.
package secret

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// Match is a credential in a text: what it is, and the bytes of it that are
// secret. Start is the first, End the one behind the last.
type Match struct {
	Kind       string
	Start, End int
}

// form is one kind of credential. A needle, in lower case, stands in every match;
// the pattern is tried on the text from before bytes ahead of a needle to after
// bytes behind it, and its first group is what is secret.
type form struct {
	kind          string
	needles       []string
	before, after int
	near          func(rest string) bool // what must follow the needle, lower case; nil = anything
	pattern       *regexp.Regexp
	fits          func(string) bool // what the secret part must be like; nil = anything
}

// Names before a password, and the words before "key" that make it one.
const (
	longest = 16 << 10 // bytes of a token that are looked at
	value   = 256      // bytes of a password that are looked at
	named   = `(?i)(?:password|passwd|passphrase|pwd|secret|token|(?:api|access|account|secret|private)[ _-]?key)`
)

// forms lists what is recognised. Forms of issuers: AWS, IAM reference, "unique
// identifiers"; GitHub, "about authentication", token formats; GitLab, "token
// overview"; Slack, "token types"; Google Cloud, API keys; Stripe, "API keys";
// RFC 7519 section 3.1 (a JWT begins with the base64url of {"); RFC 3986 section
// 3.2.1 (user information). Private keys: see armoured.
var forms = sync.OnceValue(func() []form {
	names := []string{"password", "passwd", "passphrase", "pwd", "secret", "token", "key"}
	return []form{
		{"a secret key of age", []string{"age-secret-key-"}, 0, 120, nil, regexp.MustCompile(`AGE-SECRET-KEY-1([0-9A-Z]{40,})`), nil},
		{"an access key of AWS", []string{"akia", "asia", "abia", "acca"}, 1, 17, nil, regexp.MustCompile(`\b(?:AKIA|ASIA|ABIA|ACCA)([A-Z2-7]{16})\b`), nil},
		{"a token of GitHub", []string{"ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"}, 1, value, nil, regexp.MustCompile(`\b(?:gh[pousr]_|github_pat_)([0-9A-Za-z_]{22,})`), nil},
		{"a token of GitLab", []string{"glpat-"}, 1, value, nil, regexp.MustCompile(`\bglpat-([0-9A-Za-z_.-]{20,})`), nil},
		{"a token of Slack", []string{"xox"}, 1, value, nil, regexp.MustCompile(`\bxox[abeoprs]-([0-9A-Za-z-]{10,})`), nil},
		{"a web hook of Slack", []string{"hooks.slack.com/services/"}, 0, value, nil, regexp.MustCompile(`(?i:hooks\.slack\.com)/services/([0-9A-Za-z/]{20,})`), nil},
		{"an API key of Google", []string{"aiza"}, 1, 36, nil, regexp.MustCompile(`\bAIza([0-9A-Za-z_-]{35})`), nil},
		{"a key of Stripe", []string{"k_live_"}, 2, value, nil, regexp.MustCompile(`\b[rs]k_live_([0-9A-Za-z]{16,})`), nil},
		{"a JSON web token", []string{"eyj"}, 1, longest, nil, regexp.MustCompile(`\beyJ([0-9A-Za-z_-]{6,}\.[0-9A-Za-z_-]{8,}\.[0-9A-Za-z_-]*)`), nil},
		{"a shared access signature", []string{"sig="}, 1, value, nil, regexp.MustCompile(`\bsig=([0-9A-Za-z%+/=]{40,})`), nil},
		{"a password in a URL", []string{"://"}, 1, value, address, regexp.MustCompile(`[0-9A-Za-z+.-]://[^\s/:@"'<>]*:((?:\\.|[^\s/@"'<>\\])+)@`), nil},
		{"a password", names, 9, value, follows('='), regexp.MustCompile(named + `["']?[ \t]?=[ \t]?["']?((?:\\.|[^\s"'<>,;&\\]){3,})`), nil},
		{"a password", names, 9, value, follows(':'), regexp.MustCompile(named + `["']?[ \t]?:[ \t]?["']?((?:\\.|[^\s"'<>,;&\\]){6,})`), random},
	}
})

// address tells what may be user information from other text behind "://".
func address(rest string) bool {
	at := strings.IndexAny(rest, "@/ \t\n\"'<>")
	return at > 0 && rest[at] == '@'
}

// follows makes a check that a name is followed by its value: sign is between.
func follows(sign byte) func(string) bool {
	return func(rest string) bool {
		rest = strings.TrimLeft(rest[:min(len(rest), 3)], "\"' \t")
		return rest != "" && rest[0] == sign
	}
}

// random tells what a generator or a rule for passwords made from a word of prose:
// it has letters and digits.
func random(s string) bool {
	return strings.ContainsAny(s, "0123456789") && strings.ContainsFunc(s, letter)
}

func letter(r rune) bool { return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' }

// The shortest credentials that are recognised: a password behind a sign, and an
// access key.
const (
	shortest   = len("pwd=abc")
	shortestID = len("AKIA") + 16
)

// Find lists the credentials in s by their place; those that overlap are one, and
// those that Blot wrote over are left out.
func Find(s string) []Match {
	if len(s) < shortest || len(s) < shortestID && !strings.ContainsAny(s, "=:") {
		return nil
	}
	lower := strings.ToLower(s)
	if len(lower) != len(s) { // a letter whose small form is of another length
		lower = s
	}
	found := armoured(s)
	for _, f := range forms() {
		for _, n := range f.needles {
			found = f.find(s, lower, n, found)
		}
	}
	return apart(slices.DeleteFunc(found, func(m Match) bool { return blotted(s[m.Start:m.End]) }))
}

// blotted tells what Blot left.
func blotted(s string) bool { return strings.Trim(s, string(blot)+brackets+"\\ \t\r\n") == "" }

func (f form) find(s, lower, needle string, found []Match) []Match {
	for from := 0; ; {
		i := strings.Index(lower[from:], needle)
		if i < 0 {
			return found
		}
		at, behind := from+i, from+i+len(needle)
		from = behind
		end := min(len(s), behind+f.after)
		if f.near != nil && !f.near(lower[behind:end]) {
			continue
		}
		begin := max(0, at-f.before)
		if m := f.pattern.FindStringSubmatchIndex(s[begin:end]); m != nil && (f.fits == nil || f.fits(s[begin+m[2]:begin+m[3]])) {
			found = append(found, Match{f.kind, begin + m[2], begin + m[3]})
			from = max(from, begin+m[3])
		}
	}
}

// The armour of private keys (RFC 7468 sections 2, 10 and 11; RFC 9580 section
// 6.2), and what of it is there where its end is not.
var (
	armour   = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----`) })
	unending = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(?:(?:\s|\\[nr])*[0-9A-Za-z+/=]{16,})+`) })
)

const armourBegin, armourEnd = "-----BEGIN ", "-----END "

// armoured lists private keys: all from the line that begins one to its end.
func armoured(s string) []Match {
	var found []Match
	for from := 0; ; {
		i := strings.Index(s[from:], armourBegin)
		if i < 0 {
			return found
		}
		from += i + len(armourBegin)
		head := armour().FindStringIndex(s[from:min(len(s), from+100)])
		if head == nil {
			continue
		}
		from += head[1]
		rest := s[from:min(len(s), from+4*longest)]
		end := strings.Index(rest, armourEnd)
		if m := unending().FindStringIndex(rest); end < 0 && m != nil {
			end = m[1]
		}
		if end > 0 {
			found = append(found, Match{"a private key", from, from + end})
			from += end
		}
	}
}

// apart sorts matches and joins those that overlap; the kind of the longer stays.
func apart(list []Match) []Match {
	slices.SortFunc(list, func(a, b Match) int {
		return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(b.End, a.End), strings.Compare(a.Kind, b.Kind))
	})
	var out []Match
	for _, m := range list {
		if n := len(out); n > 0 && m.Start < out[n-1].End {
			if last := &out[n-1]; m.End > last.End {
				if m.End-m.Start > last.End-last.Start {
					last.Kind = m.Kind
				}
				last.End = m.End
			}
			continue
		}
		out = append(out, m)
	}
	return out
}

// blot is what a secret is written over with.
const (
	blot     = 'x'
	brackets = "[]{}"
)

// Blot writes over every credential in s, byte by byte, and lists what it wrote
// over. Blanks, brackets and what a backslash escapes stay, so that lines stay
// where they were and YAML and JSON can be read as before. What it gives it leaves alone. A
// text without any comes back as it is.
func Blot(s string) (string, []Match) {
	first := Find(s)
	for found := first; len(found) > 0; found = Find(s) {
		out := over(s, found)
		if out == s {
			break
		}
		s = out
	}
	return s, first
}

func over(s string, found []Match) string {
	b := []byte(s)
	for _, m := range found {
		for i := m.Start; i < m.End; i++ {
			switch {
			case b[i] == '\\' && i+1 < len(b):
				i += escaped(b[i+1])
			case b[i] > ' ' && !strings.Contains(brackets, string(rune(b[i]))):
				b[i] = blot
			}
		}
	}
	return string(b)
}

// escaped gives how many bytes belong to the backslash before c: YAML 1.2.2
// section 5.7, RFC 8259 section 7.
func escaped(c byte) int {
	return 1 + map[byte]int{'x': 2, 'u': 4, 'U': 8}[c]
}
