package pipeline

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	yaml "go.yaml.in/yaml/v3"

	"mspscan/msp/inventory"
	"mspscan/msp/strict"
	"mspscan/reports/xlsx"
)

const (
	maxBrand     = 64 << 10 // bytes of a brand file
	maxBrandText = 120      // characters of a value
)

// brandFile is what a brand file says.
type brandFile struct {
	brand xlsx.Brand
	paper string // A4, Letter, "" = not said
}

// loadBrand reads a brand file: {client, assessor, classification, footer,
// colours: {navy, accent}, logo, paper}, all of them optional. All problems come
// at once.
func loadBrand(name string) (brandFile, error) {
	data, err := readUpTo(name, maxBrand)
	if err != nil {
		return brandFile{}, coded(CodeUsage, fmt.Errorf("read brand: %w", err))
	}
	r, doc := strict.Read(name, data, maxBrand)
	f := r.Fields(doc, "a brand", []string{"client", "assessor", "classification", "footer", "colours", "logo", "paper"})
	text := func(key string) string { return r.Text(f[key], key, maxBrandText, false) }
	b := brandFile{brand: xlsx.Brand{Client: text("client"), Assessor: text("assessor"), Classification: text("classification"), Footer: text("footer")}}
	b.paper = r.Word(f["paper"], "paper", []string{"A4", "Letter"})
	colours := r.Fields(f["colours"], "colours", []string{"navy", "accent"})
	b.brand.Navy, b.brand.Accent = colour(r, colours["navy"], "navy"), colour(r, colours["accent"], "accent")
	b.brand.Logo = logo(r, f["logo"], filepath.Dir(name))
	return b, strictError(r.Err())
}

// colour reads "#1F2A44"; "" if it is not given.
func colour(r *strict.Reader, n *yaml.Node, what string) string {
	s := strings.ToUpper(strings.TrimPrefix(r.Text(n, what, maxBrandText, false), "#"))
	if s == "" {
		return ""
	}
	if err := xlsx.CheckColour(s); err != nil {
		r.Errorf(n, `write it as "#1F2A44"`, "%s: %v", what, err)
	}
	return s
}

// logo reads the picture that a brand file names, in its own folder or below.
func logo(r *strict.Reader, n *yaml.Node, dir string) *xlsx.Logo {
	name := r.Text(n, "logo", 400, false)
	if name == "" {
		return nil
	}
	if !filepath.IsLocal(name) {
		r.Errorf(n, "put the picture beside the brand file", "logo %q lies outside of the brand file's folder", name)
		return nil
	}
	data, err := readUpTo(filepath.Join(dir, name), xlsx.MaxLogo)
	if err != nil {
		r.Errorf(n, "name a PNG or JPEG picture, relative to the brand file", "%v", err)
		return nil
	}
	l, err := xlsx.ReadLogo(data)
	if err != nil {
		r.Errorf(n, "name a PNG or JPEG picture", "%s: %v", name, err)
	}
	return l
}

// strictError words the problems of a small file as those of an inventory.
func strictError(err error) error {
	var list strict.Problems
	if !errors.As(err, &list) {
		return coded(CodeUsage, err)
	}
	var out inventory.Diagnostics
	for _, p := range list {
		out = append(out, inventory.Diagnostic{Pos: p.Pos, Problem: p.What, Want: p.Want})
	}
	return coded(CodeUsage, out)
}
