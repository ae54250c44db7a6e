package pipeline

import (
	"context"
	"crypto/x509"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"mspscan/msp"
	"mspscan/msp/fact"
	"mspscan/scanner"
	"mspscan/scanner/mtasts"
)

// oneHost answers every address question with one address.
type oneHost string

func (h oneHost) Resolve(_ context.Context, q scanner.Question) scanner.Answer {
	if q.Type != "A" {
		return scanner.Answer{Outcome: fact.Absent}
	}
	return scanner.Answer{Outcome: fact.Present, Records: []scanner.Record{{Name: q.Name, Type: "A", Fields: []string{string(h)}}}}
}

func TestPolicyFetch(t *testing.T) {
	asked := 0
	web := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		switch r.Host {
		case "mta-sts.moved.example.com":
			http.Redirect(w, r, "https://elsewhere.example/", http.StatusFound)
		case "mta-sts.gone.example.com":
			http.NotFound(w, r)
		default:
			_, _ = w.Write([]byte("version: STSv1\n"))
		}
	}))
	defer web.Close()
	roots := x509.NewCertPool()
	roots.AddCert(web.Certificate())
	var dialled []string
	p := &policies{
		allowed:  map[msp.Name]string{"example.com": "", "moved.example.com": "", "gone.example.com": "", "no.example.com": "no has not consented"},
		resolver: oneHost("192.0.2.7"), roots: roots,
		dial: func(ctx context.Context, network, address string) (net.Conn, error) {
			dialled = append(dialled, address)
			return (&net.Dialer{}).DialContext(ctx, network, web.Listener.Addr().String())
		},
	}
	// The test server's certificate is for example.com and *.example.com.
	body, err := p.Fetch(t.Context(), "example.com")
	require.NoError(t, err)
	require.Equal(t, "version: STSv1\n", string(body))
	require.Equal(t, []string{"192.0.2.7:443"}, dialled)

	_, err = p.Fetch(t.Context(), "moved.example.com")
	require.ErrorContains(t, err, "certificate", "a name two labels below is not covered")

	before := asked
	for _, name := range []msp.Name{"no.example.com", "stranger.example"} {
		_, err = p.Fetch(t.Context(), name)
		require.ErrorIs(t, err, mtasts.ErrNotFetched, name)
	}
	require.Equal(t, before, asked, "without consent nothing is sent")

	dialled = nil
	for _, private := range []string{"127.0.0.1", "10.0.0.1", "169.254.169.254", "::ffff:10.0.0.1"} {
		p.resolver = oneHost(private)
		_, err = p.Fetch(t.Context(), "example.com")
		require.ErrorContains(t, err, "private", private)
	}
	require.Empty(t, dialled, "no packet to a private address that DNS named")
}

func TestPolicyStatus(t *testing.T) {
	web := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "https://elsewhere.example/", http.StatusFound)
	}))
	defer web.Close()
	roots := x509.NewCertPool()
	roots.AddCert(web.Certificate())
	p := &policies{
		allowed: map[msp.Name]string{"example.com": ""}, resolver: oneHost("192.0.2.7"), roots: roots,
		dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, web.Listener.Addr().String())
		},
	}
	_, err := p.Fetch(t.Context(), "example.com")
	require.ErrorContains(t, err, "HTTP status 302", "no redirect is followed")
}
