#!/bin/sh
# What the whole program costs, apart from its units: time and memory of link and search, for a program
# of middling size and for a large one. Held against the targets in README.md beside this; a target may
# be missed by half before this fails, since other work on the machine is not the program's fault.
#
#   tests/bench/link.sh [ROUNDS]      needs `tests/corpus/run redis network-manager` to have been run
#
# A run without anything to parse is measured: its units come from the cache, and the rest is the link.
set -eu
cd "$(dirname "$0")/../.."
. tests/e2e/lib

rounds=${1:-3}
corpus=${BLOCKCHECK_CORPUS:-${XDG_CACHE_HOME:-$HOME/.cache}/blockcheck-corpus}

# fastest NUMBER: of a column of $tmp/link
fastest() {
	awk -v column="$1" '{print $column}' "$tmp/link" | sort -n | head -1
}

# target WHAT VALUE LIMIT UNIT
target() {
	verdict=$(awk -v value="$2" -v limit="$3" 'BEGIN {
		print value < limit ? "met" : value < limit * 1.5 ? "missed by less than half" : "MISSED"}')
	case $verdict in
	MISSED) not_ok "$1: $2 $4, the target is below $3" ;;
	*) ok "$1: $2 $4, the target is below $3: $verdict" ;;
	esac
}

# check_once PROGRAM: leaves what it prints in $tmp/out and $tmp/err.
check_once() {
	cd "$source"
	run check -p . --db "$tmp/$1/bench.db" --format=json --fail-on=never
	cd "$root"
}

# measure PROGRAM: wall ms, CPU ms and MB of each round go to $tmp/link.
measure() {
	check_once "$1" # fills the cache
	[ "$status" = 0 ] || { not_ok "$1: exit status $status"; return 1; }
	units=$(get summary.units)
	: >"$tmp/link"
	for _ in $(seq "$rounds"); do
		check_once "$1"
		check_equal "$1: nothing is parsed again" 0 "$(get summary.parsed)"
		sed -n 's/.*link and search: \([0-9.]*\) ms, \([0-9.]*\) ms CPU, \([0-9.]*\) MB.*/\1 \2 \3/p' \
			"$tmp/err" >>"$tmp/link"
	done
	check_equal "$1: every round has its figures" "$rounds" "$(wc -l <"$tmp/link")"
	echo "$1: $units units, fastest of $rounds rounds: wall $(fastest 1) ms, CPU $(fastest 2) ms," \
		"peak $(sort -rn -k3 "$tmp/link" | awk '{print $3; exit}') MB"
}

# bench PROGRAM MS MB: one thread does it, so its CPU time is its wall time on a quiet machine.
bench() {
	source=$corpus/$(sed -n 's/^source \(.*\) \(.*\)$/\1-\2/p' "tests/corpus/$1.expect")/source
	if [ ! -s "$source/compile_commands.json" ]; then
		skip "no built $1 in $corpus: tests/corpus/run $1 makes one"
		return 0
	fi
	mkdir -p "$tmp/$1"
	measure "$1" || return 0
	target "$1: link and search, CPU time" "$(fastest 2)" "$2" ms
	target "$1: memory" "$(sort -rn -k3 "$tmp/link" | awk '{print $3; exit}')" "$3" MB
}

BLOCKCHECK_LOG=pipeline:info
export BLOCKCHECK_LOG
bench redis 300 150
bench network-manager 2000 300
finish
