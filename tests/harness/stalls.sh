#!/bin/sh
# Every stall that the programs of fixtures/programs inject is found: on the right callback, with the
# right culprit and duration, and nothing else. The program's own output and status pass through. A
# busy machine may delay anything, so each program has three tries.
#
# stalls.sh PROGRAM...; "PROGRAM MODULE" gives it the path of a module. A pack of the program's name, or
# of the part before its last _, is given to blockcheck.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
packs=$(cd "$(dirname "$0")/../../fixtures/programs" && pwd)
status=0
packs=$(dirname "$0")/../../fixtures/programs

try_program() {
	code=0 name=$1 module=${2:+$BLOCKCHECK_PROGRAMS/lib$2.so}
	rules=
	for pack in "$packs/$name.yaml" "$packs/${name%_*}.yaml"; do
		[ ! -e "$pack" ] || rules=$pack
	done
	"$BLOCKCHECK" run ${rules:+--rules "$rules"} --format json -o "$work/report" \
		"$BLOCKCHECK_PROGRAMS/$name" ${module:+"$module"} \
		>"$work/truth" 2>"$work/stderr" || code=$?
	if [ $code != 3 ]; then
		echo "exit status $code, not the program's 3"
		return 1
	fi
	if grep -v '^blockcheck: .*has held the loop' "$work/stderr"; then
		echo "something was said on standard error"
		return 1
	fi
	grep '^skipped' "$work/truth" || :
	if grep '^wrong' "$work/truth"; then
		return 1
	fi
	"$BLOCKCHECK_CHECK_REPORT" "$work/report" "$work/truth"
}

for program in "$@"; do
	if [ ! -x "$BLOCKCHECK_PROGRAMS/${program% *}" ]; then
		echo "skipped: $program is not built, its library is not here"
		exit 77
	fi
	for try in 1 2 3; do
		echo "== $program"
		# shellcheck disable=SC2086
		if try_program $program; then
			continue 2
		fi
	done
	status=1
done
exit $status
