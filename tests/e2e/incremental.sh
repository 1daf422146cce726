#!/bin/sh
# What must be parsed again after a change, and what must not.
set -eu
cd "$(dirname "$0")/../.."
. tests/e2e/lib

# check_parsed WHAT NUMBER [OPTIONS...]: so many units are parsed, the rest comes from the cache.
check_parsed() {
	what=$1
	parsed=$2
	shift 2
	in_project check -p . --format=json "$@"
	if [ "$status" -gt 1 ]; then check_status "$what" 1; fi
	check_equal "$what: units parsed" "$parsed" "$(get summary.parsed)"
}

# same_findings FILE FILE: and there are some.
same_findings() {
	[ -s "$1" ] && cmp -s "$1" "$2"
}

unpack demo
check_parsed "a first run" 7
get findings >"$tmp/first" || :
check_parsed "nothing has changed" 0
get findings >"$tmp/warm" || :
check "nothing has changed: the same findings" same_findings "$tmp/first" "$tmp/warm"

touch "$project"/*.c "$project"/*.h
check_parsed "only the times have changed" 0
printf '/* one more line */\n' >>"$project/names.c"
check_parsed "one source has changed" 1
printf '/* one more line */\n' >>"$project/loop.h"
check_parsed "a header of three units has changed" 3
git -C "$project" init -q
check_parsed "something else has appeared" 0

# The same length and the same time: only the content tells.
touch -r "$project/history.c" "$tmp/time"
sed -i 's/fsync(fileno/fflsh(fileno/; s/fflsh(fileno(file))/(void)fileno(file)/' "$project/history.c"
touch -r "$tmp/time" "$project/history.c"
check_parsed "a source with its old time has changed" 1
check_not_found "a source with its old time has changed: its finding is gone" fsync

# A rule changes no facts.
cat >"$tmp/rules.yaml" <<'Y'
schema: blockcheck-rules/1
pack: {name: mine}
blocking:
- function: [snprintf]
  id: mine.snprintf
  category: cpu
  bound: unbounded
  because: it is slow
  provenance: {kind: source, ref: the test}
Y
check_parsed "a rule is added" 0 --rules "$tmp/rules.yaml"
check_found "a rule is added: it applies" snprintf
check_parsed "the rule is gone" 0
check_not_found "the rule is gone: so is its finding" snprintf

# A flag of one unit.
sed -i '/"names.c"/,/names.o/s/"-std=gnu11"/"-std=gnu11", "-DMORE=1"/' "$project/compile_commands.json"
check_parsed "one unit has another flag" 1

# A unit leaves the database.
unpack demo
check_parsed "the project anew" 7
sed -i '/"file": "names.c"/,/names.o/d' "$project/compile_commands.json"
check_parsed "a unit has left" 0
check_equal "a unit has left: units" 6 "$(get summary.units)"
check_not_found "a unit has left: its finding, too" getaddrinfo

# A file appears that an #include or __has_include now finds first.
project=$tmp/shadow
mkdir -p "$project/first" "$project/second"
echo '#define SECONDS 0' >"$project/second/opt.h"
cat >"$project/main.c" <<'C'
#include <poll.h>
#include <unistd.h>
#include "opt.h"
#if __has_include("extra.h")
#define EXTRA 1
#else
#define EXTRA 0
#endif
int main(void)
{
	struct pollfd p[2] = {{0}, {1}};

	while (poll(p, 2, -1) > 0) {
		sleep(SECONDS);
		usleep(EXTRA * 900000);
	}
}
C
write_database "$project" "-D_GNU_SOURCE -Ifirst -Isecond" main.c
check_parsed "opt.h from the second folder" 1
check_not_found "opt.h from the second folder: no sleep" sleep
echo '#define SECONDS 5' >"$project/first/opt.h"
check_parsed "opt.h appears in the first folder" 1
check_found "opt.h appears in the first folder: sleep is found" sleep
: >"$project/first/extra.h"
known_miss "what __has_include did not find is not remembered"
check_parsed "extra.h appears" 1
known_miss "what __has_include did not find is not remembered"
check_found "extra.h appears: usleep is found" usleep
rm "$project/first/opt.h"
check_parsed "opt.h disappears again" 1
check_not_found "opt.h disappears again: no sleep" sleep

# Facts that were damaged are made again, not believed.
unpack demo
check_parsed "the project anew" 7
get findings >"$tmp/first" || :
find "$project/.blockcheck/facts" -type f -exec sh -c \
	'for file; do printf x | dd of="$file" bs=1 seek=100 conv=notrunc 2>/dev/null; done' sh {} +
in_project check -p . --format=json
get findings >"$tmp/again" || :
check_status "damaged facts" 1
check "damaged facts: the same findings" same_findings "$tmp/first" "$tmp/again"
rm -r "$project/.blockcheck/facts"
in_project check -p . --format=json
check_status "facts that were deleted" 1

finish
