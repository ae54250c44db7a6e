package indicator

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"mspscan/msp"
)

const bundle = `{
  "type": "bundle", "id": "bundle--1",
  "objects": [
    {"type": "identity", "id": "identity--1", "name": "CERT Example"},
    {"type": "indicator", "id": "indicator--1", "modified": "2026-01-02T00:00:00Z", "created_by_ref": "identity--1",
     "pattern_type": "stix", "valid_from": "2026-01-01T00:00:00Z",
     "pattern": "[domain-name:value = 'Evil.Example' OR ipv4-addr:value = '198.51.100.7'] OR [ipv6-addr:value IN ('2001:db8::7', '2001:db8::8')]"},
    {"type": "indicator", "id": "indicator--2", "revoked": true, "pattern": "[domain-name:value = 'good.example']"},
    {"type": "indicator", "id": "indicator--3", "valid_until": "2026-03-01T00:00:00Z", "pattern": "[domain-name:value = 'old.example']",
     "created": "2025-12-31T10:00:00Z", "external_references": [{"source_name": "Blog"}]},
    {"type": "indicator", "id": "indicator--4", "pattern": "[file:hashes.MD5 = 'd41d8cd98f00b204e9800998ecf8427e']"},
    {"type": "indicator", "id": "indicator--5", "pattern": "[domain-name:value = 'a.example' AND url:value = 'x']"},
    {"type": "indicator", "id": "indicator--6", "pattern_type": "yara", "pattern": "rule x {}"},
    {"type": "indicator", "id": "indicator--7", "modified": "2026-01-01T00:00:00Z", "pattern": "[domain-name:value = 'first.example']"},
    {"type": "indicator", "id": "indicator--7", "modified": "2026-02-01T00:00:00Z", "revoked": true, "pattern": "[domain-name:value = 'first.example']"},
    {"type": "indicator", "id": "indicator--8", "pattern": "[domain-name:value = 'co.uk']"},
    {"type": "indicator", "id": "indicator--9", "pattern": "[ipv4-addr:value ISSUBSET '203.0.113.0/24']"},
    {"type": "malware", "id": "malware--1", "name": "x"}
  ]
}`

const event = `{"Event": {"info": "Hop", "date": "2017-04-05", "Orgc": {"name": "CIRCL"},
  "Attribute": [
    {"type": "domain", "value": "evil[.]example", "to_ids": true},
    {"type": "hostname", "value": "c2.evil.example", "to_ids": true, "first_seen": "2016-01-02T03:04:05.000000+00:00"},
    {"type": "ip-dst", "value": "198.51.100.7"},
    {"type": "ip-src", "value": "10.0.0.1", "to_ids": true},
    {"type": "domain|ip", "value": "both.example|198.51.100.8", "to_ids": true},
    {"type": "ip-dst|port", "value": "198.51.100.9|443", "to_ids": true},
    {"type": "domain", "value": "context.example", "to_ids": false},
    {"type": "domain", "value": "gone.example", "deleted": true},
    {"type": "md5", "value": "d41d8cd98f00b204e9800998ecf8427e", "to_ids": true}
  ],
  "Object": [
    {"name": "domain-ip", "Attribute": [{"type": "domain", "value": "inobject.example", "to_ids": true}]},
    {"name": "domain-ip", "deleted": true, "Attribute": [{"type": "domain", "value": "deletedobject.example", "to_ids": true}]}
  ]}}`

// values lists what a set matches, withdrawn ones with a minus.
func values(s Set) []string {
	var list []string
	for _, e := range s.Entries {
		v := e.Value()
		if e.Withdrawn {
			v = "-" + v
		}
		list = append(list, v)
	}
	return list
}

