//go:build unix

package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"mspscan/msp/fact"
	"mspscan/msp/journal"
)

// smallPortfolio writes zones of shared providers and of so many organisations,
// and their inventories, each with some of the providers.
func smallPortfolio(t *testing.T, organisations, providers, each int) (inventories, zones string) {
	dir := t.TempDir()
	inventories, zones = filepath.Join(dir, "inventories"), filepath.Join(dir, "zones")
	require.NoError(t, os.Mkdir(inventories, 0o700))
	require.NoError(t, os.Mkdir(zones, 0o700))
	zone := func(name, records string) {
		text := fmt.Sprintf("$ORIGIN %s.example.\n$TTL 300\n@ SOA ns1.host h 1 3600 600 86400 300\n@ NS ns1.host.example.\n@ NS ns2.host.example.\n%s", name, records)
		require.NoError(t, os.WriteFile(filepath.Join(zones, name+".example.zone"), []byte(text), 0o600))
	}
	zone("host", "ns1 A 192.0.2.50\nns2 A 192.0.2.51\nmx A 192.0.2.60\n_spf TXT \"v=spf1 ip4:192.0.2.60 -all\"\n")
	for p := range providers {
		zone(fmt.Sprintf("p%d", p), "@ A 192.0.2.70\n@ MX 10 mx.host.example.\n@ TXT \"v=spf1 include:_spf.host.example ~all\"\n")
	}
	for o := range organisations {
		zone(fmt.Sprintf("o%d", o), fmt.Sprintf("@ MX 10 mx.host.example.\nwww CNAME p%d.example.\n", o%providers))
		var b strings.Builder
		fmt.Fprintf(&b, "version: 1\norganisation: {id: o%[1]d, name: Organisation %[1]d, domains: [o%[1]d.example], hosts: [www.o%[1]d.example]}\nassets: [{id: ad, name: AD, kind: identity, criticality: critical}]\nproviders:\n", o)
		for k := range each {
			fmt.Fprintf(&b, "  - {id: p%[1]d, name: Provider %[1]d, kind: msp, domains: [p%[1]d.example]}\n", (o+k)%providers)
		}
		b.WriteString("relationships:\n")
		for k := range each {
			fmt.Fprintf(&b, "  - {provider: p%d, service: s, access: [{id: a%d, kind: vpn, reaches: [ad]}]}\n", (o+k)%providers, k)
		}
		require.NoError(t, os.WriteFile(filepath.Join(inventories, fmt.Sprintf("o%d.yaml", o)), []byte(b.String()), 0o600))
	}
	return inventories, zones
}

// portfolioArgs are those of a scan into a folder.
func portfolioArgs(inventories, zones, dir string, more ...string) []string {
	return append([]string{
		"scan", inventories, "--zones", zones, "--now", sampleNow, "--journal", filepath.Join(dir, "journals"),
		"-o", "json=" + filepath.Join(dir, "each", "{id}.json"), "-o", "json=" + filepath.Join(dir, "portfolio.json"), "-o", "md=" + filepath.Join(dir, "portfolio.md"),
	}, more...)
}

func shard(dir string, o int) string {
	return filepath.Join(dir, "journals", fmt.Sprintf("o%d.ndjson.gz", o))
}

