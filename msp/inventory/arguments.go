package inventory

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// The bounds of a list of names.
const (
	maxList     = 256 << 20 // octets
	maxListLine = 64 << 10
)

// Arguments replaces what stands for many names: @FILE by the names in the file,
// one on each line, relative to the current folder, blank lines and those that
// begin with # left out; a pattern (*, ?, [) that is no file's own name by the
// files that it matches, sorted. A file that bears such a name itself is taken as
// it is.
func Arguments(args []string) ([]string, error) {
	var out []string
	for _, a := range args {
		_, err := os.Lstat(a)
		switch {
		case err == nil:
			out = append(out, a)
		case strings.HasPrefix(a, "@"):
			names, err := readList(a[1:])
			if err != nil {
				return nil, err
			}
			out = append(out, names...)
		case strings.ContainsAny(a, "*?["):
			names, err := filepath.Glob(a)
			if err != nil {
				return nil, fmt.Errorf("pattern %s: %w", a, err)
			}
			if len(names) == 0 {
				return nil, fmt.Errorf("pattern %s matches no file", a)
			}
			slices.Sort(names)
			out = append(out, names...)
		default:
			out = append(out, a) // that it is not there shows when it is read
		}
	}
	return out, nil
}

func readList(name string) ([]string, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("read list of inventories: %w", err)
	}
	defer func() { _ = f.Close() }() // only read
	var names []string
	lines := bufio.NewScanner(io.LimitReader(f, maxList))
	lines.Buffer(nil, maxListLine)
	for lines.Scan() {
		if line := strings.TrimSpace(lines.Text()); line != "" && !strings.HasPrefix(line, "#") {
			names = append(names, line)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read list of inventories %s: %w", name, err)
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("list of inventories %s names none", name)
	}
	return names, nil
}
