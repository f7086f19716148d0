#!/usr/bin/env bash
# Compares the benchmarks of two commits with benchstat.
#
#   bench/compare.sh OLD NEW [PATTERN [PACKAGES]]
#   bench/compare.sh main HEAD 'Check|List' . ./store
#   ROUNDS=20 bench/compare.sh v1.0.0 HEAD
#
# Each commit is checked out beside the other in a temporary directory, and the
# two take turns, so that what disturbs the machine disturbs both. ROUNDS (10 by
# default) is how often each benchmark runs; benchstat says which differences are
# more than chance.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

if [ $# -lt 2 ]; then
	echo "usage: bench/compare.sh OLD NEW [PATTERN [PACKAGES]]" >&2
	exit 2
fi
old=$1 new=$2 pattern=${3:-.}
shift $(($# < 3 ? $# : 3))
packages=("$@")
if [ ${#packages[@]} -eq 0 ]; then packages=(./...); fi

benchstat=golang.org/x/perf/cmd/benchstat@v0.0.0-20260908200009-22c9c6c9d4da

tmp=$(mktemp -d)
finish() {
	git worktree remove --force "$tmp/old" 2>/dev/null || true
	git worktree remove --force "$tmp/new" 2>/dev/null || true
	rm -rf "$tmp"
}
trap finish EXIT

git worktree add --quiet --detach "$tmp/old" "$old"
git worktree add --quiet --detach "$tmp/new" "$new"
for ((round = 1; round <= ${ROUNDS:-10}; round++)); do
	for side in old new; do
		echo "round $round, $side" >&2
		(cd "$tmp/$side" && go test -run '^$' -bench "$pattern" -benchmem "${packages[@]}") >>"$tmp/$side.txt"
	done
done
go run "$benchstat" "old=$tmp/old.txt" "new=$tmp/new.txt"
