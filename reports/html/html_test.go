package html_test

import (
	"bytes"
	"compress/flate"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	xhtml "golang.org/x/net/html"

	"mspscan/msp"
	"mspscan/msp/graph"
	"mspscan/reports"
	"mspscan/reports/html"
	"mspscan/reports/internal/sample"
)

func render(t *testing.T, r *reports.Report) string {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, html.Page{}.Render(&b, r))
	return b.String()
}

func mining(t *testing.T) *reports.Report {
	t.Helper()
	in, err := sample.Mining()
	require.NoError(t, err)
	return reports.Build(in)
}

// TestWrite leaves the pages in the folder that MSPSCAN_PAGES names, for
// .ci/page.sh.
func TestWrite(t *testing.T) {
	dir := os.Getenv("MSPSCAN_PAGES")
	if dir == "" {
		t.Skip("MSPSCAN_PAGES names no folder to write the pages to")
	}
	var b bytes.Buffer
	require.NoError(t, html.Portfolio{}.Render(&b, portfolio(t, hostileTexts(t)[0])))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "portfolio.html"), b.Bytes(), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "portfolio.json"), []byte(`{"findings":[],"providers":0}`), 0o600))
	for name, r := range cases(t) {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name+".html"), []byte(render(t, r)), 0o600))
		ids := []string{}
		for _, f := range r.Findings {
			ids = append(ids, f.ID)
		}
		data, err := json.Marshal(map[string]any{"findings": ids, "providers": len(r.Providers), "title": r.Organisation.Name})
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(dir, name+".json"), data, 0o600))
	}
}

// TestSame holds the page to its report: twice the same bytes, and every id.
func TestSame(t *testing.T) {
	for name, r := range cases(t) {
		t.Run(name, func(t *testing.T) {
			before, err := json.Marshal(r)
			require.NoError(t, err)
			page := render(t, r)
			require.True(t, page == render(t, r), "the same report gives the same bytes")
			after, err := json.Marshal(r)
			require.NoError(t, err)
			require.True(t, bytes.Equal(before, after), "the report is left as it was")
			for _, f := range r.Findings {
				require.True(t, strings.Contains(page, ">"+template.HTMLEscapeString(f.ID)+"<"), f.ID)
			}
		})
	}
}

// TestSize holds the page of 5,000 findings under 3 MB, also where its texts are
// as long as those of real rules.
func TestSize(t *testing.T) {
	in, err := sample.Many(200, 25)
	require.NoError(t, err)
	r := reports.Build(in)
	require.Less(t, len(render(t, r)), 3_000_000)
	for i := range r.Findings {
		f := &r.Findings[i]
		f.Title = "Provider access is always open and nobody looks"[:39]
		f.Message = strings.Repeat("The access of this provider is open day and night. ", 3)[:117]
		f.Evidence = []msp.EvidenceItem{{Summary: fmt.Sprintf("%d %s", i*7919, strings.Repeat("delegation of ns1.provider.example ", 4)), Server: "192.0.2.53:53", At: "2026-06-01T09:00:02Z", Dig: []string{fmt.Sprintf("dig @192.0.2.53 host%d.provider.example. NS", i), fmt.Sprintf("dig @198.51.100.53 host%d.provider.example. SOA", i*31)}}}
	}
	require.Len(t, r.Findings, 5000)
	require.Less(t, len(render(t, r)), 3_000_000)
}

// TestPolicy holds the policy to the scripts and the style that are on the page.
func TestPolicy(t *testing.T) {
	page := render(t, mining(t))
	policy := regexp.MustCompile(`http-equiv="Content-Security-Policy" content="([^"]+)"`).FindStringSubmatch(page)
	require.Len(t, policy, 2)
	said := strings.NewReplacer("&#39;", "'", "&#43;", "+").Replace(policy[1])
	require.True(t, strings.HasPrefix(said, "default-src 'none'; "))
	require.Contains(t, said, "; base-uri 'none'; form-action 'none'")
	require.NotContains(t, said, "unsafe")
	parts := regexp.MustCompile(`(?s)<(script|style)>(.*?)</(?:script|style)>`).FindAllStringSubmatch(page, -1)
	require.Len(t, parts, 3)
	for _, p := range parts {
		sum := sha256.Sum256([]byte(p[2]))
		require.Contains(t, said, "'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'", p[1])
	}
}

