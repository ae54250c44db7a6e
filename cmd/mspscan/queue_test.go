//go:build unix

package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"mspscan/msp/fact"
	"mspscan/msp/journal"
)

// queueRig is a broker, workers and what they need. Each process may be killed at
// any time and is started again.
type queueRig struct {
	t      *testing.T
	dir    string
	source []string // where a scan gets its answers
	served []string // where a worker does
	key    string
	listen string
	binary []string // the program and what stands before its arguments
	env    []string
	netns  bool // each worker in a network namespace of its own, see .ci/queue.sh

	mu      sync.Mutex
	procs   map[string]*exec.Cmd
	stopped bool
	rss     map[string]int64 // KiB, the most of any process of the name
	exits   sync.WaitGroup
}

// envNumber reads a number from the environment.
func envNumber(t *testing.T, name string, otherwise int) int {
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	require.NoError(t, err, name)
	return n
}

// newQueueRig makes a rig whose workers serve the zone files themselves.
func newQueueRig(t *testing.T, zones string) *queueRig {
	source := []string{"--zones", zones}
	return startRig(t, source, source, os.Getenv("MSPSCAN_QUEUE_NETNS") != "")
}

func startRig(t *testing.T, source, served []string, netns bool) *queueRig {
	r := &queueRig{t: t, dir: t.TempDir(), source: source, served: served, procs: map[string]*exec.Cmd{}, rss: map[string]int64{}, netns: netns}
	r.key = filepath.Join(r.dir, "run.key")
	require.NoError(t, os.WriteFile(r.key, []byte(strings.Repeat("k3y-of-the-test-", 3)), 0o600))
	self, err := os.Executable()
	require.NoError(t, err)
	r.binary, r.env = []string{self, "-test.run=^TestAsBinary$", "--"}, append(os.Environ(), asBinary+"=1")
	if real := os.Getenv("MSPSCAN"); real != "" {
		r.binary, r.env = []string{real}, os.Environ()
	}
	host := "127.0.0.1"
	if r.netns {
		host = "10.99.0.1"
	}
	l, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
	require.NoError(t, err)
	r.listen = l.Addr().String()
	require.NoError(t, l.Close())
	t.Cleanup(r.stop)
	return r
}

// command makes a process of the program, for a worker in its namespace.
func (r *queueRig) command(name string, args ...string) *exec.Cmd {
	line := append(append([]string{}, r.binary...), args...)
	if r.netns && strings.HasPrefix(name, "w") {
		line = append([]string{"ip", "netns", "exec", name}, line...)
	}
	cmd := exec.Command(line[0], line[1:]...)
	cmd.Env = r.env
	return cmd
}

func (r *queueRig) worker(name string) {
	r.start(name, append([]string{"worker", "--nats", "nats://" + r.listen, "--run-key-file", r.key, "--ack-wait", "2s"}, r.served...)...)
}

func (r *queueRig) broker() {
	r.start("broker", "worker", "--embedded", "--broker-only", "--listen", r.listen, "--store", filepath.Join(r.dir, "jetstream"), "--run-key-file", r.key)
	for begin := time.Now(); time.Since(begin) < 20*time.Second; time.Sleep(20 * time.Millisecond) {
		if c, err := net.Dial("tcp", r.listen); err == nil {
			_ = c.Close() // only to see that it listens
			return
		}
	}
	r.t.Error("the broker does not listen")
}

// start runs a process; a later start of the same name replaces one that ended.
func (r *queueRig) start(name string, args ...string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stopped {
		return
	}
	cmd := r.command(name, args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		r.t.Errorf("start %s: %v", name, err)
		return
	}
	r.procs[name] = cmd
	r.exits.Go(func() { r.measure(name, cmd.Process.Pid) })
	r.exits.Go(func() {
		err := cmd.Wait()
		if cmd.ProcessState.ExitCode() == exitInternal && strings.Contains(stderr.String(), "mspscan: NATS at ") {
			time.Sleep(100 * time.Millisecond)
			r.start(name, args...) // it began while there was no way to the broker: what runs workers starts it again
			return
		}
		if cmd.ProcessState.ExitCode() != -1 && err != nil { // -1 = by a signal
			r.t.Errorf("%s: %v\n%s", name, err, stderr.String())
		}
	})
}

