package xlsx

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"image"
	_ "image/jpeg" // a logo's format
	_ "image/png"  // a logo's format
	"math"
	"regexp"
	"strconv"

	"github.com/xuri/excelize/v2"
)

// Brand is how a firm's workbooks look. The zero Brand is mspscan's own look.
type Brand struct {
	Client         string // default: the organisation's name
	Assessor       string // left to be filled in by default
	Classification string // in every header; default "Confidential"
	Footer         string // in every footer, beside the tool's name
	Navy, Accent   string // six hex digits: headers and titles; lines and links
	Logo           *Logo  // on the cover
}

// Logo is a PNG or JPEG picture that was checked.
type Logo struct {
	data          []byte
	extension     string
	width, height int
}

// The limits of a logo.
const (
	MaxLogo   = 1 << 20 // bytes
	maxPixels = 4000    // a side
)

// ReadLogo checks that data is a whole PNG or JPEG picture of a sensible size.
func ReadLogo(data []byte) (*Logo, error) {
	if len(data) > MaxLogo {
		return nil, fmt.Errorf("the logo is larger than %d MiB", MaxLogo>>20)
	}
	c, format, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil || format != "png" && format != "jpeg" {
		return nil, errors.New("the logo is no PNG or JPEG picture")
	}
	if c.Width < 1 || c.Height < 1 || c.Width > maxPixels || c.Height > maxPixels {
		return nil, fmt.Errorf("the logo has %d x %d pixels; at most %d a side", c.Width, c.Height, maxPixels)
	}
	if _, _, err := image.Decode(bytes.NewReader(data)); err != nil {
		return nil, fmt.Errorf("the logo is damaged: %w", err)
	}
	return &Logo{data: data, extension: "." + format, width: c.Width, height: c.Height}, nil
}

// CheckColour refuses a colour that white cells and white letters cannot be told
// from: six hex digits with a contrast to white of 4.5 or more (WCAG 2.2, 1.4.3).
func CheckColour(hex string) error {
	if !regexp.MustCompile(`^[0-9A-F]{6}$`).MatchString(hex) {
		return fmt.Errorf("colour %q is not six hex digits", hex)
	}
	if c := contrast(hex); c < 4.5 {
		return fmt.Errorf("colour %s is too light: its contrast to white is %.1f, and 4.5 is needed to read it", hex, c)
	}
	return nil
}

// contrast gives the contrast ratio of a colour to white (WCAG 2.2).
func contrast(hex string) float64 {
	light := 0.0
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		n, err := strconv.ParseUint(hex[2*i:2*i+2], 16, 8)
		if err != nil {
			return 0
		}
		v := float64(n) / 255
		if v <= 0.04045 {
			v /= 12.92
		} else {
			v = math.Pow((v+0.055)/1.055, 2.4)
		}
		light += weight * v
	}
	return 1.05 / (light + 0.05)
}

// withDefaults fills what a brand leaves open.
func (b Brand) withDefaults(client string) Brand {
	b.Client = cmp.Or(b.Client, client)
	b.Classification = cmp.Or(b.Classification, "Confidential")
	b.Navy, b.Accent = cmp.Or(b.Navy, navy), cmp.Or(b.Accent, accent)
	return b
}

// logo puts the logo of the brand into a cell, within so many pixels.
func (s *stream) logo(cell string, width, height int) error {
	l := s.b.o.Brand.Logo
	if l == nil {
		return nil
	}
	scale := min(float64(width)/float64(l.width), float64(height)/float64(l.height))
	return s.picture(cell, l.extension, l.data, scale, "Logo of "+text(cmp.Or(s.b.o.Brand.Assessor, s.b.o.Brand.Client)))
}

// picture adds a picture with a text for those who do not see it.
func (s *stream) picture(cell, extension string, data []byte, scale float64, alt string) error {
	s.b.lint.picture(s.sheet, alt)
	err := s.b.f.AddPictureFromBytes(s.sheet, cell, &excelize.Picture{Extension: extension, File: data, Format: &excelize.GraphicOptions{
		AltText: alt, ScaleX: scale, ScaleY: scale, OffsetX: 2, OffsetY: 2, Positioning: "oneCell", LockAspectRatio: true, PrintObject: ptr(true), Locked: ptr(true),
	}})
	if err != nil {
		return fmt.Errorf("add picture: %w", err)
	}
	return nil
}
