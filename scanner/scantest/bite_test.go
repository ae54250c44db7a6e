package scantest_test

import (
	"testing"
	"time"

	"github.com/miekg/dns"
	"github.com/stretchr/testify/require"

	"mspscan/scanner/scantest"
)

// TestFaultsBite: a client that checks the id alone believes several of the
// faults, so the matrix can fail.
func TestFaultsBite(t *testing.T) {
	w := faultWorld(t)
	lies, empty := 0, 0
	for _, f := range scantest.Faults() {
		n := start(t, w)
		require.NoError(t, n.Inject(scantest.Rule{Proto: "udp", Fault: f.Name}))
		m := new(dns.Msg)
		m.SetQuestion("zone.example.", dns.TypeTXT)
		m.SetEdns0(1232, false)
		c := dns.Client{Net: "udp", Timeout: 500 * time.Millisecond}
		r, _, err := c.Exchange(m, n.Resolver().String())
		if err != nil {
			continue
		}
		if len(r.Answer) == 0 {
			empty++
		} else if txt, ok := r.Answer[0].(*dns.TXT); !ok || txt.Hdr.Name != "zone.example." || len(txt.Txt) == 0 || txt.Txt[0] == "v=spf1 +all" {
			lies++
		}
	}
	require.GreaterOrEqual(t, lies, 7)
	require.GreaterOrEqual(t, empty, 5)
}
