package report

import (
	"slices"
)

// Row is one line of the table: what was measured of whom, once in each round.
type Row struct {
	What   string // such as "check, mix"
	Who    string // the engine or the reference
	Unit   Unit
	Target *Target // nil if there is none
	Note   string  // what has to be known to read the figure
	Values []float64
	Err    error // why there is no figure
}

// Add adds the figure of a round.
func (r *Row) Add(v float64) { r.Values = append(r.Values, v) }

// Last returns the figure of the newest round, 0 if there is none.
func (r *Row) Last() float64 {
	if len(r.Values) == 0 {
		return 0
	}
	return r.Values[len(r.Values)-1]
}

// Median returns the middle of all rounds; of an even number, the mean of the two
// in the middle. It is 0 if there are none.
func (r *Row) Median() float64 { return Quantile(r.Values, 0.5) }

// Over returns the row of the ratio of two rows, round by round, so that what
// disturbed both in one round is in neither.
func Over(what string, above, below *Row, target *Target) *Row {
	r := &Row{What: what, Who: above.Who + " / " + below.Who, Unit: Times, Target: target}
	for i := range min(len(above.Values), len(below.Values)) {
		if below.Values[i] > 0 {
			r.Add(above.Values[i] / below.Values[i])
		}
	}
	return r
}

// Quantile returns a quantile, of 0 to 1, of values in any order; between two of
// them it lies in proportion. It is 0 if there are none.
func Quantile(values []float64, q float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	at := q * float64(len(sorted)-1)
	i := int(at)
	if i+1 == len(sorted) {
		return sorted[i]
	}
	return sorted[i] + (at-float64(i))*(sorted[i+1]-sorted[i])
}
