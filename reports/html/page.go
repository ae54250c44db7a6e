// Package html writes the report as one page that opens from a file: a manager
// sees in a minute what is at stake, an engineer finds every finding with its
// evidence.
//
// The page asks nothing of any network. A content security policy (W3C CSP
// Level 3) with the hashes of its own style and scripts holds it to that. All
// of it can be read without scripts, as plain tables; scripts add filters,
// sorting, moving about in the graph and the sum of ticked fixes.
package html

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"io/fs"

	"mspscan/reports"
)

// assets holds the parts of the page: its templates, style and scripts.
//
//go:embed page.html portfolio.html page.css page.js start.js
var assets embed.FS

// Page writes the report as a page. It implements reports.Renderer: the same
// report gives the same bytes.
type Page struct{}

// Render implements reports.Renderer. Text from outside is shown as what it
// says, never as markup; controls are made visible; a text longer than 2,000
// characters is cut and shows that it was.
func (Page) Render(w io.Writer, r *reports.Report) error {
	v, err := newView(clean(r))
	if err != nil {
		return err
	}
	return write(w, "head", "body", v, func(policy string) { v.Policy = policy })
}

// write puts a page together from two templates of the same view, which is told
// its policy first.
func write(w io.Writer, head, body string, view any, tell func(policy string)) error {
	parts, err := load()
	if err != nil {
		return fmt.Errorf("load page: %w", err)
	}
	tell(parts.policy())
	var b bytes.Buffer
	for _, part := range []struct{ open, name, end string }{
		{"", head, ""},
		{"<style>", parts.style, "</style>\n"},
		{"<script>", parts.start, "</script>\n"},
		{"", body, ""},
		{"<script>", parts.script, "</script>\n</body>\n</html>\n"},
	} {
		b.WriteString(part.open)
		if part.open != "" {
			b.WriteString(part.name)
		} else if err := parts.page.ExecuteTemplate(&b, part.name, view); err != nil {
			return fmt.Errorf("fill page: %w", err)
		}
		b.WriteString(part.end)
	}
	if _, err := w.Write(b.Bytes()); err != nil {
		return fmt.Errorf("write html: %w", err)
	}
	return nil
}

// parts are the pieces that a page is put together from. Style and scripts stay
// out of the template, so that their bytes are those that were hashed.
type parts struct {
	page                 *template.Template
	style, start, script string
}

func load() (parts, error) {
	var p parts
	for name, to := range map[string]*string{"page.css": &p.style, "start.js": &p.start, "page.js": &p.script} {
		data, err := fs.ReadFile(assets, name)
		if err != nil {
			return p, err
		}
		*to = string(data)
	}
	page, err := template.New("page").Funcs(helpers()).ParseFS(assets, "page.html", "portfolio.html")
	p.page = page
	return p, err
}

// policy gives the content security policy: nothing may be fetched, and only
// what this program wrote may run.
func (p parts) policy() string {
	return fmt.Sprintf("default-src 'none'; script-src %s %s; style-src %s; img-src data:; base-uri 'none'; form-action 'none'",
		hash(p.start), hash(p.script), hash(p.style))
}

func hash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}
