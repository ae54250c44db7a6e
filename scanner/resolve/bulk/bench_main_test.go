package bulk

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/netip"
	"os"
	"testing"
	"time"
)

// The driver of .ci/bench-bulk.sh: a run over a file of names, one a line.
var (
	driveServer = flag.String("bulk.server", "", "server to ask, address:port")
	driveNames  = flag.String("bulk.names", "", "file of names")
	drivePlain  = flag.Bool("bulk.plain", false, "without batch calls")
	driveOut    = flag.String("bulk.out", "", "file for name, outcome and addresses, tab-separated")
	driveWindow = flag.Int("bulk.window", 0, "Config.Window")
	drivePorts  = flag.Int("bulk.sockets", 0, "Config.Sockets")
)

// TestDrive is the driver; without -bulk.server it has nothing to do.
func TestDrive(t *testing.T) {
	if *driveServer == "" {
		t.Skip("driver of .ci/bench-bulk.sh: -bulk.server is not given")
	}
	names, err := os.Open(*driveNames)
	if err != nil {
		t.Fatal(err)
	}
	defer names.Close()
	out := bufio.NewWriterSize(io.Discard, 1<<16)
	if *driveOut != "" {
		f, err := os.Create(*driveOut)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		out = bufio.NewWriterSize(f, 1<<16)
	}
	c, err := New(Config{Resolvers: []netip.AddrPort{netip.MustParseAddrPort(*driveServer)}, Authoritative: true, Plain: *drivePlain, Window: *driveWindow, Sockets: *drivePorts})
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	stats, err := c.Run(context.Background(), lines(names), func(a Answer) { writeAnswer(out, a) })
	if err != nil {
		t.Fatal(err)
	}
	out.Flush()
	raw, _ := json.Marshal(struct {
		Seconds float64
		Stats
	}{time.Since(start).Seconds(), stats})
	fmt.Println(string(raw))
}

// lines gives the names of a file without holding more than one.
func lines(r io.Reader) func(yield func(Question) bool) {
	return func(yield func(Question) bool) {
		for s := bufio.NewScanner(r); s.Scan(); {
			if !yield(Question{Name: s.Text(), Type: TypeA}) {
				return
			}
		}
	}
}

func writeAnswer(w *bufio.Writer, a Answer) {
	w.WriteString(a.Name)
	w.WriteByte('\t')
	w.WriteString(a.Outcome.String())
	w.WriteByte('\t')
	w.WriteString(a.Reason)
	for i, ip := range a.Addrs {
		if i > 0 {
			w.WriteByte(',')
		}
		w.Write(ip.AppendTo(w.AvailableBuffer()))
	}
	w.WriteByte('\n')
}
