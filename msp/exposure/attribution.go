package exposure

import (
	"cmp"
	"slices"
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
	v := m.look(p, m.hi)
	var list []DoorShare
	for d := range m.doors {
		if m.hi.t[d] > 0 && v.matters(int32(d)) {
			list = append(list, DoorShare{m.doors[d].id, v.worth([]change{{int32(d), 0}})})
		}
	}
	slices.SortStableFunc(list, func(a, b DoorShare) int { return cmp.Compare(b.Money, a.Money) })
	return list, nil
}
