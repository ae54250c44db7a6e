package main

import (
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"mspscan/cmd/mspscan/internal/pipeline"
	"mspscan/scanner/queue"
)

// natsFlag names the URL of the broker, which may hold a password.
const natsFlag = "nats"

// queueFlags are how scan and worker reach the broker.
func queueFlags(flags *pflag.FlagSet, q *pipeline.Queue) {
	flags.StringVar(&q.Dial.URL, natsFlag, "", "hand tasks to workers over the NATS JetStream broker at `URL`: nats://HOST:4222, tls://HOST:4222")
	flags.StringVar(&q.Dial.Creds, "nats-creds", "", "credentials `FILE` of a NATS user")
	flags.StringVar(&q.Dial.CA, "nats-tls-ca", "", "authorities, in a PEM `FILE`, that the broker's certificate is held against")
	flags.StringVar(&q.Dial.Cert, "nats-tls-cert", "", "own certificate for the broker, in a PEM `FILE`")
	flags.StringVar(&q.Dial.CertKey, "nats-tls-key", "", "key of --nats-tls-cert, in a PEM `FILE`")
	flags.StringVar(&q.KeyFile, "run-key-file", "", "secret that scan and workers share, in a `FILE`; default: the variable "+pipeline.RunKeyVariable)
}

func workerCommand() *cobra.Command {
	var cfg pipeline.WorkerConfig
	var f shared
	var ports []int
	c := &cobra.Command{
		Use:   "worker",
		Short: "Take scan tasks from a NATS JetStream work queue",
		Long: `Take the tasks of scans from a NATS JetStream work queue, ask DNS as the scan says,
and send the facts back: scan --nats URL is the other end. Start as many workers as
you like, on as many machines; each takes the tasks of its own version and run key
only. A worker may be killed at any time: its tasks go to another one. SIGTERM lets
those at work end first.

Both ends share a run key, which never goes over the broker:
  head -c 32 /dev/urandom | base64 > run.key && chmod 600 run.key

With --embedded the broker is inside, for a small team: it lets in who holds the
run key and nobody else.`,
		Example: `  mspscan worker --nats nats://nats.example:4222 --run-key-file run.key
  mspscan worker --embedded --run-key-file run.key
  mspscan scan inventory.yaml --nats nats://127.0.0.1:4222 --run-key-file run.key --resolver 192.0.2.53 --journal run.ndjson`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			f.color = "auto"
			cfg.Version, cfg.Confine = version, confiner(cmd)
			for _, p := range ports {
				if p < 1 || p > 65535 {
					return usageError("--resolver-port %d: 1 to 65535", p)
				}
				cfg.Ports = append(cfg.Ports, uint16(p)) //nolint:gosec // it was looked at
			}
			return fromPipeline(pipeline.Worker(cmd.Context(), cfg, f.streams(cmd)))
		},
	}
	flags := c.Flags()
	queueFlags(flags, &cfg.Queue)
	flags.Lookup(natsFlag).Usage = "take tasks from the NATS JetStream broker at `URL`: nats://HOST:4222, tls://HOST:4222"
	flags.IntVar(&cfg.Units, "units", queue.DefaultSlots, "units at the same time: a unit is what a round asks about one name")
	flags.DurationVar(&cfg.AckWait, "ack-wait", queue.DefaultAckWait, "hand a unit to another worker after `TIME` without a sign of life; the same for all workers")
	flags.StringVar(&cfg.Zones, "zones", "", "serve the zone files of `DIR` from an embedded server and ask that: for scans with the same files")
	flags.IntSliceVar(&ports, "resolver-port", nil, "let the sandbox through to this TCP `PORT` of scans' resolvers, too, beside 53 (repeatable)")
	flags.BoolVar(&cfg.Embedded, "embedded", false, "start the broker inside")
	flags.StringVar(&cfg.Listen, "listen", "", "where the broker inside listens, `ADDR:PORT` (default "+pipeline.DefaultListen+")")
	flags.StringVar(&cfg.Store, "store", "", "folder of the broker inside for JetStream, `DIR`; default: a temporary one, as the scan's journal is the record")
	flags.BoolVar(&cfg.Idle, "broker-only", false, "with --embedded: be the broker and take no tasks")
	flags.BoolVarP(&cfg.Quiet, "quiet", "q", false, "no messages but errors")
	return c
}
