package rules

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"mspscan/msp"
	"mspscan/msp/catalog"
	"mspscan/msp/fact"
	"mspscan/msp/graph"
	"mspscan/msp/inventory"
)

const smallInventory = `version: 1
organisation:
  id: acme
  name: Acme Mining Ltd
  domains: [acme.example]
  hosts: [portal.acme.example]
assets:
  - {id: ad, name: Directory, kind: identity, criticality: critical}
  - {id: erp, name: ERP, kind: application, criticality: critical}
providers:
  - id: northmsp
    name: NorthMSP
    kind: msp
    domains: [northmsp.example]
    material: no
    risk_rating: high
    answers: {indicator_sweep: no, client_isolation: unknown, essential_eight_level: 1}
  - {id: rmmvendor, name: RMM Vendor, kind: software, assessments: {soc2: 2026-01-01}, risk_rating: low}
relationships:
  - provider: northmsp
    service: managed desktop
    contract: {ref: C-1, starts: 2024-07-01, ends: 2026-01-31, break_clause: no, exit_plan: unknown, incident_notice_hours: none}
    logging: {retention_months: 3, customer_access: no}
    access:
      - id: north-rmm
        kind: rmm_agent
        reaches: [ad]
        reviewed: 2026-01-15
        controls:
          mfa: no
          logging: {answer: yes, evidence: verified, source: "SIEM rule 214", date: 2026-03-02}
      - {id: north-old, kind: vpn, reaches: [erp], ended: 2026-06-30, controls: {mfa: no}}
  - {provider: rmmvendor, customer: northmsp, service: RMM platform, access: [{id: rmm-update, kind: software_update}]}
`

func testNow() time.Time { return time.Date(2026, 6, 30, 12, 0, 0, 0, time.UTC) }

func decodeInventory(t testing.TB, text string) *msp.Inventory {
	t.Helper()
	inv, ds := inventory.Decode([]inventory.File{{Name: "inventory.yaml", Data: []byte(text)}})
	require.NotNil(t, inv, "%v", ds)
	return inv
}

func testGraph(t testing.TB, text string, facts ...fact.Fact) *graph.Graph {
	t.Helper()
	cat, err := catalog.Default()
	require.NoError(t, err)
	g, err := graph.New(decodeInventory(t, text), cat)
	require.NoError(t, err)
	for _, f := range facts {
		require.NoError(t, g.Apply(f))
	}
	return g
}

func newFact(t testing.TB, probe string, name msp.Name, o fact.Outcome, data any, queries ...fact.Query) fact.Fact {
	t.Helper()
	reason := ""
	if o == fact.Unknown {
		reason = "timeout"
	}
	f, err := fact.New(fact.Task{Probe: probe, Name: name}, o, reason, data)
	require.NoError(t, err)
	f.At, f.Queries = testNow(), queries
	f.Seal()
	return f
}

func evaluate(t testing.TB, g *graph.Graph) Result {
	t.Helper()
	r, err := embedded(t).Evaluate(context.Background(), Input{Graph: g, Now: testNow()})
	require.NoError(t, err)
	return r
}

func findingsOf(r Result, rule string) []msp.Finding {
	var out []msp.Finding
	for _, f := range r.Findings {
		if f.Rule == rule {
			out = append(out, f)
		}
	}
	return out
}

func questionsOf(r Result, rule string) []msp.Question {
	var out []msp.Question
	for _, q := range r.Questions {
		if q.Rule == rule {
			out = append(out, q)
		}
	}
	return out
}

func countOf(r Result, rule string) msp.RuleCount {
	i := slices.IndexFunc(r.Counts, func(c msp.RuleCount) bool { return c.Rule == rule })
	if i < 0 {
		return msp.RuleCount{}
	}
	return r.Counts[i]
}

