package pipeline

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"time"

	"mspscan/cmd/mspscan/internal/sandbox"
	"mspscan/msp"
	"mspscan/scanner/queue"
)

// WorkerConfig is what a worker is asked to do.
type WorkerConfig struct {
	Version  string
	Queue    Queue
	Zones    string        // folder of zone files to serve and ask
	Units    int           // at the same time
	Embedded bool          // start a broker inside
	Listen   string        // of the broker inside, ADDR:PORT
	Store    string        // of the broker inside; "" = a folder that goes with the process
	Idle     bool          // broker only
	AckWait  time.Duration // without a sign of life for so long, a unit goes to another worker
	Ports    []uint16      // TCP ports of scans' resolvers, beside 53
	Quiet    bool

	// Confine takes from the process what a worker does not need, for good; nil =
	// it keeps all.
	Confine func(sandbox.Policy) (sandbox.Status, error)
}

// Worker takes the tasks of scans from a broker until ctx ends.
func Worker(ctx context.Context, cfg WorkerConfig, s Streams) error {
	key, odd, err := cfg.ready()
	if err != nil {
		return err
	}
	say := func(text string) {
		if text != "" && !cfg.Quiet {
			fmt.Fprintln(s.Err, msp.Visible(text))
		}
	}
	say(odd)
	at, err := cfg.at()
	if err != nil {
		return err
	}
	store, remove, err := cfg.store()
	if err != nil {
		return err
	}
	defer remove()
	if err := cfg.confine(store, at); err != nil {
		return err
	}
	zones := ""
	if cfg.Zones != "" {
		if zones, err = hashZones(cfg.Zones); err != nil {
			return err
		}
	}
	if cfg.Embedded {
		closeServer, err := cfg.serve(at, store, key, say)
		if err != nil {
			return fromQueue(err)
		}
		defer closeServer()
	}
	if cfg.Idle {
		<-ctx.Done()
		return nil
	}
	return cfg.work(ctx, key, zones, say)
}

// work connects and takes units.
func (cfg *WorkerConfig) work(ctx context.Context, key queue.Key, zones string, say func(string)) error {
	cat, err := loadCatalog()
	if err != nil {
		return err
	}
	id := workerID()
	say(fmt.Sprintf("worker %s of mspscan %s takes tasks at %s (run key %s)", id, cfg.Version, cfg.Queue.Dial.Shown(), key.ID()))
	stats, err := queue.Work(ctx, queue.WorkerConfig{
		Dial: cfg.Queue.Dial, Key: key, ID: id, Tool: "mspscan " + cfg.Version, Zones: zones, Catalogue: cat.Hash(), Slots: cfg.Units, Now: time.Now, Say: say,
		Tuning: queue.Tuning{AckWait: cfg.AckWait},
		Open: func(ctx context.Context, h queue.Header, turns *queue.RunTurns) (queue.Crew, error) {
			if err := cfg.reachable(h.Resolvers); err != nil {
				return nil, err
			}
			return openCrew(ctx, cfg.Zones, cat, h, turns)
		},
	})
	if err == nil || errors.Is(err, queue.ErrUnfit) {
		say(fmt.Sprintf("worker %s ends: %d units, %d facts, %d handed back, %d refused", id, stats.Units, stats.Facts, stats.Back, stats.Refused))
	}
	return fromQueue(err)
}

