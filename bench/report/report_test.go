package report

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestQuantile(t *testing.T) {
	require.Equal(t, 0.0, Quantile(nil, 0.5))
	require.Equal(t, 3.0, Quantile([]float64{3}, 0.99))
	require.Equal(t, 2.0, Quantile([]float64{3, 1, 2}, 0.5))
	require.Equal(t, 2.5, Quantile([]float64{4, 1, 2, 3}, 0.5))
	require.Equal(t, 4.0, Quantile([]float64{4, 1, 2, 3}, 1))
}

func TestFormat(t *testing.T) {
	for want, got := range map[string]string{
		"0 ns":     Nanoseconds.Format(0),
		"999 ns":   Nanoseconds.Format(999),
		"1.50 µs":  Nanoseconds.Format(1500),
		"2.00 s":   Nanoseconds.Format(2e9),
		"4.20 M/s": PerSecond.Format(4.2e6),
		"64.0 KiB": Bytes.Format(64 << 10),
		"1.20 ×":   Times.Format(1.2),
		"50.0 %":   Percent.Format(0.5),
		"1634":     Number.Format(1634),
	} {
		require.Equal(t, want, got)
	}
}

func TestTarget(t *testing.T) {
	require.True(t, AtMost(5, "").Met(5))
	require.False(t, AtMost(5, "").Met(5.1))
	require.True(t, AtLeast(5, "").Met(5))
	require.False(t, AtLeast(5, "").Met(4.9))
	require.Equal(t, "met*", AtMost(5, "1M").verdict(1, "10k"))
	require.Equal(t, "missed", AtMost(5, "1M").verdict(6, "1M"))
}

func TestOver(t *testing.T) {
	a, b := &Row{Who: "a", Values: []float64{10, 30, 8}}, &Row{Who: "b", Values: []float64{5, 10}}
	r := Over("ratio", a, b, AtLeast(2, ""))
	require.Equal(t, []float64{2, 3}, r.Values)
	require.Equal(t, 2.5, r.Median())
}

func TestWrite(t *testing.T) {
	var out strings.Builder
	require.NoError(t, Write(&out, "10k", []*Row{
		{What: "check", Who: "one", Values: []float64{100, 300, 200}, Target: AtMost(250, "")},
		{What: "check", Who: "two", Err: errors.New("too deep")},
		{What: "list", Who: "three", Note: "not asked"},
	}))
	require.Equal(t, `what   who    median  least   greatest  rounds  target         note
check  one    200 ns  100 ns  300 ns    3       ≤ 250 ns  met  
       two    –                                                too deep
list   three  –                                                not asked
`, out.String())
}
