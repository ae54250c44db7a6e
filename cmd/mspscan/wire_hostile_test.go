//go:build servers && linux

package main

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// hostileZones gives zones that are made to cost: each by the name of its domain.
func hostileZones() (zones map[string]string, domains []string) {
	many := func(n int, format string) (list []string) {
		for i := range n {
			list = append(list, fmt.Sprintf(format, i))
		}
		return list
	}
	ns := map[string][]string{
		"nxns.example":   many(500, "ns%d.victim.example."),              // NXNS: 500 names without glue below one victim
		"spread.example": many(40, "ns.victim%d.test."),                  // and in 40 domains that nobody holds
		"tsua.example":   {"ns.tsub.example."},                           // TsuNAME: each needs the other
		"tsub.example":   {"ns.tsua.example."},                           //
		"spf.example":    nil,                                            // includes that branch out
		"mx.example":     nil,                                            // 100 exchangers
		"chain.example":  nil,                                            // CNAMEs without end
		"victim.example": nil,                                            // what the first one hits
		"silent.example": {"ns1.silent.example.", "ns2.silent.example."}, // servers that are not there
	}
	zones = below(ns)
	zones["example"] += "ns1.silent A 192.0.2.98\nns2.silent A 192.0.2.99\n"
	zones["nxns.example"], zones["victim.example"] = "@ A 198.51.100.1\n", "@ A 198.51.100.1\n"
	var spf strings.Builder
	spf.WriteString("@ MX 10 @\n@ A 198.51.100.1\n@ TXT \"v=spf1 include:a0 include:b0 -all\"\n")
	for i := range 60 {
		fmt.Fprintf(&spf, "a%d TXT \"v=spf1 include:a%d.spf.example include:b%d.spf.example mx:m%d.spf.example ~all\"\nb%d TXT \"v=spf1 include:b%d.spf.example a:h%d.spf.example ~all\"\n", i, i+1, i+1, i, i, i+1, i)
	}
	zones["spf.example"] = strings.ReplaceAll(spf.String(), "include:a0 include:b0", "include:a0.spf.example include:b0.spf.example")
	zones["mx.example"] = strings.Join(many(100, "@ MX 10 m%[1]d\nm%[1]d CNAME n%[1]d\nn%[1]d A 10.0.0.1\n"), "")
	zones["chain.example"] = "@ CAA 0 issue \"ca.example\"\nwww CNAME c0\n" + strings.Join(many(60, "c%d CNAME d%[1]d\n"), "")
	for i := range 60 {
		zones["chain.example"] += fmt.Sprintf("d%d CNAME c%d\n", i, i+1)
	}
	return zones, []string{"nxns.example", "spread.example", "tsua.example", "spf.example", "mx.example", "chain.example", "silent.example"}
}

// inventoryOf writes an inventory of one domain, and of one host below it if it is
// not empty.
func inventoryOf(t *testing.T, domain, host, more string) string {
	t.Helper()
	hosts := ""
	if host != "" {
		hosts = "\n  hosts: [" + host + "]"
	}
	file := filepath.Join(t.TempDir(), "inventory.yaml")
	text := fmt.Sprintf("version: 1\norganisation:\n  id: acme\n  name: Acme\n  domains: [%s]%s\n%sproviders: []\nrelationships: []\n", domain, hosts, more)
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	return file
}

