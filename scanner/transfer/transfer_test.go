package transfer

import (
	"context"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"

	"mspscan/msp"
	"mspscan/msp/fact"
	"mspscan/scanner"
	"mspscan/scanner/internal/fakedns"
)

// client is a resolver that also transfers.
type client struct {
	*fakedns.Resolver
	zones map[string]scanner.Transfer // by address
}

func (c client) Transfer(_ context.Context, server netip.Addr, zone msp.Name) scanner.Transfer {
	t := c.zones[server.String()]
	t.Queries = []fact.Query{{Server: server.String() + ":53", Proto: "tcp", Question: zone.FQDN() + " AXFR"}}
	return t
}

func world(more map[string]scanner.Answer) *fakedns.Resolver {
	referral := fakedns.Referral("acme.test NS ns1.acme.test", "acme.test NS ns2.acme.test", "ns1.acme.test A 203.0.113.1", "ns2.acme.test A 203.0.113.2")
	t := map[string]scanner.Answer{
		"test SOA":                fakedns.Found("test SOA ns1.nic.test h.test 1 2 3 4 5"),
		"test NS":                 fakedns.Found("test NS ns1.nic.test"),
		"ns1.nic.test A":          fakedns.Found("ns1.nic.test A 192.0.2.1"),
		"acme.test NS @192.0.2.1": referral,
	}
	for k, v := range more {
		t[k] = v
	}
	return &fakedns.Resolver{Table: t}
}

func TestTransfer(t *testing.T) {
	open := scanner.Transfer{Outcome: fact.Present, Rcode: "NOERROR", Serial: 7, Records: 12}
	no := scanner.Transfer{Outcome: fact.Absent, Rcode: "REFUSED"}
	silent := scanner.Transfer{Reason: "timeout"}
	tests := []struct {
		name          string
		first, second scanner.Transfer
		outcome       fact.Outcome
		reason        string
		firstOutcome  fact.Outcome
	}{
		{"open", open, no, fact.Present, "", fact.Present},
		{"closed", no, no, fact.Absent, "", fact.Absent},
		{"one is silent", no, silent, fact.Unknown, "timeout", fact.Absent},
		{"open beside silent", silent, open, fact.Present, "", fact.Unknown},
		{"an SOA alone is no zone", scanner.Transfer{Outcome: fact.Present, Records: 1}, no, fact.Unknown, "soa_only", fact.Unknown},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := client{world(nil), map[string]scanner.Transfer{"203.0.113.1": tt.first, "203.0.113.2": tt.second}}
			f := Probe().Run(context.Background(), scanner.Env{Resolver: r}, fact.Task{Name: "acme.test"})
			var d fact.Transfer
			require.NoError(t, f.Decode(&d))
			require.Equal(t, tt.outcome, f.Outcome)
			require.Equal(t, tt.reason, f.Reason)
			require.Len(t, d.Servers, 2)
			require.Equal(t, tt.firstOutcome, d.Servers[0].Outcome)
			require.Equal(t, msp.Name("ns1.acme.test"), d.Servers[0].Host)
			require.Equal(t, tt.first.Serial, d.Servers[0].Serial)
			require.Equal(t, "acme.test. AXFR", f.Queries[len(f.Queries)-1].Question)
		})
	}
}

// A name that is no zone has no servers: nothing is left open.
func TestNoZone(t *testing.T) {
	table := map[string]scanner.Answer{
		"acme.test NS @192.0.2.1": fakedns.AuthNone("NOERROR", "test"),
		"acme.test NS":            fakedns.None("NOERROR", "test"),
	}
	env := scanner.Env{Resolver: client{world(table), nil}}
	for _, p := range []scanner.Probe{Probe(), RecursionProbe()} {
		require.Equal(t, fact.Absent, p.Run(context.Background(), env, fact.Task{Name: "acme.test"}).Outcome, p.Name)
	}
}

