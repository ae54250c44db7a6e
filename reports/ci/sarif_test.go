package ci_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"

	"mspscan/msp"
	"mspscan/reports"
	"mspscan/reports/ci"
	"mspscan/reports/internal/sample"
)

type message struct{ Text string }

type location struct {
	PhysicalLocation struct {
		ArtifactLocation struct{ URI string }
		Region           struct{ StartLine, StartColumn, EndLine, EndColumn int }
	}
	LogicalLocations []map[string]any
	Message          *message
}

type sarif struct {
	Schema  string `json:"$schema"`
	Version string
	Runs    []struct {
		Tool struct {
			Driver struct {
				Name, Version string
				Rules         []struct {
					ID                                      string
					ShortDescription, FullDescription, Help message
					DefaultConfiguration                    struct{ Level string }
					Properties                              struct {
						SecuritySeverity string `json:"security-severity"`
						Tags             []string
					}
				}
			}
		}
		AutomationDetails struct{ ID string }
		Invocations       []struct {
			ExecutionSuccessful        bool
			StartTimeUtc, EndTimeUtc   string
			ToolExecutionNotifications []struct {
				Level   string
				Message message
			}
		}
		ColumnKind string
		Results    []struct {
			RuleID              string
			RuleIndex           int
			Level               string
			Message             message
			Locations           []location
			RelatedLocations    []location
			PartialFingerprints map[string]string
			BaselineState       string
			Suppressions        *[]struct{ Kind, Status, Justification string }
			Properties          map[string]any
		}
	}
}

func parseSARIF(t testing.TB, out []byte) sarif {
	t.Helper()
	var s sarif
	require.NoError(t, strict(out, &s))
	return s
}

// TestSARIF holds the properties that the standard and code scanning require,
// and the limits above which a file is refused.
func TestSARIF(t *testing.T) {
	for name, r := range samples(t) {
		out := render(t, ci.SARIF{}, r)
		doc := parseSARIF(t, out)
		require.Equal(t, "2.1.0", doc.Version)
		require.Len(t, doc.Runs, 1)
		run := doc.Runs[0]
		require.LessOrEqual(t, len(run.Results), 25_000)
		require.NotNil(t, run.Results, "no results is an empty list")
		require.Equal(t, "mspscan/"+r.Organisation.ID+"/", run.AutomationDetails.ID)
		checkSARIFRules(t, doc)
		seen := map[string]bool{}
		for _, s := range run.Results {
			require.Equal(t, s.RuleID, run.Tool.Driver.Rules[s.RuleIndex].ID, name)
			require.Contains(t, []string{"error", "warning", "note"}, s.Level)
			checkText(t, s.Message.Text)
			require.Len(t, s.Locations, 1)
			require.LessOrEqual(t, len(s.RelatedLocations), 100)
			for _, l := range slices.Concat(s.Locations, s.RelatedLocations) {
				checkPlace(t, l)
			}
			id := s.PartialFingerprints["mspscan/v1"]
			require.Equal(t, id+":1", s.PartialFingerprints["primaryLocationLineHash"])
			require.False(t, seen[id])
			seen[id] = true
		}
		require.LessOrEqual(t, len(packed(t, out)), 10<<20, name)
	}
}

func checkSARIFRules(t *testing.T, doc sarif) {
	t.Helper()
	ids := map[string]bool{}
	for _, r := range doc.Runs[0].Tool.Driver.Rules {
		require.False(t, ids[r.ID], r.ID)
		ids[r.ID] = true
		for _, m := range []message{r.ShortDescription, r.FullDescription, r.Help} {
			checkText(t, m.Text)
		}
		require.LessOrEqual(t, utf8.RuneCountInString(r.ShortDescription.Text), 1024)
		require.LessOrEqual(t, utf8.RuneCountInString(r.FullDescription.Text), 1024)
		require.Regexp(t, `^[0-9]\.[0-9]$`, r.Properties.SecuritySeverity)
		require.LessOrEqual(t, len(r.Properties.Tags), 10)
		require.NotEmpty(t, r.Properties.Tags)
	}
}

// escapes matches what checkText allows of braces, brackets and backslashes:
// only doubled or escaped ones.
func escapes() *regexp.Regexp { return regexp.MustCompile(`\\[\\\[\]]|\{\{|\}\}`) }

