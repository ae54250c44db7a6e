// Package probes lists all probes. There is no registry: the list is this one.
package probes

import (
	"mspscan/msp/catalog"
	"mspscan/scanner"
	"mspscan/scanner/agree"
	"mspscan/scanner/caa"
	"mspscan/scanner/dane"
	"mspscan/scanner/delegation"
	"mspscan/scanner/dkim"
	"mspscan/scanner/dmarc"
	"mspscan/scanner/dnssec"
	"mspscan/scanner/hosts"
	"mspscan/scanner/mtasts"
	"mspscan/scanner/mx"
	"mspscan/scanner/registered"
	"mspscan/scanner/spf"
	"mspscan/scanner/sweep"
	"mspscan/scanner/tlsrpt"
	"mspscan/scanner/tokens"
	"mspscan/scanner/transfer"
	"mspscan/scanner/version"
	"mspscan/scanner/wildcard"
)

// Deps is what some probes need beside the resolver.
type Deps struct {
	Catalog  *catalog.Catalog // whose DKIM selectors are named
	Policies mtasts.Fetcher   // gets MTA-STS policies where consent is live; nil = none is fetched
	More     []scanner.Probe  // of the caller, such as those over a second DNS library
}

// All gives the probes, sorted by name, those of d.More included.
func All(d Deps) []scanner.Probe {
	list := []scanner.Probe{
		agree.Probe(),
		caa.Probe(),
		dane.Probe(),
		delegation.Probe(),
		dkim.Probe(d.Catalog),
		dmarc.Probe(),
		dnssec.Probe(),
		hosts.Probe(),
		mtasts.Probe(d.Policies),
		mx.Probe(),
		registered.Probe(),
		spf.Probe(),
		tlsrpt.Probe(),
		tokens.Probe(),
		transfer.Probe(),
		transfer.RecursionProbe(),
		version.Probe(),
		wildcard.Probe(),
		sweep.BrandNames(d.Catalog),
		sweep.Hosts(),
		sweep.Lookalikes(),
	}
	return sorted(append(list, d.More...))
}
