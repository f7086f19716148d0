package check

// GraphOnly makes an evaluator decide every question by the graph.
func (e *Evaluator) GraphOnly() *Evaluator {
	e.graphOnly = true
	return e
}