// TestHostile holds that no outside text becomes an element, an attribute, a
// link, a script or a control character. A parser of HTML reads the page as a
// browser does.
func TestHostile(t *testing.T) {
	texts := hostileTexts(t)
	in, err := sample.Hostile(texts)
	require.NoError(t, err)
	r := reports.Build(in)
	r.Findings[0].State, r.Findings[1].Waived = msp.StateNew, &msp.Waived{Reason: texts[0], Justification: texts[1], ApprovedBy: texts[2]}
	page := render(t, r)
	for _, c := range page {
		require.False(t, c < ' ' && c != '\n' || c == 0x7f || c >= 0x80 && c < 0xa0 || c >= 0x202a && c <= 0x202e || c == 0x200b || c == 0x2028 || c == utf8.RuneError, "character %U", c)
	}
	doc, err := xhtml.Parse(strings.NewReader(page))
	require.NoError(t, err)
	count, scripts := 0, 0
	for n := range doc.Descendants() {
		if n.Type == xhtml.CommentNode {
			require.Fail(t, "a comment", n.Data)
		}
		if n.Type != xhtml.ElementNode {
			continue
		}
		count++
		if n.Data == "script" {
			scripts++
		}
		require.NotContains(t, []string{"img", "iframe", "object", "embed", "base", "textarea", "audio", "video", "image", "use", "animate", "foreignObject"}, n.Data)
		for _, a := range n.Attr {
			checkAttribute(t, n, a)
		}
	}
	require.Equal(t, 3, scripts)
	require.Greater(t, count, 1000)
	t.Logf("%d texts, %d elements", len(texts), count)
}

func checkAttribute(t *testing.T, n *xhtml.Node, a xhtml.Attribute) {
	t.Helper()
	require.False(t, strings.HasPrefix(a.Key, "on"), "%s %s", n.Data, a.Key)
	require.NotContains(t, []string{"style", "src", "srcset", "action", "formaction", "target"}, a.Key)
	if a.Key == "http-equiv" {
		require.Equal(t, "Content-Security-Policy", a.Val)
	}
	if a.Key == "href" {
		require.Regexp(t, `^(#[A-Za-z0-9._-]+|data:,)$`, a.Val)
	}
	if a.Key == "id" {
		require.Regexp(t, `^[A-Za-z0-9._-]+$`, a.Val)
	}
}

// portfolio joins the samples, the first organisation under a name from outside.
func portfolio(t *testing.T, name string) *reports.Portfolio {
	t.Helper()
	own := func(id string) graph.Mark { return graph.Mark{Name: id} }
	one, err := sample.Many(3, 2)
	require.NoError(t, err)
	empty, err := sample.Empty()
	require.NoError(t, err)
	first := mining(t)
	first.Organisation.Name = name
	second, third := reports.Build(one), reports.Build(empty)
	third.Organisation.ID = "bare"
	return reports.BuildPortfolio([]reports.PortfolioMember{{Report: first, Mark: own}, {Report: second, Mark: own}, {Report: third, Mark: own}}, []string{name})
}

// headed gives the rows of a table with n, and its head; none without any.
func headed(n int) int {
	if n == 0 {
		return 0
	}
	return n + 1
}