func TestLoad(t *testing.T) {
	tests := []struct {
		name, data, format string
		want               []string
		other, off, unfit  int
	}{
		{"stix", bundle, FormatSTIX, []string{"evil.example", "198.51.100.7", "2001:db8::7", "2001:db8::8", "old.example", "203.0.113.0/24"}, 3, 2, 1},
		{"misp", event, FormatMISP, []string{"evil.example", "c2.evil.example", "198.51.100.7", "both.example", "198.51.100.8", "198.51.100.9", "inobject.example"}, 1, 2, 1},
		{"misp search", `{"response": [` + event + `,` + event + `]}`, FormatMISP, []string{
			"evil.example", "c2.evil.example", "198.51.100.7", "both.example", "198.51.100.8", "198.51.100.9", "inobject.example",
			"evil.example", "c2.evil.example", "198.51.100.7", "both.example", "198.51.100.8", "198.51.100.9", "inobject.example",
		}, 2, 4, 2},
		{"misp list", `[` + event + `]`, FormatMISP, []string{"evil.example", "c2.evil.example", "198.51.100.7", "both.example", "198.51.100.8", "198.51.100.9", "inobject.example"}, 1, 2, 1},
		{"csv", "indicator,type,source,date\nevil.example,domain,CERT,2026-01-02\n198.51.100.7,ipv4,CERT,2026-01\n", FormatCSV, []string{"evil.example", "198.51.100.7"}, 0, 0, 0},
		{"csv other order and words", "\xef\xbb\xbf# a list\nFirst Seen;IOC Type;IOC\n2026-01-02;FQDN;Evil.Example.\n2026;md5;d41d8cd98f00b204e9800998ecf8427e\n", FormatCSV, []string{"evil.example"}, 1, 0, 0},
		{"csv withdrawn", "value\trevoked\nevil.example\tno\ngood.example\tyes\nodd.example\tmaybe\n", FormatCSV, []string{"evil.example", "-good.example", "-odd.example"}, 0, 2, 0},
		{"csv without head", "evil.example\n*.worse.example\n198.51.100.0/24\n", FormatCSV, []string{"evil.example", "worse.example", "198.51.100.0/24"}, 0, 0, 0},
		{"csv unfit values", "domain\nevil.example\nhttp://x.example/\n127.0.0.1\n10.0.0.0/8\n198.0.0.0/8\n\"\"\ngithub.io\n", FormatCSV, []string{"evil.example"}, 0, 0, 5},
		{"csv bad date", "domain,date\nevil.example,2026-01-02\nother.example,yesterday\n", FormatCSV, []string{"evil.example"}, 0, 0, 1},
		{"csv idn", "domain\nbücher.example\n", FormatCSV, []string{"xn--bcher-kva.example"}, 0, 0, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, err := Load("feed", []byte(tt.data))
			require.NoError(t, err)
			require.Equal(t, tt.format, s.Format)
			require.Equal(t, tt.want, values(s))
			require.Equal(t, []int{tt.other, tt.off, tt.unfit}, []int{s.Other, s.Off, s.Unfit}, "%v", s.Why)
			require.Len(t, s.Why, tt.unfit)
			require.Len(t, s.SHA256, 64)
		})
	}
}

func TestLoadRefuses(t *testing.T) {
	tests := []struct{ name, data, want string }{
		{"empty", "", "feed:1:1: the file is empty"},
		{"blank", " \n\t", "feed:1:1: the file is empty"},
		{"cut", "{\"type\": \"bundle\",\n \"objects\": [", "feed:2:13: not JSON: unexpected end of JSON input"},
		{"not JSON", "{\"type\": \"bundle\",\n \"objects\": [nope]}", "feed:2:15: not JSON: invalid character 'o'"},
		{"two values", "{\"type\": \"bundle\", \"objects\": []}\n{}", "feed:2:1: not JSON: invalid character '{' after top-level value"},
		{"no objects", `{"type": "bundle"}`, "feed:1:1: a STIX bundle has a list of objects"},
		{"odd object", "{\"type\": \"bundle\", \"objects\": [\n7]}", "feed:2:1: an object of the bundle is no JSON object"},
		{"other JSON", `{"name": "x"}`, "feed:1:1: JSON of an unknown kind"},
		{"nothing usable", `{"type": "bundle", "objects": [{"type": "indicator", "pattern": "[url:value = 'x']"}]}`, "no indicator that DNS can show: 1 of other kinds"},
		{"no column", "name;size\nx;1\n", "feed:1:1: no column of indicators"},
		{"bare quote", "domain,source\nevil.example,\"a\nb\" c\n", "feed:3:2: not CSV"},
		{"zero byte", "domain\nevil.example\x00\n", "feed:2:13: not text"},
		{"deep", strings.Repeat("[", 100) + strings.Repeat("]", 100), "feed:1:65: nested deeper than 64"},
		{"only unfit", "domain\ncom\n", "first: feed:2:1: "},
		{"large", strings.Repeat("#", MaxFile+1), "feed:1:1: larger than 16 MiB"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Load("feed", []byte(tt.data))
			require.ErrorIs(t, err, ErrFormat)
			require.ErrorContains(t, err, tt.want)
		})
	}
	var many strings.Builder
	for i := range MaxEntries + 1 {
		fmt.Fprintf(&many, "h%d.example\n", i)
	}
	_, err := Load("feed", []byte(many.String()))
	require.ErrorContains(t, err, "more than 200000 indicators")
}

func TestLoadSays(t *testing.T) {
	s, err := Load("feed", []byte(bundle))
	require.NoError(t, err)
	first, old := s.Entries[0], s.Entries[4]
	require.Equal(t, "CERT Example", first.Source)
	require.Equal(t, "2026-01-01", first.Published)
	require.Equal(t, msp.Pos{File: "feed", Line: 7, Column: 17}, first.Pos)
	require.Equal(t, "Blog", old.Source)
	require.Equal(t, "2025-12-31", old.Published)
	require.Equal(t, time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC), old.Until)
	require.Equal(t, "feed:16:60: co.uk is a suffix below which anybody registers names", s.Why[0].String())

	s, err = Load("feed", []byte(event))
	require.NoError(t, err)
	require.Equal(t, "CIRCL, Hop", s.Entries[0].Source)
	require.Equal(t, "2017-04-05", s.Entries[0].Published)
	require.Equal(t, 3, s.Entries[0].Pos.Line)
	require.Equal(t, "2016-01-02", s.Entries[1].Published, "the attribute knows better")

	s, err = Load("feed", []byte("source,domain\n"+strings.Repeat("é", 500)+",evil.example\n"))
	require.NoError(t, err)
	require.Less(t, len(s.Entries[0].Source), 210)
	require.True(t, strings.HasSuffix(s.Entries[0].Source, "…"))
}