// A name server without an address, proved, leaves nothing open.
func TestHostWithoutAddress(t *testing.T) {
	table := map[string]scanner.Answer{
		"acme.test NS @192.0.2.1": fakedns.Referral("acme.test NS ns1.acme.test", "acme.test NS ns9.gone.test", "ns1.acme.test A 203.0.113.1"),
		"ns9.gone.test A":         fakedns.None("NXDOMAIN", "test"),
		"ns9.gone.test AAAA":      fakedns.None("NXDOMAIN", "test"),
		". SOA @203.0.113.1 +rd":  fakedns.Unknown("refused"),
	}
	env := scanner.Env{Resolver: client{world(table), map[string]scanner.Transfer{"203.0.113.1": {Outcome: fact.Absent, Rcode: "REFUSED"}}}}
	for _, p := range []scanner.Probe{Probe(), RecursionProbe()} {
		f := p.Run(context.Background(), env, fact.Task{Name: "acme.test"})
		require.Equal(t, fact.Absent, f.Outcome, p.Name)
	}
	delete(table, "ns9.gone.test AAAA") // not answered
	env.Resolver = client{world(table), map[string]scanner.Transfer{"203.0.113.1": {Outcome: fact.Absent, Rcode: "REFUSED"}}}
	for _, p := range []scanner.Probe{Probe(), RecursionProbe()} {
		require.Equal(t, fact.Unknown, p.Run(context.Background(), env, fact.Task{Name: "acme.test"}).Outcome, p.Name)
	}
}

func TestTransferWithoutServersOrMeans(t *testing.T) {
	for name, env := range map[string]scanner.Env{
		"timeout":   {Resolver: client{&fakedns.Resolver{}, nil}},
		"not_asked": {Resolver: world(nil)},
	} {
		f := Probe().Run(context.Background(), env, fact.Task{Name: "acme.test"})
		require.Equal(t, fact.Unknown, f.Outcome)
		require.Equal(t, name, f.Reason)
	}
	passive := scanner.Env{Resolver: client{world(nil), nil}, Passive: true}
	for _, p := range []scanner.Probe{Probe(), RecursionProbe()} {
		require.True(t, p.Active)
		f := p.Run(context.Background(), passive, fact.Task{Name: "acme.test"})
		require.Equal(t, "not_asked", f.Reason)
		require.Empty(t, f.Queries)
	}
}

func TestRecursion(t *testing.T) {
	root := fakedns.Found(". SOA a.root.test h.test 1 2 3 4 5")
	referral := fakedns.Referral(". NS a.root.test")
	tests := []struct {
		name          string
		first, second scanner.Answer
		outcome       fact.Outcome
		reason        string
	}{
		{"recurses", root, fakedns.Unknown("refused"), fact.Present, ""},
		{"refused, upward referral", fakedns.Unknown("refused"), referral, fact.Absent, ""},
		{"answers from its own root zone", fakedns.Auth(". SOA a.root.test h.test 1 2 3 4 5"), fakedns.Unknown("refused"), fact.Absent, ""},
		{"own root zone and recursion", scanner.Answer{Outcome: fact.Present, Rcode: "NOERROR", AA: true, RA: true}, fakedns.Unknown("refused"), fact.Unknown, "serves_root"},
		{"tries and fails", scanner.Answer{Rcode: "SERVFAIL", Reason: "servfail", RA: true}, fakedns.Unknown("refused"), fact.Unknown, "servfail"},
		{"offers and gives nothing", scanner.Answer{Rcode: "NOERROR", RA: true, Outcome: fact.Absent}, fakedns.Unknown("refused"), fact.Unknown, "no_answer"},
		{"silent", fakedns.Unknown("timeout"), fakedns.Unknown("refused"), fact.Unknown, "timeout"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := world(map[string]scanner.Answer{". SOA @203.0.113.1 +rd": tt.first, ". SOA @203.0.113.2 +rd": tt.second})
			f := RecursionProbe().Run(context.Background(), scanner.Env{Resolver: r}, fact.Task{Name: "acme.test"})
			var d fact.Recursion
			require.NoError(t, f.Decode(&d))
			require.Equal(t, tt.outcome, f.Outcome)
			require.Equal(t, tt.reason, f.Reason)
			require.Len(t, d.Servers, 2)
		})
	}
}