func TestDeclaredFindings(t *testing.T) {
	r := evaluate(t, testGraph(t, smallInventory))
	require.Empty(t, r.Errors)
	for _, tc := range []struct {
		rule, subject, provider string
		severity                msp.Severity
		at                      string
	}{
		{"access-without-mfa", "north-rmm", "northmsp", msp.Critical, "mfa: ^no\n          logging"},
		{"access-domain-admin", "north-rmm", "northmsp", msp.Critical, "reaches: ^[ad]"},
		{"access-after-contract", "northmsp>acme/managed-desktop", "northmsp", msp.Critical, "ends: ^2026-01-31"},
		{"contract-no-exit", "northmsp>acme/managed-desktop", "northmsp", msp.Medium, "break_clause: ^no"},
		{"contract-incident-notice-weak", "northmsp>acme/managed-desktop", "northmsp", msp.High, "incident_notice_hours: ^none"},
		{"log-retention-short", "northmsp>acme/managed-desktop", "northmsp", msp.High, "retention_months: ^3"},
		{"log-not-visible-to-customer", "northmsp>acme/managed-desktop", "northmsp", msp.High, "customer_access: ^no"},
		{"register-assessment-overdue", "northmsp", "northmsp", msp.High, "risk_rating: ^high"},
		{"register-material-unmarked", "northmsp", "northmsp", msp.Medium, "material: ^no"},
		{"provider-no-indicator-sweep", "northmsp", "northmsp", msp.High, "indicator_sweep: ^no"},
		{"provider-essential-eight-below-target", "northmsp", "northmsp", msp.High, "essential_eight_level: ^1"},
	} {
		list := findingsOf(r, tc.rule)
		require.Len(t, list, 1, tc.rule)
		f := list[0]
		require.Equal(t, tc.subject, f.Subject.ID, tc.rule)
		require.Equal(t, tc.provider, f.Provider, tc.rule)
		require.Equal(t, tc.severity, f.Severity, tc.rule)
		require.Equal(t, msp.Confirmed, f.Confidence, tc.rule)
		require.Equal(t, placeOf(t, tc.at), f.Location, tc.rule)
		require.Regexp(t, "^[0-9a-f]{16}$", f.ID)
		require.NotEmpty(t, f.Evidence)
		require.NotNil(t, f.Evidence[0].Location, tc.rule)
		require.NotEmpty(t, f.References)
		require.NotEmpty(t, f.Frameworks["ISM"], tc.rule)
	}
}

// placeOf finds the place of the value behind ^ in smallInventory.
func placeOf(t testing.TB, needle string) msp.Pos {
	before, after, ok := strings.Cut(needle, "^")
	require.True(t, ok)
	i := strings.Index(smallInventory, before+after)
	require.GreaterOrEqual(t, i, 0, needle)
	head := smallInventory[:i+len(before)]
	return msp.Pos{File: "inventory.yaml", Line: strings.Count(head, "\n") + 1, Column: len(head) - strings.LastIndexByte(head, '\n')}
}

func TestEndedAccessIsLeftOut(t *testing.T) {
	r := evaluate(t, testGraph(t, smallInventory))
	for _, f := range r.Findings {
		require.NotEqual(t, "north-old", f.Subject.ID)
	}
	for _, q := range r.Questions {
		require.NotEqual(t, "north-old", q.Subject.ID)
	}
	require.Equal(t, msp.RuleCount{Rule: "access-without-mfa", Fail: 1, Unknown: 1}, countOf(r, "access-without-mfa"))
}

func TestQuestionsNameWhatIsMissing(t *testing.T) {
	r := evaluate(t, testGraph(t, smallInventory))
	q := questionsOf(r, "access-without-mfa")
	require.Len(t, q, 1)
	require.Equal(t, "rmm-update", q[0].Subject.ID)
	require.Contains(t, q[0].Text, "controls.mfa, controls.phishing_resistant_mfa")
	require.Equal(t, "unanswered", q[0].Why)
	require.Equal(t, "answer", q[0].Kind)
	require.Equal(t, msp.Critical, q[0].WouldBeFinding)
	require.True(t, q[0].Location.Known())
	shared := questionsOf(r, "provider-shared-core")
	require.Len(t, shared, 2)
	require.Equal(t, placeOf(t, "client_isolation: ^unknown"), shared[0].Location)
	// never looked at is not clean
	caa := questionsOf(r, "dns-caa-absent")
	require.Len(t, caa, 2)
	require.Equal(t, "observation", caa[0].Kind)
	require.Equal(t, "not asked", caa[0].Why)
}

