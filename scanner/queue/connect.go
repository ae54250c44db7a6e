package queue

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Dial says how to reach the broker, in the words of NATS users.
type Dial struct {
	URL     string // nats://HOST[:PORT] or tls://…, several with commas
	Creds   string // file of a user's JWT and seed
	CA      string // PEM file of the authorities that the server's certificate is held against
	Cert    string // PEM file of the client's certificate
	CertKey string // PEM file of its key
	Name    string // of this client, as the broker lists it

	InProcess *Server // the embedded server to talk to without a socket; nil = by URL
}

// Shown gives the URL as it may be shown: without a password.
func (d Dial) Shown() string { return shown(d.URL) }

// ErrUsage marks an error in what was asked for: nothing was sent.
var ErrUsage = errors.New("usage")

// ErrBroker marks that the broker is not there, or does not let us in.
var ErrBroker = errors.New("NATS")

// Check refuses what cannot be meant, before anything is sent.
func (d Dial) Check() error {
	if d.URL == "" {
		return fmt.Errorf("%w: --nats URL is missing, such as nats://127.0.0.1:4222", ErrUsage)
	}
	for _, s := range strings.Split(d.URL, ",") {
		u, err := url.Parse(strings.TrimSpace(s))
		if err != nil || u.Host == "" || u.Scheme != "nats" && u.Scheme != "tls" && u.Scheme != "ws" && u.Scheme != "wss" {
			return fmt.Errorf("%w: --nats %q: a URL such as nats://127.0.0.1:4222 or tls://nats.example:4222", ErrUsage, shown(s))
		}
	}
	if (d.Cert == "") != (d.CertKey == "") {
		return fmt.Errorf("%w: --nats-tls-cert and --nats-tls-key belong together", ErrUsage)
	}
	for _, given := range []struct{ flag, file string }{
		{"--nats-creds", d.Creds}, {"--nats-tls-ca", d.CA}, {"--nats-tls-cert", d.Cert}, {"--nats-tls-key", d.CertKey},
	} {
		if given.file == "" {
			continue
		}
		f, err := os.Open(given.file)
		if err != nil {
			return fmt.Errorf("%w: %s: %w", ErrUsage, given.flag, err)
		}
		_ = f.Close() // only opened to see that it can be
	}
	return nil
}

// Files lists what is read to reach the broker.
func (d Dial) Files() []string {
	return slices.DeleteFunc([]string{d.Creds, d.CA, d.Cert, d.CertKey}, func(s string) bool { return s == "" })
}

// Ports lists the TCP ports of the brokers named by the URL; those of an URL that
// Check refuses are left out.
func (d Dial) Ports() []uint16 {
	var list []uint16
	for _, s := range strings.Split(d.URL, ",") {
		u, err := url.Parse(strings.TrimSpace(s))
		if err != nil || u.Host == "" {
			continue
		}
		if port, err := strconv.ParseUint(portOf(u), 10, 16); err == nil {
			list = append(list, uint16(port))
		}
	}
	return list
}

// portOf gives the port of a broker's URL, or the one its scheme stands for.
func portOf(u *url.URL) string {
	switch {
	case u.Port() != "":
		return u.Port()
	case u.Scheme == "ws":
		return "80"
	case u.Scheme == "wss":
		return "443"
	}
	return "4222"
}

// shown gives a URL without its password; a user without one is a token, as
// secret. Of what cannot be read nothing before an @ is shown.
func shown(raw string) string {
	var list []string
	for _, s := range strings.Split(raw, ",") {
		s = strings.TrimSpace(s)
		u, err := url.Parse(s)
		switch {
		case err != nil:
			if at := strings.LastIndexByte(s, '@'); at >= 0 {
				s = "xxxxx" + s[at:]
			}
		case u.User != nil:
			if _, password := u.User.Password(); !password {
				u.User = url.User("xxxxx")
			}
			s = u.Redacted()
		}
		list = append(list, s)
	}
	return strings.Join(list, ",")
}

// Redacted gives a URL of brokers as it may be shown and kept.
func Redacted(url string) string { return shown(url) }

// The pace of connecting again: at once, then often, as a run waits for it.
const (
	connectTime   = 5 * time.Second
	reconnectWait = 250 * time.Millisecond
	requestTime   = 5 * time.Second // of one request to JetStream
	ackTime       = 10 * time.Second
	asyncPending  = 1024
)

