package scantest

import (
	"github.com/miekg/dns"
)

// Faults lists every way to misbehave.
func Faults() []Fault {
	return []Fault{
		{Name: "drop", Doc: "no answer", TruthUDP: true, apply: func(x *exchange) []packet { return hang(x.tcp) }},
		{Name: "servfail", Doc: "SERVFAIL", TruthUDP: true, apply: rcode(dns.RcodeServerFailure)},
		{Name: "refused", Doc: "REFUSED", TruthUDP: true, apply: rcode(dns.RcodeRefused)},
	}
}