func delegationFact(t testing.TB, states ...string) fact.Fact {
	d := fact.Delegation{Zone: "acme.example", ParentKnown: true, ChildKnown: true}
	for i, s := range states {
		host := msp.Name([]string{"ada.ns.cloudflare.com", "ns1.acme.example"}[i])
		d.ParentNS = append(d.ParentNS, host)
		d.ChildNS = append(d.ChildNS, host)
		d.Servers = append(d.Servers, fact.DelegationServer{Host: host, Address: "198.51.100.1", State: s, Parent: true})
	}
	f := newFact(t, fact.ProbeDelegation, "acme.example", fact.Present, d,
		fact.Query{Server: "198.51.100.1:53", Proto: "udp", Question: "acme.example. SOA", Rcode: "REFUSED", Options: "+norec"})
	f.Observed = []fact.Observation{{Name: "acme.example", Type: "NS", Rcode: "NOERROR", Values: []string{"ada.ns.cloudflare.com", "ns1.acme.example"}}}
	f.Seal()
	return f
}

func TestTakeover(t *testing.T) {
	for _, tc := range []struct {
		states []string
		want   msp.RuleCount
	}{
		{[]string{fact.ServerRefused, fact.ServerAuthoritative}, msp.RuleCount{Fail: 1, Unknown: 1}},
		{[]string{fact.ServerServfail, fact.ServerAuthoritative}, msp.RuleCount{Fail: 1, Unknown: 1}},
		{[]string{fact.ServerAuthoritative, fact.ServerRefused}, msp.RuleCount{Pass: 1, Unknown: 1}},
		{[]string{fact.ServerSilent, fact.ServerAuthoritative}, msp.RuleCount{Unknown: 2}},
		{[]string{fact.ServerAuthoritative, fact.ServerSilent}, msp.RuleCount{Pass: 1, Unknown: 1}},
	} {
		r := evaluate(t, testGraph(t, smallInventory, delegationFact(t, tc.states...)))
		tc.want.Rule = "dns-ns-takeover"
		require.Equal(t, tc.want, countOf(r, "dns-ns-takeover"), "%v", tc.states)
		for _, f := range findingsOf(r, "dns-ns-takeover") {
			require.Equal(t, []string{"dig @198.51.100.1 +norec acme.example. SOA"}, f.Evidence[0].Dig)
			require.Equal(t, "2026-06-30T12:00:00Z", f.Evidence[0].At)
			require.Equal(t, msp.Firm, f.Confidence)
			require.Empty(t, f.Provider, "the organisation's own")
			require.Equal(t, 5, f.Location.Line)
		}
	}
}

func second(t testing.TB, o fact.Observation, values ...string) fact.Fact {
	f, err := fact.New(secondTask(o), fact.Present, "", fact.Second{
		Name: o.Name, Type: o.Type, Answers: []fact.SecondAnswer{{Resolver: "192.0.2.53:53", Rcode: "NOERROR", Values: values}},
	})
	require.NoError(t, err)
	f.At = testNow()
	f.Seal()
	return f
}

func TestSecondOpinion(t *testing.T) {
	d := delegationFact(t, fact.ServerRefused, fact.ServerAuthoritative)
	o := d.Observed[0]
	first := evaluate(t, testGraph(t, smallInventory, d))
	g := testGraph(t, smallInventory, d)
	tasks := SecondOpinions(first.Findings, g)
	require.Equal(t, []fact.Task{{Probe: fact.ProbeSecond, Name: "acme.example", Type: "NS"}}, tasks)

	agreed := evaluate(t, testGraph(t, smallInventory, d, second(t, o, o.Values...)))
	require.Equal(t, msp.Confirmed, findingsOf(agreed, "dns-ns-takeover")[0].Confidence)

	against := evaluate(t, testGraph(t, smallInventory, d, second(t, o, "ns1.acme.example")))
	require.Empty(t, findingsOf(against, "dns-ns-takeover"))
	require.Equal(t, msp.RuleCount{Rule: "dns-ns-takeover", Unknown: 2}, countOf(against, "dns-ns-takeover"))
	qs := questionsOf(against, "dns-ns-takeover")
	i := slices.IndexFunc(qs, func(q msp.Question) bool { return q.Why == "disagreement" })
	require.GreaterOrEqual(t, i, 0)
	require.Len(t, qs[i].Evidence, 2, "both answers")
	require.Equal(t, "observation", qs[i].Kind)

	silent, err := fact.New(secondTask(o), fact.Unknown, "timeout", fact.Second{Name: o.Name, Type: o.Type, Answers: []fact.SecondAnswer{{Resolver: "192.0.2.53:53", Error: "timeout"}}})
	require.NoError(t, err)
	silent.Seal()
	nobody := evaluate(t, testGraph(t, smallInventory, d, silent))
	require.Equal(t, msp.Firm, findingsOf(nobody, "dns-ns-takeover")[0].Confidence)
}

