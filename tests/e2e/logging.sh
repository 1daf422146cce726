#!/bin/sh
# Writing logs is a class of its own: silent by default, counted, and told in notes on request.
set -eu
cd "$(dirname "$0")/../.."
. tests/e2e/lib

source=$root/fixtures/cases/sink_logging.c
write_database "$tmp" -std=gnu11 "$source"

# look ARGUMENTS...
look() {
	run check -p "$tmp" --db "$tmp/x.db" --rules fixtures/cases/loop.yaml "$@"
}

look --format=json
check_equal "by default: nothing of it" "write" "$(get 'findings.*.sink.function')"
check_equal "by default: the other class is there" BC103 "$(get 'findings.*.rule')"
look
check "by default: it is counted" grep -qE '11 more with --logging' "$tmp/out"

look --format=json --logging
check_equal "--logging: all of it" "dprintf fflush fprintf fputs fwrite perror syslog vfprintf vsyslog write write" \
	"$( (get 'findings.*.sink.function' && get 'findings.*.also.*.function' 2>/dev/null || :) | sort | sed '/^write$/d' | tr '\n' ' ')write write"
check_equal "--logging: notes, and no more" note "$(get 'findings.*' | grep BC111 | grep -o '"severity":"[a-z]*"' | sort -u | cut -d'"' -f4)"
check_equal "--logging: both kinds of descriptors" 3 "$( (get 'findings.*.sink.function' && get 'findings.*.also.*.function' 2>/dev/null || :) | grep -c '^write$')"
check_status "--logging: notes do not fail, the socket does" 1
look --logging --fail-on=note
check_status "--logging --fail-on=note" 1
printf 'logging: true\n' >"$tmp/.blockcheck.yaml"
cp "$source" fixtures/cases/prelude.h "$tmp"
cd "$tmp"
sed "s|$source|$tmp/sink_logging.c|" compile_commands.json >c.json
mv c.json compile_commands.json
status=0
"$BLOCKCHECK" check -p . --rules "$root/fixtures/cases/loop.yaml" --format=json >"$tmp/out" 2>"$tmp/err" || status=$?
cd "$root"
check_status "by the project file" 1
check "by the project file: it is told" grep -q BC111 "$tmp/out"

# The budget: what ends within it is told on request, too.
cat >"$tmp/short.c" <<'END'
#include <poll.h>
#include <unistd.h>

__attribute__((annotate("blockcheck:loop"))) void on_event(struct pollfd *fds)
{
	usleep(500);
	poll(fds, 1, 5);
}
END
rm -f "$tmp/.blockcheck.yaml"
write_database "$tmp" -std=gnu11 "$tmp/short.c"
for budget in 10ms:0 6ms:0 5ms:1 1ms:1 400us:2 0:2; do
	run check -p "$tmp" --db "$tmp/y.db" --budget="${budget%:*}" --format=json
	check_equal "--budget=${budget%:*}" "${budget#*:}" "$(get 'findings.#')"
done
run check -p "$tmp" --db "$tmp/y.db" --verbose
check "--verbose: says how many, and how to see them" grep -q '2 within the budget, told with --budget=0' "$tmp/out"

finish
