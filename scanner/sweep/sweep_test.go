package sweep

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"mspscan/msp"
	"mspscan/msp/catalog"
	"mspscan/msp/fact"
	"mspscan/scanner"
	"mspscan/scanner/internal/fakedns"
	"mspscan/scanner/lookalike"
)

// world answers a table, and NXDOMAIN for all else.
type world map[string]scanner.Answer

func (w world) Resolve(_ context.Context, q scanner.Question) scanner.Answer {
	if a, ok := w[string(q.Name)+" "+q.Type]; ok {
		return a
	}
	return scanner.Answer{Outcome: fact.Absent, Rcode: "NXDOMAIN"}
}

func records(qtype string, values ...string) scanner.Answer {
	a := scanner.Answer{Outcome: fact.Present, Rcode: "NOERROR"}
	for _, v := range values {
		fields := []string{v}
		if qtype == "MX" {
			fields = []string{"10", v}
		}
		a.Records = append(a.Records, scanner.Record{Type: qtype, Fields: fields})
	}
	return a
}

// env guesses the same labels in each test. Passive: the parent's own servers
// are the matter of the tests with real ones.
func env(r scanner.Resolver) scanner.Env {
	return scanner.Env{Resolver: r, Passive: true, Random: func() string { return "xyzzyxyzzyxyzzyx" }}
}

func lookalikesOf(t *testing.T, r scanner.Resolver, e scanner.Env, places string) (fact.Fact, fact.Lookalikes) {
	f := Lookalikes().Run(context.Background(), e, fact.Task{Probe: fact.ProbeLookalikes, Name: "acme.example", Type: places})
	var d fact.Lookalikes
	require.NoError(t, f.Decode(&d))
	return f, d
}

func TestLookalikes(t *testing.T) {
	top, made := lookalike.Top("acme.example", lookalike.Options{Least: lookalike.DefaultLeast}, 100)
	w := world{
		string(top[3].Name) + " NS":  records("NS", "ns.parking.test"),
		string(top[3].Name) + " MX":  records("MX", "mx.parking.test", "."),
		string(top[50].Name) + " NS": records("NS", "ns.parking.test"),
		string(top[50].Name) + " MX": fakedns.Unknown("servfail"),
		string(top[60].Name) + " NS": fakedns.Unknown("timeout"),
		string(top[61].Name) + " NS": fakedns.Unknown("servfail"),
		string(top[62].Name) + " NS": fakedns.Unknown("timeout"),
	}
	f, d := lookalikesOf(t, w, env(w), "1-100")
	require.Equal(t, fact.Unknown, f.Outcome, "some names were not answered, whatever was found")
	require.Equal(t, "timeout", f.Reason)
	require.Equal(t, fact.Swept{Asked: 100, Absent: 95, Unknown: 3, Reasons: map[string]int{"timeout": 2, "servfail": 1}}, d.Swept)
	require.Equal(t, made, d.Made)
	require.Equal(t, []fact.Lookalike{
		{Name: top[3].Name, Family: top[3].Family.String(), Likeness: top[3].Likeness, Delegated: true, NS: []msp.Name{"ns.parking.test"}, MX: []msp.Name{"mx.parking.test"}},
		{Name: top[50].Name, Family: top[50].Family.String(), Likeness: top[50].Likeness, Delegated: true, NS: []msp.Name{"ns.parking.test"}, MXReason: "servfail"},
	}, d.Found)

	second, rest := lookalikesOf(t, w, env(w), "51-60")
	require.Equal(t, 10, rest.Asked)
	require.Equal(t, fact.Present, second.Outcome)
	none, d := lookalikesOf(t, w, env(w), "71-90")
	require.Equal(t, fact.Absent, none.Outcome)
	require.Equal(t, 20, d.Absent)
}

// TestLookalikesNeverClean: while nothing is answered, nothing is absent, and a
// parent that delegates whatever is asked proves nothing.
func TestLookalikesNeverClean(t *testing.T) {
	silent := &fakedns.Resolver{}
	f, d := lookalikesOf(t, silent, env(silent), "1-40")
	require.Equal(t, fact.Unknown, f.Outcome)
	require.Equal(t, "timeout", f.Reason)
	require.Equal(t, fact.Swept{Asked: 40, Unknown: 40, Reasons: map[string]int{"timeout": 40}}, d.Swept)

	f, d = lookalikesOf(t, liar{}, env(liar{}), "1-40")
	require.Equal(t, fact.Unknown, f.Outcome)
	require.Equal(t, map[string]int{"wildcard": 40}, d.Reasons)
	require.Empty(t, d.Found)

	for _, places := range []string{"", "0-5", "5-1", "1-2001", "a-b", "1-5x", "1-5@60", "1-5@0", "1-5@100", "1-5@30x"} {
		f, _ = lookalikesOf(t, silent, env(silent), places)
		require.Equal(t, fact.Unknown, f.Outcome)
		require.Equal(t, "bad_question", f.Reason, places)
	}
}

