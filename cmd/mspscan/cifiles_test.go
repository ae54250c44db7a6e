package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	yaml "go.yaml.in/yaml/v3"
)

// action is what a test reads of the composite action.
type action struct {
	Inputs map[string]struct{ Required bool }
	Runs   struct {
		Using string
		Steps []struct {
			ID, Name, Uses, Shell, Run, If string
			Env, With                      map[string]string
		}
	}
}

func readYAML(t *testing.T, name string, v any) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", ".github", name))
	require.NoError(t, err)
	require.NoError(t, yaml.Unmarshal(data, v), name)
	return string(data)
}

// pinned is how an action is named: by its whole commit, which nobody can move.
const pinned = `^[\w./-]+@[0-9a-f]{40}$`

// TestWorkflowsMayLittle holds that every workflow pins its actions by commit,
// with the version beside it, is granted nothing but reading where a job does not
// ask for more, and keeps no credentials in its checkout.
func TestWorkflowsMayLittle(t *testing.T) {
	names, err := filepath.Glob(filepath.Join("..", "..", ".github", "workflows", "*.yml"))
	require.NoError(t, err)
	require.Greater(t, len(names), 2)
	for _, name := range names {
		var w struct {
			Permissions map[string]string
			Jobs        map[string]struct {
				Steps []struct {
					Uses, Run string
					With      map[string]any
				}
			}
		}
		text := readYAML(t, "workflows/"+filepath.Base(name), &w)
		require.NotNil(t, w.Permissions, name)
		for what, may := range w.Permissions {
			require.Equal(t, "contents read", what+" "+may, name)
		}
		for _, job := range w.Jobs {
			for _, s := range job.Steps {
				require.NotContains(t, s.Run, "${{", "%s: text of others run as a script", name)
				if s.Uses != "" {
					require.Regexp(t, pinned, s.Uses, name)
					require.Contains(t, text, s.Uses+" # v", name)
				}
				if strings.HasPrefix(s.Uses, "actions/checkout@") {
					require.Equal(t, false, s.With["persist-credentials"], name)
				}
			}
		}
	}
}

// TestActionTakesNoTextAsScript holds that inputs reach scripts as variables:
// pasted into one, they would be run. Every flag that a script uses is one of
// scan's.
func TestActionTakesNoTextAsScript(t *testing.T) {
	var a action
	text := readYAML(t, "actions/mspscan/action.yml", &a)
	require.Equal(t, "composite", a.Runs.Using)
	used := map[string]bool{}
	for _, s := range a.Runs.Steps {
		require.NotContains(t, s.Run, "${{", s.Name)
		require.True(t, s.Run == "" || s.Shell == "bash", s.Name)
		if s.Uses != "" {
			require.Regexp(t, pinned, s.Uses, "pinned by commit")
		}
	}
	for _, m := range regexp.MustCompile(`inputs\.([a-z-]+)`).FindAllStringSubmatch(text, -1) {
		require.Contains(t, a.Inputs, m[1])
		used[m[1]] = true
	}
	require.Len(t, used, len(a.Inputs), "no input that does nothing")
	known := scanFlagNames()
	for _, s := range a.Runs.Steps {
		if s.ID == "scan" {
			checkFlags(t, known, s.Run)
		}
	}
	checkFlags(t, known, regexp.MustCompile(`(?m)^ +- (?:set --|if|mspscan).*$`).FindAllString(readYAML(t, "examples/gitlab-ci.yml", &map[string]any{}), -1)...)
}

func scanFlagNames() map[string]bool {
	known := map[string]bool{}
	for name := range strings.SplitSeq(scanCommand().Flags().FlagUsages(), "\n") {
		if m := regexp.MustCompile(`--([a-z-]+)`).FindStringSubmatch(name); m != nil {
			known[m[1]] = true
		}
	}
	return known
}

func checkFlags(t *testing.T, known map[string]bool, scripts ...string) {
	t.Helper()
	n := 0
	for _, s := range scripts {
		for _, m := range regexp.MustCompile(`[ (]--([a-z-]+)`).FindAllStringSubmatch(s, -1) {
			require.True(t, known[m[1]], "scan has no flag --%s", m[1])
			n++
		}
	}
	require.Greater(t, n, 3)
}

