package ci

import (
	"cmp"
	"slices"

	"mspscan/msp"
	"mspscan/reports"
)

// sarifSchema is the address that the standard gives its schema.
const sarifSchema = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

// The objects of SARIF 2.1.0, as far as they are written here; names in the
// comments of the standard's sections 3.13 to 3.52.
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool        sarifTool         `json:"tool"`
		Automation  sarifAutomation   `json:"automationDetails"`
		Invocations []sarifInvocation `json:"invocations"`
		ColumnKind  string            `json:"columnKind"`
		Results     []sarifResult     `json:"results"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name    string      `json:"name"`
		Version string      `json:"version"`
		Rules   []sarifRule `json:"rules"`
	}
	sarifAutomation struct {
		ID string `json:"id"`
	}
	sarifInvocation struct {
		Successful bool        `json:"executionSuccessful"`
		Start      string      `json:"startTimeUtc,omitempty"`
		End        string      `json:"endTimeUtc,omitempty"`
		Notes      []sarifNote `json:"toolExecutionNotifications,omitempty"`
	}
	sarifNote struct {
		Level   string       `json:"level"`
		Message sarifMessage `json:"message"`
	}
	sarifMessage struct {
		Text string `json:"text"`
	}
	sarifRule struct {
		ID         string         `json:"id"`
		Short      sarifMessage   `json:"shortDescription"`
		Full       sarifMessage   `json:"fullDescription"`
		Help       sarifMessage   `json:"help"`
		Config     sarifConfig    `json:"defaultConfiguration"`
		Properties map[string]any `json:"properties"`
	}
	sarifConfig struct {
		Level string `json:"level"`
	}
	sarifResult struct {
		Rule         string              `json:"ruleId"`
		Index        int                 `json:"ruleIndex"`
		Level        string              `json:"level"`
		Message      sarifMessage        `json:"message"`
		Locations    []sarifLocation     `json:"locations"`
		Related      []sarifLocation     `json:"relatedLocations,omitempty"`
		Fingerprints map[string]string   `json:"partialFingerprints"`
		State        string              `json:"baselineState,omitempty"`
		Suppressions *[]sarifSuppression `json:"suppressions,omitempty"`
		Properties   map[string]any      `json:"properties"`
	}
	sarifLocation struct {
		Physical sarifPhysical  `json:"physicalLocation"`
		Logical  []sarifLogical `json:"logicalLocations,omitempty"`
		Message  *sarifMessage  `json:"message,omitempty"`
	}
	sarifPhysical struct {
		File   sarifFile   `json:"artifactLocation"`
		Region sarifRegion `json:"region"`
	}
	sarifFile struct {
		URI string `json:"uri"`
	}
	sarifRegion struct {
		StartLine   int `json:"startLine"`
		StartColumn int `json:"startColumn"`
		EndLine     int `json:"endLine"`
		EndColumn   int `json:"endColumn"`
	}
	sarifLogical struct {
		Name string `json:"fullyQualifiedName"`
		Kind string `json:"kind"`
	}
	sarifSuppression struct {
		Kind          string `json:"kind"`
		Status        string `json:"status"`
		Justification string `json:"justification"`
	}
)

// physical gives a place with a full region, which code scanning asks of every
// result.
func physical(p msp.Pos) sarifPhysical {
	return sarifPhysical{
		File:   sarifFile{fileURI(p.File)},
		Region: sarifRegion{StartLine: p.Line, StartColumn: max(p.Column, 1), EndLine: p.Line, EndColumn: max(p.Column, 1) + 1},
	}
}

// newSARIFRule describes a rule. Code scanning wants each text to be there.
func newSARIFRule(r msp.RuleInfo) sarifRule {
	title := cmpText(r.Title, r.ID)
	help := lines(plain(r.Summary), plain(r.Rationale), labelled("Expected", plain(r.Expected)), labelled("Remediation", plain(r.Remediation)))
	for _, ref := range r.References {
		help = lines(help, labelled("See", plain(ref)))
	}
	tags := slices.DeleteFunc([]string{"security", text(r.Family)}, func(s string) bool { return s == "" })
	for _, id := range frameworkIDs(r.Frameworks) {
		if len(tags) < sarifTags && !slices.Contains(tags, id) {
			tags = append(tags, id)
		}
	}
	return sarifRule{
		ID: r.ID, Short: sarifMessage{plain(reports.Cut(title, sarifShort))},
		Full: sarifMessage{plain(reports.Cut(cmpText(r.Summary, title), sarifFull))}, Help: sarifMessage{cmp.Or(help, plain(title))},
		Config: sarifConfig{sarifLevel(r.Severity)}, Properties: map[string]any{"security-severity": securitySeverity(r.Severity), "tags": tags},
	}
}
