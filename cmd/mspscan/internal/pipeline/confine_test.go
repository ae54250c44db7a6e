package pipeline

import (
	"net/netip"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"mspscan/cmd/mspscan/internal/sandbox"
	"mspscan/scanner/queue"
)

// noted gives a sandbox that is only written down.
func noted(p *sandbox.Policy) func(sandbox.Policy) (sandbox.Status, error) {
	return func(q sandbox.Policy) (sandbox.Status, error) { *p = q; return sandbox.Status{}, nil }
}

// TestConfineQueue: a scan and a worker reach the broker from within the sandbox,
// and a broker inside may listen and keep its folder; nothing else is let through.
func TestConfineQueue(t *testing.T) {
	q := Queue{Dial: queue.Dial{URL: "tls://nats.example:5222", Creds: "me.creds", CA: "ca.pem", Cert: "cert.pem", CertKey: "key.pem"}, KeyFile: "run.key"}
	files := []string{"me.creds", "ca.pem", "cert.pem", "key.pem", "run.key", "/etc/hosts", "/etc/nsswitch.conf", resolvConf}
	var p sandbox.Policy
	scan := Config{Inventories: []string{"inventory.yaml"}, Resolvers: []string{"192.0.2.53:5353"}, Journal: filepath.Join("out", "run.ndjson"), Queue: q, Confine: noted(&p)}
	require.NoError(t, scan.confine())
	require.ElementsMatch(t, append([]string{"inventory.yaml"}, files...), p.Read)
	require.Equal(t, []uint16{53, 5353, 5222}, p.TCP)
	require.Equal(t, []string{"out"}, p.Folders)
	require.False(t, p.AnyTCP)
	scan.Queue = Queue{}
	require.NoError(t, scan.confine())
	require.Equal(t, []string{resolvConf, "inventory.yaml"}, p.Read)
	require.Equal(t, []uint16{53, 5353}, p.TCP)

	worker := WorkerConfig{Queue: q, Ports: []uint16{5353}, Confine: noted(&p)}
	require.NoError(t, worker.confine("", netip.AddrPort{}))
	require.Equal(t, sandbox.Policy{Read: p.Read, TCP: []uint16{53, 443, 5353, 5222}}, p, "it writes nothing and nobody connects to it")
	require.ElementsMatch(t, files, p.Read)
	worker.Zones = "zones"
	require.NoError(t, worker.confine("", netip.AddrPort{}))
	require.ElementsMatch(t, append([]string{"zones"}, files...), p.Read)
	require.True(t, p.AnyTCP)

	worker = WorkerConfig{Queue: Queue{KeyFile: "run.key"}, Embedded: true, Store: "store", Confine: noted(&p)}
	require.NoError(t, worker.confine("store", netip.MustParseAddrPort("127.0.0.1:4222")))
	require.Equal(t, sandbox.Policy{Read: p.Read, TCP: []uint16{53, 443}, Trees: []string{"store"}, Listen: []uint16{4222}}, p)
	worker.Store = ""
	require.NoError(t, worker.confine(filepath.Join("tmp", "x"), netip.MustParseAddrPort("127.0.0.1:4222")))
	require.Equal(t, []string{"tmp"}, p.Empty)
}

// TestWorkerPorts: a run whose resolvers are where the sandbox does not let a
// worker talk TCP is refused, as cut answers could not be asked again.
func TestWorkerPorts(t *testing.T) {
	var p sandbox.Policy
	worker := WorkerConfig{Ports: []uint16{5353}, Confine: noted(&p)}
	require.NoError(t, worker.reachable([]string{"192.0.2.53:53", "[2001:db8::53]:5353"}))
	err := worker.reachable([]string{"192.0.2.53:53", "192.0.2.53:54"})
	require.ErrorIs(t, err, queue.ErrUnfit)
	require.ErrorContains(t, err, "--resolver-port 54")
	require.ErrorIs(t, worker.reachable([]string{"nowhere"}), queue.ErrUnfit)
	worker.Confine = nil
	require.NoError(t, worker.reachable([]string{"192.0.2.53:54"}))
}

// TestStoreIsRemoved: a temporary folder of JetStream goes, a named one stays.
func TestStoreIsRemoved(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	temporary, remove, err := (&WorkerConfig{Embedded: true}).store()
	require.NoError(t, err)
	require.NoError(t, os.MkdirAll(filepath.Join(temporary, "jetstream", "x"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(temporary, "jetstream", "x", "y"), nil, 0o600))
	remove()
	require.NoDirExists(t, temporary)
	named := filepath.Join(dir, "a", "b")
	_, remove, err = (&WorkerConfig{Embedded: true, Store: named}).store()
	require.NoError(t, err)
	remove()
	require.DirExists(t, named)
}
