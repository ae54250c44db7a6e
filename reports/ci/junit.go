package ci

import (
	"cmp"
	"encoding/xml"
	"fmt"
	"io"
	"slices"

	"mspscan/msp"
	"mspscan/reports"
)

// JUnit writes the report as JUnit XML, in the form that Jenkins and GitLab
// read: a test suite for each provider and for the organisation itself, a test
// case for each rule and subject. An open finding is a failure, a question
// without an answer and a waived finding are skipped, a finding that is fixed
// or only for information passes. What passed without a finding stands in a
// last suite by rule, with the number of subjects.
type JUnit struct{}

type (
	junitSuites struct {
		XMLName  xml.Name     `xml:"testsuites"`
		Name     string       `xml:"name,attr"`
		Tests    int          `xml:"tests,attr"`
		Failures int          `xml:"failures,attr"`
		Errors   int          `xml:"errors,attr"`
		Skipped  int          `xml:"-"`
		Suites   []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name       string       `xml:"name,attr"`
		Tests      int          `xml:"tests,attr"`
		Failures   int          `xml:"failures,attr"`
		Errors     int          `xml:"errors,attr"`
		Skipped    int          `xml:"skipped,attr"`
		Timestamp  string       `xml:"timestamp,attr,omitempty"`
		Properties *junitProps  `xml:"properties,omitempty"`
		Cases      []*junitCase `xml:"testcase"`
		SystemErr  string       `xml:"system-err,omitempty"`
	}
	junitProps struct {
		List []junitProp `xml:"property"`
	}
	junitProp struct {
		Name  string `xml:"name,attr"`
		Value string `xml:"value,attr"`
	}
	junitCase struct {
		Class   string        `xml:"classname,attr"`
		Name    string        `xml:"name,attr"`
		File    string        `xml:"file,attr,omitempty"`
		Line    int           `xml:"line,attr,omitempty"`
		Skipped *junitNote    `xml:"skipped,omitempty"`
		Failure *junitFailure `xml:"failure,omitempty"`
		Out     string        `xml:"system-out,omitempty"`
	}
	junitNote struct {
		Message string `xml:"message,attr"`
	}
	junitFailure struct {
		Type    string `xml:"type,attr"`
		Message string `xml:"message,attr"`
		Text    string `xml:",chardata"`
	}
)

// Render implements Renderer.
func (JUnit) Render(w io.Writer, r *reports.Report) error {
	m := junitMaker{r: r, places: newPlaces(r), suites: map[string]*junitSuite{}, cases: map[junitKey]*junitCase{}}
	for _, f := range gravest(r) {
		m.finding(f)
	}
	for _, q := range r.Questions {
		m.question(q)
	}
	doc := m.document()
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return fmt.Errorf("write junit: %w", err)
	}
	e := xml.NewEncoder(w)
	e.Indent("", " ")
	if err := e.Encode(doc); err != nil {
		return fmt.Errorf("write junit: %w", err)
	}
	if _, err := io.WriteString(w, "\n"); err != nil {
		return fmt.Errorf("write junit: %w", err)
	}
	return nil
}

// junitKey is what a test case is about.
type junitKey struct {
	provider, rule string
	subject        msp.Subject
}

type junitMaker struct {
	r      *reports.Report
	places places
	suites map[string]*junitSuite
	cases  map[junitKey]*junitCase
}

// test gives the test case of a rule and a subject, a new one the first time.
func (m *junitMaker) test(party, rule string, s msp.Subject, pos msp.Pos) *junitCase {
	key := junitKey{party, rule, s}
	if c := m.cases[key]; c != nil {
		return c
	}
	suite := m.suites[party]
	if suite == nil {
		suite = &junitSuite{Name: text(party), Timestamp: m.r.Run.Now}
		m.suites[party] = suite
	}
	pos = m.places.or(pos)
	c := &junitCase{Class: text(party) + "." + text(rule), Name: text(rule) + ": " + text(string(s.Kind)) + " " + text(s.ID), File: filePath(pos.File), Line: pos.Line}
	m.cases[key] = c
	suite.Cases = append(suite.Cases, c)
	return c
}

