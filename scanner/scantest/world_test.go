package scantest_test

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"mspscan/msp"
	"mspscan/msp/fact"
	"mspscan/scanner"
	"mspscan/scanner/resolve"
	"mspscan/scanner/scantest"
)

// folder writes files, "path: text", into a new folder.
func folder(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	}
	return dir
}

func load(t testing.TB, files map[string]string) *scantest.World {
	t.Helper()
	w, err := scantest.Load(folder(t, files))
	require.NoError(t, err)
	return w
}

// soa is a zone's beginning.
const soa = "@ 300 SOA ns h 1 1 1 1 60\n"

func client(t testing.TB, n *scantest.Net) *resolve.Client {
	t.Helper()
	c, err := resolve.New(resolve.Config{
		Resolvers: []netip.AddrPort{n.Resolver()}, Dial: n.Dial, Rate: -1, RatePerServer: -1, AllowPrivate: true,
		Timeout: time.Minute, UDPWait: 20 * time.Second, NameTimeout: 2 * time.Minute,
	})
	require.NoError(t, err)
	return c
}

// expect is one line of a table: a question and "outcome rcode records".
type expect struct{ question, want string }

// ask runs a table. A question is "name TYPE [@server] [+do]".
func ask(t *testing.T, n *scantest.Net, table []expect) {
	t.Helper()
	c := client(t, n)
	for _, e := range table {
		var q scanner.Question
		for i, word := range strings.Fields(e.question) {
			switch {
			case i == 0:
				q.Name = msp.Name(word)
			case i == 1:
				q.Type = word
			case word == "+do":
				q.DO = true
			case word == "+rd":
				q.RD = true
			default:
				q.Server = netip.MustParseAddr(strings.TrimPrefix(word, "@"))
			}
		}
		a := c.Resolve(context.Background(), q)
		got := a.Outcome.String()
		if a.Reason != "" {
			got += "(" + a.Reason + ")"
		}
		got += " " + a.Rcode
		for _, h := range a.Chain {
			got += " >" + string(h.To)
		}
		for _, r := range a.Records {
			got += " " + r.Text()
		}
		require.Equal(t, e.want, strings.TrimSpace(got), e.question)
	}
}

func TestMadeUpParents(t *testing.T) {
	n := start(t, load(t, map[string]string{
		"acme.example.zone":    soa + "@ NS ns\nns A 192.0.2.1\n@ A 198.51.100.1\n@ NS ns.other.example.\n",
		"db.other.example":     soa + "@ NS ns\nns A 192.0.2.2\nns AAAA 2001:db8::2\nsub NS ns.nowhere.example.\nlame NS ns\n",
		"deep.a.b.example.db":  soa + "@ NS ns\nns A 192.0.2.3\n",
		"README.md":            "not a zone",
		".hidden.example.zone": "not a zone either",
	}))
	ask(t, n, []expect{
		{"acme.example A", "present NOERROR 198.51.100.1"},
		{"acme.example NS", "present NOERROR ns.acme.example ns.other.example"},
		{"example NS", "present NOERROR ns.nic.example"},
		{"example SOA", "present NOERROR ns.nic.example hostmaster.nic.example 1 1800 900 604800 900"},
		{"nowhere.example A", "absent NXDOMAIN"},
		{"b.example A", "absent NOERROR"},
		{"a.b.example NS", "absent NOERROR"},
		{"c.b.example A", "absent NXDOMAIN"},
		{"ns.deep.a.b.example A", "present NOERROR 192.0.2.3"},
		{"sub.other.example A", "unknown(servfail) SERVFAIL"},
		{"x.lame.other.example A", "unknown(servfail) SERVFAIL"},
		{"unknown.test A", "unknown(refused) REFUSED"},
		{"test NS", "unknown(refused) REFUSED"},
		{". NS", "present NOERROR ns.root-servers"},
		{"x.invalid A", "absent NXDOMAIN"},
		{"acme.example NS @198.18.0.1", "unknown(referral) NOERROR"},
		{"acme.example DS @198.18.0.1", "absent NOERROR"},
		{"nowhere.example NS @198.18.0.1", "absent NXDOMAIN"},
		{"example NS @198.18.0.2", "unknown(referral) NOERROR"},
		{"test NS @198.18.0.2", "unknown(refused) REFUSED"},
		{"acme.example SOA @192.0.2.2", "present NOERROR ns.acme.example h.acme.example 1 1 1 1 60"},
		{"lame.other.example SOA @192.0.2.2", "unknown(referral) NOERROR"},
		{"other.example SOA @192.0.2.1", "unknown(refused) REFUSED"},
		{"other.example SOA @2001:db8::2", "present NOERROR ns.other.example h.other.example 1 1 1 1 60"},
		{"acme.example SOA @192.0.2.99", "unknown(unreachable)"},
		{"acme.example A @192.0.2.1 +rd", "present NOERROR 198.51.100.1"},
	})
	c := client(t, n)
	a := c.Resolve(context.Background(), scanner.Question{Name: "sub.other.example", Type: "A"})
	require.Equal(t, []string{"22 no reachable authority"}, a.EDE)
	r := c.Resolve(context.Background(), scanner.Question{Name: "acme.example", Type: "NS", Server: netip.MustParseAddr("198.18.0.1")})
	require.True(t, r.Referral())
	require.Equal(t, "ns.acme.example A 192.0.2.1\nns.other.example A 192.0.2.2\nns.other.example AAAA 2001:db8::2", texts(r.Additional))
}