// liar says that whatever it is asked for is there.
type liar struct{}

func (liar) Resolve(_ context.Context, q scanner.Question) scanner.Answer {
	return records(q.Type, map[string]string{"A": "203.0.113.9", "AAAA": "2001:db8::9"}[q.Type]+map[bool]string{true: "ns.liar.test"}[q.Type == "NS"])
}

func TestBrandNames(t *testing.T) {
	cat, err := catalog.Default()
	require.NoError(t, err)
	suffixes := Suffixes(cat)
	require.Greater(t, len(suffixes), 100)
	run := func(r scanner.Resolver) (fact.Fact, fact.BrandNames) {
		f := BrandNames(cat).Run(context.Background(), env(r), fact.Task{Probe: fact.ProbeBrandNames, Name: "acme.com.au", Type: "1-2000"})
		var d fact.BrandNames
		require.NoError(t, f.Decode(&d))
		return f, d
	}
	w := world{
		"acme.ddns.net A":                                 records("A", "203.0.113.4"),
		"acme-update.ddns.net A":                          records("A", "203.0.113.6"),
		fmt.Sprintf("acme.%s A", suffixes[0]):             records("A", "203.0.113.5"), // and a wildcard
		fmt.Sprintf("xyzzyxyzzyxyzzyx.%s A", suffixes[0]): records("A", "203.0.113.5"),
		fmt.Sprintf("acme.%s A", suffixes[1]):             fakedns.Unknown("refused"),
		fmt.Sprintf("acme.%s AAAA", suffixes[1]):          fakedns.Unknown("refused"),
	}
	f, d := run(w)
	require.Equal(t, fact.Unknown, f.Outcome)
	require.Equal(t, "acme", d.Brand)
	require.Equal(t, []fact.BrandName{
		{Name: "acme-update.ddns.net", Suffix: "ddns.net", Addresses: []string{"203.0.113.6"}},
		{Name: "acme.ddns.net", Suffix: "ddns.net", Addresses: []string{"203.0.113.4"}},
	}, d.Found)
	names, _ := BrandCandidates("acme", suffixes)
	require.Equal(t, len(names), d.Made)
	require.Equal(t, 2000, d.Asked)
	require.Equal(t, map[string]int{"wildcard": 1, "refused": 1}, d.Reasons)
	require.Equal(t, 2000-4, d.Absent)

	f, d = run(world{})
	require.Equal(t, fact.Absent, f.Outcome)
	require.Equal(t, 2000, d.Absent)
	f, d = run(&fakedns.Resolver{})
	require.Equal(t, fact.Unknown, f.Outcome)
	require.Zero(t, d.Absent)
	f, d = run(liar{})
	require.Equal(t, fact.Unknown, f.Outcome)
	require.Empty(t, d.Found)
}

func TestHosts(t *testing.T) {
	run := func(r scanner.Resolver) (fact.Fact, fact.HostSweep) {
		f := Hosts().Run(context.Background(), env(r), fact.Task{Probe: fact.ProbeHostSweep, Name: "acme.example"})
		var d fact.HostSweep
		require.NoError(t, f.Decode(&d))
		return f, d
	}
	dead := scanner.Answer{Outcome: fact.Absent, Rcode: "NXDOMAIN", Chain: []fact.Hop{{From: "rmm.acme.example", To: "gone.test"}}}
	w := world{
		"vpn.acme.example A":    {Outcome: fact.Absent, Rcode: "NOERROR"},
		"vpn.acme.example AAAA": records("AAAA", "2001:db8::1"),
		"rmm.acme.example A":    dead,
		"gp.acme.example A":     fakedns.Unknown("timeout"),
		"gp.acme.example AAAA":  {Outcome: fact.Absent, Rcode: "NOERROR"},
	}
	f, d := run(w)
	require.Equal(t, fact.Unknown, f.Outcome)
	require.Equal(t, []fact.SweptHost{{Name: "rmm.acme.example", Product: "RMM"}, {Name: "vpn.acme.example", Product: "VPN"}}, d.Found)
	require.Equal(t, 1, d.Unknown, "one family of addresses was not answered")
	require.Equal(t, len(Labels())-3, d.Absent)

	f, _ = run(world{})
	require.Equal(t, fact.Absent, f.Outcome)
	f, _ = run(&fakedns.Resolver{})
	require.Equal(t, fact.Unknown, f.Outcome)
	require.Equal(t, "timeout", f.Reason)
}

