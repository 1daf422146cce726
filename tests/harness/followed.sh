#!/bin/sh
# What programs do and suffer beside running one loop: load plugins, fork, execute others, leave daemons
# behind, take long to begin, want for a CPU.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
programs=$BLOCKCHECK_PROGRAMS
status=0
if [ ! -x "$programs/uv_victim" ]; then
	echo "skipped: no libuv here"
	exit 77
fi

good() { echo "ok: $1"; }
bad() {
	echo "WRONG: $1"
	status=1
}
# run ARGUMENTS...: json in $work/report, status in $code
run() {
	code=0
	"$BLOCKCHECK" run -q --format json -o "$work/report" "$@" >"$work/out" 2>"$work/err" || code=$?
}
# how often a callback of that name was counted, over all rows
count_of() {
	awk -v f="$1" '/"callbacks": /{on=1} /"stalls": \[/{on=0}
		on && /"function":/{this=($0 ~ "\"" f "\"")} on && this && /"count":/{gsub(/[^0-9]/,""); s+=$0}
		END{print s + 0}' "$work/report"
}

# seen NAME MS: from outside; or else the report itself says that nobody could look for so long, which a
# machine that is busy enough brings about
seen() {
	[ "$(count_of "$1")" = 0 ] || return 0
	blind=$(sed -n 's/^ *"longest_blind_ms": \([0-9]*\).*/\1/p' "$work/report")
	[ "$blind" -ge "$2" ] && echo "skipped: $1: nobody could look for $blind ms"
}

# What a process has loaded by dlopen() can only be learnt while it lives: 300 ms from then on. The report
# says when nothing was read for so long.
named_in_time() {
	[ "$(count_of "$1")" != 30 ] || return 0
	gap=$(sed -n 's/^ *"longest_gap_ms": \([0-9]*\).*/\1/p' "$work/report")
	[ "$gap" -ge 250 ] && echo "skipped: $1: nothing was read for $gap ms"
}

# a callback of a plugin has its name after the process is gone, also beside a sibling's
run --follow-fork "$programs/uv_plugins" "$programs/libuv_plugin_on_first.so" "$programs/libuv_plugin_on_other.so"
if [ $code = 0 ] && named_in_time on_first && named_in_time on_other; then
	good "plugins of siblings"
else
	bad "plugins of siblings: status $code, on_first $(count_of on_first) times, on_other $(count_of on_other)"
	cat "$work/err"
fi

# one process, a hundred programs one after another, and only the last has a loop
# shellcheck disable=SC2016 # for the inner shell
echo '[ "$1" = 0 ] && exec "$2"; exec sh "$0" $(($1 - 1)) "$2"' >"$work/chain"
run --follow-fork sh "$work/chain" 100 "$programs/uv_stalls"
if [ $code = 3 ] && grep -q '"callback": "on_sleep"' "$work/report" && grep -q '"processes": 0' "$work/report"; then
	good "programs that execute one another"
else
	bad "programs that execute one another: status $code"
fi

# who is executed as another user may not look into our /proc, nor who has none
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null 2>&1 &&
	setpriv --reuid=65534 --clear-groups test -x "$programs/raw_stalls"; then
	run --follow-fork setpriv --reuid=65534 --regid=65534 --clear-groups "$programs/raw_stalls"
	if [ $code = 3 ] && grep -q '"callback": "on_sleep"' "$work/report"; then
		good "executed as another user"
	else
		bad "executed as another user: status $code"
		cat "$work/err"
	fi
else
	echo "skipped: executed as another user: not root, no setpriv, or others may not execute $programs"
fi
# shellcheck disable=SC2016
"$BLOCKCHECK" run sh -c 'exec "$0"' "$programs/raw_stalls" >"$work/out" 2>"$work/err" || :
if grep -q 'no event loop was seen (--follow-fork measures' "$work/err"; then
	good "what is not followed is said"
