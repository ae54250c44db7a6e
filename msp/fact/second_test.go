package fact

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAgrees(t *testing.T) {
	const noerror, nx = "NOERROR", "NXDOMAIN"
	said := func(rcode string, values ...string) SecondAnswer {
		return SecondAnswer{Resolver: "192.0.2.53:53", Rcode: rcode, Values: values}
	}
	failed := func(why string) SecondAnswer { return SecondAnswer{Resolver: "192.0.2.54:53", Error: why} }
	tests := []struct {
		name         string
		qtype        string
		rcode        string
		values       []string
		answers      []SecondAnswer
		agree, known bool
		why          string // in the text
	}{
		{"same", "MX", noerror, []string{"10 mx.acme.test"}, []SecondAnswer{said(noerror, "10 mx.acme.test")}, true, true, "192.0.2.53:53 says NOERROR 10 mx.acme.test"},
		{"another order", "NS", noerror, []string{"a.test", "b.test"}, []SecondAnswer{said(noerror, "b.test", "a.test")}, true, true, ""},
		{"one value more", "NS", noerror, []string{"a.test"}, []SecondAnswer{said(noerror, "a.test", "b.test")}, false, true, "a.test, b.test"},
		{"other value", "TXT", noerror, []string{`"v=spf1 -all"`}, []SecondAnswer{said(noerror, `"v=spf1 +all"`)}, false, true, "+all"},
		{"both deny", "A", nx, nil, []SecondAnswer{said(nx)}, true, true, "NXDOMAIN"},
		{"nodata is not nxdomain", "A", nx, nil, []SecondAnswer{said(noerror)}, false, true, "NOERROR without data"},
		{"denied and there", "A", nx, nil, []SecondAnswer{said(noerror, "192.0.2.1")}, false, true, ""},
		{"one of two lies", "A", nx, nil, []SecondAnswer{said(nx), said(noerror, "192.0.2.1")}, false, true, "192.0.2.1"},
		{"one of two is dead", "A", nx, nil, []SecondAnswer{said(nx), failed("timeout")}, true, true, "nothing (timeout)"},
		{"all dead", "A", nx, nil, []SecondAnswer{failed("timeout"), failed("unreachable")}, false, false, "unreachable"},
		{"servfail is no answer", "A", nx, nil, []SecondAnswer{{Rcode: "SERVFAIL", Error: "servfail"}}, false, false, "servfail"},
		{"servfail without error text", "A", noerror, nil, []SecondAnswer{said("SERVFAIL")}, false, false, "SERVFAIL"},
		{"nobody asked", "A", nx, nil, nil, false, false, "no resolver"},
		{"first was servfail", "A", "SERVFAIL", nil, []SecondAnswer{said(nx)}, false, false, "first answer"},
		{"first was nothing", "A", "", nil, []SecondAnswer{said(nx)}, false, false, "nothing"},
		{"addresses in part", "A", noerror, []string{"192.0.2.1", "192.0.2.2"}, []SecondAnswer{said(noerror, "192.0.2.2", "192.0.2.3")}, true, true, ""},
		{"addresses apart", "AAAA", noerror, []string{"2001:db8::1"}, []SecondAnswer{said(noerror, "2001:db8::2")}, false, true, ""},
		{"an address and none", "A", noerror, []string{"192.0.2.1"}, []SecondAnswer{said(noerror)}, false, true, ""},
		{"serial moved on", "SOA", noerror, []string{"ns.test host.test 1 2 3 4 5"}, []SecondAnswer{said(noerror, "ns.test host.test 9 2 3 4 5")}, true, true, ""},
		{"other primary", "SOA", noerror, []string{"ns.test host.test 1 2 3 4 5"}, []SecondAnswer{said(noerror, "ns.evil.test host.test 1 2 3 4 5")}, false, true, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			obs := Observation{Name: "acme.test", Type: tt.qtype, Rcode: tt.rcode, Values: tt.values}
			agree, known, why := Agrees(obs, Second{Name: "acme.test", Type: tt.qtype, Answers: tt.answers})
			require.Equal(t, tt.known, known, why)
			require.Equal(t, tt.agree, agree, why)
			require.Contains(t, why, tt.why)
			require.NotEmpty(t, why)
		})
	}
	_, known, _ := Agrees(Observation{Name: "a.test", Type: "A", Rcode: nx}, Second{Name: "b.test", Type: "A", Answers: []SecondAnswer{said(nx)}})
	require.False(t, known, "about another name")
}

// TestAgreesWithItself holds that an answer agrees with its own copy and that a
// failed answer never counts.
func TestAgreesWithItself(t *testing.T) {
	for _, qtype := range []string{"A", "MX", "TXT", "SOA", "NS"} {
		for _, values := range [][]string{nil, {"x"}, {"y", "x"}, {"a b 1 2 3 4 5", "x"}} {
			obs := Observation{Name: "n.test", Type: qtype, Rcode: "NOERROR", Values: values}
			same := SecondAnswer{Rcode: "NOERROR", Values: values}
			agree, known, why := Agrees(obs, Second{Name: "n.test", Type: qtype, Answers: []SecondAnswer{same, {Error: "timeout"}}})
			require.True(t, agree && known, why)
			same.Error = "mismatch"
			agree, known, _ = Agrees(obs, Second{Name: "n.test", Type: qtype, Answers: []SecondAnswer{same}})
			require.False(t, agree || known)
		}
	}
}
