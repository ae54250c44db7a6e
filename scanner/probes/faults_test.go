package probes

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"mspscan/msp"
	"mspscan/msp/fact"
	"mspscan/scanner"
	"mspscan/scanner/resolve"
	"mspscan/scanner/scantest"
)

// faultTasks asks each passive-safe probe for something that is there and for
// something that is not, in the sample's Internet.
func faultTasks() []fact.Task {
	there := map[string]msp.Name{
		fact.ProbeDelegation: "ridgeline.example", fact.ProbeHosts: "ridgeline.example", fact.ProbeMX: "ridgeline.example",
		fact.ProbeSPF: "ridgeline.example", fact.ProbeDMARC: "ridgeline.example", fact.ProbeCAA: "nightdesk.example",
		fact.ProbeDNSSEC: "watchtower.test", fact.ProbeTokens: "ridgeline.example", fact.ProbeRegistered: "ridgeline.example",
		fact.ProbeAgree: "ridgeline.example",
	}
	gone := map[string]msp.Name{
		fact.ProbeDelegation: "www.nothing.example", fact.ProbeHosts: "nothing.example", fact.ProbeMX: "nothing.example",
		fact.ProbeSPF: "nothing.example", fact.ProbeCAA: "ridgeline.example", fact.ProbeDNSSEC: "ridgeline.example",
		fact.ProbeTokens: "nothing.example", fact.ProbeRegistered: "nothing.example",
		fact.ProbeWildcard: "ridgeline.example",
	}
	var tasks []fact.Task
	for _, p := range All(Deps{}) {
		for _, names := range []map[string]msp.Name{there, gone} {
			if name, ok := names[p.Name]; ok {
				tasks = append(tasks, fact.Task{Probe: p.Name, Name: name})
			}
		}
	}
	return tasks
}

// TestFaults runs the probes while the resolver, or the servers of parent and
// child, misbehave in each known way: what is there is never reported absent, and
// what is not there is never reported present.
func TestFaults(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for timeouts")
	}
	world, err := scantest.Load("../../testdata/ridgeline/zones")
	require.NoError(t, err)
	tasks := faultTasks()
	truth := outcomes(t, world, "", nil, tasks)
	require.Contains(t, truth, fact.Present)
	require.Contains(t, truth, fact.Absent)
	require.NotContains(t, truth, fact.Unknown, "%v %v", tasks, truth)
	resolver, servers := []netip.Addr{{}}, serversOf(t, world)
	var wg sync.WaitGroup
	slots := make(chan struct{}, 6)
	rows := make([]string, len(scantest.Faults()))
	for i, fault := range scantest.Faults() {
		wg.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			rows[i] = row(t, fault.Name+" (resolver)", tasks, truth, outcomes(t, world, fault.Name, resolver, tasks)) + "\n" +
				row(t, fault.Name+" (servers)", tasks, truth, outcomes(t, world, fault.Name, servers, tasks))
		})
	}
	wg.Wait()
	t.Log("fault and outcome of each probe's tasks\n" + strings.Join(rows, "\n"))
}

// serversOf gives the addresses of the servers of a zone and its parent.
func serversOf(t *testing.T, world *scantest.World) []netip.Addr {
	net, err := world.Start()
	require.NoError(t, err)
	defer net.Close()
	client, err := resolve.New(resolve.Config{Resolvers: []netip.AddrPort{net.Resolver()}, Dial: net.Dial, Rate: -1, RatePerServer: -1})
	require.NoError(t, err)
	var addrs []netip.Addr
	for _, zone := range []msp.Name{"ridgeline.example", "example"} {
		servers, reason := scanner.ZoneServers(context.Background(), client, zone)
		require.Empty(t, reason)
		for _, s := range servers {
			require.True(t, s.Address.IsValid(), s.Host)
			addrs = append(addrs, s.Address)
		}
	}
	return addrs
}

// outcomes runs all tasks in a world of its own with one fault at some servers.
func outcomes(t *testing.T, world *scantest.World, fault string, at []netip.Addr, tasks []fact.Task) []fact.Outcome {
	net, err := world.Start()
	if err != nil {
		t.Errorf("start: %v", err)
		return nil
	}
	defer net.Close()
	config := resolve.Config{Resolvers: []netip.AddrPort{net.Resolver()}, Dial: net.Dial, Rate: -1, RatePerServer: -1, InFlight: 64, ScopeBudget: 10000}
	if fault != "" {
		config.Timeout, config.UDPWait, config.NameTimeout, config.Tries = 150*time.Millisecond, 40*time.Millisecond, 400*time.Millisecond, 2
	}
	// what servers say of names that cannot exist is sound, whatever else they say: earlier rules win
	if err := net.Inject(scantest.Rule{Below: "invalid", Fault: "ttl"}); err != nil {
		t.Errorf("inject: %v", err)
	}
	for _, server := range at {
		if err := net.Inject(scantest.Rule{Server: server, Fault: fault}); err != nil {
			t.Errorf("inject: %v", err)
		}
	}
	client, err := resolve.New(config)
	if err != nil {
		t.Errorf("client: %v", err)
		return nil
	}
	env := scanner.Env{Resolver: client, Now: time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC), Random: func() string { return "k3v9x2m7q1w8z5t4" }}
	list := make([]fact.Outcome, len(tasks))
	var wg sync.WaitGroup
	for i, task := range tasks {
		p, _ := ByName(All(Deps{}), task.Probe)
		wg.Go(func() { list[i] = p.Run(context.Background(), env, task).Outcome })
	}
	wg.Wait()
	return list
}

// row judges one fault and gives its line of the matrix.
func row(t *testing.T, fault string, tasks []fact.Task, truth, got []fact.Outcome) string {
	line := fmt.Sprintf("%-28s", fault)
	for i, task := range tasks {
		lie := got[i] == fact.Absent && truth[i] != fact.Absent || got[i] == fact.Present && truth[i] == fact.Absent
		if lie {
			t.Errorf("%s: %s %s is %s, truth %s", fault, task.Probe, task.Name, got[i], truth[i])
		}
		line += fmt.Sprintf(" %s=%s", task.Probe, got[i])
	}
	return line
}
