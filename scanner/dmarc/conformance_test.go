package dmarc

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"mspscan/msp"
	"mspscan/msp/fact"
	"mspscan/scanner"
	"mspscan/scanner/internal/fakedns"
)

const suites = "../../../shared/suites/"

func load(t *testing.T, path string, v any) {
	t.Helper()
	raw, err := os.ReadFile(suites + path)
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("suite not here: " + path)
	}
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(raw, v))
}

// standardSaysRecord lists records of the suite, which holds RFC 7489, that RFC
// 9989 decides otherwise.
func standardSaysRecord() map[string]string {
	return map[string]string{
		"v=DMARC1; sp=reject; p=reject": "valid: only v has a fixed place (RFC 9989 sections 4.7 and 4.8)",
	}
}

func TestConformanceRecords(t *testing.T) {
	var cases []struct {
		Record string
		Valid  bool
		Note   string
	}
	load(t, "mox-records/dmarc-record.json", &cases)
	passed, other := 0, 0
	for _, c := range cases {
		r, ok := Parse(c.Record)
		if ok {
			_, ok = r.Policies()
		}
		if why, decided := standardSaysRecord()[c.Record]; decided {
			other++
			require.NotEqual(t, c.Valid, ok, "the table is stale")
			t.Logf("mox-records dmarc, the standard decides otherwise: %q: %s", c.Record, why)
			continue
		}
		if ok != c.Valid {
			t.Errorf("%q: usable %v, want %v (%s): %v", c.Record, ok, c.Valid, c.Note, r.Errors)
			continue
		}
		passed++
	}
	t.Logf("mox-records dmarc: %d of %d; %d more decided by the standard", passed, len(cases), other)
}

// script is a case of the mailauth suites: calls and what has to hold of their
// results.
type script struct {
	Suite []string
	Name  string
	Zone  map[string]map[string]json.RawMessage
	Calls []struct {
		Fn   string
		Args []json.RawMessage
	}
	Assertions []struct {
		Path, Op string
		Value    []json.RawMessage
	}
}

// message is what a receiver knows of a mail.
type message struct {
	HeaderFrom  json.RawMessage
	DKIMDomains []json.RawMessage `json:"dkimDomains"`
	SPFDomains  []json.RawMessage `json:"spfDomains"`
	Resolver    string
}

// verdict is a receiver's view of a message, as far as the suite asks for it.
type verdict map[string]any

// lookupLog answers from a table and keeps the order of the questions.
type lookupLog struct {
	zone  map[string]scanner.Answer
	fail  bool // every question times out
	asked []string
}

func (l *lookupLog) Look(_ context.Context, name msp.Name, qtype string) scanner.Answer {
	if strings.HasPrefix(string(name), "_dmarc.") {
		l.asked = append(l.asked, string(name))
	}
	if l.fail {
		return fakedns.Unknown("timeout")
	}
	if a, ok := l.zone[string(name)+" "+qtype]; ok {
		return a
	}
	for key := range l.zone {
		if strings.HasPrefix(key, string(name)+" ") {
			return fakedns.None("NOERROR", name)
		}
	}
	return fakedns.None("NXDOMAIN", name)
}

func (s script) resolver(t *testing.T, code string) *lookupLog {
	t.Helper()
	l := &lookupLog{zone: map[string]scanner.Answer{}}
	for name, types := range s.Zone {
		for qtype, raw := range types {
			l.zone[name+" "+qtype] = scanner.Answer{Outcome: fact.Present, Rcode: "NOERROR", Records: records(qtype, raw)}
		}
	}
	l.fail = strings.Contains(code, "ETIMEOUT")
	row := regexp.MustCompile(`domain === '([^']+)'\) \{ return (\[.*?\]); \}`)
	for _, m := range row.FindAllStringSubmatch(code, -1) {
		raw := json.RawMessage(strings.ReplaceAll(m[2], "'", `"`))
		require.True(t, json.Valid(raw), "%s", raw)
		l.zone[m[1]+" TXT"] = scanner.Answer{Outcome: fact.Present, Rcode: "NOERROR", Records: records("TXT", raw)}
	}
	return l
}

func records(qtype string, raw json.RawMessage) []scanner.Record {
	var rows [][]string
	if qtype != "TXT" || json.Unmarshal(raw, &rows) != nil {
		return []scanner.Record{{Type: qtype, Fields: []string{string(raw)}}}
	}
	var list []scanner.Record
	for _, r := range rows {
		list = append(list, scanner.Record{Type: "TXT", Fields: r})
	}
	return list
}

