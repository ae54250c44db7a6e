package msp

// Range is a value computed twice: Hi counts unknown answers as no, Lo as yes.
type Range struct {
	Hi float64 `json:"hi"`
	Lo float64 `json:"lo"`
}

// Exposure is what a compromised provider reaches (model.md).
type Exposure struct {
	Provider string          `json:"provider"`
	Money    Range           `json:"money"`     // E, in the organisation's currency
	Score    Range           `json:"score"`     // S, 0 to 100
	Assets   []AssetExposure `json:"assets"`    // sorted by asset id
	BestPath []PathExposure  `json:"best_path"` // most credible path per asset reached, hi
	Method   string          `json:"method"`    // exact or monte-carlo
	Annual   *Annual         `json:"annual,omitempty"`
}

// Annual is the annual loss expectancy of a provider's compromise: how many times
// a year it is expected, as somebody judged it (a PERT triple with its mean),
// times what it costs. Nobody's frequency is made up: without one there is none.
type Annual struct {
	Frequency PERT    `json:"frequency"` // compromises a year
	Loss      Range   `json:"loss"`      // at the mean, for both readings of unknown answers
	Least     float64 `json:"least"`     // at the least frequency, unknown counted as yes
	Most      float64 `json:"most"`      // at the greatest, unknown counted as no
}

// PERT is a judgement of three points with its mean (min + 4 likely + max) / 6.
type PERT struct {
	Min    float64 `json:"min"`
	Likely float64 `json:"likely"`
	Max    float64 `json:"max"`
	Mean   float64 `json:"mean"`
}

// AssetExposure is one asset's share.
type AssetExposure struct {
	Asset string `json:"asset"`
	P     Range  `json:"p"`     // probability that it is reached
	Money Range  `json:"money"` // value times P; the assets add up to E
}

// PathExposure is one way from a provider to an asset.
type PathExposure struct {
	Provider    string   `json:"provider"`
	Asset       string   `json:"asset"`
	Nodes       []string `json:"nodes"` // ids, provider first, asset last
	Doors       []string `json:"doors"` // ids, one fewer than Nodes
	Probability Range    `json:"probability"`
	Factors     []Range  `json:"factors"`        // transmission of each door
	More        bool     `json:"more,omitempty"` // the list was cut here: there are further paths
	Single      []string `json:"single_points"`  // doors of it without which the provider does not reach the asset at all
}

// Fix is a set of changes with what it is worth.
type Fix struct {
	IDs       []string `json:"ids"` // "close:<door>" or "<door>.<control>=yes"
	Text      string   `json:"text"`
	Provider  string   `json:"provider,omitempty"` // whose compromise it is measured on; "" = all providers
	Before    float64  `json:"exposure_before"`
	After     float64  `json:"exposure_after"`
	Reduction float64  `json:"reduction"`
	Sum       float64  `json:"reduction_sum"` // the same over all providers, each compromised on its own
	Heuristic bool     `json:"heuristic,omitempty"`

	// Of a model in which some fix has a cost. Cost is nil where that of a change is
	// not known; then NoCost names those changes. PerCost is Reduction for each unit
	// of Cost, nil where there is no cost or it is 0. RankByCost is 1 for the change
	// that takes off most for its cost; sets are ranked among themselves.
	Cost       *float64 `json:"cost,omitempty"`
	PerCost    *float64 `json:"reduction_per_cost,omitempty"`
	NoCost     []string `json:"without_cost,omitempty"`
	RankByCost int      `json:"rank_by_cost,omitempty"`
}
