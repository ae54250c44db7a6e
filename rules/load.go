package rules

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"sort"
	"strings"

	"cel.dev/cel-go/cel"

	"mspscan/msp"
	"mspscan/rules/subject"
)

//go:embed packs
var packs embed.FS

// Embedded gives the packs that come with the tool.
func Embedded() fs.FS { return packs }

// Dir gives a folder of rules of one's own; problems name its files by path.
func Dir(dir string) fs.FS { return named{os.DirFS(dir), dir} }

// named is a file system that knows where it stands.
type named struct {
	fs.FS
	dir string
}

// Set is a set of rules ready to judge. It is not changed once loaded, so that
// several goroutines may use it.
type Set struct {
	rules  []*Rule // sorted by id
	byKind map[msp.SubjectKind][]*Rule
	hash   string
}

// Options are what a user changes of the rules.
type Options struct {
	Overrides Overrides
}

// ErrRules is the cause of every error of Load: a rule file that cannot be
// used. errors.As finds the Problems.
var ErrRules = errors.New("rule files are not valid")

// Load reads every *.yaml of the file systems, one rule a file. All problems of
// all files come in one error.
func Load(fsys ...fs.FS) (*Set, error) { return LoadWith(Options{}, fsys...) }

// LoadWith is Load with thresholds of the user's own.
func LoadWith(o Options, fsys ...fs.FS) (*Set, error) {
	var ps Problems
	var list []*Rule
	for _, f := range fsys {
		part, err := readAll(f, &ps)
		if err != nil {
			if n, ok := f.(named); ok {
				return nil, fmt.Errorf("read rules in %s: %w", n.dir, err)
			}
			return nil, fmt.Errorf("read rules: %w", err)
		}
		list = append(list, part...)
	}
	list = distinct(list, &ps)
	o.Overrides.apply(list, &ps)
	compileAll(list, &ps)
	if len(ps) > 0 {
		return nil, fmt.Errorf("%w:\n%w", ErrRules, ps.sorted())
	}
	return newSet(list), nil
}

// readAll decodes the files of one file system, in the order of their paths.
func readAll(fsys fs.FS, ps *Problems) ([]*Rule, error) {
	prefix := ""
	if n, ok := fsys.(named); ok {
		prefix = strings.TrimSuffix(n.dir, "/") + "/"
	}
	var list []*Rule
	err := fs.WalkDir(fsys, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || (path.Ext(name) != ".yaml" && path.Ext(name) != ".yml") {
			return err
		}
		raw, err := fs.ReadFile(fsys, name)
		if err != nil {
			return err
		}
		if r := decodeRule(prefix+name, family(name), raw, ps); r != nil {
			r.settleSamples()
			list = append(list, r)
		}
		return nil
	})
	return list, err
}

// family gives the folder of a rule's file; files at the top are the user's own.
func family(name string) string {
	dir := path.Base(path.Dir(name))
	if dir == "." || dir == "packs" {
		return "own"
	}
	return dir
}

// distinct sorts the rules by id and reports ids that stand twice.
func distinct(list []*Rule, ps *Problems) []*Rule {
	sort.SliceStable(list, func(i, j int) bool { return list[i].ID < list[j].ID })
	var out []*Rule
	for _, r := range list {
		if n := len(out); n > 0 && out[n-1].ID == r.ID && r.ID != "" {
			ps.add(r.pos, "give it an id of its own", "rule %q stands twice, first in %s", r.ID, out[n-1].pos)
			continue
		}
		out = append(out, r)
	}
	return out
}

// compileAll compiles the rules; each kind of subject has one language.
func compileAll(list []*Rule, ps *Problems) {
	envs := map[msp.SubjectKind]*cel.Env{}
	for _, r := range list {
		if r.Subject == "" {
			continue // said already
		}
		if envs[r.Subject] == nil {
			env, err := newEnv(r.kind)
			if err != nil {
				ps.add(r.pos, "", "%v", err)
				return
			}
			envs[r.Subject] = env
		}
		r.compile(envs[r.Subject], ps)
	}
}

func newSet(list []*Rule) *Set {
	s := &Set{rules: list, byKind: map[msp.SubjectKind][]*Rule{}}
	var all bytes.Buffer
	for _, r := range list {
		s.byKind[r.Subject] = append(s.byKind[r.Subject], r)
		fmt.Fprintf(&all, "%s %s %d\n%s", r.Family, r.ID, len(r.raw), r.raw)
		for _, p := range r.Params {
			fmt.Fprintf(&all, "\n%s=%v", p.Name, p.Value)
		}
	}
	sum := sha256.Sum256(all.Bytes())
	s.hash = hex.EncodeToString(sum[:])
	return s
}

// Rules gives what reports show of each rule, sorted by id.
func (s *Set) Rules() []msp.RuleInfo {
	out := make([]msp.RuleInfo, len(s.rules))
	for i, r := range s.rules {
		out[i] = r.Info()
	}
	return out
}

// Hash gives the SHA-256 of all rule files and thresholds in force, in hex.
func (s *Set) Hash() string { return s.hash }

// Rule finds a rule by its id; the error names the nearest id.
func (s *Set) Rule(id string) (*Rule, error) {
	i, ok := slices.BinarySearchFunc(s.rules, id, func(r *Rule, id string) int { return strings.Compare(r.ID, id) })
	if !ok {
		ids := make([]string, len(s.rules))
		for i, r := range s.rules {
			ids[i] = r.ID
		}
		if n := nearest(id, ids); n != "" {
			return nil, fmt.Errorf("no rule %q; did you mean %s?", id, n)
		}
		return nil, fmt.Errorf("no rule %q; rules list names them all", id)
	}
	return s.rules[i], nil
}

// Kinds lists the subject kinds that rules can judge.
func Kinds() []msp.SubjectKind {
	var out []msp.SubjectKind
	for _, k := range subject.Kinds() {
		out = append(out, k.Name)
	}
	return out
}
