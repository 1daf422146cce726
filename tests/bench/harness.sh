#!/bin/sh
# What `run` costs the program, bare and measured in turns, the medians and the difference; beside it what
# strace and perf trace cost, where they work. Held against the targets in README.md beside this; a target
# may be missed by half before this fails, since other work on the machine is not the program's fault, and
# the two readings of the clock, which nothing can save, are taken off first.
#
#   tests/bench/harness.sh [ROUNDS]
set -eu
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
rounds=${1:-5}
programs=${BLOCKCHECK_BENCH:-$(dirname "$BLOCKCHECK")/../tests/bench/harness}
pack=fixtures/programs/library_stalls.yaml
figures=$work/figures

if [ ! -x "$programs/bench_uv" ]; then
	echo "skipped: no libuv here"
	exit 77
fi

# all HOW COMMAND...: every program under the command, its figures marked
all() {
	how=$1
	shift
	for program in "uv costs" "uv timers" "uv echo" "event costs" "event echo" "glib costs"; do
		name=${program% *}
		[ -x "$programs/bench_$name" ] || continue
		case $how-$program in strace-*costs | perf-*costs) continue ;; esac
		"$@" "$programs/bench_$name" "${program#* }" 2>>"$work/errors" |
			sed "s/^echo/${name}_echo/; s/^/$how /" >>"$figures"
	done
}

round=0
while [ $round -lt "$rounds" ]; do
	round=$((round + 1))
	"$programs/bench_clock" | sed 's/^/bare /' >>"$figures"
	all bare env
	all run "$BLOCKCHECK" run -q --db "$work/db" --rules "$pack" --budget 1s -o "$work/report" --
done
if command -v strace >/dev/null && strace -o /dev/null true 2>/dev/null; then
	all strace strace -f -c -o "$work/strace"
else
	echo "skipped: strace does not work here"
fi
if command -v perf >/dev/null && perf trace -s -o /dev/null true 2>/dev/null; then
	all perf perf trace -s -o "$work/perf"
else
	echo "skipped: perf trace does not work here"
fi

median() {
	awk -v how="$1" -v what="$2" '$1 == how && $2 == what {print $3}' "$figures" | sort -n |
		awk '{v[NR]=$1} END{if (NR) print v[int((NR + 1) / 2)]; else print "-"}'
}

status=0
miss() {
	echo "$1"
	status=1
}
calc() { awk "BEGIN{printf \"%.$2f\", $1}"; }

tsc=$(median bare two_tsc)
vdso=$(median bare two_clock_gettime)
printf 'two readings of the counter %s ns, of clock_gettime %s ns\n\n' "$tsc" "$vdso"
printf '%-18s %10s %10s %12s %12s\n' "ns each" bare run more "less clock"
for row in uv_callback=25 event_callback=25 glib_callback=25 libc_on_loop=55 library_on_loop=55 \
	libc_off_loop=3 library_off_loop=3; do
	what=${row%=*} target=${row#*=} bare=$(median bare "$what") measured=$(median run "$what")
	[ "$bare" != - ] || continue
	more=$(calc "$measured - $bare" 1)
	case $what in *off_loop) own=$more ;; *) own=$(calc "$more - $tsc" 1) ;; esac
	printf '%-18s %10s %10s %12s %12s\n' "$what" "$bare" "$measured" "$more" "$own"
	[ "$(calc "$own <= $target * 1.5" 0)" = 1 ] || miss "$what: the target is $target ns"
done
printf '\n%-18s %10s %10s %8s %14s %14s\n' "" bare run "%" "strace -f -c" "perf trace -s"
for what in uv_timer_rate uv_timer_p99 uv_echo_rate uv_echo_p99 event_echo_rate event_echo_p99; do
	bare=$(median bare "$what") measured=$(median run "$what")
	[ "$bare" != - ] || continue
	printf '%-18s %10s %10s %8s %14s %14s\n' "$what" "$bare" "$measured" \
		"$(calc "100 * $measured / $bare - 100" 1)" "$(median strace "$what")" "$(median perf "$what")"
done
exit $status
