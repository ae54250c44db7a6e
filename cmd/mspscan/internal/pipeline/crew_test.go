package pipeline

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"mspscan/msp"
	"mspscan/msp/fact"
	"mspscan/scanner"
	"mspscan/scanner/queue"
)

// testCrew opens the crew of a run in the small world of worldZones.
func testCrew(t *testing.T, active bool) *crew {
	zones := world(t, "")
	hash, err := hashZones(zones)
	require.NoError(t, err)
	cat, err := loadCatalog()
	require.NoError(t, err)
	h := queue.Header{Run: "r", Group: "r", Zones: hash, Started: time.Now(), Active: active, Rate: -1, RatePerServer: -1, InFlight: 8, Vantage: "zone files"}
	c, err := openCrew(t.Context(), zones, cat, h, &queue.RunTurns{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	return c
}

// answers runs the tasks of acme.test and gives the facts by probe.
func answers(t *testing.T, c *crew, consent *queue.Consent, probes ...string) (map[string]fact.Fact, error) {
	u := queue.Unit{Header: c.header, Name: "acme.test", Consent: consent}
	for _, p := range probes {
		u.Tasks = append(u.Tasks, fact.Task{Probe: p, Name: u.Name})
	}
	got := map[string]fact.Fact{}
	var mu sync.Mutex
	err := c.Answer(t.Context(), u, func(f fact.Fact, _ int) {
		mu.Lock()
		defer mu.Unlock()
		got[f.Task.Probe] = f
	})
	return got, err
}

// TestCrewHoldsToConsent: a worker sends an active probe only where the unit
// carries a consent that is live on the worker's own calendar; all else goes on.
func TestCrewHoldsToConsent(t *testing.T) {
	yesterday := msp.DateOf(time.Now().AddDate(0, 0, -2))
	tests := []struct {
		name    string
		active  bool
		consent *queue.Consent
		runs    bool
	}{
		{"no consent", true, nil, false},
		{"refused", true, &queue.Consent{Refusal: "north has not consented to active probes"}, false},
		{"ended", true, &queue.Consent{Until: yesterday}, false},
		{"live", true, &queue.Consent{Until: msp.DateOf(time.Now().AddDate(1, 0, 0))}, true},
		{"the run is not active", false, &queue.Consent{}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := testCrew(t, tt.active)
			got, err := answers(t, c, tt.consent, fact.ProbeTransfer, fact.ProbeMX)
			require.NoError(t, err)
			require.Equal(t, fact.Present, got[fact.ProbeMX].Outcome)
			transfer := got[fact.ProbeTransfer]
			require.Equal(t, !tt.runs, transfer.Reason == "no_consent")
			require.Equal(t, tt.runs, len(transfer.Queries) > 0)
			if !tt.runs {
				require.Equal(t, fact.Unknown, transfer.Outcome)
			}
		})
	}
}

// TestCrewSurvivesPanic: a probe that panics does not take the worker with it, and
// nothing is made of it.
func TestCrewSurvivesPanic(t *testing.T) {
	c := testCrew(t, false)
	for i, p := range c.run.Probes {
		if p.Name == fact.ProbeCAA {
			c.run.Probes[i].Run = func(context.Context, scanner.Env, fact.Task) fact.Fact { panic("hostile record") }
		}
	}
	got, err := answers(t, c, nil, fact.ProbeCAA)
	require.ErrorContains(t, err, "caa acme.test: hostile record")
	require.Empty(t, got)
}

// TestCrewOfLiar: a worker whose resolver lies says so once, of the resolver, and
// answers nothing else.
func TestCrewOfLiar(t *testing.T) {
	c := testCrew(t, false)
	c.liar = true
	_, err := answers(t, c, nil, fact.ProbeMX)
	require.ErrorIs(t, err, queue.ErrUnfit)
	_, err = answers(t, c, nil, fact.ProbePreflight)
	require.NoError(t, err)
}

// TestCrewWithoutBroker: what a probe says after it could not send, because the
// broker was away, is no answer.
func TestCrewWithoutBroker(t *testing.T) {
	c := testCrew(t, false)
	n := int64(0)
	c.cut = func() int64 { n++; return n }
	got, err := answers(t, c, nil, fact.ProbeMX)
	require.ErrorContains(t, err, "the broker was away")
	require.Empty(t, got)
}
