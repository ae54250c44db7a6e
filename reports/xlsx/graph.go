package xlsx

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"io"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/xuri/excelize/v2"
)

// The room for the graph, in pixels. A picture of many parties is taller than a
// page rather than too small to read.
const (
	graphWidth  = 1500.0
	graphHeight = 1000.0
	graphLeast  = 0.5 // scale
)

// graph puts the picture of the exposure graph below the table, on a page of its
// own, and links it from the top.
func (s *stream) graph() error {
	svg := plainSVG(s.b.o.Graph)
	width, height, err := sizeOfSVG(svg)
	if err != nil {
		return fmt.Errorf("read graph: %w", err)
	}
	knowSVG()
	row, st := s.t.last()+2, s.b.style.id
	if err := s.set(row, 20, excelize.Cell{StyleID: st[title], Value: "Graph"}); err != nil {
		return err
	}
	if err := s.set(row+1, 14, excelize.Cell{StyleID: st[note], Value: "Who reaches what: every arrow runs from who falls to what falls with it, left to right."}); err != nil {
		return err
	}
	if err := s.b.f.InsertPageBreak(s.sheet, cellName(1, row)); err != nil {
		return fmt.Errorf("break page: %w", err)
	}
	scale := min(1, graphWidth/width, max(graphLeast, graphHeight/height))
	if err := s.picture(cellName(1, row+2), ".svg", svg, scale, s.graphWords()); err != nil {
		return err
	}
	return s.link(cellName(2, backRow), "'"+s.sheet+"'!"+cellName(1, row), "Go to the picture of the graph")
}

// graphWords says what the picture shows to those who do not see it.
func (s *stream) graphWords() string {
	r := s.b.r
	words := fmt.Sprintf("Graph of %d providers and %d assets with the access between them.", len(r.Providers), len(r.Assets))
	for i, p := range r.Paths {
		if i == topN {
			break
		}
		words += " " + s.b.way(&p, s.b.assetNames()) + "."
	}
	return words + " All paths stand in the table above."
}

// sizeOfSVG reads width and height, in pixels, of a picture of our own.
func sizeOfSVG(svg []byte) (width, height float64, err error) {
	m := regexp.MustCompile(`^<svg [^>]*?width="([0-9.]+)" height="([0-9.]+)"`).FindSubmatch(svg)
	if m == nil {
		return 0, 0, errors.New("the picture has no width and height")
	}
	width, err = strconv.ParseFloat(string(m[1]), 64)
	if err == nil {
		height, err = strconv.ParseFloat(string(m[2]), 64)
	}
	if err == nil && (width < 1 || height < 1) {
		err = errors.New("the picture is empty")
	}
	return width, height, err
}

// knowSVG lets the library learn the size of an SVG picture; the standard
// library knows PNG and JPEG only.
var knowSVG = sync.OnceFunc(func() {
	image.RegisterFormat("svg", "<svg ", func(io.Reader) (image.Image, error) { return nil, errors.New("SVG is not drawn here") },
		func(r io.Reader) (image.Config, error) {
			start, err := io.ReadAll(io.LimitReader(r, 4096))
			if err != nil {
				return image.Config{}, fmt.Errorf("read picture: %w", err)
			}
			width, height, err := sizeOfSVG(start)
			return image.Config{ColorModel: color.RGBAModel, Width: int(width), Height: int(height)}, err
		})
})

// plainSVG writes the rules of a picture's style sheet onto its elements: office
// programs read them there. Letters lose their halo, which those programs would
// draw over the letters.
func plainSVG(svg []byte) []byte {
	head, rest, found := bytes.Cut(svg, []byte("<style>"))
	sheet, tail, closed := bytes.Cut(rest, []byte("</style>"))
	if !found || !closed {
		return svg
	}
	rules := map[string]string{}
	for _, m := range regexp.MustCompile(`([.a-z_]+)\{([^}]*)\}`).FindAllStringSubmatch(string(sheet), -1) {
		rules[m[1]] = regexp.MustCompile(`^font:([0-9]+px) [^;]*`).ReplaceAllString(m[2], "font-family:Arial;font-size:$1")
	}
	if i := strings.Index(rules[".e"], ";paint-order"); i >= 0 {
		rules[".e"] = rules[".e"][:i]
	}
	whole := append(bytes.TrimRight(head, "\n"), tail...)
	class := regexp.MustCompile(`<(text|rect|path)( class="([a-z_ ]+)")?`)
	return class.ReplaceAllFunc(whole, func(tag []byte) []byte {
		m := class.FindSubmatch(tag)
		list := []string{}
		if r := rules[string(m[1])]; r != "" {
			list = append(list, r)
		}
		for _, c := range strings.Fields(string(m[3])) {
			if r := rules["."+c]; r != "" {
				list = append(list, r)
			}
		}
		if len(list) == 0 {
			return tag
		}
		return []byte("<" + string(m[1]) + ` style="` + strings.Join(list, ";") + `"`)
	})
}
