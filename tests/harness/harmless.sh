#!/bin/sh
# A program does not notice that it is measured: same environment, descriptors, output, status; ends in
# every way, forks, executes and threads as before; goes on when blockcheck dies. What cannot be
# measured is said.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
programs=$BLOCKCHECK_PROGRAMS
status=0

good() { echo "ok: $1"; }
bad() {
	echo "WRONG: $1"
	status=1
}
# same NAME COMMAND...: output and status with and without
same() {
	name=$1 bare=0 measured=0
	shift
	"$@" >"$work/bare" 2>"$work/bare.err" </dev/null || bare=$?
	"$BLOCKCHECK" run -q -o "$work/report" -- "$@" >"$work/measured" 2>"$work/measured.err" </dev/null || measured=$?
	if [ $bare != $measured ] || ! cmp "$work/bare" "$work/measured" || ! cmp "$work/bare.err" "$work/measured.err"; then
		bad "$name (status $bare and $measured)"
		diff "$work/bare.err" "$work/measured.err" || :
	else
		good "$name"
	fi
}
# speaks LINES: waits until the program in the background has said more than these.
speaks() {
	for _ in $(seq 100); do
		[ "$(wc -l <"$work/said")" -le "$1" ] || return 0
		sleep 0.1
	done
	return 1
}
# status_of WANTED NAME COMMAND...
status_of() {
	wanted=$1 name=$2 code=0
	shift 2
	"$@" >"$work/out" 2>"$work/err" || code=$?
	if [ $code = "$wanted" ]; then good "$name"; else bad "$name: status $code, not $wanted"; cat "$work/err"; fi
}

same "environment" env
same "environment with a library of its own in front" env LD_PRELOAD=libm.so.6 env
same "arguments" printf '%s|' -a --budget '' 'b c'
same "open descriptors" sh -c 'ls /proc/self/fd'
same "closed descriptors" sh -c 'exec <&- >&-; echo x 2>&1'
same "exit status" sh -c 'exit 9'
same "memory limit" sh -c 'ulimit -v 2000000; exec cat /proc/self/limits'
# measured NAME: the stall of frugal.c was
measured() { if grep -q 'on_turn in nanosleep()' "$work/report"; then good "$1: measured"; else bad "$1: not measured"; fi; }
same "memory that is locked" "$programs/frugal" lock
measured "memory that is locked"
# Ordinary users may lock little; root, as much as it likes.
as_other() { setpriv --reuid=65534 --regid=65534 --clear-groups "$@"; }
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null 2>&1 && as_other "$BLOCKCHECK" rules list >/dev/null 2>&1; then
	chmod 711 "$work"
	mkdir -m 777 "$work/open"
	(ulimit -l 8192 && as_other "$programs/frugal" lock) >"$work/bare" || :
	(ulimit -l 8192 && as_other "$BLOCKCHECK" run -q --db "$work/open/db" -o "$work/open/report" "$programs/frugal" lock) \
		>"$work/measured" || :
	cmp "$work/bare" "$work/measured" && grep -q '^mlockall 0' "$work/bare" &&
		grep -q 'on_turn in nanosleep()' "$work/open/report" && good "memory that is locked by who may lock little" ||
		bad "memory that is locked by who may lock little: $(cat "$work/measured")"
else
	echo "skipped: memory that is locked by who may lock little: not root, no setpriv, or others may not use $BLOCKCHECK"
fi
"$BLOCKCHECK" run -q --follow-fork -o "$work/report" sh -c 'ulimit -v 262144; exec "$0" limit' "$programs/frugal" >"$work/out" || :
grep -q ': had' "$work/out" || bad "address space that is scarce: taken by us"
measured "address space that is scarce"
same "address space that the program limits" "$programs/frugal" later
measured "address space that the program limits"
grep -q ': had' "$work/bare" || bad "address space that the program limits: too little for itself"
same "10000 children, threads" "$programs/crowd" 10000 100
for how in lazy now; do
	same "functions that the library lacks ($how)" "$programs/old_plugs_$how"
	grep -q '^uv_close: 1 1 1' "$work/bare" && grep -q '^uv_timer_start: 0 0 0' "$work/bare" ||
		bad "old_plugs does not say what it found"