// TestLostServers: a zone whose name servers the world knows nothing of is
// served all the same.
func TestLostServers(t *testing.T) {
	w := load(t, map[string]string{
		"acme.example.zone": soa + "@ NS anna.ns.cdn.test.\n@ NS bob.ns.cdn.test.\n@ A 198.51.100.1\n",
		"half.example.zone": soa + "@ NS ns\nns A 192.0.2.1\n@ NS lost.cdn.test.\n",
	})
	require.Empty(t, w.Warnings())
	require.Equal(t, []msp.Name{"acme.example", "half.example"}, w.Zones())
	ask(t, start(t, w), []expect{
		{"acme.example A", "present NOERROR 198.51.100.1"},
		{"anna.ns.cdn.test A", "present NOERROR 198.18.0.3"},
		{"cdn.test NS", "absent NOERROR"},
		{"acme.example SOA @198.18.0.3", "present NOERROR ns.acme.example h.acme.example 1 1 1 1 60"},
		{"lost.cdn.test A", "absent NXDOMAIN"},
		{"half.example SOA", "present NOERROR ns.half.example h.half.example 1 1 1 1 60"},
	})
}

func TestRootZoneHolds(t *testing.T) {
	w := load(t, map[string]string{
		"root.zone":         ". SOA a.root. h. 1 1 1 1 60\n. NS a.root.\na.root. A 192.0.2.10\nexample. NS ns.example.\nns.example. A 192.0.2.11\n",
		"example.zone":      soa + "@ NS ns\nns A 192.0.2.11\nacme NS ns.acme\nns.acme A 192.0.2.12\n",
		"acme.example.zone": soa + "@ NS ns\nns A 192.0.2.12\n",
		"else.example.zone": soa + "@ NS ns\nns A 192.0.2.13\n",
	})
	require.Len(t, w.Warnings(), 1)
	require.Contains(t, w.Warnings()[0], "else.example.zone: zone else.example. is not delegated in example.")
	ask(t, start(t, w), []expect{
		{"ns.acme.example A", "present NOERROR 192.0.2.12"},
		{"ns.else.example A", "absent NXDOMAIN"},
		{"other.test A", "absent NXDOMAIN"},
		{"example NS @192.0.2.10", "unknown(referral) NOERROR"},
	})
}

