package exposure

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"mspscan/msp"
)

// cyclic draws providers that serve one another in circles, each by so many
// doors, and one door of each into the organisation.
func cyclic(providers, doors, assets int) Input {
	in := Input{Organisation: "org", Currency: "AUD"}
	kinds := []msp.AccessKind{msp.RMMAgent, msp.VPN, msp.DomainAdmin, msp.SSH, msp.API}
	for i := range assets {
		in.Assets = append(in.Assets, Asset{ID: fmt.Sprintf("a%04d", i), Criticality: []string{"critical", "medium", "medium", "low"}[i%4], Value: plain(float64(1+i%17) * 1e5)})
		in.Doors = append(in.Doors, Door{ID: fmt.Sprintf("i%04d", i), Kind: msp.AccessInternal, From: fmt.Sprintf("a%04d", i), Targets: []string{fmt.Sprintf("a%04d", (7*i+1)%assets)}})
	}
	for i := range providers {
		from := fmt.Sprintf("p%04d", i)
		in.Providers = append(in.Providers, Party{ID: from})
		in.Doors = append(in.Doors, Door{ID: fmt.Sprintf("d%04d", i), Kind: kinds[i%5], From: from, Targets: []string{fmt.Sprintf("a%04d", i%assets)}})
		for j := range doors {
			to := fmt.Sprintf("p%04d", (i+1+3*j*j+j)%providers)
			in.Doors = append(in.Doors, Door{ID: fmt.Sprintf("e%04d-%d", i, j), Kind: kinds[(i+j)%5], From: from, Targets: []string{to}})
		}
	}
	return in
}

// BenchmarkCyclic does all that a report asks of providers that serve one
// another in circles.
func BenchmarkCyclic(b *testing.B) {
	for _, n := range []int{50, 200, 1000} {
		b.Run(fmt.Sprintf("%dx3", n), func(b *testing.B) { report(b, cyclic(n, 3, max(20, n/10))) })
	}
}

// BenchmarkSparse does the same of 5,000 providers with one door each.
func BenchmarkSparse(b *testing.B) { report(b, cyclic(5000, 0, 500)) }

// report does all that a report asks of a model and measures each part.
func report(b *testing.B, in Input) {
	for b.Loop() {
		var took [6]time.Duration
		start, cpu := time.Now(), computed()
		lap := func(i int) { took[i] = time.Since(start); start = time.Now() }
		m, err := Build(in, DefaultTables(), day())
		require.NoError(b, err)
		lap(0)
		require.Len(b, m.Exposures(), len(in.Providers))
		lap(1)
		require.NotEmpty(b, m.Fixes(30))
		lap(2)
		require.NotEmpty(b, m.Answers().list)
		lap(3)
		require.NotEmpty(b, m.Sensitivity(.2).Swings)
		lap(4)
		require.NotEmpty(b, m.Paths(3))
		lap(5)
		for i, what := range []string{"build", "exposures", "fixes", "questions", "sensitivity", "paths"} {
			b.ReportMetric(took[i].Seconds(), what+"-s")
		}
		b.ReportMetric((computed() - cpu).Seconds(), "cpu-s")
	}
}
