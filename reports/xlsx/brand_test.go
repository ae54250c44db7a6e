package xlsx_test

import (
	"bytes"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"mspscan/reports/xlsx"
)

// drawn gives a picture of a size in one colour.
func drawn(t testing.TB, width, height int, encode func(*bytes.Buffer, image.Image) error) []byte {
	t.Helper()
	m := image.NewPaletted(image.Rect(0, 0, width, height), color.Palette{color.RGBA{20, 60, 120, 255}})
	var b bytes.Buffer
	require.NoError(t, encode(&b, m))
	return b.Bytes()
}

func asPNG(b *bytes.Buffer, m image.Image) error  { return png.Encode(b, m) }
func asJPEG(b *bytes.Buffer, m image.Image) error { return jpeg.Encode(b, m, nil) }
func asGIF(b *bytes.Buffer, m image.Image) error  { return gif.Encode(b, m, nil) }

func TestReadLogo(t *testing.T) {
	for _, good := range [][]byte{drawn(t, 300, 90, asPNG), drawn(t, 30, 400, asJPEG)} {
		l, err := xlsx.ReadLogo(good)
		require.NoError(t, err)
		require.NotNil(t, l)
	}
	whole := drawn(t, 300, 90, asPNG)
	for want, data := range map[string][]byte{
		"no PNG or JPEG": drawn(t, 3, 3, asGIF), "is damaged": whole[:len(whole)-20], "4001 x 1 pixels": drawn(t, 4001, 1, asPNG),
		"larger than 1 MiB": make([]byte, xlsx.MaxLogo+1),
	} {
		_, err := xlsx.ReadLogo(data)
		require.ErrorContains(t, err, want)
	}
	_, err := xlsx.ReadLogo([]byte("<svg/>"))
	require.ErrorContains(t, err, "no PNG or JPEG")
}

func TestCheckColour(t *testing.T) {
	for _, good := range []string{"1F2A44", "0F6E6E", "000000", "767676"} {
		require.NoError(t, xlsx.CheckColour(good))
	}
	for _, bad := range []string{"777777", "FFFFFF", "FFD700"} {
		require.ErrorContains(t, xlsx.CheckColour(bad), "too light")
	}
	for _, bad := range []string{"", "fff", "1f2a44", "#1F2A4", "1F2A4400"} {
		require.ErrorContains(t, xlsx.CheckColour(bad), "six hex digits")
	}
}

// branded gives the workbook of the mining company in a firm's look.
func branded(t testing.TB) []byte {
	t.Helper()
	l, err := xlsx.ReadLogo(drawn(t, 600, 150, asPNG))
	require.NoError(t, err)
	var b bytes.Buffer
	require.NoError(t, xlsx.Workbook{Brand: xlsx.Brand{
		Client: "Ridgeline & Sons", Assessor: "Example Assurance", Classification: "OFFICIAL: Sensitive", Footer: "For the audit committee",
		Navy: "3B1F5B", Accent: "8C1D40", Logo: l,
	}}.Render(&b, books(t)["mining"].report))
	return b.Bytes()
}

func TestBrand(t *testing.T) {
	raw := branded(t)
	require.True(t, bytes.Equal(raw, branded(t)), "the same brand gives the same bytes")
	f := open(t, raw)
	pictures, err := f.GetPictures("Cover", "D2")
	require.NoError(t, err)
	require.Len(t, pictures, 1)
	require.Equal(t, drawn(t, 600, 150, asPNG), pictures[0].File)
	require.Equal(t, "Logo of Example Assurance", pictures[0].Format.AltText)
	for cell, want := range map[string]string{"B5": "Ridgeline & Sons", "D5": "OFFICIAL: Sensitive", "B6": "Example Assurance"} {
		got, err := f.GetCellValue("Cover", cell)
		require.NoError(t, err)
		require.Equal(t, want, got, cell)
	}
	for _, s := range f.GetSheetList()[:16] {
		h, err := f.GetHeaderFooter(s)
		require.NoError(t, err)
		require.Equal(t, "&L Ridgeline && Sons&R OFFICIAL: Sensitive", h.OddHeader, s)
		require.True(t, strings.HasPrefix(h.OddFooter, "&L For the audit committee · mspscan "), h.OddFooter)
	}
	style := partOf(t, raw, "xl/styles.xml")
	require.Contains(t, style, "3B1F5B")
	require.Contains(t, style, "8C1D40")
	require.NotContains(t, style, "1F2A44", "the own colours are gone")
	require.NotContains(t, style, "0F6E6E")
}