done
same "more threads than there is room for" "$programs/crowd" 2 1000
shared() { find /dev/shm -name '*blockcheck*' | wc -l; }
# figure KEY: the first of that name in the report, as a whole number
figure() { sed -n "s/^ *\"$1\": \([0-9]*\).*/\1/p" "$work/report" | tail -n "${2:-1}" | head -n 1; }
# crowd CHILDREN THREADS: all are measured, or counted as lost. There is room for 64 processes at a time:
# they are only lost where blockcheck itself had no CPU for as long as the fastest 40 of them took.
crowd() {
	"$BLOCKCHECK" run --follow-fork --format json -o "$work/report" "$programs/crowd" "$1" "$2" pace >"$work/out"
	measured=$(figure processes 2) lost=$(figure processes)
	if [ $((measured + lost)) != $(($1 + 1)) ]; then
		echo "$measured processes were measured, and $lost lost"
		return 1
	fi
	if ! grep -q '"threads": 0,$' "$work/report" || ! grep -q '"corrupt_records": 0,$' "$work/report"; then
		grep -A 8 '"lost"' "$work/report"
		return 1
	fi
	[ "$lost" = 0 ] || [ $(($(figure longest_gap_ms) * 1000)) -ge "$(head -n 1 "$work/out")" ]
}
before=$(shared)
for size in "1000 0" "10 500"; do
	# shellcheck disable=SC2086
	crowd $size && good "measured children and threads: $size, $lost lost" ||
		bad "measured children and threads: $size, $lost lost, $(figure longest_gap_ms) ms without a look, pace $(head -n 1 "$work/out")"
done
[ "$(shared)" = "$before" ] || bad "something is left of them"
status_of 143 "ended by a signal" "$BLOCKCHECK" run -q sh -c 'kill -TERM $$'
status_of 2 "no such program" "$BLOCKCHECK" run /no/such/program
status_of 2 "not a program" "$BLOCKCHECK" run -q /etc/passwd
head -c 3000000 /dev/urandom >"$work/data"
"$BLOCKCHECK" run -q cat <"$work/data" 2>/dev/null | cmp - "$work/data" && good "streams" || bad "streams"

# counted FUNCTION COUNT: so often it ran in the last report.
counted() {
	if awk -v f="$1" -v n="$2" '/"callbacks": /{on=1} /"stalls": \[/{on=0}
		on && /"function":/{this=($0 ~ "\"" f "\"")} on && this && /"count":/{gsub(/[^0-9]/,""); s+=$0}
		END{exit s != n}' "$work/report"; then
		good "counted $1 $2 times"
	else
		bad "not counted $1 $2 times"
	fi
}

same "callbacks with ten arguments" "$programs/wide_callbacks"
"$BLOCKCHECK" run -q --format json -o "$work/report" "$programs/wide_callbacks" >/dev/null
counted on_ten 80
counted on_mixed 1

for sanitizer in "" _address _thread; do
	tables=$programs/sdbus_tables$sanitizer signals=$programs/wayland_signals$sanitizer
	if [ -x "$tables" ]; then
		same "tables of sd-bus $sanitizer" "$tables"
		"$BLOCKCHECK" run -q --format json -o "$work/report" "$tables" >/dev/null
		counted on_current 3
		counted on_first 1
		counted get_text 2
	fi
	if [ -x "$signals" ]; then
		same "signals of Wayland $sanitizer" "$signals"
		"$BLOCKCHECK" run -q --format json -o "$work/report" "$signals" >/dev/null
		counted on_emit 11
		counted say_gone 9
	fi
done

