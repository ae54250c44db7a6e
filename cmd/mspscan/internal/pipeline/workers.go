package pipeline

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"mspscan/msp"
	"mspscan/msp/fact"
	"mspscan/scanner"
	"mspscan/scanner/plan"
	"mspscan/scanner/queue"
	"mspscan/scanner/resolve"
)

// RunKeyVariable is the environment variable that holds the run key where no file
// is named.
const RunKeyVariable = "MSPSCAN_RUN_KEY"

// Queue says how a scan or a worker reaches the broker, and by which key they
// know each other. Without a URL a scan runs in this process.
type Queue struct {
	Dial    queue.Dial
	KeyFile string
	Wait    time.Duration // of a scan, without any fitting worker; 0 = the default
}

// used reports whether a broker was named.
func (q Queue) used() bool { return q.Dial.URL != "" }

// options reports whether anything was said about a broker.
func (q Queue) options() bool {
	return q.KeyFile != "" || q.Wait != 0 || q.Dial != (queue.Dial{})
}

// files lists what is read to reach the broker by its name and to be let in.
func (q Queue) files() []string {
	if !q.options() {
		return nil
	}
	list := append(q.Dial.Files(), "/etc/hosts", "/etc/nsswitch.conf")
	if q.KeyFile != "" {
		list = append(list, q.KeyFile)
	}
	return list
}

// key reads the run key. warn says what is odd about it.
func (q Queue) key() (k queue.Key, warn string, err error) {
	if q.KeyFile == "" {
		content, set := os.LookupEnv(RunKeyVariable)
		if !set {
			return k, "", usage("no run key: name a file with --run-key-file, or set %s; make a key with: head -c 32 /dev/urandom | base64", RunKeyVariable)
		}
		if k, err = queue.ParseKey([]byte(content)); err != nil {
			return k, "", usage("%s: %w", RunKeyVariable, err)
		}
		return k, "", nil
	}
	k, shared, err := queue.LoadKey(q.KeyFile)
	if err != nil {
		return k, "", usage("--run-key-file: %w", err)
	}
	if shared {
		warn = fmt.Sprintf("warning: the run key %s can be read by every user of this machine; chmod 600 it", q.KeyFile)
	}
	return k, warn, nil
}

// validateQueue refuses what cannot work past one machine.
func (c Config) validateQueue() error {
	switch {
	case !c.Queue.used() && c.Queue.options():
		return usage("--run-key-file, --nats-wait and the other --nats flags need --nats URL")
	case !c.Queue.used():
		return nil
	case c.Queue.Wait < 0:
		return usage("--nats-wait %s: a time such as 2m", c.Queue.Wait)
	case c.Journal == "":
		return usage("--nats needs --journal FILE: the journal is the record, the broker only transport")
	case len(c.Resolvers) == 0 && c.Zones == "":
		return usage("--nats needs --resolver ADDR: every worker asks the resolvers that the run names, none of its own")
	}
	if _, _, err := c.Queue.key(); err != nil {
		return err
	}
	return fromQueue(c.Queue.Dial.Check())
}

// fromQueue gives an error of the queue its exit code.
func fromQueue(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, queue.ErrUsage):
		return &Error{CodeUsage, errors.New(strings.TrimPrefix(err.Error(), queue.ErrUsage.Error()+": "))}
	case errors.Is(err, queue.ErrUnfit):
		return &Error{CodeIncomplete, err}
	}
	return coded(CodeInternal, err)
}

// reach looks for the broker, if one was named, before anything is written.
func (j *job) reach(ctx context.Context) error {
	if !j.cfg.Queue.used() {
		return nil
	}
	key, _, err := j.cfg.Queue.key()
	if err != nil {
		return err
	}
	return fromQueue(queue.Reach(ctx, j.cfg.Queue.Dial, key))
}

// join lets the tasks of a run go to workers, if that was asked for. leave must
// be called at the end of the run.
func (j *job) join(ctx context.Context, c *collector) (leave func(finished bool), err error) {
	if !j.cfg.Queue.used() {
		return func(bool) {}, nil
	}
	key, odd, err := j.cfg.Queue.key()
	if err != nil {
		return nil, err
	}
	j.tell()(odd)
	co, err := queue.NewCoordinator(ctx, queue.CoordinatorConfig{
		Dial: j.cfg.Queue.Dial, Key: key, Header: j.runHeader(), Epoch: randomLabel(), Now: time.Now,
		Tuning:  queue.Tuning{Patience: j.cfg.Queue.Wait},
		Sync:    c.journal.Flush,
		Known:   func(t fact.Task) bool { _, done := j.graph.FactOf(t); return done },
		Consent: j.consent(),
		Observe: j.bar.watch(),
		Say:     j.tell(),
	})
	if err != nil {
		return nil, fromQueue(err)
	}
	c.remote, c.turns = remote{co}, co.Turns()
	return func(finished bool) {
		co.Close(ctx, finished)
		j.sum(co.Stats())
	}, nil
}

