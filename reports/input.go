package reports

import (
	"time"

	"mspscan/msp"
	"mspscan/msp/exposure"
	"mspscan/msp/graph"
	"mspscan/msp/review"
)

// Input is what the stages before hand over. Inventory and Graph are needed,
// everything else may be empty.
type Input struct {
	ToolVersion string
	Header      Header
	Graph       *graph.Graph
	Value       float64 // of all assets, as the exposure model counts it
	Exposures   []msp.Exposure
	Paths       []msp.PathExposure
	Unlisted    int // pairs of provider and asset that have paths not in Paths
	Fixes       []msp.Fix
	Explain     []string // the costliest provider in words
	Tables      exposure.Tables
	Sensitivity exposure.Sensitivity
	Findings    []msp.Finding // waivers and states already set
	Waivers     []Waiver      // what came of each, in the order of the file
	Questions   []msp.Question
	Counts      []msp.RuleCount
	Rules       []msp.RuleInfo
	Shares      []Concentration
	Layers      []Layer // without Text
	Errors      []string
	Previous    *Report    // nil = no previous run
	Reviews     review.Set // what a person decided before
}

// Header describes the run. Zero times are not known.
type Header struct {
	ID              string
	Started         time.Time
	Finished        time.Time
	Complete        bool
	InventorySHA256 string
	Resolvers       []string
	Now             time.Time
	CommandLine     string
	Notes           []string // passive mode, lying resolver, defaults used
	Packs           []Pack
}