// finding adds a finding to its test case. The list is sorted by severity, so
// the first failure is the gravest.
func (m *junitMaker) finding(f reports.Finding) {
	c := m.test(provider(m.r, f.Provider), f.Rule, f.Subject, placeOf(f))
	said := junitText(f)
	switch {
	case f.State == msp.StateFixed:
		c.Out = lines(c.Out, "Fixed: "+said)
	case f.Waived != nil:
		if c.Skipped == nil {
			c.Skipped = &junitNote{Message: "waived, " + waived(f.Waived)}
		}
		c.Out = lines(c.Out, "Waived: "+said)
	case f.Effective() == msp.Info:
		c.Out = lines(c.Out, said)
	case c.Failure == nil:
		c.Failure = &junitFailure{Type: f.Effective().String(), Message: text(cmp.Or(f.Message, f.Title)), Text: said}
	default:
		c.Failure.Text = lines(c.Failure.Text, "", said)
	}
}

func junitText(f reports.Finding) string {
	s := lines(f.Effective().String()+": "+text(cmp.Or(f.Message, f.Title)), labelled("Finding", f.ID), labelled("Expected", text(f.Expected)), labelled("Remediation", text(f.Remediation)))
	for _, e := range f.Evidence {
		s = lines(s, labelled("Evidence", text(e.Summary)))
	}
	return s
}

func (m *junitMaker) question(q msp.Question) {
	c := m.test(provider(m.r, q.Provider), q.Rule, q.Subject, q.Location)
	why := "unknown"
	if q.Why != "" {
		why += " (" + text(q.Why) + ")"
	}
	if c.Skipped == nil {
		c.Skipped = &junitNote{Message: why + ": " + text(q.Text)}
		return
	}
	c.Out = lines(c.Out, why+": "+text(q.Text))
}

// document counts and orders the suites.
func (m *junitMaker) document() junitSuites {
	doc := junitSuites{Name: "mspscan"}
	for _, id := range sortedKeys(m.suites) {
		s := m.suites[id]
		slices.SortStableFunc(s.Cases, func(x, y *junitCase) int { return cmp.Or(cmp.Compare(x.Class, y.Class), cmp.Compare(x.Name, y.Name)) })
		for _, c := range s.Cases {
			if c.Failure != nil {
				c.Out, c.Skipped = lines(c.Out, skippedToo(c.Skipped)), nil
				s.Failures++
			} else if c.Skipped != nil {
				s.Skipped++
			}
		}
		doc.Suites = append(doc.Suites, *s)
	}
	doc.Suites = append(doc.Suites, m.passed())
	for i := range doc.Suites {
		s := &doc.Suites[i]
		s.Tests = len(s.Cases)
		doc.Tests += s.Tests
		doc.Failures += s.Failures
		doc.Skipped += s.Skipped
	}
	return doc
}

// skippedToo keeps what a failure in the same test case would hide.
func skippedToo(n *junitNote) string {
	if n == nil {
		return ""
	}
	return n.Message
}

// passed gives the suite of what no finding is about, and the coverage.
func (m *junitMaker) passed() junitSuite {
	c := m.r.Coverage
	s := junitSuite{Name: "passed, by rule", Timestamp: m.r.Run.Now, Properties: &junitProps{[]junitProp{
		{"complete", fmt.Sprint(m.r.Run.Complete)},
		{"dns_checks", fmt.Sprint(c.Checks)},
		{"dns_checks_unknown", fmt.Sprint(c.Unknown)},
		{"judgements_unknown", fmt.Sprint(c.Rules.Unknown)},
		{"judgements_not_applicable", fmt.Sprint(c.Rules.NotApplicable)},
	}}}
	if n := m.r.Omitted.Questions; n > 0 {
		s.Properties.List = append(s.Properties.List, junitProp{"questions_omitted", fmt.Sprint(n)})
	}
	for _, r := range m.r.Rules {
		if r.Judged.Pass > 0 {
			s.Cases = append(s.Cases, &junitCase{Class: "passed." + text(r.ID), Name: fmt.Sprintf("%s: passed for %d", text(r.ID), r.Judged.Pass)})
		}
	}
	for _, e := range m.r.Errors {
		s.SystemErr = lines(s.SystemErr, text(e))
	}
	return s
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