else
	bad "what is not followed is not said"
	cat "$work/err"
fi

# what is left behind goes on, but is not waited for
before=$(date +%s%N)
# shellcheck disable=SC2016
run --follow-fork --duration 300ms sh -c 'timeout 60 "$0" >"$1" & echo $! >"$1.pid"; exec "$0"' "$programs/uv_victim" "$work/left"
took=$((($(date +%s%N) - before) / 1000000))
lines=$(wc -l <"$work/left")
for _ in $(seq 100); do
	[ "$(wc -l <"$work/left")" = "$lines" ] || break
	sleep 0.1
done
if [ $code = 143 ] && [ $took -lt 30000 ] && [ "$(wc -l <"$work/left")" -gt "$lines" ]; then
	good "a process left behind"
else
	bad "a process left behind: status $code after $took ms"
fi
kill "$(cat "$work/left.pid")" || :

# what a program starts into which nothing can be put; and what it becomes
launcher=$programs/static_launcher
if [ -x "$launcher" ]; then
	run --follow-fork "$launcher" "$programs/uv_stalls"
	if [ $code = 3 ] && grep -q '"tier": "both"' "$work/report" &&
		grep -q 'linked statically.*; [1-3] process.* that it started w.* measured from inside' "$work/report" &&
		[ "$(count_of on_poll)" = 1 ] && seen on_nap 60 && grep -q '"loop": true' "$work/report"; then
		good "a static program and what it starts"
	else
		bad "a static program and what it starts: status $code, on_poll $(count_of on_poll), on_nap $(count_of on_nap)"
		cat "$work/err"
		grep '"tier' "$work/report"
	fi
	run --follow-fork "$launcher" exec "$programs/uv_stalls"
	if [ $code = 3 ] && grep -q '"tier": "inside"' "$work/report" && [ "$(count_of on_poll)" = 1 ]; then
		good "a static program that becomes another"
	else
		bad "a static program that becomes another: status $code, on_poll $(count_of on_poll)"
		grep '"tier' "$work/report"
	fi
	if [ -x "$programs/static_stalls" ]; then
		run "$launcher" exec "$programs/static_stalls"
		# from outside, on a busy machine, one may be seen in two pieces
		if [ $code = 3 ] && grep -q '"tier": "outside"' "$work/report" && seen on_sleep 40; then
			good "a static program that becomes another static one"
		else
			bad "a static program that becomes another static one: status $code, on_sleep $(count_of on_sleep)"
		fi
	fi
	run "$launcher" "$programs/uv_stalls"
	if [ $code = 3 ] && grep -q '"tier": "outside"' "$work/report" && [ "$(count_of on_poll)" = 0 ]; then
		good "what a static program starts is not followed unasked"
	else
		bad "what a static program starts is followed unasked: status $code"
	fi
	run --follow-fork --fail-over 10s "$launcher" "$programs/uv_stalls"
	[ $code = 3 ] && good "what is partly observed from outside is not clean" || bad "status $code of --fail-over"
else
	echo "skipped: no static libc here"
fi

# that a program takes long to begin is no sign that it is not measured
(
	export ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0"
	export LD_PRELOAD="$programs/libslow_start.so"
	run "$programs/uv_stalls"
)
if grep -q 'warning' "$work/err" || ! grep -q '"callback": "on_sleep"' "$work/report"; then
	bad "a slow start"
	cat "$work/err"
else
	good "a slow start"
fi

# where the others that want the CPU are to blame, the call that was at work is not
run "$programs/uv_crowded"
if [ $code = 0 ] && awk '/"stalls": \[/{on=1} on && /"callback":/{f=$2} on && f ~ /on_zero/ && /"kind":/{k=$2}
	END{exit k !~ /runqueue/}' "$work/report"; then
	good "a crowded CPU"
else
	bad "a crowded CPU: status $code"
	sed -n '/"stalls": \[/,/"stack"/p' "$work/report"
fi
exit $status
