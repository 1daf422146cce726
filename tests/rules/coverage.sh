#!/bin/sh
# `rules coverage` over real programs (tests/corpus/README.md): next to nothing that their loops call is
# unknown to the rules. Skipped where they are not at hand.
set -eu
cd "$(dirname "$0")/../.."
. tests/e2e/lib

corpus=${BLOCKCHECK_CORPUS:-${XDG_CACHE_HOME:-${HOME:-/nonexistent}/.cache}/blockcheck-corpus}
for program in pgbouncer redis; do
	folder=$(find "$corpus" -maxdepth 1 -name "$program-*" 2>/dev/null | head -1)
	if [ ! -s "$folder/source/compile_commands.json" ]; then
		skip "$program: not at hand"
		continue
	fi
	run rules coverage -p "$folder/source" --db "$tmp/$program.db" --format=json -q
	check_status "$program" 0
	unknown=$(get 'unknown.*.function' 2>/dev/null | tr '\n' ' ' || :)
	check "$program: $(get known) functions are known; unknown: ${unknown:-none}" [ "$(echo "$unknown" | wc -w)" -le 3 ]
done

finish
