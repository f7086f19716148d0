package report

// Target is what a figure is to be.
type Target struct {
	Limit   float64
	AtLeast bool   // the figure is to be the limit or more, otherwise or less
	Size    string // of the workload that it is for; empty for every size
}

// AtMost returns the target of a figure that is to be a limit or less.
func AtMost(limit float64, size string) *Target { return &Target{Limit: limit, Size: size} }

// AtLeast returns the target of a figure that is to be a limit or more.
func AtLeast(limit float64, size string) *Target {
	return &Target{Limit: limit, AtLeast: true, Size: size}
}

// Met reports whether a figure is what it is to be.
func (t *Target) Met(v float64) bool {
	if t.AtLeast {
		return v >= t.Limit
	}
	return v <= t.Limit
}

// text returns the target as the table has it.
func (t *Target) text(u Unit) string {
	if t.AtLeast {
		return "≥ " + u.Format(t.Limit)
	}
	return "≤ " + u.Format(t.Limit)
}

// verdict says whether a figure is what it is to be. With a star, it is one of
// another size than the target is for.
func (t *Target) verdict(v float64, size string) string {
	text := "missed"
	if t.Met(v) {
		text = "met"
	}
	if t.Size != "" && t.Size != size {
		text += "*"
	}
	return text
}