func checkText(t *testing.T, s string) {
	t.Helper()
	require.NotEmpty(t, s)
	left := escapes().ReplaceAllString(s, "")
	if i := strings.IndexAny(left, `{}[]\`); i >= 0 {
		t.Fatalf("a placeholder or link could be read in %q", left[max(0, i-20):min(len(left), i+20)])
	}
}

func checkPlace(t *testing.T, l location) {
	t.Helper()
	uri := l.PhysicalLocation.ArtifactLocation.URI
	require.NotEmpty(t, uri)
	u, err := url.Parse(uri)
	require.NoError(t, err)
	require.Contains(t, []string{"", "file"}, u.Scheme, uri)
	require.Empty(t, u.Host)
	r := l.PhysicalLocation.Region
	require.Positive(t, r.StartLine)
	require.Positive(t, r.StartColumn)
	require.Equal(t, r.StartLine, r.EndLine)
	require.Greater(t, r.EndColumn, r.StartColumn)
}

func packed(t testing.TB, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, err := z.Write(data)
	require.NoError(t, err)
	require.NoError(t, z.Close())
	return b.Bytes()
}

// TestSARIFSchema validates every sample against the JSON Schema of the
// standard, where it is at hand: .ci/formats.sh fetches it.
func TestSARIFSchema(t *testing.T) {
	file := os.Getenv("MSPSCAN_SARIF_SCHEMA")
	if file == "" {
		t.Skip("MSPSCAN_SARIF_SCHEMA names no schema; make formats fetches it")
	}
	raw, err := os.ReadFile(file)
	require.NoError(t, err)
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(bytes.TrimPrefix(raw, []byte("\ufeff"))))
	require.NoError(t, err)
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	require.NoError(t, c.AddResource("sarif.json", doc))
	schema, err := c.Compile("sarif.json")
	require.NoError(t, err)
	for name, r := range samples(t) {
		value, err := jsonschema.UnmarshalJSON(bytes.NewReader(render(t, ci.SARIF{}, r)))
		require.NoError(t, err, name)
		require.NoError(t, schema.Validate(value), name)
	}
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(`{"version":"2.1.0","runs":[{"results":[]}]}`))
	require.NoError(t, err)
	require.Error(t, schema.Validate(value), "a run without a tool is refused")
}

// TestSARIFStates holds baseline states, suppressions and what is no result.
func TestSARIFStates(t *testing.T) {
	r := second(t)
	states := map[string]msp.FindingState{}
	for _, f := range r.Findings {
		states[f.ID] = f.State
	}
	run := parseSARIF(t, render(t, ci.SARIF{}, r)).Runs[0]
	suppressed := 0
	for _, s := range run.Results {
		want := map[msp.FindingState]string{msp.StateNew: "new", msp.StateReopened: "new", msp.StateSame: "unchanged", msp.StateNotLookedAt: "unchanged"}
		require.Equal(t, want[states[s.PartialFingerprints["mspscan/v1"]]], s.BaselineState)
		require.NotNil(t, s.Suppressions, "where one result has the list, all have")
		for _, p := range *s.Suppressions {
			suppressed++
			require.Equal(t, "external", p.Kind)
			require.Contains(t, p.Justification, "It is so.")
		}
	}
	require.Equal(t, 5, suppressed)
	require.Len(t, run.Results, len(r.Findings)-r.Summary.Fixed)
	require.Positive(t, r.Summary.Fixed)
	require.Contains(t, fmt.Sprint(run.Invocations[0].ToolExecutionNotifications), fmt.Sprintf("%d findings of the previous run are fixed", r.Summary.Fixed))

	in, err := sample.Mining()
	require.NoError(t, err)
	for i := range in.Findings {
		in.Findings[i].State, in.Findings[i].Waived = msp.StateNone, nil
	}
	for _, s := range parseSARIF(t, render(t, ci.SARIF{}, reports.Build(in))).Runs[0].Results {
		require.Empty(t, s.BaselineState)
		require.Nil(t, s.Suppressions)
	}
}

// TestReviewedSeverityCounts holds that a severity which a person decided is the
// one that CI systems get.
func TestReviewedSeverityCounts(t *testing.T) {
	r := mining(t)
	critical, low := r.Findings[0], msp.Low
	require.Equal(t, msp.Critical, critical.Severity)
	r.Findings = []reports.Finding{critical}
	r.Findings[0].Review = &reports.FindingReview{Severity: &low, Reason: "It is watched."}
	for name, want := range map[string]string{
		"sarif": `"level": "note"`, "junit": `type="low"`, "gitlab": `"severity": "minor"`, "github": "::notice file=", "defectdojo": `"severity": "Low"`, "ocsf": `"severity_id":2`,
	} {
		for _, f := range ci.Formats() {
			if f.Name == name {
				require.Contains(t, string(render(t, f.Renderer, r)), want, name)
			}
		}
	}
}

// TestSARIFPlaces holds that a finding without a place gets one.
func TestSARIFPlaces(t *testing.T) {
	in, err := sample.Mining()
	require.NoError(t, err)
	in.Findings = in.Findings[:3]
	in.Findings[0].Location, in.Findings[0].Evidence = msp.Pos{}, nil
	in.Findings[1].Location = msp.Pos{}
	in.Findings[1].Evidence = []msp.EvidenceItem{{Summary: "declared", Location: &msp.Pos{File: `sub dir\my inv#1.yaml`, Line: 3, Column: 5}}}
	in.Findings[2].Location = msp.Pos{File: "/abs/inventory.yaml", Line: 9}
	places := map[string]string{}
	for _, s := range parseSARIF(t, render(t, ci.SARIF{}, reports.Build(in))).Runs[0].Results {
		p := s.Locations[0].PhysicalLocation
		places[s.PartialFingerprints["mspscan/v1"]] = fmt.Sprintf("%s:%d:%d", p.ArtifactLocation.URI, p.Region.StartLine, p.Region.StartColumn)
	}
	require.Contains(t, []string{"sub%20dir/my%20inv%231.yaml:1:1", "file:///abs/inventory.yaml:1:1"}, places[in.Findings[0].ID], "the first file that is named, line 1")
	require.Equal(t, "sub%20dir/my%20inv%231.yaml:3:5", places[in.Findings[1].ID])
	require.Equal(t, "file:///abs/inventory.yaml:9:1", places[in.Findings[2].ID])
}

// TestSARIFLimits holds that what is over a limit is cut from the least severe
// end and named.
func TestSARIFLimits(t *testing.T) {
	in, err := sample.Many(100, 60)
	require.NoError(t, err)
	noise := rand.New(rand.NewPCG(1, 2))
	for i := range in.Findings {
		in.Findings[i].Message = fmt.Sprintf("%x %x %x %x", noise.Uint64(), noise.Uint64(), noise.Uint64(), noise.Uint64())
	}
	r := reports.Build(in)
	require.Len(t, r.Findings, 6000)
	whole := parseSARIF(t, render(t, ci.SARIF{}, r)).Runs[0]
	require.Len(t, whole.Results, 6000)
	require.Contains(t, fmt.Sprint(whole.Invocations), "code scanning on GitHub keeps the 5000 most severe")

	few := render(t, ci.SARIF{Results: 100}, r)
	require.Len(t, parseSARIF(t, few).Runs[0].Results, 100)
	require.Contains(t, string(few), "5900 of 6000 findings are left out here, the least severe")
	for i, s := range parseSARIF(t, few).Runs[0].Results {
		require.Equal(t, r.Findings[i].ID, s.PartialFingerprints["mspscan/v1"], "the most severe stay")
	}

	small := render(t, ci.SARIF{Packed: 200_000}, r)
	require.LessOrEqual(t, len(packed(t, small)), 200_000)
	run := parseSARIF(t, small).Runs[0]
	require.Greater(t, len(run.Results), 500, "as many as fit")
	require.Contains(t, fmt.Sprint(run.Invocations), fmt.Sprintf("%d of 6000 findings are left out", 6000-len(run.Results)))
}

// TestSARIFIsStable holds that a finding keeps its fingerprint when others come
// and go and when its line moves.
func TestSARIFIsStable(t *testing.T) {
	in, err := sample.Mining()
	require.NoError(t, err)
	before := fingerprints(t, reports.Build(in))
	in.Findings = in.Findings[5:]
	for i := range in.Findings {
		in.Findings[i].Location.Line += 100
	}
	after := fingerprints(t, reports.Build(in))
	require.Subset(t, before, after)
	require.Len(t, after, len(in.Findings))
}

func fingerprints(t *testing.T, r *reports.Report) []string {
	t.Helper()
	var list []string
	for _, s := range parseSARIF(t, render(t, ci.SARIF{}, r)).Runs[0].Results {
		list = append(list, s.PartialFingerprints["primaryLocationLineHash"])
	}
	return list
}

// BenchmarkSARIF writes 25,000 results, the most that a file may hold.
func BenchmarkSARIF(b *testing.B) {
	in, err := sample.Many(250, 100)
	require.NoError(b, err)
	r := reports.Build(in)
	for b.Loop() {
		out := render(b, ci.SARIF{}, r)
		require.True(b, json.Valid(out))
		b.ReportMetric(float64(len(out))/1e6, "MB")
	}
}
