package xlsx

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"regexp"
	"slices"
	"sort"
	"strings"
	"time"
)

// save writes the book so that the same content gives the same bytes: the
// library keeps sheets and content types in maps, so the parts are sorted, their
// times fixed and the children of [Content_Types].xml sorted. Compressed parts
// are copied as they are.
func (b *book) save(w io.Writer) error {
	var raw bytes.Buffer
	if err := b.f.Write(&raw); err != nil {
		return fmt.Errorf("encode book: %w", err)
	}
	in, err := zip.NewReader(bytes.NewReader(raw.Bytes()), int64(raw.Len()))
	if err != nil {
		return fmt.Errorf("read book back: %w", err)
	}
	parts := slices.Clone(in.File)
	sort.Slice(parts, func(i, j int) bool { return partLess(parts[i].Name, parts[j].Name) })
	out := zip.NewWriter(w)
	for _, p := range parts {
		if err := copyPart(out, p); err != nil {
			return fmt.Errorf("write part %s: %w", p.Name, err)
		}
	}
	if err := out.Close(); err != nil {
		return fmt.Errorf("end zip: %w", err)
	}
	return nil
}

const contentTypes = "[Content_Types].xml"

// partLess puts the content types first, as readers of streams expect, then
// sorts by name.
func partLess(a, b string) bool {
	if (a == contentTypes) != (b == contentTypes) {
		return a == contentTypes
	}
	return a < b
}

// zipTime stands on every part: the first time that zip can tell.
func zipTime() time.Time { return time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC) }

// zipDay is the day of zipTime in the coding of zip headers.
const zipDay = 1<<5 | 1

func copyPart(out *zip.Writer, p *zip.File) error {
	if p.Name == contentTypes {
		return sortTypes(out, p)
	}
	h := p.FileHeader
	h.ModifiedDate, h.ModifiedTime = zipDay, 0 //nolint:staticcheck // a raw copy writes these two
	h.Modified, h.Extra, h.Comment = zipTime(), nil, ""
	dst, err := out.CreateRaw(&h)
	if err != nil {
		return err
	}
	src, err := p.OpenRaw()
	if err != nil {
		return err
	}
	_, err = io.Copy(dst, src)
	return err
}

func sortTypes(out *zip.Writer, p *zip.File) error {
	src, err := p.Open()
	if err != nil {
		return err
	}
	xml, err := io.ReadAll(src)
	if err != nil {
		return err
	}
	dst, err := out.CreateHeader(&zip.FileHeader{Name: p.Name, Method: zip.Deflate, Modified: zipTime()})
	if err != nil {
		return err
	}
	_, err = io.WriteString(dst, sortChildren(string(xml)))
	return err
}

// sortChildren sorts the Default and Override elements of a content types part;
// defaults come first.
func sortChildren(xml string) string {
	child := regexp.MustCompile(`<(?:Default|Override)\b[^>]*>(?:</(?:Default|Override)>)?`)
	spans := child.FindAllStringIndex(xml, -1)
	if len(spans) == 0 {
		return xml
	}
	list := child.FindAllString(xml, -1)
	slices.Sort(list)
	return xml[:spans[0][0]] + strings.Join(list, "") + xml[spans[len(spans)-1][1]:]
}
