//go:build figures

package csr

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/graph/flow"
	"gonum.org/v1/gonum/graph/network"
	"gonum.org/v1/gonum/graph/path"
	"gonum.org/v1/gonum/graph/simple"
	"gonum.org/v1/gonum/graph/topo"
	"gonum.org/v1/gonum/graph/traverse"
)

// library is for the processes that TestTable starts, one for each side, so that
// the memory of one is not counted for the other.
var library = flag.String("library", "", "measure this side alone")

// measured is what one operation took: the median of its runs.
type measured struct {
	Name   string
	CPU    float64 // seconds, of the process
	Peak   float64 // MB resident, with the graph
	Answer string  // to be compared
}

// operation is one row of the table. The answer has to be the same on both sides.
type operation struct {
	name         string
	aim          float64 // times gonum's speed
	rows, theirs func(s *bench) string
}

func operations() []operation {
	const last = benchNodes - 1
	return []operation{
		{"build", 10, func(s *bench) string { return fmt.Sprint(len(rows(benchNodes, s.from, s.to).To)) }, func(s *bench) string { return fmt.Sprint(s.gonum().Edges().Len()) }},
		{"reach", 10, func(s *bench) string { return fmt.Sprint(marked(s.g.Reach(0))) }, func(s *bench) string {
			seen := 0
			walk := traverse.BreadthFirst{}
			walk.Walk(s.o, simple.Node(0), nil)
			for n := range int64(benchNodes) {
				if walk.Visited(simple.Node(n)) {
					seen++
				}
			}
			return fmt.Sprint(seen)
		}},
		{"strong components", 10, func(s *bench) string { _, n := s.g.Components(); return fmt.Sprint(n) }, func(s *bench) string { return fmt.Sprint(len(topo.TarjanSCC(s.o))) }},
		{"dominators", 10, func(s *bench) string {
			sum := int64(0)
			for n, d := range s.g.Dominators(0) {
				if d >= 0 && n > 0 {
					sum += int64(d)
				}
			}
			return fmt.Sprint(sum)
		}, func(s *bench) string {
			sum, tree := int64(0), flow.Dominators(simple.Node(0), s.o)
			for n := range int64(benchNodes) {
				if d := tree.DominatorOf(n); n > 0 && d != nil {
					sum += d.ID()
				}
			}
			return fmt.Sprint(sum)
		}},
		{"Dijkstra", 3, func(s *bench) string { return fmt.Sprintf("%.9f", s.g.Shortest(s.w, 0).Dist[last]) }, func(s *bench) string {
			return fmt.Sprintf("%.9f", path.DijkstraFrom(simple.Node(0), s.o).WeightTo(last))
		}},
		{"Yen, k = 10", 10, func(s *bench) string {
			sum := 0.0
			for _, r := range s.g.KShortest(s.w, 0, last, 10) {
				sum += r.Cost
			}
			return fmt.Sprintf("%.9f", sum)
		}, func(s *bench) string {
			sum := 0.0
			for _, nodes := range path.YenKShortestPaths(s.o, 10, 1e300, simple.Node(0), simple.Node(last)) {
				for i := range nodes[1:] {
					sum += s.o.WeightedEdge(nodes[i].ID(), nodes[i+1].ID()).Weight()
				}
			}
			return fmt.Sprintf("%.9f", sum)
		}},
		{"max flow", 10, func(s *bench) string {
			cut, err := MinCut(benchNodes, s.from, s.to, s.capacity, 0, last)
			return fmt.Sprint(cut.Capacity, err)
		}, func(s *bench) string {
			unit := simple.NewWeightedDirectedGraph(0, 0)
			for i := range s.from {
				unit.SetWeightedEdge(simple.WeightedEdge{F: simple.Node(s.from[i]), T: simple.Node(s.to[i]), W: 1})
			}
			before := cpu()
			v := fmt.Sprint(network.MaxFlowDinic(unit, simple.Node(0), simple.Node(last), 1e-9), nil)
			s.spent = cpu() - before // without the building
			return v
		}},
	}
}

func marked(list []bool) int {
	n := 0
	for _, b := range list {
		if b {
			n++
		}
	}
	return n
}

// cpu gives the seconds that the process has computed, all threads together.
func cpu() float64 {
	var r syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &r) != nil {
		return 0
	}
	return float64(r.Utime.Nano()+r.Stime.Nano()) / 1e9
}

// peak gives the most memory that was resident since the last forget, in MB.
func peak() float64 {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for _, line := range strings.Split(string(text), "\n") {
		kb := 0.0
		if n, _ := fmt.Sscanf(line, "VmHWM: %f kB", &kb); n == 1 {
			return kb / 1024
		}
	}
	return 0
}

// forget gives memory back and starts the count of peak anew.
func forget() {
	debug.FreeOSMemory()
	_ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0o600) // else peak counts from the start
}

// TestTable prints CPU seconds and peak memory beside gonum, as a table:
//
//	go test ./msp/graph/csr -tags figures -run '^TestTable$' -v -timeout 60m
func TestTable(t *testing.T) {
	if *library != "" {
		measureAll(t, *library == "gonum")
		return
	}
	printTable(t)
}

// measureAll measures one side and prints its figures, a line each.
func measureAll(t *testing.T, theirs bool) {
	s := drawLarge()
	if theirs {
		s.o = s.gonum()
	} else {
		s.g = rows(benchNodes, s.from, s.to)
	}
	for _, op := range operations() {
		run, runs := op.rows, 5
		if theirs {
			run, runs = op.theirs, 1
		}
		m := measured{Name: op.name}
		var times []float64
		for range runs {
			forget()
			s.spent = 0
			before := cpu()
			m.Answer = run(s)
			took := cpu() - before
			if s.spent > 0 {
				took = s.spent
			}
			times, m.Peak = append(times, took), max(m.Peak, peak())
		}
		slices.Sort(times)
		m.CPU = times[len(times)/2]
		line, err := json.Marshal(m)
		require.NoError(t, err)
		fmt.Printf("measured %s\n", line)
	}
}

func printTable(t *testing.T) {
	ours, gonum := side(t, "rows"), side(t, "gonum")
	fmt.Printf("\n%d nodes, %d edges; CPU seconds, ours the median of five runs, gonum's one run\n\n", benchNodes, benchEdges)
	fmt.Println("| operation | gonum CPU s | ours CPU s | times | aim | gonum peak MB | ours peak MB |\n|---|--:|--:|--:|--:|--:|--:|")
	for i, op := range operations() {
		a, b := ours[i], gonum[i]
		require.Equal(t, b.Answer, a.Answer, op.name)
		fmt.Printf("| %s | %.3f | %.4f | %.0f | %.0f | %.0f | %.0f |\n", op.name, b.CPU, a.CPU, b.CPU/max(a.CPU, 1e-9), op.aim, b.Peak, a.Peak)
	}
}

// side measures in a process of its own.
func side(t *testing.T, name string) []measured {
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^TestTable$", "-test.timeout", "60m", "-library", name)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	require.NoError(t, err)
	var list []measured
	for _, line := range strings.Split(string(out), "\n") {
		if text, ok := strings.CutPrefix(line, "measured "); ok {
			var m measured
			require.NoError(t, json.Unmarshal([]byte(text), &m))
			list = append(list, m)
		}
	}
	require.Len(t, list, len(operations()))
	return list
}