// ready refuses what cannot be meant and reads the run key.
func (cfg *WorkerConfig) ready() (key queue.Key, warn string, err error) {
	switch {
	case cfg.Embedded && cfg.Queue.Dial.URL != "":
		return key, "", usage("--embedded and --nats exclude each other: the broker is inside, or elsewhere")
	case !cfg.Embedded && cfg.Queue.Dial.URL == "":
		return key, "", usage("name the broker with --nats URL, or start one with --embedded")
	case !cfg.Embedded && (cfg.Listen != "" || cfg.Store != "" || cfg.Idle):
		return key, "", usage("--listen, --store and --broker-only need --embedded")
	case (cfg.Queue.Dial.Cert == "") != (cfg.Queue.Dial.CertKey == ""):
		return key, "", usage("--nats-tls-cert and --nats-tls-key belong together")
	case cfg.Embedded && cfg.Queue.Dial.Creds != "":
		return key, "", usage("--nats-creds is for a broker elsewhere: the one inside lets in who holds the run key")
	case cfg.Units < 1 || cfg.Units > 1024:
		return key, "", usage("--units %d: 1 to 1024", cfg.Units)
	case cfg.AckWait < time.Second || cfg.AckWait > time.Hour:
		return key, "", usage("--ack-wait %s: 1s to 1h", cfg.AckWait)
	}
	key, warn, err = cfg.Queue.key()
	if err != nil || cfg.Embedded {
		return key, warn, err
	}
	return key, warn, fromQueue(cfg.Queue.Dial.Check())
}

// DefaultListen is where the broker inside listens.
const DefaultListen = "127.0.0.1:4222"

// at gives where the broker inside listens.
func (cfg *WorkerConfig) at() (netip.AddrPort, error) {
	if !cfg.Embedded {
		return netip.AddrPort{}, nil
	}
	at, err := netip.ParseAddrPort(cmp.Or(cfg.Listen, DefaultListen))
	if err != nil {
		return at, usage("--listen %q: ADDRESS:PORT, such as %s or [::]:4222", cfg.Listen, DefaultListen)
	}
	return at, nil
}

// serve starts the broker inside and points the worker at it.
func (cfg *WorkerConfig) serve(at netip.AddrPort, store string, key queue.Key, say func(string)) (stop func(), err error) {
	d := &cfg.Queue.Dial
	srv, err := queue.StartServer(queue.Serve{Listen: at, Store: store, CA: d.CA, Cert: d.Cert, CertKey: d.CertKey}, key)
	if err != nil {
		return nil, err
	}
	d.InProcess, d.URL = srv, srv.URL()
	if !at.Addr().IsLoopback() && d.Cert == "" {
		say("warning: the broker listens beyond this machine without TLS: names and facts can be read on the way; see --nats-tls-cert")
	}
	say("NATS listens at " + d.URL)
	return srv.Close, nil
}

// store makes the folder of JetStream and gives what removes one that was not
// named: a broker may lose everything, the coordinator's journal is the record.
func (cfg *WorkerConfig) store() (dir string, remove func(), err error) {
	if !cfg.Embedded {
		return "", func() {}, nil
	}
	if cfg.Store != "" {
		err := os.MkdirAll(cfg.Store, 0o700)
		if err != nil {
			err = coded(CodeInternal, fmt.Errorf("make the folder of JetStream: %w", err))
		}
		return cfg.Store, func() {}, err
	}
	dir, err = os.MkdirTemp("", "mspscan-nats-")
	if err != nil {
		return "", nil, coded(CodeInternal, fmt.Errorf("make a folder for JetStream: %w; name one with --store", err))
	}
	return dir, func() { emptyOut(dir) }, nil
}

// emptyOut removes a temporary folder. os.RemoveAll would open the one above, which
// the sandbox does not let it; what is left, the system removes.
func emptyOut(dir string) {
	list, _ := os.ReadDir(dir)
	for _, e := range list {
		_ = os.RemoveAll(filepath.Join(dir, e.Name()))
	}
	_ = os.Remove(dir)
}

// workerID names this process among workers: the host's first label and some
// random letters.
func workerID() string {
	host, err := os.Hostname()
	if err != nil {
		host = ""
	}
	host, _, _ = strings.Cut(host, ".")
	if host = msp.Slug(host); host == "" {
		host = "worker"
	}
	return host[:min(len(host), 40)] + "-" + randomLabel()[:6]
}
