package pipeline

import (
	"bufio"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"mspscan/msp"
	"mspscan/scanner"
	"mspscan/scanner/queue"
	"mspscan/scanner/resolve"
	"mspscan/scanner/scantest"
)

// network is the way out: a resolver, and with --zones the Internet in a box
// that it asks.
type network struct {
	client    *resolve.Client
	resolvers []string          // as evidence shows them
	asked     []string          // addresses that the second opinion asks
	shown     map[string]string // what evidence shows for them, where that differs
	zonesHash string
	box       *scantest.Net
	config    resolve.Config  // of client
	warnings  []string        // about the zone files
	more      []scanner.Probe // beside those over the strict client alone
}

func (n *network) close() error {
	if n.box == nil {
		return nil
	}
	return n.box.Close()
}

// release closes the way out for good and lets go of what its clients remember:
// nothing is asked any more, and a large scan is judged in less memory.
func (n *network) release() error {
	err := n.close()
	*n = network{}
	return err
}

// warn prints what is odd about the zone files.
func (n *network) warn(w io.Writer, quiet bool) {
	for _, text := range n.warnings {
		if !quiet {
			fmt.Fprintf(w, "warning: %s\n", msp.Visible(text))
		}
	}
}

// network opens the network of a run and says what is odd about it.
func (c Config) network(s Streams) (*network, error) {
	n, err := openNetwork(c)
	if err != nil {
		return nil, coded(CodeInternal, err)
	}
	n.warn(s.Err, c.Quiet)
	return n, nil
}

// openNetwork makes the resolver of a scan. Nothing is sent yet.
func openNetwork(cfg Config) (*network, error) {
	n, err := openRoute(cfg)
	if err != nil {
		return nil, err
	}
	n.more = moreProbes(n)
	return n, nil
}

func openRoute(cfg Config) (*network, error) {
	if cfg.Zones != "" {
		return openBox(cfg)
	}
	list, err := resolvers(cfg.Resolvers)
	if err != nil {
		return nil, err
	}
	n := &network{}
	for _, r := range list {
		n.resolvers, n.asked = append(n.resolvers, r.String()), append(n.asked, r.String())
	}
	n.config = resolve.Config{Resolvers: list, AllowPrivate: cfg.AllowPrivate, Rate: cfg.Rate, RatePerServer: cfg.RatePerServer, InFlight: inFlight(cfg.RatePerServer)}
	n.client, err = resolve.New(n.config)
	return n, err
}

// inFlight gives how many queries may be in flight to a server at a rate that was
// asked for: two, and more where two could not make the rate with an answer every
// 100 ms. 0 = the default.
func inFlight(rate float64) int {
	if most := 64.0; rate > 0 {
		return int(math.Ceil(min(max(rate/10, resolve.DefaultInFlight), most)))
	}
	return 0
}

// openShared makes the resolver of a worker: the limits of the run hold over all
// its workers.
func openShared(cfg Config, h queue.Header, turns *queue.RunTurns) (*network, error) {
	n, err := openNetwork(cfg)
	if err != nil {
		return nil, err
	}
	n.config.Rate, n.config.RatePerServer, n.config.InFlight, n.config.Turns = h.Rate, h.RatePerServer, h.InFlight, turns
	if n.client, err = resolve.New(n.config); err == nil && n.zonesHash != h.Zones {
		err = fmt.Errorf("%w: the zone files have changed since this worker began", queue.ErrUnfit)
	}
	if err != nil {
		return nil, errors.Join(err, n.close())
	}
	return n, nil
}

