#!/bin/sh
# Names of a stripped program: from wherever they may have been put, and what is said when they are
# nowhere.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
program=$BLOCKCHECK_PROGRAMS/uv_joined
status=0
good() { echo "ok: $1"; }
bad() {
	echo "WRONG: $1"
	status=1
}
if [ ! -x "$program" ] || ! command -v objcopy >/dev/null 2>&1; then
	echo "skipped: needs libuv and objcopy"
	exit 77
fi

# run ARGUMENTS...: json in $work/report
run() {
	"$BLOCKCHECK" run -q --db "$work/db" --format json -o "$work/report" "$@" >/dev/null 2>"$work/err" || :
}
# named WHAT: with the lines, by default
named() {
	if grep -q '"callback": "on_surprise"' "$work/report" && grep -q "\"function\": \"${2:-work_in_hiding}\"" "$work/report" &&
		grep -q '"stripped": \[\]' "$work/report"; then
		good "$1"
	else
		bad "$1"
		grep -E '"callback":|"module":|"function":' "$work/report"
	fi
}

id=$(readelf -n "$program" 2>/dev/null | sed -n 's/.*Build ID: //p')
objcopy --only-keep-debug "$program" "$work/debug"
strip -o "$work/stripped" "$program"

run "$work/stripped"
if grep -q '"callback": "stripped+0x' "$work/report" && grep -q "\"module\": \"$work/stripped\"" "$work/report"; then
	good "stripped: that is said"
else
	bad "stripped: that is not said"
fi
"$BLOCKCHECK" run --db "$work/db" -o "$work/text" "$work/stripped" >/dev/null 2>&1 || :
grep -q "^names are missing: $work/stripped is stripped; build it without" "$work/text" && good "what would help" || bad "what would help"

mkdir -p "$work/link/.debug"
cp "$work/debug" "$work/link/.debug/program.debug"
(cd "$work/link/.debug" && objcopy --add-gnu-debuglink=program.debug "$work/stripped" ../program)
run "$work/link/program"
named "a debug file beside the program"

if [ -n "$id" ]; then
	rest=${id#??}
	mkdir -p "$work/files/.build-id/${id%"$rest"}" "$work/cache/$id"
	cp "$work/debug" "$work/files/.build-id/${id%"$rest"}/$rest.debug"
	run --debug-files "$work/files" "$work/stripped"
	named "a debug file by its build-id"
	cp "$work/debug" "$work/cache/$id/debuginfo"
	DEBUGINFOD_CACHE_PATH=$work/cache run "$work/stripped"
	named "what was fetched before"
	: >"$work/cache/$id/debuginfo"
	DEBUGINFOD_CACHE_PATH=$work/cache run "$work/stripped"
	grep -q "\"module\": \"$work/stripped\"" "$work/report" && good "what was sought in vain before" || bad "what was sought in vain before"
else
	echo "skipped: no build-id here"
fi

if command -v xz >/dev/null 2>&1; then
	nm "$program" --format=posix --defined-only | awk '$2 ~ /^[Tt]$/ {print $1}' >"$work/keep"
	objcopy -S --keep-symbols="$work/keep" "$work/debug" "$work/mini"
	xz "$work/mini"
	objcopy --add-section .gnu_debugdata="$work/mini.xz" "$work/stripped" "$work/packed"
	run "$work/packed"
	named "names that are packed into the program"
else
	echo "skipped: no xz here"
fi

# a program of the system: which package has its names
tmux=$(command -v tmux || :)
is_nameless() {
	[ -n "$tmux" ] && dpkg-query -S "$tmux" >/dev/null 2>&1 &&
		! readelf -SW "$tmux" | grep -q '\.symtab\|\.gnu_debugdata' &&
		[ ! -e "/usr/lib/debug/.build-id/$(readelf -n "$tmux" | sed -n 's|.*Build ID: \(..\)|\1/|p').debug" ]
}
if is_nameless; then
	unset TMUX
	cat >"$work/session" <<-END
		"$tmux" -S "$work/socket" -f /dev/null -D &
		for i in \$(seq 50); do [ -S "$work/socket" ] || sleep 0.1; done
		"$tmux" -S "$work/socket" new-session -d "sleep 1"
		sleep 1
		"$tmux" -S "$work/socket" kill-server
	END
	TERM=xterm run --follow-fork --budget 0.01ms --duration 10s sh "$work/session" </dev/null
	grep -q '"package": "tmux-dbgsym"' "$work/report" && good "the package that has the names" || bad "the package that has the names"
else
	echo "skipped: no stripped tmux from a package here"
fi
exit $status
