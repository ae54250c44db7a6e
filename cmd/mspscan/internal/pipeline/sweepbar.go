package pipeline

import (
	"fmt"
	"io"
	"sync"
	"time"

	"mspscan/msp/fact"
)

const (
	paceWindow   = 15 * time.Second // over which the rate is taken
	paceLeast    = 3 * time.Second  // before which no time is named
	paceInterval = time.Second
	plainEvery   = 30 * time.Second // between lines where there is no terminal
)

// pace measures how fast a sweep goes, over the last seconds: the start says
// little of the end.
type pace struct {
	marks []mark // at most one a paceInterval, the oldest first
}

type mark struct {
	at   time.Time
	done int
}

// add notes how far the sweep is.
func (p *pace) add(now time.Time, done int) {
	if n := len(p.marks); n > 0 && now.Sub(p.marks[n-1].at) < paceInterval {
		return
	}
	p.marks = append(p.marks, mark{now, done})
	for len(p.marks) > 2 && now.Sub(p.marks[0].at) > paceWindow {
		p.marks = p.marks[1:]
	}
}

// rate gives names a second, 0 while too little was measured.
func (p *pace) rate(now time.Time, done int) float64 {
	if len(p.marks) == 0 {
		return 0
	}
	took := now.Sub(p.marks[0].at)
	if took < paceLeast {
		return 0
	}
	return float64(done-p.marks[0].done) / took.Seconds()
}

// left says how long the rest takes at the rate of the last seconds.
func (p *pace) left(now time.Time, s sweepProgress) string {
	rate := p.rate(now, s.Done)
	switch {
	case s.Done >= s.Total:
		return "confirming what was found"
	case rate == 0:
		return "time left not known yet"
	}
	left := time.Duration(float64(s.Total-s.Done) / rate * float64(time.Second)).Round(time.Second)
	return fmt.Sprintf("%.0f/s, about %s left", rate, max(left, time.Second))
}

// sweepProgress is how far a sweep is.
type sweepProgress struct{ Done, Total int }

// sweepBar shows how far a sweep is: on a terminal one line over and over, else a
// line now and then. It is safe for use by several goroutines.
type sweepBar struct {
	bar *bar      // nil = no terminal
	w   io.Writer // of the lines

	mu       sync.Mutex
	pace     pace
	last     time.Time
	progress sweepProgress
}

// watchSweep gives what is told of each name that was asked for, nil where nobody
// wants to see it.
func (j *job) watchSweep(tasks []fact.Task) func() {
	if j.cfg.Quiet || j.cfg.NoProgress {
		return nil
	}
	b := &sweepBar{bar: j.bar, w: j.s.Err, last: time.Now()}
	for _, t := range tasks {
		b.progress.Total += sweepQueries(t)
	}
	return func() { b.one(time.Now()) }
}

func (b *sweepBar) one(now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.progress.Done++
	b.pace.add(now, b.progress.Done)
	every := plainEvery
	if b.bar != nil {
		every = 100 * time.Millisecond
	}
	if now.Sub(b.last) < every && (b.bar == nil || b.progress.Done != b.progress.Total) {
		return
	}
	b.last = now
	line := fmt.Sprintf("sweep: %d of %d names, %s", b.progress.Done, b.progress.Total, b.pace.left(now, b.progress))
	if b.bar == nil {
		fmt.Fprintln(b.w, line)
		return
	}
	b.bar.show(line)
}