func TestUndeclaredProvider(t *testing.T) {
	mx := newFact(t, fact.ProbeMX, "northmsp.example", fact.Present, fact.MX{
		Domain: "northmsp.example", Hosts: []fact.MXHost{{Host: "mx1.filter.test", Outcome: fact.Present, Addresses: []string{"198.51.100.4"}}},
	})
	tokens := newFact(t, fact.ProbeTokens, "acme.example", fact.Present, fact.Tokens{Domain: "acme.example", Texts: []string{"google-site-verification=abc"}})
	r := evaluate(t, testGraph(t, smallInventory, mx, tokens))
	list := findingsOf(r, "dns-undeclared-provider")
	require.Len(t, list, 1, "a token proves a past account only")
	require.Equal(t, msp.Subject{Kind: msp.SubjectOrganisation, ID: "acme"}, list[0].Subject)
	require.Equal(t, "northmsp", list[0].Provider)
	require.Contains(t, list[0].Message, "receive")
	require.Contains(t, list[0].Message, "northmsp.example MX mx1.filter.test")
	require.Equal(t, mx.ID, list[0].Evidence[0].Fact)

	declared := smallInventory + "  - {provider: filter, customer: acme, service: mail filter, access: []}\n"
	declared = replaceOnce(declared, "  - {id: rmmvendor,", "  - {id: filter, name: Filter, kind: saas, domains: [filter.test]}\n  - {id: rmmvendor,")
	require.Empty(t, findingsOf(evaluate(t, testGraph(t, declared, mx)), "dns-undeclared-provider"), "declared for another customer")
	listed := replaceOnce(smallInventory, "  - {id: rmmvendor,", "  - {id: filter, name: Filter, kind: saas, domains: [filter.test]}\n  - {id: rmmvendor,")
	still := findingsOf(evaluate(t, testGraph(t, listed, mx)), "dns-undeclared-provider")
	require.Len(t, still, 1, "listed without a relationship")
	require.Equal(t, list[0].Subject, still[0].Subject)
	require.Contains(t, still[0].Message, "without a relationship")
}

func replaceOnce(s, old, new string) string { return strings.Replace(s, old, new, 1) }

func TestUnregistered(t *testing.T) {
	spf := newFact(t, fact.ProbeSPF, "acme.example", fact.Present, fact.SPF{
		Domain: "acme.example", Result: "permerror", Tree: &fact.SPFNode{Terms: []fact.SPFTerm{
			{Text: "include:spf.gone.test", Mechanism: "include", Qualifier: "+", Target: "spf.gone.test", Rcode: "NXDOMAIN"},
			{Text: "-include:no.trust.test", Mechanism: "include", Qualifier: "-", Target: "no.trust.test", Rcode: "NXDOMAIN"},
		}},
	})
	registered := func(name msp.Name, o fact.Outcome, rcode string) fact.Fact {
		return newFact(t, fact.ProbeRegistered, name, o, fact.Registered{Domain: name, Parent: "test", Rcode: rcode})
	}
	r := evaluate(t, testGraph(t, smallInventory, spf, registered("gone.test", fact.Absent, "NXDOMAIN"), registered("trust.test", fact.Absent, "NXDOMAIN")))
	list := findingsOf(r, "dns-dependency-unregistered")
	require.Len(t, list, 1, "a negative qualifier is no trust")
	require.Contains(t, list[0].Message, "gone.test")
	require.Equal(t, msp.Possible, list[0].Confidence)
	require.Len(t, list[0].Evidence, 2, "the record and the registry's answer")

	for _, f := range []fact.Fact{registered("gone.test", fact.Absent, "NOERROR"), registered("gone.test", fact.Unknown, "")} {
		r := evaluate(t, testGraph(t, smallInventory, spf, f))
		require.Empty(t, findingsOf(r, "dns-dependency-unregistered"))
		require.Equal(t, 2, countOf(r, "dns-dependency-unregistered").Unknown)
	}
}

