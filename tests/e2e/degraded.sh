#!/bin/sh
# Units that cannot be read: with errors, crashing the parser, hanging, eating memory. Each costs itself
# alone, is named, and makes the run incomplete: exit status 3, on the next run, too.
set -eu
cd "$(dirname "$0")/../.."
. tests/e2e/lib

# add_unit NAME: compiles NAME with the demo's other files.
add_unit() {
	sed "\$d" "$project/compile_commands.json" >"$tmp/database"
	printf ',{"directory": %s, "file": "%s", "arguments": ["cc", "-c", "%s"]}\n]\n' \
		"$(json_text "$project")" "$1" "$1" >>"$tmp/database"
	mv "$tmp/database" "$project/compile_commands.json"
}

# check_degraded WHAT REASON OPTIONS...: the unit named $bad is lost for this reason, and nothing else.
check_degraded() {
	what=$1
	reason=$2
	shift 2
	for again in "" ", again"; do
		in_project check -p . --format=json "$@"
		check_status "$what$again" 3
		check_equal "$what$again: units lost" 1 "$(get 'degraded.#')"
		check_equal "$what$again: the unit is named" "$bad" "$(get degraded.0.file)"
		check_found "$what$again: the others are analysed" getaddrinfo
		if get degraded.0.first | grep -qiE "$reason"; then
			ok "$what$again: says $(get degraded.0.first)"
		else
			not_ok "$what$again: says '$(get degraded.0.first)', not /$reason/"
		fi
	done
}

unpack demo
bad=broken.c
cat >"$project/$bad" <<'C'
#include <unistd.h>
#include "no-such-header.h"
void broken(void)
{
	sleep(no_such_name);
}
C
add_unit $bad
check_degraded "a unit with errors" "no-such-header.h' file not found"
check_equal "a unit with errors: their number" 2 "$(get degraded.0.errors)"
printf 'void broken(void)\n{\n}\n' >"$project/$bad"
in_project check -p . --format=json
check_status "a unit that was mended" 1
check_equal "a unit that was mended: units lost" 0 "$(get 'degraded.#')"

unpack demo
bad=crash.c
{
	echo 'int crash(int a) { return'
	yes -- '- ' | head -n 3000000 | tr -d '\n'
	echo 'a; }'
} >"$project/$bad"
add_unit $bad
check_degraded "a unit that crashes the parser" 'crash|signal'

unpack demo
start=$(date +%s)
run check -p "$project" --no-cache
usual=$(($(date +%s) - start + 1))
bad=hang.c
mkfifo "$project/fifo.h"
printf '#include "fifo.h"\n' >"$project/$bad"
add_unit $bad
start=$(date +%s)
check_degraded "a unit that hangs" 'time|2 s' --timeout 2
seconds=$(($(date +%s) - start))
check "a unit that hangs: twice 2 s, little more than without it ($seconds s, $usual s)" \
	[ $seconds -le $((4 + 3 * usual + 4)) ]

unpack demo
bad=fifo.c
mkfifo "$project/$bad"
add_unit $bad
check_degraded "a FIFO in place of a source" '.' --timeout 2

# The limit is on address space, of which a sanitizer takes terabytes; there is none then.
if grep -qaE '__(asan|tsan)_init' "$BLOCKCHECK"; then
	skip "a unit that eats memory: the program is built with a sanitizer"
	finish
fi
unpack demo
bad=memory.c
{
	echo '#define M0 1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1'
	for i in 1 2 3 4 5 6 7; do
		n=M$((i - 1))
		echo "#define M$i $n,$n,$n,$n,$n,$n,$n,$n,$n,$n,$n,$n,$n,$n,$n,$n"
	done
	echo 'int memory[] = {M7};'
} >"$project/$bad"
add_unit $bad
check_degraded "a unit that eats memory" 'memory|more than [0-9]+ GB' --timeout 60

finish
