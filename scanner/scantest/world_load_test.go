package scantest_test

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"mspscan/msp"
	"mspscan/scanner/scantest"
)

func TestLoadErrors(t *testing.T) {
	for name, tt := range map[string]struct {
		files map[string]string
		want  string
	}{
		"syntax":       {map[string]string{"z.example.zone": soa + "@ NS ns\nns A 192.0.2.300\n"}, "z.example.zone:3:"},
		"in include":   {map[string]string{"z.example.zone": soa + "$INCLUDE part\n", "part": "@ NS ns\nns A bad\n"}, "part:2:"},
		"escape":       {map[string]string{"z.example.zone": soa + "$INCLUDE ../../etc/passwd\n"}, "etc/passwd"},
		"no SOA":       {map[string]string{"z.example.zone": "@ NS ns\n"}, "z.example.zone: no SOA record"},
		"two SOA":      {map[string]string{"z.example.zone": soa + "sub SOA ns h 1 1 1 1 1\n"}, "one file, one zone"},
		"same zone":    {map[string]string{"z.example.zone": soa, "z.example.db": soa}, "zone z.example. is in "},
		"odd folder":   {map[string]string{"z.example.zone": soa, "sub/z.example.zone": soa}, `sub-folder "sub" is not named by an IP address`},
		"bad manners":  {map[string]string{"z.example.zone": soa, "servers.txt": "\n192.0.2.1 slow\n"}, `servers.txt:2: "192.0.2.1 slow" is no address and one of`},
		"no zone file": {map[string]string{"README.md": "x"}, "no zone file"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := scantest.Load(folder(t, tt.files))
			require.ErrorContains(t, err, tt.want)
		})
	}
	_, err := scantest.Load(filepath.Join(t.TempDir(), "none"))
	require.ErrorContains(t, err, "read zone folder")
}

func TestOrigins(t *testing.T) {
	const body = "%s 60 IN SOA ns h 1 1 1 1 1\n%s NS ns\nns A 192.0.2.1\nwww A 198.51.100.1\n"
	at := func(owner string) string { return fmt.Sprintf(body, owner, owner) }
	for name, tt := range map[string]struct{ file, text string }{
		"file name .zone":   {"z.example.zone", at("@")},
		"file name .db":     {"z.example.db", at("@")},
		"file name .signed": {"z.example.signed", at("@")},
		"both affixes":      {"z.example.zone.signed", at("@")},
		"file name db.":     {"db.z.example", at("@")},
		"$ORIGIN":           {"whatever.zone", "$ORIGIN z.example.\n" + at("@")},
		"$origin below":     {"whatever.zone", "; comment\n$TTL 5\n$origin Z.Example. ; more\n" + at("@")},
		"owner of the SOA":  {"whatever.zone", at("z.example.")},
		"upper case":        {"Z.EXAMPLE.zone", at("@")},
	} {
		t.Run(name, func(t *testing.T) {
			w := load(t, map[string]string{tt.file: tt.text})
			require.Equal(t, []msp.Name{"z.example"}, w.Zones())
			ask(t, start(t, w), []expect{{"www.z.example A", "present NOERROR 198.51.100.1"}})
		})
	}
}

func TestSignedCopyWins(t *testing.T) {
	w := load(t, map[string]string{
		"z.example.zone":        soa + "@ NS ns\nns A 192.0.2.1\nmark TXT unsigned\n",
		"z.example.zone.signed": soa + "@ NS ns\nns A 192.0.2.1\nmark TXT signed\nstray.elsewhere. A 192.0.2.9\n",
	})
	require.Len(t, w.Warnings(), 1)
	require.Contains(t, w.Warnings()[0], "stray.elsewhere. A is out of zone z.example.")
	ask(t, start(t, w), []expect{{"mark.z.example TXT", `present NOERROR "signed"`}})
}