if [ -x "$programs/uv_ways_out" ]; then
	same "callbacks left in every way" "$programs/uv_ways_out"
	"$BLOCKCHECK" run --format json -o "$work/report" "$programs/uv_ways_out" >/dev/null
	for pair in on_jump=100 on_cancelled=1 on_exit_thread=1 on_inner=1 on_deep=1 on_fork=1; do
		counted "${pair%=*}" "${pair#*=}"
	done
	"$BLOCKCHECK" run --budget 25ms --format json -o "$work/report" "$programs/uv_ways_out" >/dev/null
	if grep -q '"callback": "on_deep"' "$work/report"; then
		bad "waiting in an inner loop taken for a stall"
	else
		good "waiting in an inner loop is no stall"
	fi
	"$BLOCKCHECK" run --format json -o "$work/report" "$programs/uv_within" >/dev/null
	# of its first stall of that callback, whole milliseconds
	of_stall() {
		awk -v f="$1" -v key="\"$2\":" '/"stalls": \[/{on=1} on && /"callback":/{this=($2 ~ "\"" f "\"")}
			on && this && $1 == key {print int($2); exit}' "$work/report"
	}
	if [ "$(of_stall on_outer cpu_ms)" -lt 30 ] && [ "$(of_stall on_outer duration_ms)" -ge 40 ] &&
		[ "$(of_stall on_inner cpu_ms)" -ge 55 ]; then
		good "what an inner callback computes is its own"
	else
		bad "what an inner callback computes: $(of_stall on_outer cpu_ms) of $(of_stall on_outer duration_ms) ms in on_outer," \
			"$(of_stall on_inner cpu_ms) in on_inner"
	fi
	"$BLOCKCHECK" run --follow-fork --format json -o "$work/report" sh -c "$programs/uv_stalls; exit 0" >/dev/null
	grep -q '"callback": "on_sleep"' "$work/report" && good "--follow-fork" || bad "--follow-fork"
	if [ -x "$programs/uv_stalls_address" ]; then
		"$BLOCKCHECK" run -q --follow-fork --format json -o "$work/report" sh -c "$programs/uv_stalls_address; exit 0" >/dev/null
		grep -q '"callback": "on_sleep"' "$work/report" && good "--follow-fork, into -fsanitize=address" ||
			bad "--follow-fork, into -fsanitize=address"
	fi

	: >"$work/said"
	"$BLOCKCHECK" run -q -o "$work/report" "$programs/uv_victim" >"$work/said" 2>/dev/null &
	speaks 2 || bad "says nothing"
	victim=$(pgrep -P $! || :)
	kill -9 $!
	sleep 0.1
	speaks "$(wc -l <"$work/said")" && good "goes on without us" || bad "does not go on without us"
	kill -9 "$victim"

	: >"$work/said"
	"$BLOCKCHECK" run -o "$work/report" "$programs/uv_victim" >"$work/said" &
	speaks 2 || bad "says nothing"
	kill -TERM $!
	code=0
	wait $! || code=$?
	if [ $code = 143 ] && grep -q on_nap "$work/report"; then good "signals are handed on"; else bad "signal: $code"; fi
	status_of 1 "--fail-over" "$BLOCKCHECK" run -q --fail-over 20ms "$programs/uv_stalls"
	status_of 3 "--fail-over above all stalls" "$BLOCKCHECK" run -q --fail-over 1000s "$programs/uv_stalls"
	status_of 143 "--duration" "$BLOCKCHECK" run -q --duration 200ms "$programs/uv_victim"
	status_of 0 "--duration and --fail-over" "$BLOCKCHECK" run -q --duration 200ms --fail-over 1000s "$programs/uv_victim"
	status_of 3 "--fail-over without a loop" "$BLOCKCHECK" run -q --fail-over 1s true
	status_of 1 "--fail-over without a loop: a failure" "$BLOCKCHECK" run -q --fail-over 1s false
fi

if [ -x "$programs/static_crowd" ]; then
	status_of 7 "static program" "$BLOCKCHECK" run -q "$programs/static_crowd"
	"$BLOCKCHECK" run "$programs/static_crowd" >/dev/null 2>"$work/err" || :
	grep -q 'observed from outside only, every 5 ms: it is linked statically' "$work/err" && good "static: said so" || bad "static: not said"
	status_of 3 "static: does not look clean" "$BLOCKCHECK" run -q --fail-over 1s "$programs/static_crowd"
fi
for sanitizer in address thread; do
	if [ -x "$programs/uv_stalls_$sanitizer" ]; then
		code=0
		"$BLOCKCHECK" run --format json -o "$work/report" "$programs/uv_stalls_$sanitizer" >"$work/out" 2>"$work/err" || code=$?
		if [ $code = 3 ] && [ "$(grep -c '"callback": "on_\(sleep\|pipe\|waitpid\|mutex\|poll\)"' "$work/report")" = 5 ]; then
			good "program with -fsanitize=$sanitizer"
		else
			bad "program with -fsanitize=$sanitizer: status $code"
			cat "$work/err"
		fi
	fi
done
exit $status