// TestPortfolioAlone holds that to ask once for all changes nothing: each
// organisation's report is the one of a scan of its own, and what several lean on
// is one fact with one id in the journals of all.
func TestPortfolioAlone(t *testing.T) {
	const organisations = 4
	inventories, zones := smallPortfolio(t, organisations, 3, 2)
	dir := t.TempDir()
	var stdout, stderr bytes.Buffer
	require.Zero(t, run2(portfolioArgs(inventories, zones, dir, "--at-once", "3"), &stdout, &stderr), stderr.String())
	require.Contains(t, stderr.String(), "taken over from another organisation: ")
	ids := map[fact.Task]map[string]bool{}
	for o := range organisations {
		alone := filepath.Join(dir, fmt.Sprintf("alone%d.ndjson", o))
		args := []string{"scan", filepath.Join(inventories, fmt.Sprintf("o%d.yaml", o)), "--zones", zones, "--now", sampleNow, "-q", "--journal", alone, "-o", "json=" + alone + ".json"}
		require.Zero(t, run2(args, &stdout, &stderr), stderr.String())
		want, got := reported(t, alone), reported(t, shard(dir, o))
		for format, text := range want {
			sameLines(t, format, text, got[format])
		}
		kept, err := journal.Open(shard(dir, o))
		require.NoError(t, err)
		for _, f := range kept.Facts {
			if ids[f.Task] == nil {
				ids[f.Task] = map[string]bool{}
			}
			ids[f.Task][f.ID] = true
		}
	}
	for task, list := range ids {
		require.Len(t, list, 1, "%v was asked for more than once", task)
	}
}

// TestPortfolioKilled kills a scan with SIGKILL over and over, at random moments,
// and goes on with it: every report is that of a scan which nobody killed, and
// report gives the same bytes again.
func TestPortfolioKilled(t *testing.T) {
	const organisations = 4
	inventories, zones := smallPortfolio(t, organisations, 5, 3)
	r := newQueueRig(t, zones)
	whole, cut := filepath.Join(r.dir, "whole"), filepath.Join(r.dir, "cut")
	for _, d := range []string{whole, cut} {
		require.NoError(t, os.Mkdir(d, 0o700))
	}
	begin := time.Now()
	scanPortfolio(t, r, portfolioArgs(inventories, zones, whole))
	took := time.Since(begin)
	random, kills := rand.New(rand.NewPCG(3, 9)), 0
	for range 4 {
		cmd := r.command("scan", portfolioArgs(inventories, zones, cut, "--resume", "--at-once", "2", "-q")...)
		require.NoError(t, cmd.Start())
		time.Sleep(took/4 + time.Duration(random.Int64N(int64(took))))
		_ = cmd.Process.Kill() // it may have ended
		if cmd.Wait() != nil {
			kills++
		}
	}
	require.NotZero(t, kills)
	scanPortfolio(t, r, portfolioArgs(inventories, zones, cut, "--resume"))
	for o := range organisations {
		want, got := reported(t, shard(whole, o)), reported(t, shard(cut, o))
		for format, text := range want {
			sameLines(t, format, text, got[format])
		}
	}
	require.Equal(t, fileText(t, whole, "portfolio.json"), fileText(t, cut, "portfolio.json"))
	require.Equal(t, fileText(t, whole, "portfolio.md"), fileText(t, cut, "portfolio.md"))
	again := filepath.Join(r.dir, "again")
	require.NoError(t, os.Mkdir(again, 0o700))
	var stdout, stderr bytes.Buffer
	require.Zero(t, run2([]string{
		"report", filepath.Join(cut, "journals"), "--now", sampleNow, "-q",
		"-o", "json=" + filepath.Join(again, "each", "{id}.json"), "-o", "json=" + filepath.Join(again, "portfolio.json"),
	}, &stdout, &stderr), stderr.String())
	require.Equal(t, fileText(t, cut, "portfolio.json"), fileText(t, again, "portfolio.json"))
	for o := range organisations {
		name := fmt.Sprintf("each/o%d.json", o)
		require.Equal(t, fileText(t, cut, name), fileText(t, again, name))
	}
	left, err := filepath.Glob(filepath.Join(cut, "*", ".mspscan-*"))
	require.NoError(t, err)
	require.LessOrEqual(t, len(left), 4*kills, "only of killed runs; they go with age")
}

func scanPortfolio(t *testing.T, r *queueRig, args []string) {
	t.Helper()
	out, err := r.command("scan", args...).CombinedOutput()
	require.NoError(t, err, string(out))
}

func fileText(t *testing.T, dir, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
	require.NoError(t, err)
	return string(data)
}

