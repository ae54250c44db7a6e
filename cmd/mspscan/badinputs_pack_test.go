package main

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"encoding/csv"
	"encoding/hex"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"mspscan/msp/inventory"
)

// write packs the workbook.
func (b *testBook) write(t *testing.T, path string) {
	if b.whole != nil {
		require.NoError(t, os.WriteFile(path, b.whole, 0o600))
		return
	}
	f, err := os.Create(path)
	require.NoError(t, err)
	z := zip.NewWriter(f)
	for _, p := range b.parts {
		p.write(t, z)
	}
	require.NoError(t, z.Close())
	size, err := f.Seek(0, io.SeekEnd)
	require.NoError(t, err)
	require.NoError(t, f.Truncate(int64(float64(size)*b.keep)))
	require.NoError(t, f.Close())
}

// write packs a part with the header that it claims.
func (p testPart) write(t *testing.T, z *zip.Writer) {
	h := &zip.FileHeader{Name: p.name, Method: zip.Deflate}
	if len(p.data) == 0 && p.fill == nil {
		_, err := z.CreateHeader(&zip.FileHeader{Name: p.name, Method: zip.Store})
		require.NoError(t, err)
		return
	}
	sum := crc32.NewIEEE()
	var packed bytes.Buffer
	w, err := flate.NewWriter(&packed, flate.BestSpeed)
	require.NoError(t, err)
	put := func(data []byte) {
		sum.Write(data)
		h.UncompressedSize64 += uint64(len(data))
		_, err := w.Write(data)
		require.NoError(t, err)
	}
	if p.fill == nil {
		put(p.data)
	} else {
		put(p.data[:p.fill.at])
		require.NoError(t, w.Flush())
		p.fill.write(t, &packed, sum, h)
		put(p.data[p.fill.at:])
	}
	require.NoError(t, w.Close())
	data := packed.Bytes()
	if p.stored {
		h.Method, data = zip.Store, p.data
	}
	h.CRC32, h.CompressedSize64 = sum.Sum32(), uint64(len(data))
	if p.crc != nil {
		h.CRC32 = *p.crc
	}
	if p.size != nil {
		h.UncompressedSize64 = *p.size
	}
	if p.flags != nil {
		h.Flags = *p.flags
	}
	if p.method != nil {
		h.Method = *p.method
	}
	if p.flip && len(data) > 0 {
		data[len(data)/2] ^= 0x55
	}
	to, err := z.CreateRaw(h)
	require.NoError(t, err)
	_, err = to.Write(data)
	require.NoError(t, err)
}

// write packs one MiB and repeats the packed block: blocks of deflate that end
// in a flush can stand one after the other.
func (f fill) write(t *testing.T, packed *bytes.Buffer, sum io.Writer, h *zip.FileHeader) {
	run := bytes.Repeat([]byte{f.char}, 1<<20)
	var block bytes.Buffer
	w, err := flate.NewWriter(&block, flate.BestCompression)
	require.NoError(t, err)
	_, err = w.Write(run)
	require.NoError(t, err)
	require.NoError(t, w.Flush())
	for range f.mib {
		packed.Write(block.Bytes())
		_, err := sum.Write(run)
		require.NoError(t, err)
		h.UncompressedSize64 += uint64(len(run))
	}
}

// writeCSV writes the sheets of the sample, changed, as CSV files.
func (c *badCase) writeCSV(t *testing.T, p place) []string {
	sheets, err := inventory.Sheets(inventory.File{Name: "inventory.yaml", Data: inventory.Sample()})
	require.NoError(t, err)
	rowsOf := func(name string) [][]string {
		for _, s := range sheets {
			if s.Name == name {
				return s.Rows
			}
		}
		require.Fail(t, "no such sheet", name)
		return nil
	}
	quote := false
	var late []func(name string, data []byte) []byte
	for _, raw := range c.recipe.CSV {
		verb, s := readStep(t, raw)
		switch verb {
		case "set":
			sheet, row, col := findSpot(t, s.At, rowsOf)
			rowsOf(sheet)[row][col] = s.Text
			c.rows = append(c.rows, changed{row: row + 1})
		case "row":
			sheet, row, _ := findSpot(t, s.Like, rowsOf)
			cells := slices.Clone(rowsOf(sheet)[row])
			for what, value := range s.Set {
				cells[findCell(t, what, rowsOf(sheet)[0], rowsOf(sheet)[row])] = value
			}
			for i := range sheets {
				if sheets[i].Name == sheet {
					sheets[i].Rows = append(sheets[i].Rows, cells)
					c.rows = append(c.rows, changed{len(sheets[i].Rows), row + 1})
				}
			}
		case "csv_quote":
			quote = true
		case "csv_bytes", "csv_sub":
			late = append(late, func(name string, data []byte) []byte {
				if name != s.Sheet {
					return data
				}
				old, with := s.Old, []byte(s.New)
				if verb == "csv_bytes" {
					old = s.At
					with, err = hex.DecodeString(s.Hex)
					require.NoError(t, err)
				}
				require.Contains(t, string(data), old)
				return bytes.Replace(data, []byte(old), with, 1)
			})
		default:
			require.Fail(t, "unknown step", verb)
		}
	}
	var names []string
	for _, s := range sheets {
		data := csvText(t, s.Rows, quote)
		for _, f := range late {
			data = f(s.Name, data)
		}
		require.NoError(t, os.WriteFile(filepath.Join(p.cwd, s.Name+".csv"), data, 0o600))
		names = append(names, s.Name+".csv")
	}
	return names
}

func csvText(t *testing.T, rows [][]string, quoteAll bool) []byte {
	var b bytes.Buffer
	if !quoteAll {
		require.NoError(t, csv.NewWriter(&b).WriteAll(rows))
		return b.Bytes()
	}
	for _, row := range rows {
		for i, cell := range row {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(`"` + strings.ReplaceAll(cell, `"`, `""`) + `"`)
		}
		b.WriteByte('\n')
	}
	return b.Bytes()
}
