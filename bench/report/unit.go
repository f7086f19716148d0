package report

import (
	"fmt"
	"strconv"
)

// Unit is what a figure counts.
type Unit int

// The units.
const (
	Nanoseconds Unit = iota
	PerSecond
	Bytes
	Number
	Times   // a ratio
	Percent // of 1
)

// Format returns a figure with its unit, to three digits.
func (u Unit) Format(v float64) string {
	switch u {
	case Nanoseconds:
		return scaled(v, 1000, "ns", "µs", "ms", "s")
	case PerSecond:
		return scaled(v, 1000, "/s", "k/s", "M/s", "G/s")
	case Bytes:
		return scaled(v, 1024, "B", "KiB", "MiB", "GiB")
	case Times:
		return digits(v) + " ×"
	case Percent:
		return digits(100*v) + " %"
	default:
		return digits(v)
	}
}

func scaled(v, step float64, units ...string) string {
	for _, u := range units[:len(units)-1] {
		if v < step {
			return digits(v) + " " + u
		}
		v /= step
	}
	return digits(v) + " " + units[len(units)-1]
}

// digits prints three digits, or as many as stand before the point.
func digits(v float64) string {
	switch {
	case v == 0:
		return "0"
	case v >= 100:
		return strconv.FormatFloat(v, 'f', 0, 64)
	case v >= 10:
		return fmt.Sprintf("%.1f", v)
	default:
		return fmt.Sprintf("%.2f", v)
	}
}
