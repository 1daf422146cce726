#!/bin/sh
# Programs into which no library can be put are named at once, and observed from outside: stalls with
# the system call, the callback and the stack. A busy machine may delay anything: three tries.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
program=$BLOCKCHECK_PROGRAMS/static_stalls
crowd=$BLOCKCHECK_PROGRAMS/static_crowd
status=0
good() { echo "ok: $1"; }
bad() {
	echo "WRONG: $1"
	status=1
}
skipped() { echo "skipped: $1"; }

if [ ! -x "$program" ]; then
	echo "skipped: no static libc here"
	exit 77
fi

try_program() {
	code=0
	"$BLOCKCHECK" run --format json -o "$work/report" "$program" >"$work/truth" 2>"$work/err" || code=$?
	[ $code = 3 ] && "$BLOCKCHECK_CHECK_REPORT" "$work/report" "$work/truth" outside
}
for try in 1 2 3; do
	try_program && break
	[ $try != 3 ] || bad "stalls of a static program"
done
grep -q '"function": "on_sleep"' "$work/report" || bad "no callback is named"
"$BLOCKCHECK" run -o "$work/report" "$program" >/dev/null 2>&1 || :
grep -q '^thread [0-9]* static_stalls, a loop: waiting for events' "$work/report" &&
	grep -q '^looked at every 5.00 ms: times are right within that' "$work/report" &&
	good "what was seen is said, and how well" || bad "the report does not say what it rests on"

# A script ends in it: what was measured inside so far is over.
for try in 1 2 3; do
	# shellcheck disable=SC2016
	"$BLOCKCHECK" run --follow-fork --format json -o "$work/report" sh -c 'exec "$0"' "$program" >/dev/null 2>"$work/err" || :
	grep -q '"function": "on_cpu"' "$work/report" && break
	[ $try != 3 ] || bad "a static program that was executed: not observed"
done
grep -q "observed from outside only, every 5 ms: it has executed .*static_stalls: it is linked statically" "$work/err" &&
	good "a static program that was executed" || bad "a static program that was executed: not said"

# How long until it is said. That is a figure for a quiet machine; a busy one may take longer to start
# anything, so five tries, and only what is far off fails.
said_after() {
	"$BLOCKCHECK" run -o "$work/report" "$program" >/dev/null 2>"$work/err" &
	ms=0
	while ! grep -q 'observed from outside only, every 5 ms: it is linked statically' "$work/err"; do
		ms=$((ms + 20))
		[ $ms -lt 5000 ] || break
		sleep 0.02
	done
	wait || :
}
best=5000
for try in 1 2 3 4 5; do
	said_after
	[ $ms -ge $best ] || best=$ms
	[ $best -gt 200 ] || break
done
[ $best -le 1000 ] && good "named after $best ms" || bad "named after $best ms only"

named() {
	what=$1 pattern=$2
	shift 2
	"$@" >"$work/out" 2>"$work/err" || :
	if grep -q "$pattern" "$work/err"; then
		good "$what"
	else
		bad "$what"
		cat "$work/err"
	fi
}
"$BLOCKCHECK" run --duration 300ms sleep 10 2>"$work/err" || :
if grep -q 'outside' "$work/err"; then bad "a plain program is taken for another"; fi
mkdir "$work/broken"
touch "$work/broken/libblockcheck-preload.so"
named "the library is not there" "libblockcheck-preload.so was not found" \
	env BLOCKCHECK_PRELOAD_DIR="$work" "$BLOCKCHECK" run --duration 300ms sleep 10
named "the library does not come" "did not report back" \
	env BLOCKCHECK_PRELOAD_DIR="$work/broken" "$BLOCKCHECK" run --duration 600ms sleep 10

# another user's program: what it sleeps in is the system's secret
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null 2>&1; then
	chmod 755 "$work"
	cp "$crowd" "$work/setuid"
	cp "$(command -v sleep)" "$work/sleep"
	chmod u+s "$work/sleep"
	user="setpriv --reuid=65534 --regid=65534 --clear-groups"
	if $user test -x "$BLOCKCHECK"; then
		named "setuid" "is setuid or setgid" \
			$user "$BLOCKCHECK" run -o /dev/null --duration 300ms "$work/sleep" 1
		if command -v setcap >/dev/null 2>&1 && chmod u-s "$work/sleep" &&
			setcap cap_net_raw+ep "$work/sleep" 2>/dev/null; then
			named "file capabilities" "has file capabilities" \
				$user "$BLOCKCHECK" run -o /dev/null --duration 300ms "$work/sleep" 1
		else
			skipped "file capabilities: no setcap here"
		fi
	else
		skipped "setuid: others may not execute $BLOCKCHECK"
	fi
else
	skipped "setuid: only root can try, with setpriv"
fi

if command -v go >/dev/null 2>&1; then
	printf 'package main\nimport "time"\nfunc main() { time.Sleep(300 * time.Millisecond) }\n' >"$work/nap.go"
	if (cd "$work" && HOME=$work GOFLAGS=-mod=mod go build -o nap nap.go) >/dev/null 2>&1; then
		named "Go" "is written in Go" "$BLOCKCHECK" run -o /dev/null "$work/nap"
	else
		skipped "Go: it does not build here"
	fi
else
	skipped "Go: no compiler here"
fi
if command -v musl-gcc >/dev/null 2>&1; then
	printf '#include <unistd.h>\nint main(void) { usleep(300000); return 0; }\n' >"$work/nap.c"
	musl-gcc -o "$work/nap" "$work/nap.c" &&
		named "musl" "musl" "$BLOCKCHECK" run -o /dev/null "$work/nap"
else
	skipped "musl: no musl-gcc here"
fi
exit $status
