package store

// NewChainedRevision makes any revision of a log, for tests.
func NewChainedRevision(id uint64, epoch uint32, position, chain uint64) Revision {
	return Revision{store: id, epoch: epoch, position: position, chain: chain}
}
