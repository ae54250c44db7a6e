package history

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"mspscan/msp"
	"mspscan/msp/fact"
)

func domain(id string) msp.Subject { return msp.Subject{Kind: msp.SubjectDomain, ID: id} }

func finding(id, rule string, s msp.Subject, facts ...string) msp.Finding {
	f := msp.Finding{ID: id, Rule: rule, Subject: s, Severity: msp.High}
	for _, x := range facts {
		f.Evidence = append(f.Evidence, msp.EvidenceItem{Fact: x})
	}
	return f
}

// run has one domain, one provider and one access, all looked at.
func run(findings ...msp.Finding) Run {
	return Run{
		Findings: findings,
		Subjects: []msp.Subject{
			{Kind: msp.SubjectOrganisation, ID: "acme"},
			{Kind: msp.SubjectProvider, ID: "north"},
			{Kind: msp.SubjectAsset, ID: "ad"},
			{Kind: msp.SubjectAccess, ID: "vpn"},
			domain("a.example"),
		},
		Rules: []string{"spf", "mfa", "drift", "path", "undeclared"},
	}
}

func with(r Run, change func(*Run)) Run {
	change(&r)
	return r
}

func checks(list ...Check) func(*Run) { return func(r *Run) { r.Checks = list } }

func TestCompare(t *testing.T) {
	spf := finding("1", "spf", domain("a.example"), "old-spf")
	oldCheck := checks(Check{"SPF a.example", "old-spf", fact.Present})
	vpn := finding("2", "mfa", msp.Subject{Kind: msp.SubjectAccess, ID: "vpn"})
	path := finding("3", "path", msp.Subject{Kind: msp.SubjectPath, ID: "north>rmm>ad"})
	fixed := spf
	fixed.State = msp.StateFixed
	left := spf
	left.State = msp.StateNotLookedAt
	tests := []struct {
		name     string
		old, new Run
		want     msp.FindingState // "" = not in the result
		why      string
	}{
		{"new", run(), run(spf), msp.StateNew, ""},
		{"same", run(spf), run(spf), msp.StateSame, ""},
		{"reopened", run(fixed), run(spf), msp.StateReopened, ""},
		{"fixed before and still", run(fixed), run(), "", ""},
		{"not looked at before, there now", run(left), run(spf), msp.StateSame, ""},
		{"fixed", with(run(spf), oldCheck), with(run(), checks(Check{"SPF a.example", "new", fact.Present})), msp.StateFixed, ""},
		{"fixed: record gone for sure", with(run(spf), oldCheck), with(run(), checks(Check{"SPF a.example", "new", fact.Absent})), msp.StateFixed, ""},
		{"not looked at before, gone now", with(run(left), oldCheck), with(run(), checks(Check{"SPF a.example", "new", fact.Absent})), msp.StateFixed, ""},
		{"timeout", with(run(spf), oldCheck), with(run(), checks(Check{"SPF a.example", "new", fact.Unknown})), msp.StateNotLookedAt, "no clean answer: SPF a.example"},
		{"one of two timed out", with(run(spf), oldCheck), with(run(), checks(Check{"SPF a.example", "n1", fact.Unknown}, Check{"SPF a.example", "n2", fact.Present})), msp.StateNotLookedAt, "no clean answer"},
		{"not asked again", with(run(spf), oldCheck), run(), msp.StateNotLookedAt, "asked again"},
		{"evidence of a run before names its question", run(func() msp.Finding {
			f := finding("1", "spf", domain("a.example"), "older-spf")
			f.Evidence[0].Check = "SPF a.example"
			return f
		}()), with(run(), checks(Check{"SPF a.example", "new", fact.Present})), msp.StateFixed, ""},
		{"old question not known", run(spf), with(run(), checks(Check{"SPF a.example", "new", fact.Present})), msp.StateNotLookedAt, "asked again"},
		{"rule unknown on the subject", with(run(spf), oldCheck), with(run(), func(r *Run) {
			r.Checks = []Check{{"SPF a.example", "new", fact.Present}}
			r.Unjudged = []Unjudged{{"spf", domain("a.example"), "timeout"}}
		}), msp.StateNotLookedAt, "unknown: timeout"},
		{"another rule unknown", with(run(spf), oldCheck), with(run(), func(r *Run) {
			r.Checks = []Check{{"SPF a.example", "new", fact.Present}}
			r.Unjudged = []Unjudged{{"mfa", domain("a.example"), ""}, {"spf", domain("b.example"), ""}}
		}), msp.StateFixed, ""},
		{"rule not in the packs", run(vpn), with(run(), func(r *Run) { r.Rules = []string{"spf"} }), msp.StateNotLookedAt, "the rule was not judged"},
		{"rule without a previous run", run(vpn), with(run(), func(r *Run) { r.Off = []string{"mfa"} }), msp.StateNotLookedAt, "nothing to work on"},
		{"subject left the inventory", run(vpn), with(run(), func(r *Run) { r.Subjects = r.Subjects[:3] }), msp.StateNotLookedAt, "the access is not in the inventory any more"},
		{"declared and answered", run(vpn), run(), msp.StateFixed, ""},
		{"answer taken back", run(vpn), with(run(), func(r *Run) { r.Unjudged = []Unjudged{{Rule: "mfa", Subject: vpn.Subject}} }), msp.StateNotLookedAt, "unknown"},
		{"path closed", run(path), run(), msp.StateFixed, ""},
		{"end of the path not there", run(path), with(run(), func(r *Run) { r.Subjects = r.Subjects[:2] }), msp.StateNotLookedAt, "the path"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := Compare(tt.old, tt.new)
			if tt.want == "" {
				require.Empty(t, got)
				return
			}
			require.Len(t, got, 1)
			require.Equal(t, tt.want, got[0].State, got[0].Why)
			require.Equal(t, tt.want, got[0].Finding.State)
			require.Contains(t, got[0].Why, tt.why)
			require.Equal(t, tt.want == msp.StateNotLookedAt, got[0].Why != "")
			require.Equal(t, len(tt.new.Findings) == 1 && len(tt.old.Findings) == 1, got[0].Before != nil)
			require.Equal(t, []msp.Finding{got[0].Finding}, Findings(got))
		})
	}
}

