#!/bin/sh
# Every stall that the programs of fixtures/programs inject is found: on the right callback, with the
# right culprit and duration, and nothing else. The program's own output and status pass through. A
# busy machine may delay anything, so each program has three tries.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
status=0

try_program() {
	code=0
	"$BLOCKCHECK" run --format json -o "$work/report" "$BLOCKCHECK_PROGRAMS/$1" \
		>"$work/truth" 2>"$work/stderr" || code=$?
	if [ $code != 3 ]; then
		echo "exit status $code, not the program's 3"
		return 1
	fi
	if grep -v '^blockcheck: .*has held the loop' "$work/stderr"; then
		echo "something was said on standard error"
		return 1
	fi
	"$BLOCKCHECK_CHECK_REPORT" "$work/report" "$work/truth"
}

for name in "$@"; do
	if [ ! -x "$BLOCKCHECK_PROGRAMS/$name" ]; then
		echo "$name: not built, its library is not here"
		continue
	fi
	for try in 1 2 3; do
		echo "== $name"
		if try_program "$name"; then
			continue 2
		fi
	done
	status=1
done
exit $status
