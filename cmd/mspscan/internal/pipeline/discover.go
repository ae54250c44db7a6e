package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"mspscan/msp"
	"mspscan/msp/domain"
	"mspscan/msp/graph"
	"mspscan/msp/inventory"
)

// Discover writes a draft inventory from what DNS shows of an organisation's own
// domains: to file, which must not exist yet, or to the output if file is "".
func Discover(ctx context.Context, cfg Config, s Streams, domains []string, file string) (err error) {
	names, err := ownDomains(domains)
	if err != nil {
		return err
	}
	if err := cfg.Validate(); err != nil {
		return err
	}
	if _, err := os.Lstat(file); file != "" && !errors.Is(err, fs.ErrNotExist) {
		return usage("%s is there already, or cannot be looked at; nothing was asked and nothing written", file)
	}
	if file != "" {
		cfg.Outputs = []Output{{"yaml", file}} // where it goes
	}
	if err := cfg.confine(); err != nil {
		return err
	}
	n, err := openNetwork(cfg)
	if err != nil {
		return coded(CodeInternal, err)
	}
	defer func() { err = errors.Join(err, n.close()) }()
	g, err := explore(ctx, cfg, s, n, names)
	if err != nil {
		return err
	}
	d := newDiscovery(g)
	if err := writeDraft(s, file, d.draft().YAML()); err != nil {
		return coded(CodeInternal, err)
	}
	if !cfg.Quiet {
		d.summary(s.Err, file)
	}
	return nil
}

// ownDomains reads the arguments, each name once.
func ownDomains(args []string) ([]msp.Name, error) {
	var names []msp.Name
	for _, a := range args {
		n, err := domain.Parse(a)
		if err != nil {
			return nil, usage("%w", err)
		}
		if _, ok := domain.Registrable(n); !ok {
			return nil, usage("%s is a public suffix: name the domain below it that is yours", n)
		}
		if !slices.Contains(names, n) {
			names = append(names, n)
		}
	}
	if len(names) == 0 {
		return nil, usage("name a domain of yours")
	}
	return names, nil
}

// usualHosts are the labels that are asked for below each domain: those at which
// a newcomer's web site, mail and remote access usually are. A name that does
// not exist leaves no trace in the draft.
func usualHosts() []string {
	return []string{"www", "mail", "webmail", "autodiscover", "portal", "remote", "support", "vpn"}
}

// explore asks DNS about an inventory that holds the organisation only.
func explore(ctx context.Context, cfg Config, s Streams, n *network, names []msp.Name) (*graph.Graph, error) {
	cat, err := loadCatalog()
	if err != nil {
		return nil, err
	}
	inv := &msp.Inventory{Version: 1, Organisation: msp.Organisation{ID: organisationID(names[0]), Name: string(names[0]), Domains: names}}
	for _, d := range names {
		for _, label := range usualHosts() {
			if h, err := msp.ParseName(label + "." + string(d)); err == nil && !slices.Contains(names, h) {
				inv.Organisation.Hosts = append(inv.Organisation.Hosts, h)
			}
		}
	}
	g, err := graph.New(inv, cat)
	if err != nil {
		return nil, coded(CodeInternal, err)
	}
	j := &job{cfg: cfg, s: s, judge: &judge{catalog: cat}, loaded: &inventory.Loaded{}, graph: g}
	if s.Terminal && !cfg.Quiet && !cfg.NoProgress {
		j.bar = &bar{w: s.Err, width: max(s.Width, 40)}
	}
	j.use(n)
	defer j.bar.clear()
	c := newCollector(cfg, n, g, nil, j.probes, j.header.Started, j.bar.watch())
	if err = j.preflight(ctx, c); err == nil {
		err = c.all(ctx)
	}
	if ctx.Err() != nil {
		return nil, &Error{CodeInterrupt, fmt.Errorf("interrupted after %d checks; nothing was written", c.asked)}
	}
	return g, coded(CodeInternal, err)
}

// organisationID makes an id of the first label of the domain that somebody
// registered.
func organisationID(n msp.Name) string {
	reg, _ := domain.Registrable(n)
	if id := strings.Trim(msp.Slug(strings.ReplaceAll(reg.Labels()[0], "_", "-")), "-"); id != "" {
		return id
	}
	return "my-organisation"
}

// writeDraft writes the draft whole or not at all and never over a file.
func writeDraft(s Streams, file string, text []byte) (err error) {
	if file == "" {
		_, err := s.Out.Write(text)
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(file), ".mspscan-*.tmp") // mode 0600
	if err != nil {
		return fmt.Errorf("write draft: %w", err)
	}
	defer func() { err = errors.Join(err, ignoreMissing(os.Remove(f.Name()))) }()
	_, err = f.Write(text)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("write draft: %w", err)
	}
	if err := os.Link(f.Name(), file); err != nil { // unlike a rename it fails where a file is
		return fmt.Errorf("write draft: %w", err)
	}
	return syncDir(filepath.Dir(file))
}
