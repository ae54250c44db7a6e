package queue

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/netip"
	"os"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// Serve says how the embedded broker listens.
type Serve struct {
	Listen  netip.AddrPort // port 0 = any free one
	Store   string         // folder of JetStream; it is made if it is not there
	CA      string         // PEM file: clients must show a certificate of these authorities
	Cert    string         // PEM file of the server's certificate; "" = no TLS
	CertKey string         // PEM file of its key
}

// Server is an embedded NATS server with JetStream. Only holders of the run key
// are let in.
type Server struct{ ns *server.Server }

// serverReady bounds the start of the server.
const serverReady = 20 * time.Second

// StartServer opens the embedded server. The error wraps ErrBroker or ErrUsage.
func StartServer(s Serve, k Key) (*Server, error) {
	public, _, err := k.user()
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(s.Store, 0o700); err != nil {
		return nil, fmt.Errorf("%w: make the folder of JetStream: %w", ErrBroker, err)
	}
	o := &server.Options{
		ServerName: "mspscan", Host: s.Listen.Addr().String(), Port: int(s.Listen.Port()), JetStream: true, StoreDir: s.Store,
		NoSigs: true, NoLog: true, Nkeys: []*server.NkeyUser{{Nkey: public}}, MaxPayload: 1 << 20,
	}
	if s.Listen.Port() == 0 {
		o.Port = server.RANDOM_PORT
	}
	if s.Cert != "" {
		if o.TLSConfig, err = s.tls(); err != nil {
			return nil, err
		}
	}
	// The server calls os.Exit if it finds its port taken: look first.
	if err := free(s.Listen); err != nil {
		return nil, err
	}
	ns, err := server.NewServer(o)
	if err != nil {
		return nil, fmt.Errorf("%w: start the embedded server: %w", ErrBroker, err)
	}
	go ns.Start()
	if !ns.ReadyForConnections(serverReady) {
		ns.Shutdown()
		return nil, fmt.Errorf("%w: the embedded server did not start within %s", ErrBroker, serverReady)
	}
	return &Server{ns}, nil
}

// free reports whether an address can be listened at.
func free(at netip.AddrPort) error {
	var config net.ListenConfig
	l, err := config.Listen(context.Background(), "tcp", at.String())
	if err != nil {
		return fmt.Errorf("%w: the embedded server cannot listen at %s: %w", ErrBroker, at, err)
	}
	return l.Close()
}

// URL gives the address for clients on this machine.
func (s *Server) URL() string { return s.ns.ClientURL() }

// Close stops the server and waits for it.
func (s *Server) Close() {
	s.ns.Shutdown()
	s.ns.WaitForShutdown()
}

func (s Serve) tls() (*tls.Config, error) {
	pair, err := tls.LoadX509KeyPair(s.Cert, s.CertKey)
	if err != nil {
		return nil, fmt.Errorf("%w: --nats-tls-cert %s: %w", ErrUsage, s.Cert, err)
	}
	c := &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{pair}}
	if s.CA == "" {
		return c, nil
	}
	pem, err := os.ReadFile(s.CA)
	if err != nil {
		return nil, fmt.Errorf("%w: --nats-tls-ca: %w", ErrUsage, err)
	}
	c.ClientCAs = x509.NewCertPool()
	if !c.ClientCAs.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%w: --nats-tls-ca %s holds no certificate", ErrUsage, s.CA)
	}
	c.ClientAuth = tls.RequireAndVerifyClientCert
	return c, nil
}