// measure keeps the most memory that a process of the name had, as the kernel
// counts it since its start, until the process ends. Elsewhere than on Linux it
// keeps nothing.
func (r *queueRig) measure(name string, pid int) {
	for {
		status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		high := regexp.MustCompile(`VmHWM:\s+(\d+) kB`).FindSubmatch(status)
		if err != nil || high == nil {
			return
		}
		kib, err := strconv.ParseInt(string(high[1]), 10, 64)
		if err != nil {
			return
		}
		r.mu.Lock()
		r.rss[name] = max(r.rss[name], kib)
		r.mu.Unlock()
		time.Sleep(50 * time.Millisecond)
	}
}

// kill ends a process with SIGKILL.
func (r *queueRig) kill(name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	_ = r.procs[name].Process.Kill() // it may have ended
}

func (r *queueRig) stop() {
	r.mu.Lock()
	r.stopped = true
	for _, cmd := range r.procs {
		_ = cmd.Process.Kill()
	}
	r.mu.Unlock()
	r.exits.Wait()
}

// chaos kills workers and the broker at random and cuts workers off, until done.
// next waits for the moment of the next blow; false = the run is over.
func (r *queueRig) chaos(workers int, seed uint64, next func(*rand.Rand) bool) (kills map[string]int) {
	random := rand.New(rand.NewPCG(seed, 11))
	kills = map[string]int{}
	for next(random) {
		name := fmt.Sprintf("w%d", 1+random.IntN(workers))
		switch n := random.IntN(10); {
		case n < 2:
			kills["broker"]++
			r.kill("broker")
			time.Sleep(100 * time.Millisecond)
			r.broker()
		case n < 4 && r.netns:
			kills["partition"]++
			r.link(name, "down")
			time.Sleep(3 * time.Second)
			r.link(name, "up")
		default:
			kills["worker"]++
			r.kill(name)
			time.Sleep(50 * time.Millisecond)
			r.worker(name)
		}
	}
	return kills
}

// byTime gives moments that are every apart, more or less.
func byTime(done <-chan struct{}, every time.Duration) func(*rand.Rand) bool {
	return func(random *rand.Rand) bool {
		select {
		case <-done:
			return false
		case <-time.After(every/2 + time.Duration(random.Int64N(int64(every)))):
			return true
		}
	}
}

// byGrowth gives so many moments, each when a further part of the record's size is
// reached: a short run is hit as often as a long one.
func byGrowth(done <-chan struct{}, record string, size int64, moments int64) func(*rand.Rand) bool {
	at := int64(0)
	return func(*rand.Rand) bool {
		if at++; at > moments {
			return false
		}
		for {
			if info, err := os.Stat(record); err == nil && info.Size() >= at*size/(moments+1) {
				return true
			}
			select {
			case <-done:
				return false
			case <-time.After(time.Millisecond):
			}
		}
	}
}

// link takes a worker's way to the broker away, or gives it back.
func (r *queueRig) link(name, state string) {
	if out, err := exec.Command("ip", "link", "set", "v"+name, state).CombinedOutput(); err != nil {
		r.t.Errorf("set link of %s %s: %v %s", name, state, err, out)
	}
}