// TestHostsUnderWildcard: what answers as random labels do cannot be told from
// them, what leads elsewhere is a host.
func TestHostsUnderWildcard(t *testing.T) {
	run := func(r scanner.Resolver) (fact.Fact, fact.HostSweep) {
		f := Hosts().Run(context.Background(), env(r), fact.Task{Probe: fact.ProbeHostSweep, Name: "acme.example"})
		var d fact.HostSweep
		require.NoError(t, f.Decode(&d))
		return f, d
	}
	f, d := run(liar{})
	require.Equal(t, fact.Unknown, f.Outcome)
	require.Equal(t, map[string]int{"wildcard": len(Labels())}, d.Reasons)
	require.Empty(t, d.Found)

	_, d = run(but{liar{}, world{"vpn.acme.example A": records("A", "203.0.113.77"), "vpn.acme.example AAAA": {Outcome: fact.Absent, Rcode: "NOERROR"}}})
	require.Equal(t, []fact.SweptHost{{Name: "vpn.acme.example", Product: "VPN"}}, d.Found)
	require.Equal(t, map[string]int{"wildcard": len(Labels()) - 1}, d.Reasons)

	f, d = run(&rotating{})
	require.Equal(t, "wildcard", f.Reason, "it leads now here, now there: nothing was asked")
	require.Zero(t, d.Asked)
}

// but answers what it knows, and as another resolver for all else.
type but struct {
	scanner.Resolver
	known world
}

func (b but) Resolve(ctx context.Context, q scanner.Question) scanner.Answer {
	if a, ok := b.known[string(q.Name)+" "+q.Type]; ok {
		return a
	}
	return b.Resolver.Resolve(ctx, q)
}

// rotating gives another address to each question.
type rotating struct{ n atomic.Int32 }

func (r *rotating) Resolve(_ context.Context, q scanner.Question) scanner.Answer {
	if q.Type != "A" {
		return scanner.Answer{Outcome: fact.Absent, Rcode: "NOERROR"}
	}
	return records("A", fmt.Sprintf("203.0.113.%d", r.n.Add(1)))
}

// TestSubdomain: a name below a domain that somebody holds counts if it resolves
// and random names beside it do not; a host beside the domain does not.
func TestSubdomain(t *testing.T) {
	c := lookalike.Candidate{Name: "ac.me.example", Family: lookalike.Subdomain, Likeness: 78}
	there := scanner.Answer{Outcome: fact.Absent, Rcode: "NOERROR", Authority: []scanner.Record{{Name: "me.example", Type: "SOA"}}}
	w := world{"ac.me.example NS": there, "ac.me.example A": records("A", "203.0.113.4")}
	require.True(t, mayBeHeld(c.Name, scanner.GlanceOf(there)))
	found, v := look(context.Background(), env(w), c)
	require.Equal(t, fact.Present, v.outcome)
	require.Equal(t, fact.Lookalike{Name: c.Name, Family: "subdomain", Likeness: 78, Addresses: []string{"203.0.113.4"}}, found)

	w["xyzzyxyzzyxyzzyx.me.example A"] = records("A", "203.0.113.5")
	_, v = look(context.Background(), env(w), c)
	require.Equal(t, unsure("wildcard"), v)

	beside := lookalike.Candidate{Name: "acne.example"}
	there.Authority[0].Name = "example"
	w = world{"acne.example NS": there, "acne.example A": records("A", "203.0.113.4")}
	require.False(t, mayBeHeld(beside.Name, scanner.GlanceOf(there)), "no delegation, nobody registered it")
	_, v = look(context.Background(), env(w), beside)
	require.Equal(t, fact.Absent, v.outcome)

	there.Authority[0].Name = "acne.example"
	w = world{"acne.example NS": there}
	_, v = look(context.Background(), env(w), beside)
	require.Equal(t, fact.Present, v.outcome, "a zone that denies its own NS set is a zone")
}

// scoutOf looks quickly by a table of its own, and lies.
type scoutOf struct {
	glances map[msp.Name]scanner.Glance
	none    bool
}

func (s scoutOf) Scout(_ context.Context, names []msp.Name, _ string) []scanner.Glance {
	if s.none {
		return nil
	}
	list := make([]scanner.Glance, len(names))
	for i, n := range names {
		g, ok := s.glances[n]
		if !ok {
			g = scanner.Glance{Outcome: fact.Absent, Rcode: "NXDOMAIN"}
		}
		list[i] = g
	}
	return list
}

