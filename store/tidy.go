package store

import "context"

// tidy tells the log to forget old commits, once after it was opened, and whenever half as
// many as it is to keep have been appended since. Others are appended meanwhile.
func (s *Store) tidy(ctx context.Context) {
	l := s.line
	defer l.workers.Done()
	keep := uint64(s.options.LogCommits)
	for {
		if err := l.log.Compact(ctx, keep); err != nil && ctx.Err() == nil {
			l.logger.Warn("baobab: compacting the log", "error", err)
		}
		select {
		case <-l.due:
		case <-ctx.Done():
			return
		}
	}
}

// progressed lets tidy run if enough commits have been appended since it last did. The
// goroutine that appends calls it.
func (s *Store) progressed() {
	l, at := s.line, s.head.Load().Revision
	if s.options.LogCommits < 0 || at < l.tidied+uint64(s.options.LogCommits)/2 {
		return
	}
	l.tidied = at
	select {
	case l.due <- struct{}{}:
	default:
	}
}
