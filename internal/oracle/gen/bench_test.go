package gen

import "testing"

// One case a round: all answers of the oracle to what was loaded.
func BenchmarkOracle(b *testing.B) {
	var list []*Case
	for i := range 200 {
		list = append(list, Cases().Example(i))
	}
	b.ResetTimer()
	for i := range b.N {
		c := list[i%len(list)]
		c.answers(c.Moments()[0])
	}
}

func BenchmarkDraw(b *testing.B) {
	generator := Cases()
	for i := range b.N {
		generator.Example(i)
	}
}
