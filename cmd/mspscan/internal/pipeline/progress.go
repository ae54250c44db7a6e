package pipeline

import (
	"fmt"
	"io"
	"strings"
	"time"

	"mspscan/msp"
	"mspscan/msp/fact"
	"mspscan/scanner"
)

// bar shows on a terminal how far a scan is: counts, rate and what is slow. It
// writes one line over and over, at most ten times a second.
type bar struct {
	w     io.Writer
	width int
	last  time.Time
	shown bool
}

// watch gives the observer of a run, nil where no bar is wanted.
func (b *bar) watch() func(scanner.Progress) {
	if b == nil {
		return nil
	}
	return b.observe
}

func (b *bar) observe(p scanner.Progress) {
	now := time.Now()
	if now.Sub(b.last) < 100*time.Millisecond && p.Done != p.Total {
		return
	}
	b.last = now
	b.show(b.line(p, now))
}

// show puts a line in the place of the last.
func (b *bar) show(line string) {
	b.shown = true
	if r := []rune(line); len(r) > b.width-1 {
		line = string(r[:b.width-1])
	}
	fmt.Fprintf(b.w, "\r\x1b[2K%s", line)
}

func (b *bar) line(p scanner.Progress, now time.Time) string {
	const cells = 20
	filled := 0
	if p.Total > 0 {
		filled = p.Done * cells / p.Total
	}
	line := fmt.Sprintf("[%s%s] %d/%d checks  %.0f/s  %d unknown",
		strings.Repeat("#", filled), strings.Repeat(".", cells-filled), p.Done, p.Total, p.Rate(now), p.Outcomes[fact.Unknown])
	if len(p.InFlight) > 0 {
		slow := p.InFlight[0]
		if waited := now.Sub(slow.Since); waited > time.Second {
			line += fmt.Sprintf("  slow: %s %s %.0fs", slow.Task.Probe, msp.Visible(string(slow.Task.Name)), waited.Seconds())
		}
	}
	return line
}

// organisations shows how far a portfolio is.
func (b *bar) organisations(done, total, unknown int, started time.Time) {
	now := time.Now()
	if now.Sub(b.last) < 100*time.Millisecond && done != total {
		return
	}
	b.last = now
	const cells = 20
	filled := done * cells / max(total, 1)
	rate := float64(done) / max(now.Sub(started).Seconds(), 0.001)
	line := fmt.Sprintf("[%s%s] %d/%d organisations  %.1f/s  %d unknown", strings.Repeat("#", filled), strings.Repeat(".", cells-filled), done, total, rate, unknown)
	if left := time.Duration(float64(total-done) / rate * float64(time.Second)); done > 0 && done < total {
		line += "  " + left.Round(time.Second).String() + " left"
	}
	b.show(line)
}

// clear wipes the bar before other text is written.
func (b *bar) clear() {
	if b != nil && b.shown {
		fmt.Fprint(b.w, "\r\x1b[2K")
		b.shown = false
	}
}
