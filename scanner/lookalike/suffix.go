package lookalike

import "strings"

// suffix puts the label under another public suffix.
func (m *maker) suffix() bool {
	for _, s := range m.suffixes {
		if s != m.suffixOf && !m.take(m.label, s, costSuffix) {
			return false
		}
	}
	return true
}

// Suffixes gives the public suffixes that look-alikes are looked for under: those
// under which most names are registered, those of the countries around the
// Pacific with their second levels, and the cheap ones that campaigns use. All of
// them are in the ICANN section of the Public Suffix List (a test holds it).
func Suffixes() []string {
	return strings.Fields(`
com net org info biz co io me us tv cc ws xyz top site online store shop club vip live life world today
tech app dev cloud page link click website space fun icu buzz cyou cfd sbs bond lol one pro mobi name
work works group team company services solutions systems support network digital agency email help
zone center global international finance money security software consulting energy mining
ai au uk de fr nl it es pt pl ru cn jp kr in id my sg th vn ph hk tw nz ca br mx ch at be se no dk fi
ie cz eu asia ly to st gg su la fm am pw gq ml tk cf ga
com.au net.au org.au id.au asn.au gov.au edu.au co.nz net.nz org.nz co.uk org.uk co.jp co.kr co.in
com.cn com.hk com.sg com.my com.tw com.br com.mx co.za co.id com.ph com.pg com.fj com.vn co.th`)
}
