package pipeline

import (
	"crypto/x509"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"

	"mspscan/cmd/mspscan/internal/sandbox"
	"mspscan/scanner/queue"
)

// confine puts the process into the sandbox before the first file from outside is
// read: from here on it reads its input, writes where its output goes, talks TCP
// to name servers (and to policy hosts, if it may fetch policies), and runs
// nothing. More names further files that are read.
func (c Config) confine(more ...string) error {
	_, err := c.enter(more)
	return err
}

// enter is confine with what is in force.
func (c Config) enter(more []string) (sandbox.Status, error) {
	if c.Confine == nil {
		return sandbox.Status{Why: "switched off"}, nil
	}
	ports, err := c.tcpPorts()
	if err != nil {
		return sandbox.Status{}, err
	}
	if c.Active || c.Queue.used() {
		// Read now, while it can be: what is wrong with it shows at the first
		// certificate.
		_, _ = x509.SystemCertPool()
	}
	p := sandbox.Policy{Read: slices.Concat(c.inputs(more), c.Queue.files()), TCP: append(ports, c.Queue.Dial.Ports()...), AnyTCP: c.Zones != ""}
	p.Folders, p.Files = c.places()
	status, err := c.Confine(p)
	return status, noSandbox(err)
}

func noSandbox(err error) error {
	if err == nil {
		return nil
	}
	return &Error{CodeInternal, fmt.Errorf("%w; --no-sandbox runs without", err)}
}

// confine puts a worker into the sandbox: beside what reaches the broker it reads
// the zone files that it serves, talks TCP to name servers, the resolvers' ports
// and policy hosts, and with a broker inside it listens and keeps JetStream's
// folder. It writes nothing else.
func (cfg *WorkerConfig) confine(store string, listen netip.AddrPort) error {
	if cfg.Confine == nil {
		return nil
	}
	_, _ = x509.SystemCertPool() // read now, while it can be
	p := sandbox.Policy{
		Read: append(cfg.Queue.files(), resolvConf), TCP: append(cfg.resolverPorts(), cfg.Queue.Dial.Ports()...), AnyTCP: cfg.Zones != "",
	}
	if cfg.Zones != "" {
		p.Read = append(p.Read, cfg.Zones)
	}
	if cfg.Embedded {
		p.Trees, p.Listen = []string{store}, []uint16{listen.Port()}
	}
	if cfg.Embedded && cfg.Store == "" {
		p.Empty = []string{filepath.Dir(store)} // the folder itself goes at the end
	}
	_, err := cfg.Confine(p)
	return noSandbox(err)
}

// resolverPorts lists the TCP ports that a worker connects to for a scan.
func (cfg *WorkerConfig) resolverPorts() []uint16 {
	ports := append([]uint16{53, 443}, cfg.Ports...)
	slices.Sort(ports)
	return slices.Compact(ports)
}

// reachable refuses a run whose resolvers are at ports that the sandbox keeps from
// this worker: UDP would work, and a cut answer could not be asked again over TCP.
func (cfg *WorkerConfig) reachable(resolvers []string) error {
	if cfg.Confine == nil || cfg.Zones != "" {
		return nil
	}
	for _, s := range resolvers {
		r, err := parseResolver(s)
		if err != nil {
			return fmt.Errorf("%w: %w", queue.ErrUnfit, err)
		}
		if !slices.Contains(cfg.resolverPorts(), r.Port()) {
			return fmt.Errorf("%w: its sandbox keeps it from TCP port %d of the run's resolver %s; start it with --resolver-port %d", queue.ErrUnfit, r.Port(), r, r.Port())
		}
	}
	return nil
}

// examineSandbox enters the sandbox as a scan does and tries what it refuses.
func (c Config) examineSandbox() ([]symptom, error) {
	status, err := c.enter(nil)
	if err != nil {
		return nil, err
	}
	const risk = "a flaw in a parser would have all rights of this account"
	files := symptom{what: "sandbox refuses other files and programs", result: "no: " + status.Why, means: risk}
	if status.Files {
		files = tried()
	}
	tcp := symptom{what: "sandbox refuses other TCP ports", result: "yes"}
	switch {
	case status.TCP:
	case c.Zones != "" && status.Why == "":
		tcp.result, tcp.means = "no", "the servers of zone files have ports of their own"
	default:
		tcp.result = "no: " + status.Why
	}
	return []symptom{files, tcp}, nil
}

// tried says whether the sandbox holds: it reads and writes.
func tried() symptom {
	s := symptom{what: "sandbox refuses other files and programs", result: "yes"}
	if read, write := sandbox.Proof(string(filepath.Separator)); !read || !write {
		s.result, s.means = "no: it was let read or write", "the sandbox does not hold: please report it"
	}
	return s
}

// tcpPorts lists the ports that are connected to: DNS, the ports of the
// resolvers, and HTTPS for the policies of MTA-STS.
func (c Config) tcpPorts() ([]uint16, error) {
	ports := []uint16{53}
	if c.Active {
		ports = append(ports, 443)
	}
	for _, s := range c.Resolvers {
		r, err := parseResolver(s)
		if err != nil {
			return nil, err
		}
		ports = append(ports, r.Port())
	}
	slices.Sort(ports)
	return slices.Compact(ports), nil
}

// inputs lists what is read.
func (c Config) inputs(more []string) []string {
	list := slices.Concat(
		[]string{resolvConf, c.Zones, c.Waivers, c.Baseline, c.RuleParams, c.Model}, c.Inventories, c.RuleDirs, c.Indicators, more)
	return slices.DeleteFunc(list, func(s string) bool { return s == "" })
}

// places lists the folders that are written into, and the devices and pipes.
func (c Config) places() (folders, files []string) {
	for _, o := range c.Outputs {
		switch {
		case o.File == "-":
		case special(o.File):
			files = append(files, o.File)
		default:
			folders = append(folders, folderOf(o.File))
		}
		if o.Format == "xlsx" { // large sheets are put together there
			folders = append(folders, os.TempDir())
		}
	}
	if c.Journal != "" || c.many {
		folders = append(folders, c.journalFolder())
	}
	if dir := c.Books.options.PerProvider; dir != "" {
		folders = append(folders, nearest(dir), os.TempDir())
	}
	slices.Sort(folders)
	return slices.Compact(folders), files
}

// nearest gives a folder, or the one above it in which it will be made.
func nearest(dir string) string {
	for {
		if _, err := os.Stat(dir); err == nil || filepath.Dir(dir) == dir {
			return dir
		}
		dir = filepath.Dir(dir)
	}
}