// TestExamplesFit holds that the examples run weekly, name inputs that the action
// has, and keep the baseline as an artefact.
func TestExamplesFit(t *testing.T) {
	var a action
	readYAML(t, "actions/mspscan/action.yml", &a)
	var workflow struct {
		On struct {
			Schedule []struct{ Cron string }
		}
		Jobs map[string]struct {
			Steps []struct {
				Uses string
				With map[string]string
			}
		}
	}
	readYAML(t, "examples/github-actions.yml", &workflow)
	require.Regexp(t, `^\d+ \d+ \* \* \d$`, workflow.On.Schedule[0].Cron)
	last := workflow.Jobs["mspscan"].Steps[len(workflow.Jobs["mspscan"].Steps)-1]
	require.Contains(t, last.Uses, "/.github/actions/mspscan@")
	for name := range last.With {
		require.Contains(t, a.Inputs, name)
	}
	var gitlab struct {
		Mspscan struct {
			Rules     []struct{ If string }
			Artifacts struct {
				Paths   []string
				Reports map[string]string
			}
		}
	}
	text := readYAML(t, "examples/gitlab-ci.yml", &gitlab)
	require.Equal(t, `$CI_PIPELINE_SOURCE == "schedule"`, gitlab.Mspscan.Rules[0].If)
	require.Contains(t, gitlab.Mspscan.Artifacts.Paths, "run.ndjson")
	require.Contains(t, text, "-o junit="+gitlab.Mspscan.Artifacts.Reports["junit"])
	require.Contains(t, text, "-o gitlab="+gitlab.Mspscan.Artifacts.Reports["codequality"])
}

// TestActionScans runs the scan step of the action as GitHub would, twice: the
// second run is compared with the journal of the first and has nothing new.
func TestActionScans(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil || runtime.GOOS == "windows" {
		t.Skip("no bash here")
	}
	var a action
	readYAML(t, "actions/mspscan/action.yml", &a)
	var script string
	for _, s := range a.Runs.Steps {
		if s.ID == "scan" {
			script = s.Run
		}
	}
	require.NotEmpty(t, script)
	sample, err := filepath.Abs(filepath.Join("..", "..", "testdata", "ridgeline"))
	require.NoError(t, err)
	temp := t.TempDir()
	work := filepath.Join(temp, "mspscan")
	require.NoError(t, os.MkdirAll(filepath.Join(work, "reports"), 0o700))
	self, err := os.Executable()
	require.NoError(t, err)
	program := "#!/bin/sh\n" + asBinary + "=1 exec '" + self + "' -test.run='^TestAsBinary$' -- \"$@\"\n"
	require.NoError(t, os.WriteFile(filepath.Join(temp, "mspscan.sh"), []byte(program), 0o700))
	bin := filepath.Join(temp, "bin")
	require.NoError(t, os.Mkdir(bin, 0o700))
	require.NoError(t, os.Rename(filepath.Join(temp, "mspscan.sh"), filepath.Join(bin, "mspscan")))
	scan := func() (stdout, outputs, summary string) {
		cmd := exec.CommandContext(t.Context(), bash, "--noprofile", "--norc", "-eo", "pipefail", "-c", script)
		for _, name := range []string{"outputs", "summary"} {
			require.NoError(t, os.WriteFile(filepath.Join(temp, name), nil, 0o600))
		}
		cmd.Env = append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"), "RUNNER_TEMP="+temp, "GITHUB_OUTPUT="+filepath.Join(temp, "outputs"), "GITHUB_STEP_SUMMARY="+filepath.Join(temp, "summary"),
			"INVENTORY="+filepath.Join(sample, "inventory.yaml"), "FAIL_ON=high", "NEW_ONLY=true", "MAX_UNKNOWN=", "WAIVERS=", "MODEL="+repoPath(t, ".github", "examples", "model.yaml"), "REDACT=none",
			"ARGUMENTS=--zones\n"+filepath.Join(sample, "zones")+"\n--now\n2026-06-01T00:00:00Z\n")
		out, err := cmd.Output()
		require.NoError(t, err)
		read := func(name string) string {
			data, err := os.ReadFile(filepath.Join(temp, name))
			require.NoError(t, err)
			return string(data)
		}
		return string(out), read("outputs"), read("summary")
	}
	stdout, outputs, summary := scan()
	require.Contains(t, outputs, "exit-code=1\n", "the sample has open findings")
	require.Contains(t, outputs, "keep=true\n", "the first run is the baseline")
	require.Contains(t, stdout, "::error file=")
	require.Contains(t, summary, "# Provider exposure of Ridgeline Minerals Ltd")
	require.Contains(t, summary, "Weighed with the exposure tables example/v1", "the page of the job says plainly whose tables it was weighed with")
	for _, name := range []string{"mspscan.sarif", "report.json", "report.xlsx", "summary.md"} {
		require.FileExists(t, filepath.Join(work, "reports", name))
	}
	require.NoError(t, os.Remove(filepath.Join(work, "run.ndjson")))
	_, outputs, _ = scan()
	require.Contains(t, outputs, "exit-code=0\n", "nothing is new against the baseline")
	require.Contains(t, outputs, "keep=true\n")
}
