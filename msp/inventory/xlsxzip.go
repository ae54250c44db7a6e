package inventory

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
)

// Limits of a workbook. They are counted while unpacking: what the zip headers
// claim is not believed.
const (
	maxUnpacked = 32 << 20 // bytes of all parts together
	maxParts    = 1_000
	maxSheets   = 64
)

// book is a workbook whose zip container was checked: every part was unpacked
// once, within the limits and with the right checksum.
type book struct {
	parts map[string][]byte // XML parts that are read, by clean name
}

// openBook checks the container (ECMA-376 part 2) and keeps the XML parts below
// xl/. No spreadsheet library sees the file before.
func openBook(data []byte) (*book, error) { return openBookUpTo(data, maxUnpacked) }

// openBookUpTo takes books that unpack to at most most bytes.
func openBookUpTo(data []byte, most int64) (*book, error) {
	if p, ok := wrongEncoding(data); ok && !strings.HasPrefix(p.what, "the file is a zip") {
		return nil, fmt.Errorf("%s; %s", p.what, p.want)
	}
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, errors.New("the file is no workbook, or it is damaged; save it again as .xlsx")
	}
	if len(z.File) > maxParts {
		return nil, fmt.Errorf("the workbook has %d parts; at most %d are read", len(z.File), maxParts)
	}
	b := &book{parts: map[string][]byte{}}
	seen := map[string]bool{}
	room := budget{most, most}
	for _, f := range z.File {
		name, err := cleanPart(f.Name)
		if err != nil {
			return nil, err
		}
		if seen[strings.ToLower(name)] {
			return nil, fmt.Errorf("the part %s is there twice; save the workbook again", quote(name))
		}
		seen[strings.ToLower(name)] = true
		text, err := unpack(f, &room, keptPart(name))
		if err != nil {
			return nil, err
		}
		if keptPart(name) {
			b.parts[name] = text
		}
	}
	return b, nil
}

// cleanPart refuses names that are absolute, climb, or hold what no part name
// may hold.
func cleanPart(name string) (string, error) {
	bad := name == "" || name[0] == '/' || path.Clean(name) != strings.TrimSuffix(name, "/") || strings.HasPrefix(path.Clean(name), "..")
	for _, r := range name {
		bad = bad || r < ' ' || r == '\\' || r == ':' || r >= 0x7f
	}
	if bad {
		return "", fmt.Errorf("the workbook holds a part with the name %s; save it again with a spreadsheet program", quote(name))
	}
	return name, nil
}

// keptPart reports whether a part is XML that is read here.
func keptPart(name string) bool {
	switch name {
	case "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/sharedStrings.xml", "xl/styles.xml":
		return true
	}
	return strings.HasPrefix(name, "xl/worksheets/") && strings.HasSuffix(name, ".xml")
}

// budget is how many bytes a workbook may unpack to, and how many are left.
type budget struct{ left, most int64 }

// unpack inflates a part, counting. The zip reader checks size and checksum at
// the end.
func unpack(f *zip.File, room *budget, keep bool) ([]byte, error) {
	if f.Flags&1 != 0 {
		return nil, errors.New("the workbook is protected by a password; save it without one")
	}
	r, err := f.Open()
	if err != nil {
		return nil, fmt.Errorf("the part %s cannot be unpacked; save the workbook again", quote(f.Name))
	}
	defer func() { _ = r.Close() }()
	var buf bytes.Buffer
	w := io.Discard
	if keep {
		w = &buf
	}
	n, err := io.Copy(w, io.LimitReader(r, room.left+1))
	if room.left -= n; room.left < 0 {
		return nil, fmt.Errorf("the workbook unpacks to more than %d MiB; remove what is not needed", room.most>>20)
	}
	if err != nil {
		return nil, fmt.Errorf("the part %s is damaged; save the workbook again", quote(f.Name))
	}
	return buf.Bytes(), nil
}

// xmlReader reads the elements of a part strictly: no document type, no
// entities of its own, UTF-8 only, at most 64 elements deep.
type xmlReader struct {
	dec   *xml.Decoder
	name  string
	depth int
}

func (b *book) part(name string) (*xmlReader, error) {
	text, ok := b.parts[name]
	if !ok {
		return nil, fmt.Errorf("the workbook has no part %s; save it again", quote(name))
	}
	dec := xml.NewDecoder(bytes.NewReader(text))
	return &xmlReader{dec: dec, name: name}, nil
}

const maxElements = 64

// next gives the next start, end or text; io.EOF at the end of a well-formed
// part.
func (x *xmlReader) next() (xml.Token, error) {
	for {
		tok, err := x.dec.Token()
		if errors.Is(err, io.EOF) {
			return nil, io.EOF
		}
		if err != nil {
			return nil, x.broken()
		}
		switch t := tok.(type) {
		case xml.Directive:
			return nil, fmt.Errorf("the part %s has a document type, which a workbook never needs; save it again", quote(x.name))
		case xml.ProcInst:
			if t.Target == "xml" && !plainXML(t.Inst) {
				return nil, fmt.Errorf("the part %s is not UTF-8; save the workbook again", quote(x.name))
			}
		case xml.StartElement:
			if x.depth++; x.depth > maxElements {
				return nil, x.broken()
			}
			return t, nil
		case xml.EndElement:
			x.depth--
			return t, nil
		case xml.CharData:
			return t, nil
		}
	}
}

func (x *xmlReader) broken() error {
	return fmt.Errorf("the part %s is not well-formed XML; save the workbook again", quote(x.name))
}

func plainXML(inst []byte) bool {
	s := strings.ToLower(string(inst))
	i := strings.Index(s, "encoding")
	return i < 0 || strings.Contains(s[i:], "utf-8") || strings.Contains(s[i:], "ascii")
}

func attr(t xml.StartElement, name string) string {
	for _, a := range t.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}
