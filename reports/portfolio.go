package reports

import (
	"encoding/json"
	"fmt"
	"io"

	"mspscan/msp"
)

// PortfolioSchema names the JSON form of a Portfolio.
const PortfolioSchema = "mspscan/portfolio/v1"

// Portfolio is many organisations side by side: which is exposed most, which
// party, of any rank, stands behind most of them, how concentrated each layer is
// and what changed since the run before. Lists are never null.
type Portfolio struct {
	Schema        string            `json:"schema"`
	Tool          Tool              `json:"tool"`
	Now           string            `json:"now"`
	Organisations []PortfolioRow    `json:"organisations"` // by score, worst first, then id
	Parties       []PortfolioParty  `json:"parties"`       // by clients, most first, then id
	Layers        []PortfolioLayer  `json:"layers"`        // as in Report
	Concentration []PortfolioShare  `json:"concentration"` // by layer, most touched first, then party; those of one organisation left out
	Changed       *PortfolioChanged `json:"changed"`       // null without a run before
	Grades        map[string]int    `json:"grades"`        // organisations by the grade of their worst provider
	Open          Counts            `json:"open"`
	Errors        []string          `json:"errors"`
}

// PortfolioRow is one organisation. The counts of changes are 0 without a run
// before.
type PortfolioRow struct {
	ID          string    `json:"id"`
	Name        string    `json:"name"`
	Currency    string    `json:"currency"`
	Value       float64   `json:"value"`
	Worst       string    `json:"worst_provider"`
	Grade       string    `json:"grade"`
	Score       msp.Range `json:"score"`
	Exposure    msp.Range `json:"exposure"`
	Open        Counts    `json:"open"`
	Providers   int       `json:"providers"`
	Undeclared  int       `json:"undeclared"`
	Checks      int       `json:"checks"`
	Unknown     int       `json:"unknown"`
	New         int       `json:"new"`
	Reopened    int       `json:"reopened"`
	Fixed       int       `json:"fixed"`
	NotLookedAt int       `json:"not_looked_at"`
}

// PortfolioParty is a party and the organisations that it stands behind, named
// alike over all inventories.
type PortfolioParty struct {
	ID          string           `json:"id"`
	Name        string           `json:"name"`
	Domains     []string         `json:"domains"`   // that tell it apart, sorted
	LegalIDs    []string         `json:"legal_ids"` // "ABN 51824753556", sorted
	Clients     []string         `json:"clients"`   // organisation ids, sorted
	Declared    int              `json:"declared"`  // organisations that declare it
	Rank        int              `json:"rank"`      // the closest
	Trust       []string         `json:"trust"`     // what DNS shows of it, and "access" where it holds a door
	Share       float64          `json:"share"`     // of all organisations, 0 to 1
	Touches     int              `json:"touches"`   // organisations in some layer of which its compromise reaches
	Stops       int              `json:"stops"`     // organisations from which its outage takes some layer
	Exposure    []PortfolioMoney `json:"exposure"`  // what its compromise reaches in all who declare it, by currency
	Open        Counts           `json:"open"`      // findings on it over all organisations
	New         int              `json:"new"`
	Reopened    int              `json:"reopened"`
	Fixed       int              `json:"fixed"`
	NotLookedAt int              `json:"not_looked_at"`
}

// PortfolioMoney is an amount in one currency.
type PortfolioMoney struct {
	Currency string  `json:"currency"`
	Hi       float64 `json:"hi"`
	Lo       float64 `json:"lo"`
}

// PortfolioLayer says how concentrated the organisations' direct use of a layer
// is: HHI is the sum of the squared shares, Excess = HHI − 1/C, 0 if each had a
// party to itself (Kashaf et al., IMC 2020). Touched and Stopped count the
// organisations that a compromise and an outage of the Leader reach.
type PortfolioLayer struct {
	Layer         string  `json:"layer"`
	Organisations int     `json:"organisations"` // C: that use it
	Parties       int     `json:"parties"`       // whom they use directly
	HHI           float64 `json:"hhi"`           // 0 to 1
	Excess        float64 `json:"excess"`
	Leader        string  `json:"leader"` // id of the party that stands behind most
	LeaderName    string  `json:"leader_name"`
	Touched       int     `json:"touched"`
	Stopped       int     `json:"stopped"`
	Text          string  `json:"text"` // one sentence for people
}

// PortfolioShare counts the organisations that stand on a party in a layer,
// directly or through others: C, whom its compromise touches, and I, whom its
// outage takes down.
type PortfolioShare struct {
	Party string  `json:"party"`
	Name  string  `json:"name"`
	Layer string  `json:"layer"`
	C     int     `json:"c"`
	I     int     `json:"i"`
	Share float64 `json:"share"` // C of all organisations
}

// WriteJSON writes the portfolio as JSON.
func (p *Portfolio) WriteJSON(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(p); err != nil {
		return fmt.Errorf("write portfolio: %w", err)
	}
	return nil
}