// TestPortfolio holds the page of many organisations to its model, with hostile
// names.
func TestPortfolio(t *testing.T) {
	p := portfolio(t, "")
	for _, name := range hostileTexts(t) {
		p.Organisations[0].Name, p.Organisations[0].Worst, p.Organisations[0].Currency, p.Parties[0].Name, p.Errors[0] = name, name, name, name, name
		p.Parties[0].ID, p.Parties[0].Trust = name, []string{name}
		var b, again bytes.Buffer
		require.NoError(t, html.Portfolio{}.Render(&b, p))
		require.NoError(t, html.Portfolio{}.Render(&again, p))
		require.True(t, bytes.Equal(b.Bytes(), again.Bytes()), "the same portfolio gives the same bytes")
		doc, err := xhtml.Parse(&b)
		require.NoError(t, err)
		scripts, rows := 0, 0
		for n := range doc.Descendants() {
			require.NotContains(t, []string{"img", "iframe", "base"}, n.Data)
			switch {
			case n.Type == xhtml.ElementNode && n.Data == "script":
				scripts++
			case n.Type == xhtml.ElementNode && n.Data == "tr":
				rows++
			}
			for _, a := range n.Attr {
				checkAttribute(t, n, a)
			}
		}
		require.Equal(t, 3, scripts)
		require.NotEmpty(t, p.Layers)
		require.Equal(t, len(p.Organisations)+len(p.Parties)+2+len(p.Layers)+1+headed(len(p.Concentration)), rows)
	}
	var b bytes.Buffer
	require.NoError(t, html.Portfolio{}.Render(&b, portfolio(t, "Ridgeline")))
	require.True(t, strings.Contains(b.String(), ">Ridgeline</a> is exposed most: AUD 28.4M of AUD 36.2M is reached if southern is compromised."))
}

// TestLinks holds that every link of the page has its place, once.
func TestLinks(t *testing.T) {
	for name, r := range cases(t) {
		doc, err := xhtml.Parse(strings.NewReader(render(t, r)))
		require.NoError(t, err)
		ids, links := map[string]int{}, []string{}
		for n := range doc.Descendants() {
			for _, a := range n.Attr {
				switch {
				case a.Key == "id":
					ids[a.Val]++
				case a.Key == "href" && strings.HasPrefix(a.Val, "#"):
					links = append(links, a.Val[1:])
				}
			}
		}
		for id, n := range ids {
			require.Equal(t, 1, n, "%s: id %s", name, id)
		}
		for _, l := range links {
			require.Contains(t, ids, l, name)
		}
	}
}

// TestSays holds the page to what a manager must find on it.
func TestSays(t *testing.T) {
	r := mining(t)
	page := render(t, r)
	for _, text := range []string{
		"Southern Cross Managed IT Pty Ltd</a> is the costliest to lose: <strong>AUD 28.4M</strong> of AUD 36.2M",
		"The one change worth most:</strong> Open southern-door for approved windows only",
		"<code class=dig>dig @192.0.2.53 _dmarc.ridgeline.example. TXT</code>",
		"Waived: risk accepted. The new platform of July keeps 18 months. Approved by J. Citizen, until 2026-09-30.",
		"Is a second factor required for every use of southern-door?",
		"rmmworks → southern → ad",
		"name service: can rewrite every answer",
		"An unknown is not a pass.",
	} {
		require.True(t, strings.Contains(page, text), text)
	}
	r.Run.Complete = false
	require.True(t, strings.Contains(render(t, r), "The run did not end."))
}

// TestSaysMoney: what an inventory says of frequency and cost stands on the page,
// and nothing of it where it says nothing.
func TestSaysMoney(t *testing.T) {
	in, err := sample.Priced()
	require.NoError(t, err)
	page := render(t, reports.Build(in))
	words := []string{
		"At 0.053 compromises a year (one in 19 years), as the inventory judges it, that is AUD 1.51M a year, from AUD 515k to AUD 2.84M.",
		"The frequency is the organisation's for any provider.", "Is the obvious fix worth it?", "hardly worth it",
		"Most for its cost:</strong> Record the sessions on southern-door. It cuts AUD 900k and costs nothing.",
		"Rank by cost", "not given", "AUD 36.3", "Two rankings stand side by side",
		"no frequency", "<strong>not those built in</strong>", "The transmission tables ridgeline/v2",
	}
	plain := render(t, mining(t))
	for _, text := range words {
		require.True(t, strings.Contains(page, text), text)
		require.False(t, strings.Contains(plain, text), text)
	}
}

// TestData holds what the scripts compute with: the sets of changes by their
// places.
func TestData(t *testing.T) {
	page := render(t, mining(t))
	m := regexp.MustCompile(`(?s)<script type="application/json" id="data">(.*?)</script>`).FindStringSubmatch(page)
	require.Len(t, m, 2)
	var data struct {
		Currency string
		Findings [][4]int
		Groups   []struct {
			Before float64
			Sets   []struct {
				Changes []int
				After   float64
			}
		}
	}
	require.NoError(t, json.Unmarshal([]byte(m[1]), &data))
	require.Equal(t, "AUD", data.Currency)
	require.Len(t, data.Findings, len(mining(t).Findings))
	require.Len(t, data.Groups, 2)
	require.Equal(t, []int{0, 1}, data.Groups[0].Sets[2].Changes)
	require.Greater(t, data.Groups[0].Before, data.Groups[0].Sets[2].After)
}

