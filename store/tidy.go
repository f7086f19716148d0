package store

import "context"

// tidyBytes is how much may be appended before the log is told that it may forget commits,
// however many there are: a log may have to read all of them when it is opened.
const tidyBytes = 4 << 20

// tidy tells the log to forget old commits, once after it was opened, and whenever half as
// many as it is to keep, or much, have been appended since. Others are appended meanwhile.
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

// progressed lets tidy run if enough has been appended since it last did. The goroutine that
// appends calls it, with the group that it has appended.
func (s *Store) progressed(group []*proposal) {
	l, at := s.line, s.head.Load().Revision
	for _, p := range group {
		l.untidy += len(p.commit.data)
	}
	if s.options.LogCommits < 0 || at < l.tidied+uint64(s.options.LogCommits)/2 && l.untidy < tidyBytes {
		return
	}
	l.tidied, l.untidy = at, 0
	select {
	case l.due <- struct{}{}:
	default:
	}
}