// openBox serves the zone files on loopback. Its servers are ours: no rate
// holds but one that was asked for.
func openBox(cfg Config) (*network, error) {
	hash, err := hashZones(cfg.Zones)
	if err != nil {
		return nil, err
	}
	world, err := scantest.Load(cfg.Zones)
	if err != nil {
		return nil, usage("read zone files: %w", err)
	}
	box, err := world.Start()
	if err != nil {
		return nil, fmt.Errorf("serve zone files: %w", err)
	}
	rate := func(asked float64) float64 {
		if asked == 0 {
			return -1
		}
		return asked
	}
	config := resolve.Config{
		Resolvers: []netip.AddrPort{boxResolver()}, Dial: dialBox(box), AllowPrivate: cfg.AllowPrivate,
		Rate: rate(cfg.Rate), RatePerServer: rate(cfg.RatePerServer), InFlight: 64,
	}
	client, err := resolve.New(config)
	if err != nil {
		return nil, errors.Join(err, box.Close())
	}
	return &network{
		client: client, resolvers: []string{boxResolver().String()}, asked: []string{box.Resolver().String()},
		shown:     map[string]string{box.Resolver().String(): boxResolver().String()},
		zonesHash: hash, box: box, config: config, warnings: world.Warnings(),
	}, nil
}

// boxResolver is the address that evidence shows for the resolver of an Internet
// in a box: its real port is another one in each run.
func boxResolver() netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 53}), 53)
}

// dialBox leads the evidence's address to the real one.
func dialBox(box *scantest.Net) func(context.Context, string, string) (net.Conn, error) {
	shown, real := boxResolver().String(), box.Resolver().String()
	return func(ctx context.Context, proto, address string) (net.Conn, error) {
		if address == shown {
			var d net.Dialer
			return d.DialContext(ctx, proto, real)
		}
		return box.Dial(ctx, proto, address)
	}
}

// hashZones says which zone files were served: SHA-256 over names and contents.
func hashZones(dir string) (string, error) {
	var files []string
	err := filepath.WalkDir(dir, func(name string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			files = append(files, name)
		}
		return err
	})
	if err != nil {
		return "", usage("read zone files: %w", err)
	}
	sort.Strings(files)
	sum := sha256.New()
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			return "", usage("read zone files: %w", err)
		}
		rel, err := filepath.Rel(dir, name)
		if err != nil {
			return "", fmt.Errorf("read zone files: %w", err)
		}
		fmt.Fprintf(sum, "%s %d\n", filepath.ToSlash(rel), len(data))
		sum.Write(data)
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// resolvConf names the resolvers of the system.
const resolvConf = "/etc/resolv.conf"

// resolvers reads ADDR[:PORT] of each flag, or takes the system's resolvers.
func resolvers(flags []string) ([]netip.AddrPort, error) {
	if len(flags) == 0 {
		return systemResolvers(resolvConf)
	}
	var list []netip.AddrPort
	for _, s := range flags {
		a, err := parseResolver(s)
		if err != nil {
			return nil, err
		}
		list = append(list, a)
	}
	return list, nil
}

func parseResolver(s string) (netip.AddrPort, error) {
	if ap, err := netip.ParseAddrPort(s); err == nil && ap.Port() != 0 {
		return ap, nil
	}
	if a, err := netip.ParseAddr(strings.Trim(s, "[]")); err == nil {
		return netip.AddrPortFrom(a, 53), nil
	}
	return netip.AddrPort{}, usage("--resolver %q: an address such as 192.0.2.53 or [2001:db8::53]:5353", s)
}

// systemResolvers reads the nameserver lines of a resolv.conf.
func systemResolvers(file string) ([]netip.AddrPort, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, usage("find the system's resolvers: %w; name one with --resolver", err)
	}
	defer func() { _ = f.Close() }() // only read
	var list []netip.AddrPort
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) < 2 || fields[0] != "nameserver" {
			continue
		}
		if a, err := netip.ParseAddr(fields[1]); err == nil {
			list = append(list, netip.AddrPortFrom(a, 53))
		}
	}
	if err := lines.Err(); err != nil {
		return nil, usage("read %s: %w", file, err)
	}
	if len(list) == 0 {
		return nil, usage("%s names no resolver; name one with --resolver", file)
	}
	return list, nil
}

// randomLabel draws a label of 16 letters and digits.
func randomLabel() string {
	const letters = "abcdefghijklmnopqrstuvwxyz234567"
	raw := make([]byte, 16)
	if _, err := io.ReadFull(rand.Reader, raw); err != nil {
		// crypto/rand does not fail on supported systems; a fixed label would
		// only make a wildcard test weaker.
		return "mspscan-no-random"
	}
	for i := range raw {
		raw[i] = letters[raw[i]&31]
	}
	return string(raw)
}