// TestScout: what a quick look shows, or could not see, is looked at strictly; a
// scout that cannot work is done without.
func TestScout(t *testing.T) {
	top, _ := lookalike.Top("acme.example", lookalike.Options{Least: lookalike.DefaultLeast}, 10)
	w := world{
		string(top[0].Name) + " NS": records("NS", "ns.parking.test"),
		string(top[1].Name) + " NS": records("NS", "ns.parking.test"),
		string(top[2].Name) + " NS": records("NS", "ns.parking.test"),
	}
	e := env(w)
	e.Scout = scoutOf{glances: map[msp.Name]scanner.Glance{
		top[0].Name: {Outcome: fact.Present, Rcode: "NOERROR"},
		top[1].Name: {Outcome: fact.Unknown, Reason: "timeout"},
		top[5].Name: {Outcome: fact.Present, Rcode: "NOERROR"}, // a lie
	}}
	_, d := lookalikesOf(t, w, e, "1-10")
	require.Equal(t, []msp.Name{top[0].Name, top[1].Name}, []msp.Name{d.Found[0].Name, d.Found[1].Name})
	require.Equal(t, fact.Swept{Asked: 10, Absent: 8}, d.Swept)

	e.Scout = scoutOf{none: true}
	_, d = lookalikesOf(t, w, e, "1-10")
	require.Len(t, d.Found, 3)

	deaf := scoutOf{glances: map[msp.Name]scanner.Glance{}}
	many, _ := lookalike.Top("acme.example", lookalike.Options{Least: lookalike.DefaultLeast}, maxRetry+50)
	for _, c := range many {
		deaf.glances[c.Name] = scanner.Glance{Reason: "timeout"}
	}
	e.Scout = deaf
	f, d := lookalikesOf(t, w, e, fmt.Sprintf("1-%d", maxRetry+50))
	require.Equal(t, fact.Unknown, f.Outcome)
	require.Equal(t, map[string]int{"timeout": 50}, d.Reasons, "strict looks at names that nobody answered are bounded")
}

func TestLabels(t *testing.T) {
	seen := map[string]bool{}
	for _, l := range Labels() {
		require.False(t, seen[l.Label], l.Label)
		seen[l.Label] = true
		require.NotEmpty(t, l.Product)
		_, err := msp.ParseName(l.Label + ".example")
		require.NoError(t, err)
	}
}

func FuzzReadPlaces(f *testing.F) {
	for _, s := range []string{"1-500", "501-1075@30", "0-1", "-1", "1-2@60", "9999999999999999999-1", "1-2 ", "+1-2", "1-2@"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		from, to, least, err := ReadPlaces(s)
		if err != nil {
			return
		}
		if from < 1 || to < from || least < 1 || least > 99 || Places(from, to, least) != s {
			t.Fatalf("%q was read as %d-%d@%d", s, from, to, least)
		}
	})
}

// TestBrandCandidates: the brand alone comes before the brand with a word, so that
// a small budget asks for the likest.
func TestBrandCandidates(t *testing.T) {
	names, under := BrandCandidates("south-it", []msp.Name{"a.test", "b.test"})
	require.Equal(t, []msp.Name{
		"south-it.a.test", "southit.a.test", "south-it.b.test", "southit.b.test",
		"southitupdate.a.test", "south-it-update.a.test", "southitsupport.a.test", "south-it-support.a.test",
		"southitupdate.b.test", "south-it-update.b.test", "southitsupport.b.test", "south-it-support.b.test",
	}, names)
	require.Equal(t, msp.Name("b.test"), under[2])
	require.Len(t, under, len(names))
	names, _ = BrandCandidates("xn--mnchen-3ya", []msp.Name{"a.test"})
	require.Equal(t, []msp.Name{"xn--mnchen-3ya.a.test"}, names)
}

// TestWithoutRandomLabels: what cannot be told from a wildcard is not found.
func TestWithoutRandomLabels(t *testing.T) {
	top, _ := lookalike.Top("acme.example", lookalike.Options{Least: lookalike.DefaultLeast}, 5)
	w := world{string(top[0].Name) + " NS": records("NS", "ns.parking.test")}
	e := env(w)
	e.Random = nil
	f, d := lookalikesOf(t, w, e, "1-5")
	require.Equal(t, fact.Unknown, f.Outcome)
	require.Equal(t, map[string]int{"no_random_labels": 1}, d.Reasons)
	require.Empty(t, d.Found)
}
