package expand

import (
	"html"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/tuple"
)

// nasty are ids and texts that try to get out of a label.
var nasty = []string{
	"", "plain", `"`, `\`, `\"`, `back\`, `\\`, `\N\G\l`, `&quot;`, `&#34;`, "#quot;", "#34;", "a;b", "]", `"];n0-->n1;`,
	"</div><img/src=x/onerror=alert(1)>", "<!--", "%%{init:{}}%%", "%%", "`md`", "**b**", "1.", "-", "$$x^2$$", "a|b", "{}", "()",
	"style:x", "classDef:x#y;", "fa:fa-car", "end", "ﬂ°°60¶ß", "ﬂ°lt¶ß", "汉字", "😀", "שלום", "\u202etxt", "a\u200bb", "\u009b31m",
	"\x1b[31m", "a\nb", "\r", "\x00", "\xff", "\ufffd", "\U000e0001",
}

func TestPrintable(t *testing.T) {
	for s, want := range map[string]string{
		"plain ünïcödé 汉字 😀": "plain ünïcödé 汉字 😀",
		"\x1b[31m":           `\x1b[31m`,
		"\u009b31m":          `\u009b31m`,
		"a\u202eb":           `a\u202eb`,
		"a\nb":               `a\nb`,
		"a\xffb":             "a\ufffdb",
		"'":                  "'",
		"'\n'":               `'\n'`,
	} {
		require.Equal(t, want, printable(s))
	}
}

// FuzzLabels checks that whatever stands in a label is read back as it is and
// changes nothing around it.
func FuzzLabels(f *testing.F) {
	for _, s := range nasty {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		shown := printable(s)
		require.True(t, utf8.ValidString(shown))
		require.False(t, strings.ContainsFunc(shown, func(r rune) bool { return !strconv.IsPrint(r) }))
		require.Equal(t, shown, readDot(t, dotQuote(s)))
		require.Equal(t, mermaidMarks.Replace(shown), readMermaid(t, mermaidQuote(s)))

		// A whole picture has the lines that it has with a harmless text.
		harmless, hostile := picture("x"), picture(s)
		dot, mermaid := drawings(t, hostile)
		wantDot, wantMermaid := drawings(t, harmless)
		require.Equal(t, outline(wantDot), outline(dot))
		require.Equal(t, outline(wantMermaid), outline(mermaid))
		require.Equal(t, strings.Count(harmless.String(), "\n"), strings.Count(hostile.String(), "\n"))
	})
}

// picture returns a tree with s wherever a text of a user's can stand.
func picture(s string) *Tree {
	o := tuple.Object{Type: "doc", ID: "-" + s}
	rel := tuple.New(o, "viewer", tuple.Object{Type: "user", ID: "-" + s}.Subject()).When("c", map[string]any{s: s})
	by := tuple.New(o, "parent", o.Userset("viewer")).Always()
	return &Tree{Root: &Node{Kind: KindUserset, State: Expanded, Subject: o.Userset("view"), Children: []*Node{
		{Kind: KindExclusion, Children: []*Node{
			{Kind: KindTuples, Children: []*Node{{Kind: KindSubject, Subject: rel.Subject, Tuple: &rel}}},
			{Kind: KindArrow, Tupleset: "parent", Target: "view", Children: []*Node{
				{Kind: KindUserset, State: Cycle, Subject: o.Userset("view"), Tuple: &by},
				{Kind: KindSkipped, Reason: Wildcard, Subject: rel.Subject, Tuple: &rel},
			}},
		}},
	}}}
}

func drawings(t *testing.T, tr *Tree) (dot, mermaid string) {
	var d, m strings.Builder
	require.NoError(t, tr.WriteDot(&d))
	require.NoError(t, tr.WriteMermaid(&m))
	return d.String(), m.String()
}

var quoted = regexp.MustCompile(`"(\\.|[^"\\])*"`)

// outline returns a picture without its labels.
func outline(s string) string { return quoted.ReplaceAllString(s, `""`) }

// readDot reads a quoted string as Graphviz does, and then a label.
func readDot(t *testing.T, s string) string {
	require.Equal(t, s, quoted.FindString(s), "the string ends too early")
	s = s[1 : len(s)-1]
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' {
			i++
			require.Contains(t, `"\`, string(s[i]), "an escape of labels")
		}
		b.WriteByte(s[i])
	}
	require.Equal(t, strings.Count(b.String(), "&"), strings.Count(b.String(), "&amp;"))
	return strings.ReplaceAll(b.String(), "&amp;", "&")
}

var (
	mermaidLabel  = regexp.MustCompile(`^"([\p{L}\p{Nd} ]|#[0-9]+;)*"$`)
	mermaidNumber = regexp.MustCompile(`#[0-9]+;`)
)

// readMermaid reads a label as Mermaid and then the browser do.
func readMermaid(t *testing.T, s string) string {
	require.Regexp(t, mermaidLabel, s)
	return mermaidNumber.ReplaceAllStringFunc(s[1:len(s)-1], func(n string) string {
		return html.UnescapeString("&" + n)
	})
}