// TestFolders: an address with a folder serves what is in it and nothing else.
func TestFolders(t *testing.T) {
	zone := soa + "@ NS ns1\n@ NS ns2\n@ NS ns3\nns1 A 192.0.2.1\nns2 A 192.0.2.2\nns3 AAAA 2001:db8::3\n"
	n := start(t, load(t, map[string]string{
		"acme.example.zone":             zone,
		"192.0.2.2/acme.example.zone":   strings.Replace(zone, "h 1", "h 2", 1) + "only A 198.51.100.2\n",
		"2001:db8::3/.keep":             "",
		"203.0.113.9/hidden.example.db": soa + "@ NS ns\nns A 203.0.113.9\n",
	}))
	ask(t, n, []expect{
		{"acme.example SOA @192.0.2.1", "present NOERROR ns.acme.example h.acme.example 1 1 1 1 60"},
		{"acme.example SOA @192.0.2.2", "present NOERROR ns.acme.example h.acme.example 2 1 1 1 60"},
		{"only.acme.example A @192.0.2.1", "absent NXDOMAIN"},
		{"only.acme.example A @192.0.2.2", "present NOERROR 198.51.100.2"},
		{"acme.example SOA @2001:db8::3", "unknown(refused) REFUSED"},
		{"hidden.example SOA @203.0.113.9", "present NOERROR ns.hidden.example h.hidden.example 1 1 1 1 60"},
		{"hidden.example SOA", "present NOERROR ns.hidden.example h.hidden.example 1 1 1 1 60"},
	})
}

// TestHostWithoutZone: a name server that no zone file lives at is there and
// refuses, as the servers of a DNS host do for a zone that nobody set up.
func TestHostWithoutZone(t *testing.T) {
	w := load(t, map[string]string{
		"a.example.zone": "$ORIGIN a.example.\n" + soa + "@ 300 NS ns.b.example.\n",
		"b.example.zone": "$ORIGIN b.example.\n" + soa + "@ 300 NS ns\nns 300 A 192.0.2.1\nspare 300 A 192.0.2.9\ngone 300 NS spare\n",
	})
	ask(t, start(t, w), []expect{
		{"gone.b.example SOA @192.0.2.9", "unknown(refused) REFUSED"},
		{"a.example SOA @192.0.2.9", "unknown(refused) REFUSED"},
	})
}

// TestManners: a server behaves as servers.txt says, whatever the zones say.
func TestManners(t *testing.T) {
	n := start(t, load(t, map[string]string{
		"acme.example.zone": soa + "@ NS ns1\n@ NS ns2\n@ NS ns3\nns1 A 192.0.2.1\nns2 A 192.0.2.2\nns3 A 192.0.2.3\n",
		"beta.example.zone": soa + "@ NS ns4\n@ NS ns5\nns4 A 192.0.2.4\nns5 A 192.0.2.5\n",
		"gone.example.zone": soa + "@ NS ns2.acme.example.\n",
		"servers.txt":       "# moved away\n192.0.2.2 silent # ns2\n\n192.0.2.3 servfail\n192.0.2.4 recursive\n192.0.2.5 transfer\n",
	}))
	ask(t, n, []expect{
		{"acme.example SOA @192.0.2.1", "present NOERROR ns.acme.example h.acme.example 1 1 1 1 60"},
		{"acme.example SOA", "present NOERROR ns.acme.example h.acme.example 1 1 1 1 60"},
		{"acme.example SOA @192.0.2.2", "unknown(unreachable)"},
		{"gone.example SOA", "unknown(servfail) SERVFAIL"},
		{"acme.example SOA @192.0.2.3", "unknown(servfail) SERVFAIL"},
		{"acme.example SOA @192.0.2.4", "unknown(refused) REFUSED"},
		{"beta.example NS @192.0.2.4", "present NOERROR ns4.beta.example ns5.beta.example"},
	})
	recursed := client(t, n).Resolve(context.Background(), scanner.Question{
		Name: "acme.example", Type: "SOA", Server: netip.MustParseAddr("192.0.2.4"), RD: true,
	})
	require.Equal(t, fact.Present, recursed.Outcome)
	for addr, want := range map[string]fact.Outcome{"192.0.2.4": fact.Absent, "192.0.2.5": fact.Present} {
		a := client(t, n).Transfer(context.Background(), netip.MustParseAddr(addr), "beta.example")
		require.Equal(t, want, a.Outcome, addr)
	}
}