// TestCompareManyOfOneSubject holds that one finding of a subject does not vouch
// for another: the rule was judged, but what this finding rests on was not seen.
func TestCompareManyOfOneSubject(t *testing.T) {
	org := msp.Subject{Kind: msp.SubjectOrganisation, ID: "acme"}
	a, b := finding("a", "undeclared", org, "mx1"), finding("b", "undeclared", org, "spf1", "gone1")
	old := with(run(a, b), checks(Check{"MX a", "mx1", fact.Present}, Check{"SPF a", "spf1", fact.Present}, Check{"Registration x", "gone1", fact.Absent}))
	a.Evidence[0].Fact = "mx2"
	got := Compare(old, with(run(a), checks(Check{"MX a", "mx2", fact.Present}, Check{"SPF a", "spf2", fact.Unknown})))
	require.Equal(t, []msp.FindingState{msp.StateSame, msp.StateNotLookedAt}, []msp.FindingState{got[0].State, got[1].State})
	got = Compare(old, with(run(a), checks(Check{"MX a", "mx2", fact.Present}, Check{"SPF a", "spf2", fact.Present})))
	require.Equal(t, msp.StateFixed, got[1].State, "a question that is not asked any more counts neither way")
}

// random makes a run of n findings over a few rules and subjects.
func random(r *rand.Rand, n int) Run {
	out := Run{Rules: []string{"r0", "r1", "r2", "r3"}}
	for i := range 8 {
		out.Subjects = append(out.Subjects, domain(strconv.Itoa(i)))
		out.Checks = append(out.Checks, Check{"q" + strconv.Itoa(i), "f" + strconv.Itoa(i) + "-" + strconv.Itoa(r.IntN(100)), fact.Outcome(r.IntN(4))})
	}
	ids := map[string]bool{}
	for range n {
		rule, subject := r.IntN(5), r.IntN(10)
		f := finding(strconv.Itoa(rule*100+subject*10+r.IntN(3)), "r"+strconv.Itoa(rule), domain(strconv.Itoa(subject)))
		if ids[f.ID] {
			continue
		}
		ids[f.ID] = true
		for range r.IntN(3) {
			f.Evidence = append(f.Evidence, msp.EvidenceItem{Fact: out.Checks[r.IntN(8)].Fact})
		}
		f.Severity = msp.Severity(r.IntN(5))
		f.State = []msp.FindingState{msp.StateNone, msp.StateFixed, msp.StateNotLookedAt, msp.StateSame}[r.IntN(4)]
		out.Findings = append(out.Findings, f)
	}
	for range r.IntN(4) {
		out.Unjudged = append(out.Unjudged, Unjudged{"r" + strconv.Itoa(r.IntN(4)), domain(strconv.Itoa(r.IntN(8))), strconv.Itoa(r.IntN(3))})
	}
	return out
}

func shuffled(r *rand.Rand, x Run) Run {
	x.Findings, x.Subjects, x.Unjudged, x.Checks = slices.Clone(x.Findings), slices.Clone(x.Subjects), slices.Clone(x.Unjudged), slices.Clone(x.Checks)
	r.Shuffle(len(x.Findings), func(i, j int) { x.Findings[i], x.Findings[j] = x.Findings[j], x.Findings[i] })
	r.Shuffle(len(x.Subjects), func(i, j int) { x.Subjects[i], x.Subjects[j] = x.Subjects[j], x.Subjects[i] })
	r.Shuffle(len(x.Unjudged), func(i, j int) { x.Unjudged[i], x.Unjudged[j] = x.Unjudged[j], x.Unjudged[i] })
	r.Shuffle(len(x.Checks), func(i, j int) { x.Checks[i], x.Checks[j] = x.Checks[j], x.Checks[i] })
	return x
}

func TestProperties(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	for range 300 {
		old, new := random(r, r.IntN(12)), random(r, r.IntN(12))
		got := Compare(old, new)
		seen := map[string]bool{}
		for _, c := range got {
			require.False(t, seen[c.Finding.ID], "each finding once")
			seen[c.Finding.ID] = true
			require.Equal(t, c.State, c.Finding.State)
			require.Equal(t, c.State == msp.StateNotLookedAt, c.Why != "")
			if c.State == msp.StateFixed {
				require.NotContains(t, new.Unjudged, Unjudged{Rule: c.Finding.Rule, Subject: c.Finding.Subject})
				require.Contains(t, new.Subjects, c.Finding.Subject)
			}
		}
		for _, f := range new.Findings {
			require.True(t, seen[f.ID], "no finding of the new run is lost")
		}
		for _, f := range old.Findings {
			require.True(t, seen[f.ID] || byID(old.Findings)[f.ID].State == msp.StateFixed, "no open finding of the old run is lost")
		}
		require.Equal(t, got, Compare(shuffled(r, old), shuffled(r, new)), "the order changes nothing")
		for i := range new.Findings {
			new.Findings[i].State = msp.StateNone
		}
		for _, c := range Compare(new, new) {
			require.Equal(t, msp.StateSame, c.State, "a run against itself")
		}
	}
}
