#!/bin/sh
# cost.sh [ROUNDS [strace]]: what measuring costs, bare and measured in turns, the medians and their
# difference; with `strace`, beside what that costs. The limits are wide, since machines that run tests
# are busy; the figures are there to be read.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
program=$BLOCKCHECK_PROGRAMS/cost
rounds=${1:-3}
if [ ! -x "$program" ]; then
	echo "skipped: no libuv here"
	exit 77
fi

round=0
while [ $round -lt "$rounds" ]; do
	round=$((round + 1))
	"$program" | sed 's/^/bare /' >>"$work/figures"
	"$BLOCKCHECK" run -q --budget 1s -o "$work/report" "$program" | sed 's/^/run /' >>"$work/figures"
done
if [ "${2:-}" = strace ] && command -v strace >/dev/null && strace -o /dev/null true 2>/dev/null; then
	strace -f -c -o "$work/strace" "$program" | sed 's/^/strace /' >>"$work/figures" || :
fi

median() {
	awk -v how="$1" -v what="$2" '$1 == how && $2 == what {print $3}' "$work/figures" | sort -n |
		awk '{v[NR]=$1} END{if (NR) print v[int((NR + 1) / 2)]; else print "-"}'
}
printf '%-10s %10s %10s %10s %12s\n' "" bare run more "strace -f -c"
status=0
for pair in callback=300 on_loop=500 off_loop=300 rate=0 late_p99=0; do
	what=${pair%=*} limit=${pair#*=}
	bare=$(median bare "$what") measured=$(median run "$what")
	more=$(awk -v a="$bare" -v b="$measured" 'BEGIN{printf "%.1f", b - a}')
	printf '%-10s %10s %10s %10s %12s\n' "$what" "$bare" "$measured" "$more" "$(median strace "$what")"
	if [ "$limit" != 0 ] && awk -v m="$more" -v l="$limit" 'BEGIN{exit m <= l}'; then
		echo "$what: more than $limit ns"
		status=1
	fi
done
exit $status