func TestAuthoritativeAnswers(t *testing.T) {
	n := start(t, load(t, map[string]string{"z.example.zone": soa + `@ NS ns
ns A 192.0.2.1
a.b.c A 198.51.100.1
*.wild A 198.51.100.2
*.wild TXT "wild"
sub.wild MX 10 mail
*.alias CNAME a.b.c
alias1 CNAME alias2
alias2 CNAME a.b.c
out CNAME www.elsewhere.test.
gone CNAME nothing
loop1 CNAME loop2
loop2 CNAME loop1
self CNAME self
d DNAME t
x.t A 198.51.100.3
child NS ns.child
ns.child A 192.0.2.2
child DS 1 13 2 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
c0 CNAME c1
c1 CNAME c2
c2 CNAME c3
c3 CNAME c4
c4 CNAME c5
c5 CNAME c6
c6 CNAME c7
c7 CNAME c8
c8 CNAME c9
c9 CNAME c10
c10 CNAME c11
c11 CNAME c12
c12 CNAME a.b.c
odd\.label\000 TXT "a\"b\\c\200"
*.sub\.dom TYPE65280 \# 3 abcdef
empty CAA 0 issue ""
`}))
	const server = " @192.0.2.1"
	both := []expect{
		{"a.b.c.z.example A", "present NOERROR 198.51.100.1"},
		{"b.c.z.example A", "absent NOERROR"},
		{"c.z.example MX", "absent NOERROR"},
		{"x.c.z.example A", "absent NXDOMAIN"},
		{"x.wild.z.example A", "present NOERROR 198.51.100.2"},
		{"x.y.wild.z.example A", "present NOERROR 198.51.100.2"},
		{"x.wild.z.example MX", "absent NOERROR"},
		{"sub.wild.z.example A", "absent NOERROR"},
		{"y.sub.wild.z.example A", "absent NXDOMAIN"},
		{"wild.z.example A", "absent NOERROR"},
		{"*.wild.z.example TXT", `present NOERROR "wild"`},
		{"q.alias.z.example A", "present NOERROR >a.b.c.z.example 198.51.100.1"},
		{"alias1.z.example A", "present NOERROR >alias2.z.example >a.b.c.z.example 198.51.100.1"},
		{"alias1.z.example MX", "absent NOERROR >alias2.z.example >a.b.c.z.example"},
		{"alias1.z.example CNAME", "present NOERROR alias2.z.example"},
		{"gone.z.example A", "absent NXDOMAIN >nothing.z.example"},
		{"x.d.z.example A", "present NOERROR >x.t.z.example 198.51.100.3"},
		{"d.z.example DNAME", "present NOERROR t.z.example"},
		{"child.z.example DS", "present NOERROR 1 13 2 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"},
		{"loop1.z.example A", "broken(cname_loop) NOERROR >loop2.z.example >loop1.z.example"},
		{"self.z.example A", "broken(cname_loop) NOERROR >self.z.example"},
		{`odd\.label\000.z.example TXT`, `present NOERROR "a\"b\\c\200"`},
		{`x.sub\.dom.z.example TYPE65280`, `present NOERROR \# 3 abcdef`},
		{"empty.z.example CAA", `present NOERROR 0 issue ""`},
	}
	for _, e := range both {
		ask(t, n, []expect{e, {e.question + server, e.want}})
	}
	ask(t, n, []expect{
		{"out.z.example A", "unknown(refused) REFUSED"},
		{"out.z.example A" + server, "unknown(incomplete) NOERROR >www.elsewhere.test"},
		{"x.child.z.example A", "unknown(servfail) SERVFAIL"},
		{"x.child.z.example A" + server, "unknown(referral) NOERROR"},
		{"c0.z.example A", "unknown(servfail) SERVFAIL"},
		{"c2.z.example A", "present NOERROR" + chain(3, 12) + " >a.b.c.z.example 198.51.100.1"},
		{"z.example ANY" + server, `present NOERROR \# 9 075246433834383200`},
	})
}

