// Package bolt is a [store.Log] in one file, for one process: what was acknowledged survives
// kill -9, power cuts, full disks and disks that fail, or the file is refused and the error
// says where it is damaged.
//
//	log, err := bolt.Open("/var/lib/app/tuples.baobab", bolt.Options{})
//	if err != nil { … } // in use, corrupt, not to be read
//	defer log.Close()
//
// A log is given to a store, or to the engine above it; who works with that alone needs nothing
// here but [Open]. The file is made by Open where there is none. Only one Log has it open at a
// time, whichever process that is in, or else [ErrInUse].
//
// # How it works
//
// The file is one of go.etcd.io/bbolt, a B-tree whose pages are never changed where they are:
// a transaction writes new ones, waits for the disk, writes which of them is the root, and
// waits for the disk again. So a crash leaves the tree of before or the tree of after.
//
// Append writes the commits as they were sealed, one behind the other, and a record of what the
// head is now. A group of commits is one transaction, and costs the two waits of one.
// Tails and snapshots read what Append has been told to be durable, never what is on its way.
//
// Compact writes all tuples as they are at the head, in chunks of 64 KiB: the state. Commits
// that are in the state, but for as many as are to be kept, are dropped then. A state is
// written beside the last one, in many small transactions, so that Append does not wait for it,
// and counts from the moment when the record names it; a crash before leaves one that the next Compact
// removes. What has expired by the time of the head's commit is not in it. A store is opened from the state
// and the commits after it. Without Compact the file only grows, and takes longer to open.
//
// # What is verified
//
// bbolt has check sums of its two roots alone, takes the older root if the newer one is
// damaged, and reads its file through a memory map in which a wrong number ends the process. So
// Open first waits until all that is written is on the disk, and then reads the file without bbolt,
// every page of it in use, and from the disk where the system can be asked to (Linux): that the
// tree is one, that every commit has the hash that it should and follows from the one before,
// that none is missing, that the chunks have their check sums and places and are as many as
// they should be, and that both roots are sound. What does not hold is a [store.ErrCorruptLog]
// that names the file and the place. Damage in pages that are free does not matter, and is not
// noticed.
//
// A damaged root is refused, even if the other one is sound, because a commit that was
// acknowledged might be missing there, with nothing to tell. It is nothing that a power cut
// leaves: what is written of a root is 80 bytes at the beginning of a sector.
//
// [Verify] does all this, and decodes all tuples, and changes nothing. [Repair] makes a new log of what
// is sound in a damaged one. Files that were cut while they are open, and disks that do not
// read any more, are errors of the call that meets them; then the log is of no use until it is
// opened again.
//
// # When the disk fails
//
// An error of the disk in Append is returned by it; whether the commits are in the file is not
// known, and is settled when the file is opened the next time: they are all there or none.
// Until then later Appends are refused with [store.ErrReadOnly] and that error, while everything
// that was acknowledged can still be read. Nothing is tried again, because an operating system may
// report a lost write once only. A Compact that finds the disk full is an exception: it gives up its
// state, and the log goes on.
//
// # Copies
//
// Do not copy the file of a log that is open: bbolt changes its roots meanwhile. [Log.Backup] writes the
// tuples at the head to any [io.Writer] while the log is used, and [Restore] makes a new log of that.
// The new one begins another epoch: what was committed after the backup is not in it, and
// whoever knows of that, a token or another process, is told ([store.ErrForeignRevision],
// [store.ErrDiverged]) instead of being answered from another past. The file of a log that
// is closed may be copied, moved and renamed; but of two copies only one must be used further. It
// can be read on machines of the same byte order.
//
// # What it refuses
//
// Network file systems are as good as their locks and their fsync; do not use one where these
// are not kept. The file must not be written by other programs, not even by bbolt's own tools:
// Open notices what they leave.
//
// # Cost
//
// Measured on a noisy machine of two cores, whose disk takes 0.1 ms for a sync; the benchmarks of this
// package repeat it. Append: 0.3 ms for one commit of a tuple, 0.4 to 0.8 ms for a group of 64, so
// 80,000 to 160,000 commits a second; no more with a million tuples. A commit of one tuple takes
// about 140 bytes of the file. A million tuples with ids of 16 and 11 bytes: a state of 34 MB, in a
// file of 84 MB, as there is room for two; Open 0.05 s, going through a snapshot 0.08 s, so that an
// engine, whose index takes most of the time, is ready in about a second; Compact a second or
// two. Memory: 0.2 KB for each tuple that the commits since the state have touched, while Open,
// Snapshot, Backup and Compact go through them; beside that, little.
package bolt