// TestPacked reads the evidence of a compact page back.
func TestPacked(t *testing.T) {
	in, err := sample.Many(50, 25)
	require.NoError(t, err)
	r := reports.Build(in)
	r.Findings[7].Evidence = []msp.EvidenceItem{{Summary: "seen <b>", Dig: []string{"dig a. NS"}}}
	m := regexp.MustCompile(`"packed":"([^"]+)"`).FindStringSubmatch(render(t, r))
	require.Len(t, m, 2)
	var raw string
	require.NoError(t, json.Unmarshal([]byte(`"`+m[1]+`"`), &raw))
	deflated, err := base64.StdEncoding.DecodeString(raw)
	require.NoError(t, err)
	var lines [][][2]string
	require.NoError(t, json.NewDecoder(flate.NewReader(bytes.NewReader(deflated))).Decode(&lines))
	require.Len(t, lines, len(r.Findings))
	require.Equal(t, [2]string{"ev", "seen <b>"}, lines[7][0])
	require.Equal(t, [2]string{"dig", "dig a. NS"}, lines[7][1])
}

// TestWriteFails hands the error of the writer on.
func TestWriteFails(t *testing.T) {
	require.ErrorIs(t, html.Page{}.Render(broken{}, mining(t)), os.ErrClosed)
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, os.ErrClosed }

func BenchmarkPage(b *testing.B) {
	in, err := sample.Many(200, 25)
	require.NoError(b, err)
	r := reports.Build(in)
	for b.Loop() {
		require.NoError(b, html.Page{}.Render(io.Discard, r))
	}
}

// cases gives the reports that the page must carry.
func cases(t *testing.T) map[string]*reports.Report {
	t.Helper()
	out := map[string]*reports.Report{"mining": mining(t)}
	for name, make := range map[string]func() (reports.Input, error){
		"empty":   sample.Empty,
		"one":     func() (reports.Input, error) { return sample.Many(1, 3) },
		"large":   func() (reports.Input, error) { return sample.Many(200, 25) },
		"hostile": func() (reports.Input, error) { return sample.Hostile(hostileTexts(t)) },
	} {
		in, err := make()
		require.NoError(t, err)
		out[name] = reports.Build(in)
	}
	return out
}

// hostileTexts gives texts that must stay text: those of the test and, where it
// is there, those of the shared list.
func hostileTexts(t *testing.T) []string {
	t.Helper()
	list := []string{
		"<img src=x onerror=document.title='PWNED'>", "\"><svg onload=document.title='PWNED'>", "'><script>document.title='PWNED'</script>",
		"</script><script>document.title='PWNED'</script>", "</title><script>document.title='PWNED'</script>", "</style><script>document.title='PWNED'</script>",
		"</textarea></option></select><b>x</b>", "<!--<script>", "-->", "]]>", "&lt;b&gt;", "&#60;b&#62;", "javascript:document.title='PWNED'", "http://evil.example/", "//evil.example/x",
		"data:text/html,<script>1</script>", "{{.}}", "${1}", "`x`", "\x1b[31mred", "\u202egnp.exe", "a\x00b", "\u2028x", "<base href=http://evil.example/>", "<meta http-equiv=refresh content=0;url=http://evil.example>",
		"x' onmouseover='document.title=1", "<a href=http://evil.example>x</a>", "\xff\xfe", strings.Repeat("x", 65000),
	}
	data, err := os.ReadFile("../../../shared/badinputs/hostile_strings.json")
	if err != nil {
		t.Logf("suite not here: %v; the test's own texts are used", err)
		return list
	}
	var items []any
	require.NoError(t, json.Unmarshal(data, &items))
	for _, it := range items {
		switch v := it.(type) {
		case string:
			list = append(list, v)
		case map[string]any:
			list = append(list, strings.Repeat(v["text"].(string), int(v["times"].(float64))))
		}
	}
	return list
}