func TestDangling(t *testing.T) {
	host := func(end msp.Name, o fact.Outcome, rcode string) fact.Fact {
		return newFact(t, fact.ProbeHosts, "portal.acme.example", o, fact.Hosts{
			Name: "portal.acme.example", Chain: []fact.Hop{{From: "portal.acme.example", To: end}}, End: end, EndRcode: rcode,
		})
	}
	for _, tc := range []struct {
		f       fact.Fact
		finding bool
	}{
		{host("acme.azurewebsites.net", fact.Absent, "NXDOMAIN"), true},
		{host("acme.azurewebsites.net", fact.Absent, "NOERROR"), false},
		{host("old.partner.test", fact.Absent, "NXDOMAIN"), false},
	} {
		r := evaluate(t, testGraph(t, smallInventory, tc.f))
		require.Len(t, findingsOf(r, "dns-dangling-cname"), map[bool]int{true: 1}[tc.finding], "%s", tc.f.Data)
	}
	r := evaluate(t, testGraph(t, smallInventory, host("acme.azurewebsites.net", fact.Unknown, "")))
	require.Empty(t, findingsOf(r, "dns-dangling-cname"))
	q := questionsOf(r, "dns-dangling-cname")
	require.Len(t, q, 3, "the host and both apexes")
	i := slices.IndexFunc(q, func(q msp.Question) bool { return q.Subject.ID == "portal.acme.example" })
	require.Equal(t, "timeout", q[i].Why)
}

func TestUnreadableFactIsUnknown(t *testing.T) {
	f := newFact(t, fact.ProbeCAA, "acme.example", fact.Absent, nil)
	f.Data = json.RawMessage(`{"domain": 7}`)
	f.Seal()
	r := evaluate(t, testGraph(t, smallInventory, f))
	require.Empty(t, findingsOf(r, "dns-caa-absent"))
	require.Equal(t, 2, countOf(r, "dns-caa-absent").Unknown)
}

func TestOrderDoesNotMatter(t *testing.T) {
	facts := []fact.Fact{
		delegationFact(t, fact.ServerRefused, fact.ServerAuthoritative),
		newFact(t, fact.ProbeCAA, "acme.example", fact.Absent, fact.CAA{Domain: "acme.example"}),
		newFact(t, fact.ProbeMX, "acme.example", fact.Present, fact.MX{Domain: "acme.example", Hosts: []fact.MXHost{{Host: "mx.filter.test", IsCNAME: true}}}),
	}
	want := evaluate(t, testGraph(t, smallInventory, facts...))
	slices.Reverse(facts)
	for _, workers := range []int{1, 3, 16} {
		r, err := embedded(t).Evaluate(context.Background(), Input{Graph: testGraph(t, smallInventory, facts...), Now: testNow(), Workers: workers})
		require.NoError(t, err)
		require.Equal(t, want, r)
	}
}

func TestCancelledEvaluationIsAnError(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := embedded(t).Evaluate(ctx, Input{Graph: testGraph(t, smallInventory), Now: testNow()})
	require.ErrorIs(t, err, context.Canceled)
	_, err = embedded(t).Evaluate(context.Background(), Input{Now: testNow()})
	require.ErrorContains(t, err, "no graph")
}

