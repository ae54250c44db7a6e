package queue

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// Tuning holds the times of the queue; zero values mean the defaults named.
type Tuning struct {
	AckWait    time.Duration // without a sign of life for so long, a unit goes to another worker; 0 = 30 s
	MaxDeliver int           // times that a unit is handed out; 0 = 5
	Tick       time.Duration // between two looks of the coordinator for what was lost; 0 = 2 s
	Patience   time.Duration // of the coordinator without any fitting worker; 0 = 2 min
	Stall      time.Duration // without any fact though workers answer, after which all is put out anew; 0 = 20 min
}

// DefaultAckWait is how long a worker may give no sign of life.
const DefaultAckWait = 30 * time.Second

func (t Tuning) withDefaults() Tuning {
	if t.AckWait <= 0 {
		t.AckWait = DefaultAckWait
	}
	if t.MaxDeliver <= 0 {
		t.MaxDeliver = 5
	}
	if t.Tick <= 0 {
		t.Tick = 2 * time.Second
	}
	if t.Patience <= 0 {
		t.Patience = 2 * time.Minute
	}
	if t.Stall <= 0 {
		t.Stall = 20 * time.Minute
	}
	return t
}

// The bounds of the streams.
const (
	duplicates = 2 * time.Minute // window in which a second publish of the same id is dropped
	keepFacts  = 7 * 24 * time.Hour
	keepDead   = 24 * time.Hour
	factWait   = 15 * time.Second // without an acknowledgement, after which a fact comes again: it counts once
	maxPending = 20000            // units at work over all workers
)

// ensureStreams makes the streams that are not there, as they are not after the
// broker lost its store.
func ensureStreams(ctx context.Context, js jetstream.JetStream) error {
	for _, c := range []jetstream.StreamConfig{
		{
			Name: streamTasks, Subjects: []string{subjectTasks + ".>"}, Retention: jetstream.WorkQueuePolicy, Storage: jetstream.FileStorage,
			MaxAge: maxAge, MaxMsgSize: maxMessage + 1024, MaxMsgsPerSubject: 1, Discard: jetstream.DiscardNew, DiscardNewPerSubject: true,
			Duplicates: duplicates, Description: "tasks of mspscan",
		},
		{
			Name: streamFacts, Subjects: []string{subjectFacts + ".>"}, Retention: jetstream.WorkQueuePolicy, Storage: jetstream.FileStorage,
			MaxAge: keepFacts, MaxMsgSize: maxMessage + 1024, Discard: jetstream.DiscardNew, Duplicates: duplicates, Description: "facts for coordinators of mspscan",
		},
		{
			Name: streamDead, Subjects: []string{subjectDead + "*"}, Retention: jetstream.LimitsPolicy, Storage: jetstream.FileStorage,
			MaxAge: keepDead, MaxMsgs: 100000, Discard: jetstream.DiscardOld, Description: "units of mspscan that were handed out too often",
		},
	} {
		_, err := js.CreateStream(ctx, c)
		if err != nil && !errors.Is(err, jetstream.ErrStreamNameAlreadyInUse) {
			return fmt.Errorf("make stream %s: %w", c.Name, err)
		}
	}
	return nil
}

// workersOf names the consumer of a kind.
func workersOf(kind string) string { return "workers-" + kind }

// taskConsumer gives the consumer that all workers of a kind share.
func taskConsumer(ctx context.Context, js jetstream.JetStream, kind string, t Tuning) (jetstream.Consumer, error) {
	if err := ensureStreams(ctx, js); err != nil {
		return nil, err
	}
	c, err := js.CreateOrUpdateConsumer(ctx, streamTasks, jetstream.ConsumerConfig{
		Durable: workersOf(kind), FilterSubject: taskSubject(kind, "*", "*"), AckPolicy: jetstream.AckExplicitPolicy,
		AckWait: t.AckWait, MaxDeliver: t.MaxDeliver, MaxAckPending: maxPending, InactiveThreshold: keepFacts,
	})
	if err != nil {
		return nil, fmt.Errorf("make consumer of tasks: %w", err)
	}
	return c, nil
}

// factConsumer gives the consumer of one run's facts.
func factConsumer(ctx context.Context, js jetstream.JetStream, run string) (jetstream.Consumer, error) {
	if err := ensureStreams(ctx, js); err != nil {
		return nil, err
	}
	c, err := js.CreateOrUpdateConsumer(ctx, streamFacts, jetstream.ConsumerConfig{
		Durable: "run-" + run, FilterSubject: factSubject(run), AckPolicy: jetstream.AckExplicitPolicy,
		AckWait: factWait, MaxAckPending: 4 * factBatch, InactiveThreshold: keepFacts,
	})
	if err != nil {
		return nil, fmt.Errorf("make consumer of facts: %w", err)
	}
	return c, nil
}

// deadConsumer gives a consumer of the advisories about units of a kind, since a
// time less what clocks may differ by.
func deadConsumer(ctx context.Context, js jetstream.JetStream, kind string, since time.Time) (jetstream.Consumer, error) {
	since = since.Add(-time.Hour)
	c, err := js.CreateConsumer(ctx, streamDead, jetstream.ConsumerConfig{
		FilterSubject: subjectDead + workersOf(kind), AckPolicy: jetstream.AckNonePolicy,
		DeliverPolicy: jetstream.DeliverByStartTimePolicy, OptStartTime: &since, InactiveThreshold: 5 * time.Minute,
	})
	if err != nil {
		return nil, fmt.Errorf("make consumer of advisories: %w", err)
	}
	return c, nil
}