// texts gives the domains of a list of {"domain": d} or d.
func texts(list []json.RawMessage) []msp.Name {
	var out []msp.Name
	for _, raw := range list {
		var s string
		var obj struct{ Domain string }
		if json.Unmarshal(raw, &s) != nil {
			_ = json.Unmarshal(raw, &obj)
			s = obj.Domain
		}
		out = append(out, msp.Name(s))
	}
	return out
}

// verify is a receiver on top of Discover: alignment by RFC 9989 section 4.10.2.
func verify(t *testing.T, s script, raw json.RawMessage) (verdict, *lookupLog) {
	var m message
	require.NoError(t, json.Unmarshal(raw, &m))
	log := s.resolver(t, m.Resolver)
	var from string
	if json.Unmarshal(m.HeaderFrom, &from) != nil {
		var several []string
		require.NoError(t, json.Unmarshal(m.HeaderFrom, &several))
		if len(several) != 1 { // a message of several authors is not judged
			return nil, log
		}
		from = several[0]
	}
	author := msp.Name(from[strings.LastIndexByte(from, '@')+1:])
	d := Discover(context.Background(), log, author)
	v := verdict{"result.status.result": "none", "result.domain": string(d.OrgDomain), "result.status.header.from": string(author), "result.status.header.d": string(d.At)}
	if d.Record == nil {
		if d.Unknown != "" {
			v["result.status.result"] = "temperror"
			v["result.error"] = "DNS " + d.Unknown
		}
		return v, log
	}
	p, ok := d.Record.Policies()
	if !ok {
		return v, log
	}
	effective, reason := inForce(context.Background(), log, d, p)
	require.Empty(t, reason)
	v["result.policy"], v["result.rr"] = effective, d.Text
	v["result.p"], v["result.sp"] = p.Domain, p.Subdomain
	v["result.alignment.dkim.strict"], v["result.alignment.spf.strict"] = d.Record.ADKIM == "s", d.Record.ASPF == "s"
	dkim := aligned(log, d, texts(m.DKIMDomains), d.Record.ADKIM)
	spf := aligned(log, d, texts(m.SPFDomains), d.Record.ASPF)
	v["result.status.result"] = "fail"
	if dkim != "" || spf != "" {
		v["result.status.result"] = "pass"
	}
	if dkim != "" {
		v["result.alignment.dkim.result"] = string(dkim)
	}
	if spf != "" {
		// a relaxed match is told by the organisational domain
		v["result.alignment.spf.result"] = string(Discover(context.Background(), log, spf).OrgDomain)
	}
	return v, log
}

func aligned(log *lookupLog, d Discovery, names []msp.Name, mode string) msp.Name {
	for _, n := range names {
		if n == d.Domain || mode == "r" && Discover(context.Background(), log, n).OrgDomain == d.OrgDomain {
			return n
		}
	}
	return ""
}

// getRecord answers the calls that fetch a record only.
func getRecord(t *testing.T, s script, args []json.RawMessage) (verdict, *lookupLog) {
	var name, code string
	require.NoError(t, json.Unmarshal(args[0], &name))
	require.NoError(t, json.Unmarshal(args[1], &code))
	log := s.resolver(t, code)
	d := Discover(context.Background(), log, msp.Name(name))
	if d.Unknown != "" && d.Record == nil {
		return verdict{"": "ETIMEOUT"}, log
	}
	if d.Record == nil {
		return nil, log
	}
	v := verdict{
		"result": "object", "result.v": "DMARC1", "result.rr": d.Text, "result.p": d.Record.P, "result.sp": d.Record.SP,
		"result.adkim": d.Record.ADKIM, "result.aspf": d.Record.ASPF, "result.fo": strings.Join(d.Record.FO, ":"),
		"result.isOrgRecord": d.At != d.Domain,
	}
	for key, uris := range map[string][]URI{"result.rua": d.Record.RUA, "result.ruf": d.Record.RUF} {
		var list []string
		for _, u := range uris {
			list = append(list, u.Text)
		}
		v[key] = strings.Join(list, ",")
	}
	return v, log
}

