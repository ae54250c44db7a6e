//go:build unix

package inventory

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// large writes an inventory of providers who serve the organisation and one
// another, with a contract, log terms and a door each.
func large(providers, relationships int) string {
	var b strings.Builder
	b.WriteString("version: 1\norganisation: {id: acme, name: Acme, currency: AUD, domains: [acme.example]}\nassets:\n")
	for i := range 1000 {
		fmt.Fprintf(&b, "  - {id: srv-%d, name: Server %d, kind: application, criticality: high, value: {min: 1000, likely: 2000, max: 3000}}\n", i, i)
	}
	b.WriteString("providers:\n")
	for i := range providers {
		fmt.Fprintf(&b, `  - id: p%d
    name: Provider %d
    kind: msp
    domains: [p%d.example]
    hosts: [rmm.p%d.example]
    country: AU
    contacts: {users: help@p%d.example, always: "+61 2 5550 0100"}
    material: yes
    assessments: {irap: 2025-11-03}
    answers: {indicator_sweep: yes, client_isolation: unknown, essential_eight_level: 1}
`, i, i, i, i, i)
	}
	b.WriteString("relationships:\n")
	for i := range relationships {
		customer := "acme"
		if i%3 == 0 {
			customer = fmt.Sprintf("p%d", (i+1)%providers)
		}
		fmt.Fprintf(&b, `  - provider: p%d
    customer: %s
    service: service %d
    data_sensitivity: protected
    contract: {ref: C-%d, starts: 2024-07-01, ends: 2027-06-30, incident_notice_hours: 24, audit_right: yes, exit_plan: no, locations: [AU]}
    logging: {retention_months: 6, customer_access: no}
    access:
      - id: a%d
        kind: rmm_agent
        reviewed: 2026-01-15
        controls: {mfa: unknown, logging: {answer: yes, evidence: verified, date: 2026-03-02}}
`, i%providers, customer, i, i, i)
	}
	return b.String()
}

// BenchmarkDecodeLarge decodes and validates 5,000 providers with 20,000
// relationships (aim: under 1 s, under 300 MB). heap-MB is the most that was in
// use at any of the samples taken each millisecond.
func BenchmarkDecodeLarge(b *testing.B) {
	data := []byte(large(5_000, 20_000))
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		peak := make(chan uint64)
		done := make(chan struct{})
		start := cpuTime(b)
		go watchHeap(done, peak)
		inv, diags := Decode([]File{{Name: "inventory.yaml", Data: data}})
		close(done)
		b.ReportMetric((cpuTime(b) - start).Seconds(), "cpu-s")
		require.NoError(b, diags.Err())
		require.Len(b, inv.Relationships, 20_000)
		b.ReportMetric(float64(<-peak)/1e6, "heap-MB")
		runtime.KeepAlive(inv)
		debug.FreeOSMemory()
	}
}

// cpuTime tells busy machines from slow code.
func cpuTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func watchHeap(done chan struct{}, out chan uint64) {
	var peak uint64
	for {
		select {
		case <-done:
			out <- peak
			return
		case <-time.After(20 * time.Millisecond):
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			peak = max(peak, m.HeapInuse+m.StackInuse)
		}
	}
}

func BenchmarkDecodeSample(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		_, diags := Decode([]File{{Name: "inventory.yaml", Data: Sample()}})
		require.Empty(b, diags)
	}
}