// TestWireWorst scans zones that are made to cost, one at a time, and counts what
// is asked for each: in all, and for the domain itself.
func TestWireWorst(t *testing.T) {
	w := onWire(t)
	zones, domains := hostileZones()
	serveWire(t, zones)
	worst, all := 0, 0
	for _, domain := range domains {
		if w.short && domain == "silent.example" {
			continue // half a minute
		}
		r := record(t)
		host := ""
		if domain == "chain.example" {
			host = "www.chain.example"
		}
		start := time.Now()
		out, code := w.scan(t, inventoryOf(t, domain, host, ""), "--resolver", resolverIn, "-q", "-o", "json="+filepath.Join(t.TempDir(), "r.json"))
		require.Contains(t, []int{0, 1, 3}, code, "%s: %s", domain, out)
		heard := r.stop()
		asked := questionsOf(heard)
		own, preflight := 0, 0
		for _, m := range asked {
			name, _, _ := strings.Cut(m.question, " ")
			switch {
			case strings.HasSuffix(name, ".invalid.") || name == ".":
				preflight++
			case strings.HasSuffix("."+name, "."+domain+"."):
				own++
			}
		}
		rate, _ := busiest(directOf(asked))
		worst, all = max(worst, len(asked)-preflight), max(all, rate)
		tally(t, "worst_"+strings.TrimSuffix(domain, ".example")+"_queries", float64(len(asked)-preflight), atMost(200))
		t.Logf("%s: %d queries, %d of them about names below it, at most %d in a second at one server, %.0f s", domain, len(asked)-preflight, own, rate, took(start))
	}
	tally(t, "worst_zone_queries", float64(worst), atMost(200))
	tally(t, "worst_zone_max_queries_in_a_second", float64(all), atMost(5))
}

// directOf leaves out what the resolver was asked.
func directOf(list []message) []message {
	var out []message
	for _, m := range list {
		if m.server.Addr().String() != resolverIn {
			out = append(out, m)
		}
	}
	return out
}

// TestWireStreams scans a zone whose server hands out a transfer without end, and
// one whose server cuts every datagram and drips an octet each 100 ms over TCP.
func TestWireStreams(t *testing.T) {
	w := onWire(t)
	zones := below(map[string][]string{"endless.example": {"ns.endless.example."}, "drip.example": {"ns.drip.example."}})
	zones["example"] += "ns.endless A 192.0.2.91\nns.drip A 192.0.2.92\n"
	serveWire(t, zones)
	loopback(t, []string{"192.0.2.91", "192.0.2.92"})
	hostileServer(t, "192.0.2.91:53", "endless.example", false)
	hostileServer(t, "192.0.2.92:53", "drip.example", true)
	for domain, at := range map[string]string{"endless.example": "192.0.2.91", "drip.example": "192.0.2.92"} {
		if w.short && domain == "drip.example" {
			continue // two minutes: each name has its 20 seconds
		}
		r := record(t)
		start := time.Now()
		file := inventoryOf(t, domain, "", "  consent: {active_probes: yes, by: J. Citizen, reference: test, until: 2099-01-01}\n")
		report := filepath.Join(t.TempDir(), "r.json")
		out, code := w.scan(t, file, "--resolver", resolverIn, "--active", "-q", "-o", "json="+report)
		require.Contains(t, []int{0, 1, 3}, code, out)
		octets, transfers := 0, 0
		for _, m := range r.stop() {
			if m.server.Addr() == netip.MustParseAddr(at) && m.tcp && !m.query {
				octets += m.octets
			}
			if strings.HasSuffix(m.question, " AXFR") {
				transfers++
			}
		}
		name := strings.TrimSuffix(domain, ".example")
		tally(t, name+"_seconds", took(start), atMost(300)) // of a task, DefaultTaskTimeout
		if domain == "endless.example" {
			tally(t, "endless_transfers_asked", float64(transfers), exactly(1))
			tally(t, "endless_octets_taken", float64(octets), atMost(300_000))
			require.Contains(t, findingsOf(t, report), "dns-zone-transfer-open")
		}
		t.Logf("%s: %d octets over TCP, %d transfers asked, %.0f s", domain, octets, transfers, took(start))
	}
}

func findingsOf(t *testing.T, report string) []string {
	t.Helper()
	data, err := os.ReadFile(report)
	require.NoError(t, err)
	var r struct{ Findings []struct{ Rule string } }
	require.NoError(t, json.Unmarshal(data, &r))
	var list []string
	for _, f := range r.Findings {
		list = append(list, f.Rule)
	}
	return list
}

