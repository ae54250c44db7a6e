package pipeline

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"text/tabwriter"

	"mspscan/msp"
	"mspscan/msp/fact"
	"mspscan/scanner"
	"mspscan/scanner/resolve"
)

// symptom is one thing looked at: whether it limits a scan, and how.
type symptom struct {
	what, result, means string
	stops               bool // a scan would be stopped, or learn nothing
}

// Doctor says what of the environment will limit a scan: it asks each resolver,
// and one server of the root zone directly. Nothing about any inventory is sent.
// If no scan can be run, the error has the code of an incomplete one.
func Doctor(ctx context.Context, cfg Config, s Streams) (err error) {
	if err := cfg.Validate(); err != nil {
		return err
	}
	list, err := cfg.examineSandbox()
	if err != nil {
		return err
	}
	n, err := cfg.network(s)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, n.close()) }()
	for _, r := range n.config.Resolvers {
		found, err := examineResolver(ctx, n.config, r)
		if err != nil {
			return coded(CodeInternal, err)
		}
		list = append(list, found...)
	}
	found, err := examineServers(ctx, n.config)
	if err != nil {
		return coded(CodeInternal, err)
	}
	return diagnosis(s, append(list, found...))
}

// diagnosis prints the symptoms as a table.
func diagnosis(s Streams, list []symptom) error {
	t := tabwriter.NewWriter(s.Out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(t, "CHECK\tRESULT\tWHAT IT MEANS FOR A SCAN")
	stops := false
	for _, m := range list {
		fmt.Fprintf(t, "%s\t%s\t%s\n", msp.Visible(m.what), msp.Visible(m.result), msp.Visible(m.means))
		stops = stops || m.stops
	}
	if err := t.Flush(); err != nil {
		return coded(CodeInternal, err)
	}
	if stops {
		return &Error{CodeIncomplete, errors.New("a scan from here would learn nothing that can be trusted; name another --resolver")}
	}
	return nil
}

// alone gives a client for one resolver, over TCP only if tcp is set.
func alone(config resolve.Config, r netip.AddrPort, tcp bool) (*resolve.Client, error) {
	config.Resolvers, config.Tries = []netip.AddrPort{r}, 2
	if tcp {
		config.Dial = withoutUDP(config.Dial)
	}
	return resolve.New(config)
}

// withoutUDP refuses datagrams, so that the client goes over to TCP.
func withoutUDP(dial func(context.Context, string, string) (net.Conn, error)) func(context.Context, string, string) (net.Conn, error) {
	if dial == nil {
		dial = (&net.Dialer{}).DialContext
	}
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		if network != "tcp" {
			return nil, errors.New("datagrams are not wanted")
		}
		return dial(ctx, network, address)
	}
}

// examineResolver looks at one recursive resolver.
func examineResolver(ctx context.Context, config resolve.Config, r netip.AddrPort) ([]symptom, error) {
	udp, err := alone(config, r, false)
	if err != nil {
		return nil, err
	}
	tcp, err := alone(config, r, true)
	if err != nil {
		return nil, err
	}
	who := "resolver " + r.String()
	root := udp.Resolve(ctx, scanner.Question{Name: msp.Root, Type: "NS"})
	if root.Outcome != fact.Present {
		return []symptom{{who + " answers", "no: " + root.Reason, "nothing can be learnt through it", true}}, nil
	}
	list := []symptom{{who + " answers", "yes", "", false}}
	p := scanner.Preflight(ctx, udp, r.String(), randomLabel)
	list = append(list,
		pick(!p.Rewrites, who+" denies names that do not exist", "absence can be believed", "it answers them: nothing it says of absence can be believed", true),
		pick(p.Validates, who+" validates DNSSEC", "its AD bit counts", "zones with broken signatures look sound, none is called secure", false))
	over := tcp.Resolve(ctx, scanner.Question{Name: msp.Root, Type: "NS"})
	list = append(list, pick(over.Outcome == fact.Present, who+" answers over TCP", "", "answers too long for a datagram are unknown ("+over.Reason+")", false))
	long := udp.Resolve(ctx, scanner.Question{Name: msp.Root, Type: "DNSKEY", DO: true})
	return append(list, edns(who, root, long)), nil
}

