package scantest_test

import (
	"context"
	"net/netip"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"mspscan/msp"
	"mspscan/msp/fact"
	"mspscan/scanner"
	"mspscan/scanner/scantest"
)

func TestTransfer(t *testing.T) {
	w := load(t, map[string]string{
		"open.example.zone": soa + "@ NS ns\nns A 192.0.2.1\nsecret A 10.0.0.1\n",
		"shut.example.zone": soa + "@ NS ns\nns A 192.0.2.1\n",
	})
	w.Transfer = []msp.Name{"open.example"}
	n := start(t, w)
	c := client(t, n)
	server := netip.MustParseAddr("192.0.2.1")
	open := c.Transfer(context.Background(), server, "open.example")
	require.Equal(t, fact.Present, open.Outcome)
	require.Equal(t, 5, open.Records)
	require.EqualValues(t, 1, open.Serial)
	require.Equal(t, "open.example. AXFR", open.Queries[0].Question)
	require.Equal(t, "tcp", open.Queries[0].Proto)
	shut := c.Transfer(context.Background(), server, "shut.example")
	require.Equal(t, fact.Absent, shut.Outcome)
	require.Equal(t, "REFUSED", shut.Rcode)
	require.Equal(t, fact.Absent, c.Transfer(context.Background(), server, "secret.open.example").Outcome)
	require.Equal(t, "unreachable", c.Transfer(context.Background(), netip.MustParseAddr("192.0.2.9"), "open.example").Reason)
	for _, f := range []string{"servfail", "tcp-hang", "wrong-id", "garbage", "tcp-close", "wrong-name", "other-owner", "nothing", "tcp-reset"} {
		n.Heal()
		require.NoError(t, n.Inject(scantest.Rule{Server: server, Fault: f}))
		got := impatient(t, n, time.Millisecond).Transfer(context.Background(), server, "open.example")
		require.Equal(t, fact.Unknown, got.Outcome, f)
		require.NotEmpty(t, got.Reason, f)
		require.Zero(t, got.Records, f)
	}
}

func TestDown(t *testing.T) {
	n := start(t, load(t, map[string]string{"z.example.zone": soa + "@ NS ns\n@ NS ns2\nns A 192.0.2.1\nns2 A 192.0.2.2\n"}))
	first, second := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
	q := scanner.Question{Name: "z.example", Type: "SOA"}
	get := func(server netip.Addr) scanner.Answer {
		q.Server = server
		return client(t, n).Resolve(context.Background(), q)
	}
	n.Down(first, true)
	q.Server = first
	require.Equal(t, "timeout", impatient(t, n, time.Millisecond).Resolve(context.Background(), q).Reason)
	require.Equal(t, fact.Present, get(netip.Addr{}).Outcome)
	n.Down(second, true)
	require.Equal(t, "servfail", get(netip.Addr{}).Reason)
	n.Down(first, false)
	require.Equal(t, fact.Present, get(first).Outcome)
	require.Equal(t, fact.Present, get(netip.Addr{}).Outcome)
}

func TestQueriesAreSeen(t *testing.T) {
	n := start(t, load(t, map[string]string{"z.example.zone": soa + "@ NS ns\nns A 192.0.2.1\n"}))
	ask(t, n, []expect{{"z.example NS", "present NOERROR ns.z.example"}, {"z.example NS @192.0.2.1", "present NOERROR ns.z.example"}})
	seen := n.Queries()
	require.Len(t, seen, 2)
	require.False(t, seen[0].Server.IsValid())
	require.Equal(t, netip.MustParseAddr("192.0.2.1"), seen[1].Server)
	require.Equal(t, msp.Name("z.example"), seen[1].Name)
	require.Equal(t, "NS", seen[1].Type)
	require.Equal(t, "udp", seen[1].Proto)
}

func TestDial(t *testing.T) {
	n := start(t, load(t, map[string]string{"z.example.zone": soa + "@ NS ns\nns A 192.0.2.1\n"}))
	for _, to := range []string{"192.0.2.9:53", "192.0.2.1:80", "[2001:db8::1]:53"} {
		_, err := n.Dial(context.Background(), "tcp", to)
		require.ErrorIs(t, err, syscall.ECONNREFUSED, to)
	}
	_, err := n.Dial(context.Background(), "udp", "nonsense")
	require.Error(t, err)
	c, err := n.Dial(context.Background(), "tcp", "[::ffff:192.0.2.1]:53")
	require.NoError(t, err)
	require.NoError(t, c.Close())
	require.True(t, n.Serves(netip.MustParseAddr("192.0.2.1")))
	require.False(t, n.Serves(netip.MustParseAddr("192.0.2.9")))
}