// hostileServer serves a zone with an SOA and nothing else. Over TCP it drips, or
// answers AXFR for as long as anybody listens; where it drips, datagrams are cut.
func hostileServer(t *testing.T, at, zone string, drips bool) {
	t.Helper()
	serveBoth(t, at, func(query []byte, send func([]byte)) {
		m := soaResponse(query, zone)
		if drips && len(m) > 3 {
			m[2] |= 2 // TC
		}
		send(m)
	}, func(c net.Conn) { hostileStream(c, zone, drips) })
}

// serveBoth answers datagrams and connections at one address until the test ends.
// A query is the datagram's own, to keep.
func serveBoth(t *testing.T, at string, datagram func(query []byte, send func([]byte)), stream func(net.Conn)) {
	t.Helper()
	udp, err := net.ListenPacket("udp4", at)
	require.NoError(t, err)
	tcp, err := net.Listen("tcp4", at)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, udp.Close()); require.NoError(t, tcp.Close()) })
	go func() {
		buf := make([]byte, 1500)
		for {
			n, from, err := udp.ReadFrom(buf)
			if err != nil {
				return
			}
			datagram(bytes.Clone(buf[:n]), func(m []byte) { _, _ = udp.WriteTo(m, from) })
		}
	}()
	go func() {
		for {
			c, err := tcp.Accept()
			if err != nil {
				return
			}
			go stream(c)
		}
	}()
}

func hostileStream(c net.Conn, zone string, drips bool) {
	defer c.Close()
	buf := make([]byte, 1500)
	for {
		n, err := c.Read(buf)
		if err != nil || n < 20 {
			return
		}
		m := soaResponse(buf[2:n], zone)
		framed := append(binary.BigEndian.AppendUint16(nil, uint16(len(m))), m...)
		if drips {
			for _, b := range framed {
				if _, err := c.Write([]byte{b}); err != nil {
					return
				}
				time.Sleep(100 * time.Millisecond)
			}
			continue
		}
		if _, err := c.Write(framed); err != nil {
			return
		}
		for strings.HasSuffix(questionOf(buf[2:n]), " AXFR") { // record after record, no second SOA
			if _, err := io.Copy(c, strings.NewReader(strings.Repeat(string(framed), 500))); err != nil {
				return
			}
		}
	}
}

// soaResponse answers every question with the SOA of zone: in the answer section
// for what it is asked of the zone itself, to SOA, NS and AXFR, else as a denial.
func soaResponse(query []byte, zone string) []byte {
	q := questionOf(query)
	end := 12
	for end < len(query) && query[end] != 0 {
		end += 1 + int(query[end])
	}
	if q == "" || end+5 > len(query) {
		return nil
	}
	name := []byte{}
	for label := range strings.SplitSeq(zone, ".") {
		name = append(append(name, byte(len(label))), label...)
	}
	name = append(name, 0)
	rdata := append(append([]byte("\x02ns"), name...), append([]byte("\x01h"), name...)...)
	rdata = append(rdata, 0, 0, 0, 7, 0, 0, 14, 16, 0, 0, 2, 88, 0, 1, 81, 128, 0, 0, 1, 44)
	rtype, section := byte(6), 8
	switch q {
	case zone + ". SOA", zone + ". AXFR":
		section = 6
	case zone + ". NS":
		rtype, section, rdata = 2, 6, append([]byte("\x02ns"), name...)
	}
	m := append([]byte(nil), query[:end+5]...)
	m[2], m[3] = 0x84, 0 // QR AA
	copy(m[4:12], []byte{0, 1, 0, 0, 0, 0, 0, 0})
	m[section+1] = 1
	m = appendRecord(m, name, rtype, rdata)
	if q == zone+". AXFR" {
		m[section+1] = 2
		m = appendRecord(m, name, 2, append([]byte("\x02ns"), name...))
	}
	return m
}

func appendRecord(m, owner []byte, rtype byte, rdata []byte) []byte {
	m = append(append(m, owner...), 0, rtype, 0, 1, 0, 0, 1, 44)
	return append(binary.BigEndian.AppendUint16(m, uint16(len(rdata))), rdata...)
}