// TestPortfolioWorkers hands the tasks of several organisations at once to
// workers: the reports are those of one process.
func TestPortfolioWorkers(t *testing.T) {
	const organisations = 3
	inventories, zones := smallPortfolio(t, organisations, 2, 2)
	r := newQueueRig(t, zones)
	alone, shared := filepath.Join(r.dir, "alone"), filepath.Join(r.dir, "shared")
	for _, d := range []string{alone, shared} {
		require.NoError(t, os.Mkdir(d, 0o700))
	}
	scanPortfolio(t, r, portfolioArgs(inventories, zones, alone))
	r.broker()
	r.worker("w1")
	r.worker("w2")
	scanPortfolio(t, r, portfolioArgs(inventories, zones, shared, r.queueArgs()...))
	require.Equal(t, fileText(t, alone, "portfolio.json"), fileText(t, shared, "portfolio.json"))
	for o := range organisations {
		want, got := reported(t, shard(alone, o)), reported(t, shard(shared, o))
		for format, text := range want {
			sameLines(t, format, text, got[format])
		}
	}
}

// TestPortfolioSweep: the sweep of a provider that several organisations have is
// made once.
func TestPortfolioSweep(t *testing.T) {
	inventories, zones := smallPortfolio(t, 3, 1, 1)
	dir := t.TempDir()
	var stdout, stderr bytes.Buffer
	args := portfolioArgs(inventories, zones, dir, "--sweep", "all", "--sweep-budget", "300", "-q")
	require.Zero(t, run2(args, &stdout, &stderr), stderr.String())
	swept := map[fact.Task]map[string]int{}
	for o := range 3 {
		kept, err := journal.Open(shard(dir, o))
		require.NoError(t, err)
		for _, f := range kept.Facts {
			switch f.Task.Probe {
			case fact.ProbeHostSweep, fact.ProbeLookalikes, fact.ProbeBrandNames:
				if swept[f.Task] == nil {
					swept[f.Task] = map[string]int{}
				}
				swept[f.Task][f.ID]++
			}
		}
	}
	shared := map[string]bool{}
	for task, ids := range swept {
		require.Len(t, ids, 1, "%v", task)
		if task.Name == "p0.example" {
			shared[task.Probe] = true
			for _, n := range ids {
				require.Equal(t, 3, n, "%v", task)
			}
		}
	}
	require.Len(t, shared, 3)
}

// TestPortfolioConsent: what a provider allows one organisation is neither done for
// another nor shown to it.
func TestPortfolioConsent(t *testing.T) {
	inventories, zones := smallPortfolio(t, 3, 1, 1)
	consent := `domains: [p0.example], consent: {active_probes: yes, by: "J. Citizen, CISO", reference: "mail of 2026-05-02", until: 2030-12-31}`
	for _, o := range []int{0, 2} {
		file := filepath.Join(inventories, fmt.Sprintf("o%d.yaml", o))
		text := fileText(t, inventories, fmt.Sprintf("o%d.yaml", o))
		require.NoError(t, os.WriteFile(file, []byte(strings.Replace(text, "domains: [p0.example]", consent, 1)), 0o600))
	}
	dir := t.TempDir()
	var stdout, stderr bytes.Buffer
	require.Zero(t, run2(portfolioArgs(inventories, zones, dir, "--active", "-q"), &stdout, &stderr), stderr.String())
	active := make([]map[fact.Task]string, 3)
	for o := range 3 {
		active[o] = map[fact.Task]string{}
		kept, err := journal.Open(shard(dir, o))
		require.NoError(t, err)
		for _, f := range kept.Facts {
			switch f.Task.Probe {
			case fact.ProbeTransfer, fact.ProbeRecursion, fact.ProbeVersion:
				active[o][f.Task] = f.ID
			}
		}
	}
	require.Len(t, active[0], 3)
	require.Empty(t, active[1])
	require.Equal(t, active[0], active[2], "who both may, share")
}
