package pipeline

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestInterruptedWhileJudged: who stops a run after its last question is told that
// the journal is whole.
func TestInterruptedWhileJudged(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	fault := errors.New("fault")
	require.Equal(t, fault, interrupted(ctx, Config{}, fault), "nobody stopped it")
	cancel()
	require.NoError(t, interrupted(ctx, Config{}, nil), "it had come to its end")
	for journal, want := range map[string]string{
		"run.ndjson": "the journal is whole: mspscan report run.ndjson makes the reports",
		"":           "nothing was kept: name a --journal to be able to go on",
	} {
		var e *Error
		require.ErrorAs(t, interrupted(ctx, Config{Journal: journal}, fault), &e)
		require.Equal(t, CodeInterrupt, e.Code)
		require.ErrorContains(t, e, want)
	}
}