// link is a connection to a broker with JetStream.
type link struct {
	nc   *nats.Conn
	js   jetstream.JetStream
	name string // the URL as it may be shown
}

// connect reaches the broker once; what happens to the connection later is
// mended by itself. The error names the address and wraps ErrBroker.
func connect(ctx context.Context, d Dial, k Key) (*link, error) {
	public, signer, err := k.user()
	if err != nil {
		return nil, err
	}
	options, err := d.options()
	if err != nil {
		return nil, err
	}
	at := d.URL
	if d.InProcess != nil {
		at = "nats://in-process" // no socket, and so no TLS on it
	}
	asMember := append(options[:len(options):len(options)], nats.Nkey(public, signer))
	if d.Creds != "" || strings.Contains(d.URL, "@") {
		asMember = options // another user was named
	}
	nc, err := nats.Connect(at, asMember...)
	if errors.Is(err, nats.ErrNkeysNotSupported) || errors.Is(err, nats.ErrNoServers) && d.Creds == "" && serves(d.URL) {
		nc, err = nats.Connect(at, options...)
	}
	if err != nil {
		return nil, fmt.Errorf("%w at %s: %s", ErrBroker, shown(d.URL), connectFault(err))
	}
	return join(ctx, nc, shown(d.URL))
}

// Reach looks whether the broker is there and lets us in. The error wraps
// ErrBroker or ErrUsage.
func Reach(ctx context.Context, d Dial, k Key) error {
	l, err := connect(ctx, d, k)
	if err == nil {
		l.close()
	}
	return err
}

// join looks whether the broker has JetStream.
func join(ctx context.Context, nc *nats.Conn, name string) (*link, error) {
	js, err := jetstream.New(nc, jetstream.WithPublishAsyncTimeout(ackTime), jetstream.WithPublishAsyncMaxPending(asyncPending), jetstream.WithDefaultTimeout(requestTime))
	if err == nil {
		var asked context.Context
		asked, cancel := context.WithTimeout(ctx, connectTime)
		defer cancel()
		_, err = js.AccountInfo(asked)
	}
	if err != nil {
		nc.Close()
		return nil, fmt.Errorf("%w at %s has no JetStream for us: %w", ErrBroker, name, err)
	}
	return &link{nc: nc, js: js, name: name}, nil
}

func (d Dial) options() ([]nats.Option, error) {
	list := []nats.Option{
		nats.Name(d.Name), nats.Timeout(connectTime), nats.MaxReconnects(-1), nats.ReconnectWait(reconnectWait),
		nats.ReconnectJitter(reconnectWait, reconnectWait), nats.PingInterval(5 * time.Second), nats.MaxPingsOutstanding(2),
		nats.IgnoreAuthErrorAbort(), // else the client gives up for good while a broker reads its accounts
		nats.ReconnectBufSize(-1),   // a message goes out now or not at all: what was not acknowledged is sent again by us
	}
	if d.InProcess != nil {
		return append(list, nats.InProcessServer(d.InProcess.ns)), nil
	}
	if d.Creds != "" {
		list = append(list, nats.UserCredentials(d.Creds))
	}
	if d.CA != "" {
		list = append(list, nats.RootCAs(d.CA))
	}
	if d.Cert != "" {
		if _, err := tls.LoadX509KeyPair(d.Cert, d.CertKey); err != nil {
			return nil, fmt.Errorf("%w: --nats-tls-cert %s: %w", ErrUsage, d.Cert, err)
		}
		list = append(list, nats.ClientCert(d.Cert, d.CertKey))
	}
	return list, nil
}

// serves reports whether anything listens at one of the addresses: a server that
// does not know nkeys is told from one that is not there.
func serves(urls string) bool {
	for _, s := range strings.Split(urls, ",") {
		u, err := url.Parse(strings.TrimSpace(s))
		if err != nil {
			continue
		}
		if c, err := net.DialTimeout("tcp", net.JoinHostPort(u.Hostname(), portOf(u)), connectTime); err == nil {
			_ = c.Close() // only to see whether it opens
			return true
		}
	}
	return false
}

// connectFault says in words why there is no connection.
func connectFault(err error) string {
	var op *net.OpError
	switch {
	case errors.Is(err, nats.ErrAuthorization):
		return "it does not let us in: is this the run key or the credentials file that it knows?"
	case errors.Is(err, nats.ErrNoServers):
		return "nothing answers there"
	case errors.As(err, &op):
		return op.Err.Error()
	}
	return err.Error()
}

func (l *link) close() { l.nc.Close() }
