#!/bin/sh
# fixtures/projects/loops-*: for each loop library a callback that blocks, its twin on a worker, and its
# twin that does not wait. Each is compiled against the real headers, then analysed, and judged by the
# markers in its lines as fixtures/cases are.
set -eu
cd "$(dirname "$0")/../.."
. tests/e2e/lib

# header FILE KEY: the value of a line of the comment on top.
header() {
	sed -n "1,/\*\//s/^ \* $2: //p" "$1"
}

# judge FILE FLAGS: 0 when all its markers hold; what is wrong goes to $tmp/why.
judge() {
	write_database "$tmp" "-std=gnu11 -D_GNU_SOURCE $2" "$1"
	run check -p "$tmp" --db "$tmp/blockcheck.db" --no-cache --min-confidence=possible --format=json
	if [ "$status" != 1 ]; then
		echo "exit status $status: $(head -1 "$tmp/err")" >"$tmp/why"
		return 1
	fi
	"$tools/judge" "$tmp/out" "$1" >"$tmp/why" 2>&1
}

for folder in fixtures/projects/loops-*/; do
	name=$(basename "$folder")
	file=$root/${folder}main.c
	flags=
	module=$(header "$file" pkg-config)
	if [ -n "$module" ]; then flags=$(pkg-config --cflags "$module" 2>/dev/null || :); fi
	# shellcheck disable=SC2086
	if ! cc -std=gnu11 -D_GNU_SOURCE -Wall -Wextra -Werror $flags $(header "$file" flags) -c -o "$tmp/main.o" "$file" 2>"$tmp/cc"; then
		if grep -q 'No such file or directory' "$tmp/cc"; then
			skip "$name: its library is not installed (Debian: $(header "$file" debian))"
		else
			not_ok "$name: does not compile"
			sed 's/^/      | /' "$tmp/cc" | head -20
		fi
		continue
	fi
	if judge "$file" "$flags"; then
		ok "$name: found on the loop, silent on a worker and where it does not wait"
	else
		not_ok "$name"
		sed 's/^/      | /' "$tmp/why"
	fi
done

finish