// TestStableIDs holds that ids hang on rule, subject and discriminating part
// only: shuffling lists, renaming parties and adding an unrelated provider
// leaves every id where it was.
func TestStableIDs(t *testing.T) {
	cat, err := catalog.Default()
	require.NoError(t, err)
	set := embedded(t)
	ids := func(inv *msp.Inventory) []string {
		g, err := graph.New(inv, cat)
		require.NoError(t, err)
		r, err := set.Evaluate(context.Background(), Input{Graph: g, Now: testNow()})
		require.NoError(t, err)
		require.Empty(t, r.Errors)
		var out []string
		for _, f := range r.Findings {
			if f.Rule != "graph-concentration" { // a share of all providers
				out = append(out, f.ID)
			}
		}
		for _, q := range r.Questions {
			out = append(out, q.ID)
		}
		slices.Sort(out)
		require.Equal(t, len(out), len(slices.Compact(slices.Clone(out))), "ids are unique")
		return out
	}
	for seed := range uint64(30) {
		rng := rand.New(rand.NewPCG(seed, 7))
		inv := bigInventory(2 + rng.IntN(12))
		want := ids(inv)
		rng.Shuffle(len(inv.Providers), func(i, j int) { inv.Providers[i], inv.Providers[j] = inv.Providers[j], inv.Providers[i] })
		rng.Shuffle(len(inv.Assets), func(i, j int) { inv.Assets[i], inv.Assets[j] = inv.Assets[j], inv.Assets[i] })
		rng.Shuffle(len(inv.Relationships), func(i, j int) {
			inv.Relationships[i], inv.Relationships[j] = inv.Relationships[j], inv.Relationships[i]
		})
		for i := range inv.Relationships {
			a := inv.Relationships[i].Access
			rng.Shuffle(len(a), func(i, j int) { a[i], a[j] = a[j], a[i] })
		}
		require.Equal(t, want, ids(inv), "shuffled, seed %d", seed)
		for i := range inv.Providers {
			inv.Providers[i].Name += " (renamed)"
		}
		require.Equal(t, want, ids(inv), "renamed, seed %d", seed)
		inv.Providers = append(inv.Providers, msp.Provider{ID: "unrelated", Name: "Unrelated"})
		require.Subset(t, ids(inv), want, "one more, seed %d", seed)
	}
}

// Of a single direct provider every supplier "carries all"; only what two of them
// share is a concentration. The only critical asset behind one provider is one.
func TestConcentrationNeedsTwoProviders(t *testing.T) {
	cat, err := catalog.Default()
	require.NoError(t, err)
	serves := func(provider, customer string, access ...msp.Access) msp.Relationship {
		return msp.Relationship{Provider: provider, Customer: customer, Service: provider, AccessStated: true, Access: access}
	}
	inventory := func(critical string, relationships ...msp.Relationship) *msp.Inventory {
		return &msp.Inventory{
			Organisation: msp.Organisation{ID: "acme"}, Assets: []msp.Asset{{ID: "ad", Criticality: critical}, {ID: "files"}},
			Providers: []msp.Provider{{ID: "north"}, {ID: "south"}, {ID: "tool"}, {ID: "backup"}}, Relationships: relationships,
		}
	}
	rmm := msp.Access{ID: "rmm", Kind: msp.RMMAgent, Reaches: []string{"ad"}}
	for name, c := range map[string]struct {
		inv  *msp.Inventory
		want []string
	}{
		"one provider with two suppliers":      {inventory("high", serves("north", "acme", rmm), serves("tool", "north"), serves("backup", "north")), nil},
		"two providers, one supplier of each":  {inventory("high", serves("north", "acme"), serves("south", "acme"), serves("tool", "north"), serves("backup", "south")), nil},
		"two providers that share a supplier":  {inventory("high", serves("north", "acme"), serves("south", "acme"), serves("tool", "north"), serves("tool", "south")), []string{"tool"}},
		"the only critical asset behind north": {inventory("critical", serves("north", "acme", rmm), serves("tool", "north")), []string{"north"}},
	} {
		g, err := graph.New(c.inv, cat)
		require.NoError(t, err)
		r, err := embedded(t).Evaluate(context.Background(), Input{Graph: g, Now: testNow()})
		require.NoError(t, err)
		var got []string
		for _, f := range r.Findings {
			if f.Rule == "graph-concentration" {
				got = append(got, f.Subject.ID)
			}
		}
		require.Equal(t, c.want, got, name)
	}
}
