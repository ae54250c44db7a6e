package pipeline

import (
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"mspscan/msp"
	"mspscan/msp/fact"
	"mspscan/scanner/plan"
)

// cost is how many queries a probe of the first round sends for a usual domain
// with two name servers: to the recursive resolvers, to the parent zone's
// servers and to the domain's own servers. Answers shared between probes are
// asked once, so the sum is an upper bound.
type cost struct{ resolver, parent, servers int }

func costs() map[string]cost {
	return map[string]cost{
		fact.ProbeCAA: {2, 0, 0}, fact.ProbeDMARC: {3, 0, 0}, fact.ProbeDNSSEC: {3, 0, 0}, fact.ProbeHosts: {2, 0, 0},
		fact.ProbeMX: {5, 0, 0}, fact.ProbeSPF: {6, 0, 0}, fact.ProbeTokens: {1, 0, 0}, fact.ProbeWildcard: {2, 0, 0},
		fact.ProbeDelegation: {6, 2, 6}, fact.ProbeTransfer: {0, 0, 2}, fact.ProbeRecursion: {0, 0, 2},
		fact.ProbeAgree: {0, 0, 4}, fact.ProbeVersion: {0, 0, 4},
	}
}

// dryRun prints the first round, what is left out and why, and how many queries
// would go where. Nothing is sent.
func (j *job) dryRun() error {
	next := plan.Next(j.graph, planOptions(j.cfg, j.probes, j.header.Started))
	if j.cfg.sweeps() {
		next.Tasks = append(next.Tasks, plan.Sweep(j.graph, j.cfg.sweepOptions())...)
	}
	t := tabwriter.NewWriter(j.s.Out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(t, "PROBE\tNAME\tNOTE")
	for _, task := range next.Tasks {
		fmt.Fprintf(t, "%s\t%s\t%s\n", task.Probe, msp.Visible(string(task.Name)), sweepSize(task))
	}
	for _, l := range next.LeftOut {
		fmt.Fprintf(t, "%s\t%s\tleft out: %s\n", l.Task.Probe, msp.Visible(string(l.Task.Name)), msp.Visible(l.Why))
	}
	if err := t.Flush(); err != nil {
		return coded(CodeInternal, err)
	}
	return coded(CodeInternal, j.dryCounts(next.Tasks))
}

// dryCounts prints the queries by whom they go to, as far as can be known
// before the first one is sent.
func (j *job) dryCounts(tasks []fact.Task) error {
	var resolver int
	parents, servers := map[msp.Name]int{}, map[msp.Name]int{}
	for _, task := range tasks {
		c := costs()[task.Probe]
		resolver += c.resolver + sweepQueries(task)
		if c.parent > 0 && !j.cfg.Passive {
			parents[task.Name.Parent()] += c.parent
		}
		if c.servers > 0 && !j.cfg.Passive {
			servers[task.Name] += c.servers
		}
	}
	t := tabwriter.NewWriter(j.s.Out, 0, 4, 2, ' ', 0)
	fmt.Fprintf(t, "\nSERVER\tQUERIES, AT MOST\n%s\t%d\n", msp.Visible(strings.Join(j.net.resolvers, ", ")), resolver)
	for _, list := range []map[msp.Name]int{parents, servers} {
		for _, zone := range sortedNames(list) {
			fmt.Fprintf(t, "name servers of %s\t%d\n", msp.Visible(string(zone)), list[zone])
		}
	}
	if err := t.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(j.s.Err, "%d checks in the first round, nothing sent; what they find brings more (--ranks %d)\n", len(tasks), j.cfg.Ranks)
	return err
}

func sortedNames(m map[msp.Name]int) []msp.Name {
	var list []msp.Name
	for n := range m {
		list = append(list, n)
	}
	slices.Sort(list)
	return list
}