// edns says whether the resolver takes the OPT record, and whether the answer
// with the root's signatures, the longest that is sure to be there, came in a
// datagram.
func edns(who string, root, long scanner.Answer) symptom {
	datagram := slices.ContainsFunc(long.Queries, func(q fact.Query) bool { return q.Proto == "udp" && q.Error == "" })
	plain := slices.ContainsFunc(root.Queries, func(q fact.Query) bool { return strings.Contains(q.Options, "+noedns") })
	s := symptom{what: who + " takes EDNS", result: "yes"}
	switch {
	case slices.Contains(root.Notes, "edns_broken") || plain:
		s.result, s.means = "no", "signatures and extended errors are not seen"
	case !datagram:
		s.result, s.means = "partly", "long answers do not come in datagrams of 1232 octets: slower, over TCP"
	}
	return s
}

func pick(ok bool, what, good, bad string, stops bool) symptom {
	if ok {
		return symptom{what, "yes", good, false}
	}
	return symptom{what, "no", bad, stops}
}

// examineServers asks a server of the root zone as a scan asks the servers of a
// zone: directly, over both transports and both families of addresses.
func examineServers(ctx context.Context, config resolve.Config) ([]symptom, error) {
	client, err := resolve.New(config)
	if err != nil {
		return nil, err
	}
	tcpConfig := config
	tcpConfig.Dial, tcpConfig.Tries = withoutUDP(config.Dial), 2
	tcp, err := resolve.New(tcpConfig)
	if err != nil {
		return nil, err
	}
	servers := rootServers(ctx, client)
	var list []symptom
	for _, family := range []string{"A", "AAAA"} {
		word, bad := map[string]string{"A": "IPv4", "AAAA": "IPv6"}[family], "servers that have no other address are unknown"
		if family == "A" {
			bad = "parent and child cannot be compared: as good as --passive"
		}
		if !servers[family].IsValid() {
			list = append(list, symptom{"name servers answer over " + word, "not tried", "the root's servers have no such address here", false})
			continue
		}
		question := scanner.Question{Name: msp.Root, Type: "SOA", Server: servers[family]}
		list = append(list, direct("name servers answer over "+word, bad, client.Resolve(ctx, question)))
		if family == "A" {
			list = append(list, direct("name servers answer over TCP", "long answers, and servers that drop datagrams, are unknown", tcp.Resolve(ctx, question)))
		}
	}
	return list, nil
}

// direct judges the answer of a root server to the question for the root's SOA:
// it has authority and does not recurse, or someone answers in its place.
func direct(what, bad string, a scanner.Answer) symptom {
	switch {
	case a.Outcome != fact.Present:
		return symptom{what, "no: " + a.Reason, bad, false}
	case !a.AA || a.RA:
		return symptom{what, "no: intercepted", "something on the way answers for them: " + bad, false}
	}
	return symptom{what, "yes", "", false}
}

// rootServers gives an address of the first root server that has one, by type.
func rootServers(ctx context.Context, client *resolve.Client) map[string]netip.Addr {
	found := map[string]netip.Addr{}
	hosts := scanner.Names(client.Resolve(ctx, scanner.Question{Name: msp.Root, Type: "NS"}).Records, "NS")
	for _, host := range hosts[:min(3, len(hosts))] {
		for _, family := range []string{"A", "AAAA"} {
			addrs := scanner.Addresses(client.Resolve(ctx, scanner.Question{Name: host, Type: family}).Records)
			if len(addrs) > 0 && !found[family].IsValid() {
				found[family] = addrs[0]
			}
		}
	}
	return found
}