// scan runs a scan and gives what it said.
func (r *queueRig) scan(inventory, record string, args ...string) (stderr string, took time.Duration) {
	line := append([]string{"scan", inventory, "--journal", record, "--now", sampleNow, "-o", "json=" + record + ".json"}, r.source...)
	cmd := r.command("scan", append(line, args...)...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	begin := time.Now()
	require.NoError(r.t, cmd.Start())
	r.exits.Go(func() { r.measure("scan", cmd.Process.Pid) })
	require.NoError(r.t, cmd.Wait(), errs.String())
	return errs.String(), time.Since(begin)
}

func (r *queueRig) queueArgs() []string {
	return []string{"--nats", "nats://" + r.listen, "--run-key-file", r.key, "--nats-wait", "60s"}
}

// hostsWorld writes zones and an inventory of so many hosts that a scan asks
// about tasks questions: two a host.
func hostsWorld(t *testing.T, tasks int) (inventory, zones string) {
	dir := t.TempDir()
	zones = filepath.Join(dir, "zones")
	require.NoError(t, os.Mkdir(zones, 0o700))
	var zone, inv strings.Builder
	zone.WriteString("$ORIGIN many.example.\n$TTL 300\n@ SOA ns1 h 1 3600 600 86400 300\n@ NS ns1\nns1 A 192.0.2.53\n")
	inv.WriteString("version: 1\norganisation:\n  id: many\n  name: Many\n  domains: [many.example]\n  hosts:\n")
	for i := range max(tasks/2, 1) {
		switch i % 4 {
		case 0:
			fmt.Fprintf(&zone, "h%d CNAME h%d\n", i, i+1)
		case 3: // is not there
		default:
			fmt.Fprintf(&zone, "h%d A 198.51.100.%d\n", i, i%250+1)
		}
		fmt.Fprintf(&inv, "    - h%d.many.example\n", i)
	}
	fmt.Fprintf(&zone, "h%d A 198.51.100.1\n", max(tasks/2, 1))
	inv.WriteString("assets: [{id: ad, name: AD, kind: identity, criticality: critical}]\nproviders: [{id: p, name: P, kind: msp, domains: [many.example]}]\nrelationships: [{provider: p, service: s, access: []}]\n")
	require.NoError(t, os.WriteFile(filepath.Join(zones, "many.example.zone"), []byte(zone.String()), 0o600))
	inventory = filepath.Join(dir, "inventory.yaml")
	require.NoError(t, os.WriteFile(inventory, []byte(inv.String()), 0o600))
	return inventory, zones
}

// reported judges a journal anew, with all that two runs of the same scan differ
// in set to constants: the id and times of the run, the command line, the time and
// duration of each question, and random labels. Everything else is as it was kept.
func reported(t *testing.T, file string) map[string]string {
	run, err := journal.Open(file)
	require.NoError(t, err)
	settle(t, run)
	run.Header.Command, run.End.Errors = []string{"mspscan", "scan"}, nil
	settled := filepath.Join(t.TempDir(), "run.ndjson")
	writeJournal(t, settled, run)
	out := map[string]string{}
	for _, format := range []string{"json", "md", "csv", "sarif"} {
		var stdout, stderr bytes.Buffer
		args := []string{"report", settled, "--now", sampleNow, "-q", "-o", format + "=-"}
		require.Equal(t, 0, run2(args, &stdout, &stderr), stderr.String())
		require.NotEmpty(t, stdout.String())
		out[format] = stdout.String()
	}
	return out
}

func run2(args []string, stdout, stderr *bytes.Buffer) int {
	return run(context.Background(), args, strings.NewReader(""), stdout, stderr)
}

// countFacts counts the lines of facts for each task in the file itself: reading a
// journal would take the same fact twice for once.
func countFacts(t *testing.T, file string) map[fact.Task]int {
	count := map[fact.Task]int{}
	eachFact(t, file, func(f journalFact) { count[f.Task]++ })
	return count
}

// journalFact is what the tests read of a line of a journal.
type journalFact struct {
	Kind    string
	Task    fact.Task
	Vantage string
}

// eachFact reads the lines of facts of a journal.
func eachFact(t *testing.T, file string, do func(journalFact)) {
	f, err := os.Open(file)
	require.NoError(t, err)
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		var line journalFact
		if json.Unmarshal(lines.Bytes(), &line) != nil {
			continue // a last line that was cut; sameRuns misses what it held
		}
		if line.Kind == "fact" {
			do(line)
		}
	}
	require.NoError(t, lines.Err())
}

// sameRuns holds that two journals hold the same tasks, each once, and give the
// same reports byte for byte.
func sameRuns(t *testing.T, alone, shared string) {
	t.Helper()
	was, is := countFacts(t, alone), countFacts(t, shared)
	require.Len(t, is, len(was))
	for task, n := range is {
		require.Equal(t, 1, n, "%v is there twice", task)
		require.Equal(t, 1, was[task], "%v", task)
	}
	first, second := reported(t, alone), reported(t, shared)
	for format, want := range first {
		sameLines(t, format, want, second[format])
	}
}

