package bolt

// WithNoSync returns options of a log that loses commits when the power is cut.
func WithNoSync(o Options) Options { o.noSync = true; return o }

// WithCompactBytes returns options of a log that compacts what is worth less.
func WithCompactBytes(o Options, n uint64) Options { o.compactBytes = n; return o }