func TestPattern(t *testing.T) {
	tests := []struct {
		pattern string
		want    []string
	}{
		{"[domain-name:value = 'a.example']", []string{"a.example"}},
		{"[ domain-name:value='a.example' ]", []string{"a.example"}},
		{`[domain-name:value = 'it\'s']`, []string{"it's"}},
		{"([domain-name:value = 'a'] OR [domain-name:value = 'b']) OR [ipv4-addr:value = 'c']", []string{"a", "b", "c"}},
		{"[(domain-name:value = 'a' OR domain-name:value = 'b')]", []string{"a", "b"}},
		{"[domain-name:value IN ('a','b')]", []string{"a", "b"}},
		{"[domain-name:value = 'a' AND ipv4-addr:value = 'b']", nil},
		{"[domain-name:value = 'a'] AND [ipv4-addr:value = 'b']", nil},
		{"[domain-name:value = 'a'] FOLLOWEDBY [ipv4-addr:value = 'b']", nil},
		{"[domain-name:value NOT = 'a']", nil},
		{"[NOT domain-name:value = 'a']", nil},
		{"[domain-name:value != 'a']", nil},
		{"[domain-name:value LIKE 'a%']", nil},
		{"[domain-name:value MATCHES 'a']", nil},
		{"[domain-name:resolves_to_refs[0].value = 'a']", nil},
		{"[domain-name:value = 'a'] WITHIN 5 SECONDS", nil},
		{"[domain-name:value = 'a' ORDER]", nil},
		{"[domain-name:value = a]", nil},
		{"[domain-name:value = 'a]", nil},
		{"[domain-name:value = 'a'", nil},
		{"[domain-name:value IN ()]", nil},
		{"[]", nil},
		{"", nil},
		{strings.Repeat("(", 70_000), nil},
	}
	for _, tt := range tests {
		got, ok := parsePattern(tt.pattern)
		require.Equal(t, tt.want != nil, ok, tt.pattern)
		if ok {
			require.Equal(t, tt.want, got, tt.pattern)
		}
	}
}

func TestAPT10(t *testing.T) {
	s, err := APT10()
	require.NoError(t, err)
	require.Zero(t, s.Unfit, s.Why)
	require.Zero(t, s.Other)
	require.Greater(t, s.Live(), 80)
	require.Less(t, len(s.Entries), 200)
	require.Equal(t, len(s.Entries)-s.Live(), s.Off)
	require.Positive(t, s.Off)
	seen := map[msp.Name]bool{}
	for _, e := range s.Entries {
		require.False(t, seen[e.Name], "%s twice", e.Name)
		seen[e.Name] = true
		require.NotEmpty(t, e.Source, e.Name)
		require.Regexp(t, `^20(1[0-9]|2[01])-[0-9]{2}(-[0-9]{2})?$`, e.Published, e.Name)
	}
	require.False(t, seen["zzux.com"], "a service that gives names to anybody is no indicator")
}

func FuzzLoad(f *testing.F) {
	seeds := []string{
		bundle, event, "[" + event + "]", "indicator,type,source,date,withdrawn\nevil.example,domain,CERT,2026-01-02,no\n",
		"evil.example\n198.51.100.0/24\n", "a;b\n\"", `{"type":"bundle","objects":[{}]}`, `{"Event":{"Attribute":[{"type":"domain|ip","value":"|"}]}}`,
	}
	require.NotEmpty(f, seeds)
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := Load("f", data)
		if err != nil {
			require.ErrorIs(t, err, ErrFormat)
			require.NotContains(t, err.Error(), "\n")
			return
		}
		require.NotEmpty(t, s.Entries)
		for _, e := range s.Entries {
			require.True(t, (e.Name != "") != e.Prefix.IsValid(), "%+v", e)
			require.True(t, e.Pos.Known())
			n, p, why := parseValue(e.Value())
			require.Empty(t, why)
			require.Equal(t, e.Name, n)
			require.Equal(t, e.Prefix, p)
		}
		again, err := Load("f", data)
		require.NoError(t, err)
		require.Equal(t, s, again)
	})
}

func FuzzPattern(f *testing.F) {
	for _, s := range []string{"[domain-name:value = 'a.example']", "([ipv4-addr:value IN ('1','2')] OR [x", `['\`, "[domain-name:value='a' OR ipv6-addr:value='b']"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		values, ok := parsePattern(s)
		require.Equal(t, ok, len(values) > 0)
		for _, v := range values {
			require.LessOrEqual(t, len(v), len(s))
		}
	})
}
