package lookalike

import (
	"slices"
	"strings"
)

// dictionary puts a word before or behind the label, or for a part of it.
func (m *maker) dictionary() bool {
	label := string(m.label)
	first, rest, hyphen := strings.Cut(label, "-")
	head := label[:max(strings.LastIndexByte(label, '-'), 0)]
	for _, w := range m.words {
		forms := []string{label + "-" + w, label + w, w + "-" + label, w + label}
		if hyphen {
			forms = append(forms, head+"-"+w, w+"-"+rest, first+"-"+w+"-"+rest)
		}
		for _, f := range forms {
			if !m.text(f, m.suffixOf, costWord) {
				return false
			}
		}
	}
	return true
}

// Words gives what names of campaigns add to a brand, by what they pretend to be:
// a log-on, an update, a help desk, a way in from afar, mail, money, people, the
// cloud, and the parts of a business.
func Words() []string {
	return slices.Concat(
		strings.Fields("login logon signin sso auth account accounts verify verification secure security password mfa otp id"),
		strings.Fields("update updates upgrade download downloads patch install setup software cdn static files"),
		strings.Fields("support help helpdesk servicedesk service services desk ticket tickets status assist it msp"),
		strings.Fields("remote vpn rdp citrix rmm access connect gateway portal admin manage management console agent"),
		strings.Fields("mail webmail email owa outlook exchange smtp office office365 o365 microsoft teams sharepoint"),
		strings.Fields("pay payment payments invoice invoices billing bank finance payroll accountspayable"),
		strings.Fields("careers jobs hr people staff employee intranet training"),
		strings.Fields("cloud online web www my app apps api data share drive docs sync backup network hosting server"),
		strings.Fields("group global corp company inc ltd au australia nz asia international team hq"),
	)
}