func chain(from, to int) string {
	var b strings.Builder
	for i := from; i <= to; i++ {
		fmt.Fprintf(&b, " >c%d.z.example", i)
	}
	return b.String()
}

// TestBigAnswers: what does not fit a datagram comes over TCP.
func TestBigAnswers(t *testing.T) {
	var b strings.Builder
	b.WriteString(soa + "@ NS ns\nns A 192.0.2.1\n")
	for i := range 300 {
		fmt.Fprintf(&b, "big TXT \"%d %s\"\n", i, strings.Repeat("x", 200))
	}
	n := start(t, load(t, map[string]string{"z.example.zone": b.String()}))
	for _, server := range []netip.Addr{{}, netip.MustParseAddr("192.0.2.1")} {
		a := client(t, n).Resolve(context.Background(), scanner.Question{Name: "big.z.example", Type: "TXT", Server: server})
		require.Equal(t, fact.Present, a.Outcome)
		require.Len(t, a.Records, 300)
		require.Len(t, a.Queries, 2)
		require.Equal(t, "truncated", a.Queries[0].Error)
		require.Equal(t, "tcp", a.Queries[1].Proto)
	}
}

func TestSignedZone(t *testing.T) {
	const zones = "../../testdata/ridgeline/zones"
	if _, err := os.Stat(zones); err != nil {
		t.Skip("sample not here: " + err.Error())
	}
	w, err := scantest.Load(zones)
	require.NoError(t, err)
	n := start(t, w)
	c := client(t, n)
	get := func(name msp.Name, qtype string, do bool) scanner.Answer {
		return c.Resolve(context.Background(), scanner.Question{Name: name, Type: qtype, DO: do})
	}
	require.Empty(t, get("watchtower.test", "A", false).Signatures)
	a := get("watchtower.test", "A", true)
	require.Len(t, a.Signatures, 1)
	require.Equal(t, "A", a.Signatures[0].Fields[0])
	require.Equal(t, []string{"20490101000000", "20240101000000"}, a.Signatures[0].Fields[4:6])
	require.Equal(t, fact.Present, get("watchtower.test", "DS", true).Outcome)
	types := func(a scanner.Answer) (out []string) {
		for _, r := range a.Authority {
			out = append(out, r.Type)
		}
		return out
	}
	nx := get("nothing.watchtower.test", "A", true)
	require.Equal(t, fact.Absent, nx.Outcome)
	require.Equal(t, []string{"RRSIG", "RRSIG", "RRSIG", "NSEC", "NSEC", "SOA"}, sortedTypes(types(nx)))
	nodata := get("mx.watchtower.test", "TXT", true)
	require.Equal(t, fact.Absent, nodata.Outcome)
	require.Equal(t, []string{"RRSIG", "RRSIG", "NSEC", "SOA"}, sortedTypes(types(nodata)))
	require.Equal(t, []string{"SOA"}, types(get("mx.watchtower.test", "CAA", false)))
}

// sortedTypes puts signatures first, then the rest in alphabetical order.
func sortedTypes(in []string) []string {
	var sigs, rest []string
	for _, s := range in {
		if s == "RRSIG" {
			sigs = append(sigs, s)
		} else {
			rest = append(rest, s)
		}
	}
	for i := range rest {
		for j := i; j > 0 && rest[j] < rest[j-1]; j-- {
			rest[j], rest[j-1] = rest[j-1], rest[j]
		}
	}
	return append(sigs, rest...)
}
