package scantest

import (
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"path"
	"slices"
	"strings"
)

// mannersFile says how single servers behave.
const mannersFile = "servers.txt"

// The words of mannersFile.
const (
	silent    = "silent"
	servfail  = "servfail"
	transfers = "transfer"
	recursive = "recursive"
)

// readManners reads servers.txt, if it is there.
func readManners(root fs.FS, dir string) (map[netip.Addr]string, error) {
	text, err := fs.ReadFile(root, mannersFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read zone folder %s: %w", dir, err)
	}
	out := map[netip.Addr]string{}
	for i, line := range strings.Split(string(text), "\n") {
		line, _, _ = strings.Cut(line, "#")
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		addr, err := netip.ParseAddr(words[0])
		if err != nil || len(words) != 2 || !slices.Contains([]string{silent, servfail, transfers, recursive}, words[1]) {
			return nil, fmt.Errorf("%s:%d: %q is no address and one of silent, servfail, transfer, recursive",
				path.Join(dir, mannersFile), i+1, strings.Join(words, " "))
		}
		out[addr.Unmap()] = words[1]
	}
	return out, nil
}