// remote is a coordinator whose errors carry exit codes.
type remote struct{ c *queue.Coordinator }

// Run implements runner.
func (r remote) Run(ctx context.Context, tasks []fact.Task, keep func(fact.Fact) error) error {
	return fromQueue(r.c.Run(ctx, tasks, keep))
}

// here makes ready to ask from this process in a run that workers share: what it
// sends to name servers counts with what they send, and its own way to the
// resolvers is tried, as only theirs was.
func (j *job) here(ctx context.Context, c *collector) error {
	config := j.net.config
	config.Turns = c.turns
	client, err := resolve.New(config)
	if err != nil {
		return coded(CodeInternal, err)
	}
	if scanner.Preflight(ctx, client, j.net.resolvers[0], randomLabel).Rewrites {
		return refused(j.net.resolvers[0])
	}
	c.remote, c.run.Env.Resolver = nil, client
	return nil
}

// tell gives what tells a person of the broker and the workers: of all organisations
// of a portfolio the same thing once.
func (j *job) tell() func(text string) {
	if j.aloud != nil {
		return j.aloud
	}
	return j.say
}

// say tells a person something while the run goes on.
func (j *job) say(text string) {
	if text != "" && !j.cfg.Quiet {
		j.bar.clear()
		fmt.Fprintln(j.s.Err, msp.Visible(text))
	}
}

// runHeader is what the workers must know of the run.
func (j *job) runHeader() queue.Header {
	h := queue.Header{
		Run: j.header.ID, Group: cmp.Or(j.portfolio, j.header.ID), Tool: j.header.Tool, Started: j.header.Started, Zones: j.header.Zones,
		Passive: j.header.Passive, Active: j.header.Active, AllowPrivate: j.cfg.AllowPrivate, Ranks: j.header.Ranks,
		Rate: j.net.config.Rate, RatePerServer: j.net.config.RatePerServer, InFlight: j.net.config.InFlight,
		Catalogue: j.judge.catalog.Hash(), Vantage: "workers",
	}
	if j.net.box != nil {
		h.Vantage = vantage(j.net)
		return h
	}
	h.Resolvers = j.net.resolvers
	h.Rate, h.RatePerServer = cmp.Or(h.Rate, resolve.DefaultRate), cmp.Or(h.RatePerServer, resolve.DefaultRatePerServer)
	h.InFlight = cmp.Or(h.InFlight, resolve.DefaultInFlight)
	return h
}

// consent looks up what the owners of names say to active probes; one who
// consents decides, as for the plan.
func (j *job) consent() func(msp.Name) *queue.Consent {
	known := map[msp.Name]*queue.Consent{}
	for _, w := range j.graph.Watched() {
		why := plan.Consents(w, j.header.Started)
		if old := known[w.Name]; old == nil || old.Refusal != "" {
			known[w.Name] = &queue.Consent{Refusal: why, By: w.Consent.By, Reference: w.Consent.Reference, Until: w.Consent.Until}
		}
	}
	return func(n msp.Name) *queue.Consent { return known[n] }
}

// sum says what happened on the way; what was refused goes into the record, too.
func (j *job) sum(s queue.Stats) {
	text := fmt.Sprintf("%d facts of %d units by %d workers; handed out again %d, published again %d, came twice %d, given up %d",
		s.Facts, s.Units, len(s.Workers), s.Redelivered, s.Again, s.Twice, s.Poisoned)
	if list := refusals(s); len(list) > 0 {
		refused := "messages on the fact queue were refused: " + strings.Join(list, ", ")
		text += "; " + refused
		j.errors = append(j.errors, refused)
	}
	j.say(text)
}

// refusals lists the counts of refused facts by reason, sorted.
func refusals(s queue.Stats) []string {
	var list []string
	for why, n := range s.Refused {
		list = append(list, fmt.Sprintf("%d (%s)", n, why))
	}
	slices.Sort(list)
	return list
}
