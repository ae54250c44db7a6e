package pipeline

import (
	"context"
	"sync"
)

// ordered does work for 0 to n-1, so many at a time, and hands the results to
// take one after another, in order, however the work ends; what waits for its
// turn is bounded. The first error in order stops it all.
func ordered[T any](ctx context.Context, n, flight int, work func(ctx context.Context, i int) (T, error), take func(i int, v T) error) error {
	type result struct {
		value T
		err   error
	}
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	line, slots := make(chan chan result, flight), make(chan struct{}, flight)
	wg.Go(func() {
		defer close(line)
		for i := range n {
			place := make(chan result, 1)
			select {
			case slots <- struct{}{}:
			case <-ctx.Done():
				return
			}
			wg.Go(func() {
				defer func() { <-slots }()
				v, err := work(ctx, i)
				place <- result{v, err}
			})
			select {
			case line <- place:
			case <-ctx.Done():
				return
			}
		}
	})
	next := 0
	for place := range line {
		r := <-place
		if r.err == nil {
			r.err = take(next, r.value)
		}
		if r.err != nil {
			return r.err
		}
		next++
	}
	return ctx.Err()
}
