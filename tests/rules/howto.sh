#!/bin/sh
# docs/HOWTO-ADD-RULE.md and docs/HOWTO-ADD-LOOP.md, word for word: their shell blocks are run in order, in
# an empty folder, and each line that they promise must come out.
set -eu
cd "$(dirname "$0")/../.."
. tests/e2e/lib

# blocks FILE KIND: what stands in its fenced blocks of this kind.
blocks() {
	awk -v kind="$2" '
		/^```/ { inside = !inside && $0 == "```" kind; fenced = !fenced; if (!fenced) inside = 0; next }
		inside { print }' "$1"
}

# try FILE HEADER PACKAGE
try() {
	if ! printf '#include <%s>\n#include <uv.h>\n' "$2" | cc -E -x c - >/dev/null 2>&1; then
		skip "$1: needs $3 and libuv1-dev (Debian)"
		return
	fi
	mkdir -p "$tmp/bin" "$tmp/$3"
	ln -sf "$BLOCKCHECK" "$tmp/bin/blockcheck"
	blocks "docs/$1" sh >"$tmp/script"
	status=0
	(cd "$tmp/$3" && PATH=$tmp/bin:$PATH sh -e "$tmp/script") >"$tmp/out" 2>"$tmp/err" || status=$?
	check_status "$1: its commands" 0
	blocks "docs/$1" '' >"$tmp/promised"
	while IFS= read -r line; do
		check "$1: $line" grep -qxF -- "$line" "$tmp/out"
	done <"$tmp/promised"
	check "$1: its tests pass" grep -qE '^[0-9]+ passed, 0 failed, 0 skipped' "$tmp/out"
}

try HOWTO-ADD-RULE.md modbus/modbus.h libmodbus-dev
try HOWTO-ADD-LOOP.md verto.h libverto-dev

finish