// TestWorkers scans through a broker and four workers while both are killed at
// random: the report is that of one process, nothing is lost and nothing twice.
// .ci/queue.sh runs it with 100,000 tasks and partitions.
func TestWorkers(t *testing.T) {
	tasks, every := envNumber(t, "MSPSCAN_QUEUE_TASKS", 2000), envNumber(t, "MSPSCAN_QUEUE_KILL_MS", 0)
	const workers = 4
	inventory, zones := hostsWorld(t, tasks)
	r := newQueueRig(t, zones)
	alone, shared := filepath.Join(r.dir, "alone.ndjson"), filepath.Join(r.dir, "shared.ndjson")
	_, took := r.scan(inventory, alone)
	figure(t, "one process, no broker", len(countFacts(t, alone)), took, r, "")
	r.broker()
	for i := range workers {
		r.worker(fmt.Sprintf("w%d", i+1))
	}
	done, ended := make(chan struct{}), make(chan map[string]int)
	info, err := os.Stat(alone)
	require.NoError(t, err)
	next := byGrowth(done, shared, info.Size(), 8)
	if every > 0 {
		next = byTime(done, time.Duration(every)*time.Millisecond)
	}
	go func() { ended <- r.chaos(workers, uint64(envNumber(t, "MSPSCAN_QUEUE_SEED", 1)), next) }()
	said, took := r.scan(inventory, shared, r.queueArgs()...)
	close(done)
	kills := <-ended
	r.stop()
	require.NotEmpty(t, kills)
	figure(t, fmt.Sprintf("4 workers, kills %v", kills), len(countFacts(t, shared)), took, r, regexp.MustCompile(`\d+ facts.*`).FindString(said))
	sameRuns(t, alone, shared)
	require.NotContains(t, said, "refused")
	require.Regexp(t, `given up 0\b`, said)
}

// figure prints what a run took.
func figure(t *testing.T, name string, facts int, took time.Duration, r *queueRig, said string) {
	line := fmt.Sprintf("%s: %d tasks in %.1f s, %.0f/s", name, facts, took.Seconds(), float64(facts)/took.Seconds())
	if runtime.GOOS == "linux" {
		scan, broker, worker := r.memory()
		line += fmt.Sprintf("; MiB resident: scan %d, broker %d, a worker %d", scan, broker, worker)
	}
	t.Log(line + "\n" + said)
}

// memory gives the most that each kind of process had resident, in MiB.
func (r *queueRig) memory() (scan, broker, worker int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for name, kib := range r.rss {
		if strings.HasPrefix(name, "w") {
			worker = max(worker, kib>>10)
		}
	}
	return r.rss["scan"] >> 10, r.rss["broker"] >> 10, worker
}

// TestWorkersResume kills the scan itself when half of the facts are there: the
// journal goes on where it was, and the whole is as one process gives it.
func TestWorkersResume(t *testing.T) {
	inventory, zones := hostsWorld(t, 2000)
	r := newQueueRig(t, zones)
	alone, shared := filepath.Join(r.dir, "alone.ndjson"), filepath.Join(r.dir, "shared.ndjson")
	r.scan(inventory, alone)
	info, err := os.Stat(alone)
	require.NoError(t, err)
	r.broker()
	r.worker("w1")
	r.worker("w2")
	cut := r.command("scan", append([]string{"scan", inventory, "--zones", zones, "--journal", shared, "-q"}, r.queueArgs()...)...)
	require.NoError(t, cut.Start())
	ended := make(chan struct{})
	go func() { _ = cut.Wait(); close(ended) }()
	half := byGrowth(ended, shared, info.Size(), 1)
	require.True(t, half(nil), "the scan ended before it was killed")
	require.NoError(t, cut.Process.Kill())
	<-ended
	require.Less(t, len(countFacts(t, shared)), len(countFacts(t, alone)))
	r.scan(inventory, shared, append(r.queueArgs(), "--resume")...)
	sameRuns(t, alone, shared)
}

// TestCommandLineHidesPasswords: the command that a journal keeps shows no secret.
func TestCommandLineHidesPasswords(t *testing.T) {
	c := scanCommand()
	require.NoError(t, c.ParseFlags([]string{"--nats", "nats://me:hush@a:4222,nats://hush@b", "--run-key-file", "run.key"}))
	line := commandLine(c, []string{"inventory.yaml"})
	require.Equal(t, []string{"scan", "inventory.yaml", "--nats", "nats://me:xxxxx@a:4222,nats://xxxxx@b", "--run-key-file", "run.key"}, line)
	require.Equal(t, "pwd=xxxx", commandLine(scanCommand(), []string{"pwd=hush"})[1])
}
