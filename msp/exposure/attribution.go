package exposure

import (
	"cmp"
	"slices"

	"mspscan/msp"
)

// DoorShare is what closing one door takes off a provider's exposure.
type DoorShare struct {
	Door  string
	Money float64
}

// ByDoor attributes a provider's exposure, high reading, to doors: E − E(door
// closed), the largest first. The shares do not add up: a door behind another
// counts for both, and of two doors side by side neither counts alone. By asset
// they do add up: Exposure.Assets; by hop: PathExposure.Factors.
func (m *Model) ByDoor(provider string) ([]DoorShare, error) {
	p, err := m.provider(provider)
	if err != nil {
		return nil, err
	}
	v := m.view(p).awake()
	var list []DoorShare
	for d := range m.doors {
		if m.hi.t[d] > 0 && v.matters(int32(d)) {
			list = append(list, DoorShare{m.doors[d].id, v.worth([]change{{int32(d), 0}})})
		}
	}
	slices.SortStableFunc(list, func(a, b DoorShare) int { return cmp.Compare(b.Money, a.Money) })
	return list, nil
}

// DoorState is a door as the model sees it, for drawing and for tables.
type DoorState struct {
	ID      string
	Kind    msp.AccessKind // "" for an assumed door
	Level   msp.Level      // what it grants
	Assumed bool           // access that was never stated
	From    string
	Targets []string // as stated, sorted; the organisation stands for all of its assets
	Shares  string
	T       msp.Range // transmission
}

// Doors gives every live door, sorted by id.
func (m *Model) Doors() []DoorState {
	list := make([]DoorState, len(m.doors))
	for i, d := range m.doors {
		list[i] = DoorState{
			ID: d.id, Kind: d.kind, Level: d.level, Assumed: d.assumed, From: m.s.nodes[d.from].id, Shares: d.shares,
			T: msp.Range{Hi: m.hi.t[i], Lo: m.lo.t[i]},
		}
		for _, to := range d.stated {
			list[i].Targets = append(list[i].Targets, m.s.nodes[to].id)
		}
	}
	return list
}