// notOurs are parts of the results that are no concern of a record's evaluation:
// the texts, the names and the extras of that library.
func notOurs() map[string]string {
	return map[string]string{
		"result.pct":                       "pct is no tag of RFC 9989 (appendix A.6): not read",
		"result.ri":                        "ri is no tag of RFC 9989: not read",
		"result.tagonly":                   "the library's own form of a tag without value",
		"result.false":                     "the library's own form of a value without tag",
		"\"function\"":                     "the JavaScript type of a number",
		"result.status.comment":            "the library's comment",
		"result.info":                      "the library's header text",
		"result.alignment.dkim.underSized": "handed through from DKIM",
	}
}

// standardSaysScript lists cases that the standard decides otherwise, by name.
func standardSaysScript() map[string]string {
	return map[string]string{
		"Should not query \"_dmarc.null\" when no org domain can be derived": "the walk asks for every label of 192.0.2.1 taken as a name, " +
			"it needs no list of suffixes (RFC 9989 section 4.10); an address never comes here as a name",
	}
}

// holds checks one assertion against a verdict.
func holds(v verdict, path, op string, want []json.RawMessage) bool {
	got, there := v[path]
	if path == "result" && v == nil {
		return op == "false"
	}
	switch op {
	case "not.have.property":
		var p string
		_ = json.Unmarshal(want[0], &p)
		_, there = v[path+"."+p]
		return !there
	case "not.ok", "undefined":
		return !there
	case "true", "false":
		return got == (op == "true")
	case "an":
		return got == "object"
	}
	var s string
	if json.Unmarshal(want[0], &s) != nil {
		return false
	}
	if op == "contain" {
		return strings.Contains(fmt.Sprint(got), s)
	}
	return op == "equal" && got == s
}

// run gives how many assertions were checked and those that failed.
func (s script) run(t *testing.T) (checked int, failed []string) {
	var results []verdict
	var asked []string
	for _, c := range s.Calls {
		var v verdict
		var log *lookupLog
		if c.Fn == "verify" {
			v, log = verify(t, s, c.Args[0])
		} else {
			v, log = getRecord(t, s, c.Args)
		}
		results, asked = append(results, v), append(asked, log.asked...)
	}
	n := 0
	for i, a := range s.Assertions {
		if _, skip := notOurs()[a.Path]; skip {
			continue
		}
		checked++
		if a.Path == "dmarc_queries" || a.Path == "queries" {
			var want []string
			require.NoError(t, json.Unmarshal(a.Value[0], &want))
			if !slices.Equal(want, asked) {
				failed = append(failed, fmt.Sprintf("asked %v, want %v", asked, want))
			}
			continue
		}
		// the assertions of a case go with its calls in order: the last ones are
		// about the last call
		if len(results) == len(s.Assertions) {
			n = i
		}
		if !holds(results[min(n, len(results)-1)], a.Path, a.Op, a.Value) {
			failed = append(failed, fmt.Sprintf("%s %s %s: got %v", a.Path, a.Op, a.Value, results[n][a.Path]))
		}
	}
	return checked, failed
}

// tally counts the cases of a file by how they ended.
type tally struct{ total, passed, standard, notOurs int }

func runScripts(t *testing.T, file string) tally {
	t.Helper()
	var cases []script
	load(t, "mailauth-dmarc/"+file+".json", &cases)
	var n tally
	for _, s := range cases {
		n.total++
		checked, failed := s.run(t)
		why, decided := standardSaysScript()[s.Name]
		switch {
		case decided:
			n.standard++
			require.NotEmpty(t, failed, "the table is stale")
			t.Logf("mailauth-dmarc %s, the standard decides otherwise: %s: %s", file, s.Name, why)
		case checked == 0:
			n.notOurs++
			t.Logf("mailauth-dmarc %s, not about a record: %s (%s)", file, s.Name, notOurs()[s.Assertions[0].Path])
		case len(failed) > 0:
			t.Errorf("%s: %s: %s", file, s.Name, strings.Join(failed, "; "))
		default:
			n.passed++
		}
	}
	t.Logf("mailauth-dmarc %s: %d of %d; %d more decided by the standard, %d not about a record", file, n.passed, n.total, n.standard, n.notOurs)
	return n
}

func TestConformanceRFC9989(t *testing.T) {
	require.Equal(t, tally{total: 29, passed: 29}, runScripts(t, "rfc9989-compliance"))
}

func TestConformanceVerify(t *testing.T) {
	require.Equal(t, 34, runScripts(t, "dmarc-verify").total)
}

func TestConformanceGetRecord(t *testing.T) {
	require.Equal(t, 25, runScripts(t, "get-dmarc-record").total)
}
