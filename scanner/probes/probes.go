// Package probes lists all probes. There is no registry: the list is this one.
package probes

import (
	"mspscan/scanner"
	"mspscan/scanner/caa"
	"mspscan/scanner/delegation"
	"mspscan/scanner/dmarc"
	"mspscan/scanner/dnssec"
	"mspscan/scanner/hosts"
	"mspscan/scanner/mx"
	"mspscan/scanner/registered"
	"mspscan/scanner/spf"
	"mspscan/scanner/tokens"
	"mspscan/scanner/transfer"
	"mspscan/scanner/wildcard"
)

// Deps is what some probes need beside the resolver.
type Deps struct {
	// More probes of whoever calls, such as those over a second DNS library.
	More []scanner.Probe
}

// All gives the probes, sorted by name, those of d.More included.
func All(d Deps) []scanner.Probe {
	list := []scanner.Probe{
		caa.Probe(),
		delegation.Probe(),
		dmarc.Probe(),
		dnssec.Probe(),
		hosts.Probe(),
		mx.Probe(),
		registered.Probe(),
		spf.Probe(),
		tokens.Probe(),
		transfer.Probe(),
		transfer.RecursionProbe(),
		wildcard.Probe(),
	}
	return sorted(append(list, d.More...))
}
