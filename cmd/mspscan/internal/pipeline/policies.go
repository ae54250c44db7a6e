package pipeline

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"time"

	"mspscan/msp"
	"mspscan/msp/graph"
	"mspscan/scanner"
	"mspscan/scanner/mtasts"
	"mspscan/scanner/plan"
	"mspscan/scanner/resolve"
)

// Bounds of a policy fetch (RFC 8461 section 3.3).
const (
	policyTime  = 10 * time.Second
	policyBytes = 64 << 10
)

// policies fetches MTA-STS policies over HTTPS: the one thing beside DNS that a
// scan sends, and only with --active to parties whose consent is live. The host
// is looked up by the scan's own resolver, only public addresses are dialled,
// no redirect is followed and no proxy asked.
type policies struct {
	allowed  map[msp.Name]string // domain -> "" or why not
	resolver scanner.Resolver
	private  bool
	dial     func(ctx context.Context, network, address string) (net.Conn, error)
	roots    *x509.CertPool // nil = the system's
}

// newPolicies gives the fetcher of a scan, nil if no policy may be fetched.
func newPolicies(cfg Config, n *network, g *graph.Graph, now time.Time) mtasts.Fetcher {
	if !cfg.Active || cfg.Passive || n.box != nil {
		return nil
	}
	allowed := map[msp.Name]string{}
	for _, w := range g.Watched() {
		why := plan.Consents(w, now)
		if old, seen := allowed[w.Name]; !seen || old != "" {
			allowed[w.Name] = why
		}
	}
	return policyFetcher(n, cfg.AllowPrivate, allowed)
}

// policyFetcher gives a fetcher for domains: "" allows one, else it is why not.
func policyFetcher(n *network, private bool, allowed map[msp.Name]string) *policies {
	return &policies{allowed: allowed, resolver: n.client, private: private, dial: (&net.Dialer{}).DialContext}
}

// Fetch implements mtasts.Fetcher.
func (p *policies) Fetch(ctx context.Context, domain msp.Name) ([]byte, error) {
	if why, known := p.allowed[domain]; !known || why != "" {
		return nil, fmt.Errorf("%w: %s", mtasts.ErrNotFetched, why)
	}
	ctx, cancel := context.WithTimeout(ctx, policyTime)
	defer cancel()
	host := "mta-sts." + string(domain)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+host+"/.well-known/mta-sts.txt", http.NoBody)
	if err != nil {
		return nil, fmt.Errorf("ask for the policy: %w", err)
	}
	transport := &http.Transport{
		DialContext:     func(ctx context.Context, _, _ string) (net.Conn, error) { return p.connect(ctx, msp.Name(host)) },
		TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: p.roots, ServerName: host},
	}
	defer transport.CloseIdleConnections()
	client := http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("policy not fetched: %s", fetchFault(err))
	}
	defer func() { _ = resp.Body.Close() }() // nothing more is read
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("policy not fetched: HTTP status %d", resp.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, policyBytes+1))
	if err != nil {
		return nil, errors.New("policy not fetched: the answer was cut")
	}
	return body, nil
}

// connect dials the first public address of the host at port 443.
func (p *policies) connect(ctx context.Context, host msp.Name) (net.Conn, error) {
	last := errNoAddress
	for _, qtype := range []string{"A", "AAAA"} {
		for _, r := range p.resolver.Resolve(ctx, scanner.Question{Name: host, Type: qtype}).Records {
			addr, err := netip.ParseAddr(r.Fields[0])
			if err != nil {
				continue
			}
			if !p.private && !resolve.Public(addr) {
				last = errPrivate
				continue
			}
			conn, err := p.dial(ctx, "tcp", netip.AddrPortFrom(addr, 443).String())
			if err == nil {
				return conn, nil
			}
			last = err
		}
	}
	return nil, last
}

var (
	errNoAddress = errors.New("the host has no address")
	errPrivate   = errors.New("the host's address is private")
)

// fetchFault names a fault without what differs from run to run.
func fetchFault(err error) string {
	var cert *tls.CertificateVerificationError
	switch {
	case errors.As(err, &cert):
		return "its certificate is not valid for the host"
	case errors.Is(err, errNoAddress):
		return errNoAddress.Error()
	case errors.Is(err, errPrivate):
		return errPrivate.Error()
	case errors.Is(err, context.DeadlineExceeded):
		return "timeout"
	}
	return "no answer"
}
