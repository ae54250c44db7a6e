package dnsx

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"

	"github.com/projectdiscovery/cdncheck"

	"mspscan/msp"
	"mspscan/msp/fact"
	"mspscan/scanner"
)

// CDNProbe says which of a name's addresses and CNAME targets belong to a CDN, a
// WAF or a cloud, by the ranges that the library carries; it fetches nothing.
// Data is fact.CDN, with the catalogue's id as provider. Present = something was
// classified; Absent = the name was resolved and nothing was. The library has no
// IPv6 ranges: a name with nothing but IPv6 addresses is unknown(no_ipv6_ranges).
func CDNProbe() scanner.Probe {
	c := sync.OnceValues(newClassifier)
	return scanner.Probe{
		Name: fact.ProbeCDN,
		Doc:  "CDN, WAF and cloud behind addresses and CNAME targets, by the ranges of dnsx's cdncheck",
		Run: func(ctx context.Context, env scanner.Env, t fact.Task) fact.Fact {
			classify, err := c()
			if err != nil {
				return scanner.NewTrace(env.Resolver).Fact(t, fact.Unknown, "internal: "+err.Error(), fact.CDN{Name: t.Name})
			}
			return cdn(ctx, env, t, classify)
		},
	}
}

// classifier is the library's table.
type classifier struct {
	lib *cdncheck.Client
	mu  sync.Mutex // its suffix table is made at first use, without a lock
}

// newClassifier loads the ranges. The resolver given is never asked: the calls
// that resolve are not used, and without one the library would take public ones.
func newClassifier() (*classifier, error) {
	lib, err := cdncheck.NewWithOpts(1, []string{"127.0.0.1:0"})
	if err != nil {
		return nil, fmt.Errorf("load CDN ranges: %w", err)
	}
	return &classifier{lib: lib}, nil
}

func cdn(ctx context.Context, env scanner.Env, t fact.Task, c *classifier) fact.Fact {
	trace := scanner.NewTrace(env.Resolver)
	a, aaaa := trace.Look(ctx, t.Name, "A"), trace.Look(ctx, t.Name, "AAAA")
	data := fact.CDN{Name: t.Name}
	for _, addr := range scanner.Addresses(slices.Concat(a.Records, aaaa.Records)) {
		if item, ok := c.address(addr.String()); ok {
			data.Items = append(data.Items, item)
		}
	}
	for _, hop := range slices.Concat(a.Chain, aaaa.Chain) {
		if item, ok := c.name(hop.To); ok {
			data.Items = append(data.Items, item)
		}
	}
	slices.SortFunc(data.Items, func(x, y fact.CDNItem) int {
		return cmp.Or(strings.Compare(x.Value, y.Value), strings.Compare(x.Kind, y.Kind), strings.Compare(x.Provider, y.Provider))
	})
	data.Items = slices.Compact(data.Items)
	outcome, reason := cdnOutcome(len(data.Items) > 0, a, aaaa)
	if outcome == fact.Absent && len(a.Records) == 0 && len(aaaa.Records) > 0 {
		outcome, reason = fact.Unknown, "no_ipv6_ranges"
	}
	return trace.Fact(t, outcome, reason, data)
}

// cdnOutcome lets a look that failed stand beside what was found, but never
// under "nothing".
func cdnOutcome(found bool, a, aaaa scanner.Answer) (fact.Outcome, string) {
	reason := ""
	for _, answer := range []scanner.Answer{a, aaaa} {
		if answer.Outcome == fact.Unknown || answer.Outcome == fact.Broken {
			reason = cmp.Or(reason, answer.Reason, answer.Outcome.String())
		}
	}
	switch {
	case found:
		return fact.Present, reason
	case reason != "":
		return fact.Unknown, reason
	}
	return fact.Absent, ""
}

func (c *classifier) address(s string) (fact.CDNItem, bool) {
	found, provider, kind, err := c.lib.Check(net.ParseIP(s))
	if err != nil || !found {
		return fact.CDNItem{}, false
	}
	return fact.CDNItem{Value: s, Kind: kind, Provider: partyOf(provider)}, true
}

// name classifies a CNAME target. The library calls each of them "waf"; what
// they are is ours to say.
func (c *classifier) name(n msp.Name) (fact.CDNItem, bool) {
	provider := c.suffix(n)
	if provider == "" {
		return fact.CDNItem{}, false
	}
	if n.Within("edgesuite.net") {
		provider = "akamai" // the library's table gives it to two
	}
	return fact.CDNItem{Value: string(n), Kind: kindOf(provider, n), Provider: partyOf(provider)}, true
}

// suffix gives the library's provider of a name, "" if there is none. The library
// looks at the registrable domain by the whole Public Suffix List, so that a name
// below a suffix of the private section, such as s3.amazonaws.com, has to be asked
// by what stands above.
func (c *classifier) suffix(n msp.Name) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	for ; strings.Contains(string(n), "."); n = n.Parent() {
		if found, provider, _, err := c.lib.CheckSuffix(string(n)); err == nil && found {
			return provider
		}
	}
	return ""
}

func kindOf(provider string, n msp.Name) string {
	switch {
	case provider == "incapsula":
		return "waf"
	case n.Within("amazonaws.com"):
		return "cloud"
	}
	return "cdn"
}

// partyOf gives the catalogue's id of a provider of the library's tables.
func partyOf(provider string) string {
	ids := map[string]string{
		"amazon": "amazon-web-services", "aws": "amazon-web-services", "cloudfront": "amazon-web-services",
		"google": "google-cloud", "incapsula": "imperva", "edgecast": "edgio",
		"office365": "microsoft-365", "oracle": "oracle-cloud",
	}
	return cmp.Or(ids[provider], provider)
}
