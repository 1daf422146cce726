#!/bin/sh
# `explain`: the pages of rules, and what stands behind a finding. Every remedy it offers is tried.
set -eu
cd "$(dirname "$0")/../.."
. tests/e2e/lib

# ---- rules

for page in docs/rules/BC*.md; do
	rule=$(basename "$page" .md)
	run explain "$rule"
	check_equal "$rule: its page" "$(sed -n '1s/^# //p' "$page")" "$(head -1 "$tmp/out")"
	check_equal "$rule: no markup is left" 0 "$(grep -cE '^#|^```|\]\(' "$tmp/out" || :)"
	check_equal "$rule: no line is too long" 0 "$(grep -v '^    ' "$tmp/out" | grep -cE '.{101}' || :)"
done
mkdir "$tmp/nowhere"
cd "$tmp/nowhere"
status=0
BLOCKCHECK_RULES=$tmp/nowhere/none "$BLOCKCHECK" explain bc102 BC104 >"$tmp/out" 2>"$tmp/err" || status=$?
cd "$root"
check_status "two pages without packs or sources at hand" 0
check_equal "two pages, in turn" "BC102 BC104" "$(grep -oE '^BC[0-9]+' "$tmp/out" | tr '\n' ' ' | sed 's/ $//')"
check_run "a page as JSON" 0 explain BC101 --format=json
check_equal "a page as JSON" BC101 "$(get rule)"
check_run "a page in colour" 0 explain BC101 --color=always
check "a page in colour" grep -q "$(printf '\033')\[1m" "$tmp/out"
check_run "a pack's rule" 0 explain posix.getaddrinfo
check "a pack's rule: what it says" grep -q 'at worst *30 s' "$tmp/out"
check "a pack's rule: the page of its category" grep -q '^BC102: ' "$tmp/out"
check_run "a rule that there is not" 2 explain BC1033
check_error "a rule that there is not: what was meant" "did you mean 'BC103'"
check_run "nothing at all" 2 explain
check_run "both" 2 explain BC101 --finding 12
check_run "what is no fingerprint" 2 explain --finding xyz
check_error "what is no fingerprint: says so" 'no fingerprint'

# ---- a finding with everything

write_program() {
	mkdir -p "$1"
	cat >"$1/main.c" <<'END'
#include <blockcheck/annotate.h>
#include <fcntl.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

struct peer { int fd; int debug; void (*handle)(struct peer *peer); };
static int cf_strict;

static void quiet(int fd)
{
	fcntl(fd, F_SETFL, O_NONBLOCK);
}

static void take(struct peer *peer)
{
	char c;

	if (peer->debug)
		recv(peer->fd, &c, 1, 0);
}

static void drop(struct peer *peer)
{
	peer->fd = -1;
}

static void reach(struct peer *peer, int how)
{
	switch (how) {
	case 1:
	case 2:
		if (cf_strict)
			peer->handle(peer);
	}
}

static void look_up(const char *name, int flags)
{
	struct addrinfo hints = {.ai_flags = flags}, *list;

	getaddrinfo(name, "80", &hints, &list);
}

static void on_timer(uv_timer_t *timer)
{
	reach(timer->data, (int)timer->timeout);
	usleep(20000);
}

static void on_idle(uv_idle_t *idle)
{
	reach(idle->data, 1);
	look_up(idle->data, (int)(long)idle->loop);
}

int start(uv_timer_t *timer, uv_idle_t *idle, int strict)
{
	static struct peer peer;

	peer.fd = socket(AF_INET, SOCK_STREAM, 0);
	if (strict)
		quiet(peer.fd);
	else
		fcntl(peer.fd, F_SETFL, 0);
	cf_strict = strict;
	peer.handle = strict ? take : drop;
	timer->data = idle->data = &peer;
	uv_timer_start(timer, on_timer, 1, 1);
	return uv_idle_start(idle, on_idle);
}
END
	cat >"$1/uv.h" <<'END'
typedef struct uv_loop_s uv_loop_t;
typedef struct uv_timer_s { void *data; unsigned long timeout; } uv_timer_t;
typedef struct uv_idle_s { void *data; uv_loop_t *loop; } uv_idle_t;
typedef void (*uv_timer_cb)(uv_timer_t *handle);
typedef void (*uv_idle_cb)(uv_idle_t *handle);
int uv_timer_start(uv_timer_t *timer, uv_timer_cb cb, unsigned long timeout, unsigned long repeat);
int uv_idle_start(uv_idle_t *idle, uv_idle_cb cb);
END
	write_database "$1" "-I$root/include -I$1" "$1/main.c"
}

# fingerprint CALL: of the finding of this call in the last run's JSON.
fingerprint() {
	get 'findings.*.sink.function' >"$tmp/calls"
	get 'findings.*.fingerprint' | paste -d' ' - "$tmp/calls" | sed -n "s/ $1\$//p"
}

project=$tmp/full
write_program "$project"
in_project check -p . --min-confidence=possible --format=json
check_status "the program" 1
cp "$tmp/out" "$tmp/checked"
receives=$(fingerprint recv)
resolves=$(fingerprint getaddrinfo)
sleeps=$(fingerprint usleep)
check_equal "three findings" 3 "$(get 'findings.#')"

in_project explain -p . --finding "$receives" --format=json
check_status "explained" 0
check_equal "the finding of the stored run" same "$(get stored)"
check_equal "it is that finding" "$receives recv" "$(get finding.fingerprint) $(get finding.sink.function)"
check_equal "its path" "on_timer reach take" "$(get 'finding.path.*.function' | tr '\n' ' ' | sed 's/ $//' | sed 's/on_idle/on_timer/')"
check_equal "the rule" posix.recv "$(get rule.id)"
check_equal "the pointer's other target" drop "$(get 'hops.*.rivals.*.function')"
check_equal "where that was put" "$(grep -n 'take : drop' "$project/main.c" | cut -d: -f1)" "$(get 'hops.*.rivals.*.line')"
check_equal "why the pointer leads there" 1 "$(get 'hops.*.reason' | grep -c 'take() was put there')"
check_equal "a condition on a variable" 1 "$(get 'hops.*.conditions.*.text' | grep -cx cf_strict)"
check_equal "a condition on a field" 1 "$(get 'hops.*.conditions.*.text' | grep -cx 'peer->debug')"
check_equal "the descriptor" 'peer->fd' "$(get descriptor.expression)"
check_equal "who made it" "socket start" "$(get 'descriptor.origins.*.made_by') $(get 'descriptor.origins.*.in')"
check_equal "who set its mode" 2 "$(get 'descriptor.origins.*.events.#')"
check_equal "a setter in words" 1 "$(get 'descriptor.origins.*.events.*.what' | grep -c '^made non-blocking by quiet() in start()$')"
check_equal "and the other" 1 "$(get 'descriptor.origins.*.events.*.what' | grep -c '^made blocking by fcntl() in start()$')"
check_equal "the other callback" 1 "$(get 'callbacks.#')"

in_project explain -p . --finding "$resolves" --format=json
check "what is assumed stems from the argument" [ "$(get 'assumptions.*.from' | grep -c "rule posix.getaddrinfo asks about argument")" -ge 1 ]
check "the assumption has a place" [ "$(get 'assumptions.0.line')" -gt 0 ]

in_project explain -p . --finding "$(printf %s "$receives" | cut -c1-10 | tr a-f A-F)"
check_status "by the beginning of a fingerprint" 0
check "for people: the rival" grep -q 'it may lead elsewhere, too: drop() (put there at main.c:' "$tmp/out"
check "for people: the condition" grep -q 'only if cf_strict, main.c:.*: not decided' "$tmp/out"
check "for people: the descriptor" grep -q "made non-blocking by quiet() in start(), main.c:" "$tmp/out"
in_project check -p . --min-confidence=possible
check "check names the fingerprint" grep -qF "[$(printf %s "$receives" | cut -c1-8)]" "$tmp/out"

# ---- remedies: each one, applied as it stands, settles the finding

# apply NUMBER: the remedy of $tmp/explained, in $project.
apply() {
	file=$project/$("$tools/query" "$tmp/explained" "remedies.$1.file")
	line=$("$tools/query" "$tmp/explained" "remedies.$1.before_line")
	below=$("$tools/query" "$tmp/explained" "remedies.$1.below")
	"$tools/query" "$tmp/explained" "remedies.$1.lines.*" >"$tmp/lines"
	touch "$file"
	if [ "$line" != null ]; then
		line=$((line - 1))
		sed "${line}r $tmp/lines" "$file" >"$tmp/changed"
		if ! grep -q annotate.h "$file"; then
			cp include/blockcheck/annotate.h "$project"
			sed -i '1i #include "annotate.h"' "$tmp/changed"
		fi
	elif [ "$below" != null ]; then
		sed "/^$below:/r $tmp/lines" "$file" >"$tmp/changed"
	else
		cat "$file" "$tmp/lines" >"$tmp/changed"
	fi
	cp "$tmp/changed" "$file"
}

# try_remedies WHAT FINGERPRINT: `prepare` makes $project as it is before each of them.
try_remedies() {
	prepare
	in_project check -p . --min-confidence=possible --format=json
	in_project explain -p . --finding "$2" --format=json
	check_status "$1: explained" 0
	cp "$tmp/out" "$tmp/explained"
	count=$("$tools/query" "$tmp/explained" 'remedies.#')
	check "$1: $count remedies" [ "$count" -ge 3 ]
	for number in $(seq 0 $((count - 1))); do
		prepare
		apply "$number"
		in_project check -p . --min-confidence=possible --format=json
		after=$(get 'findings.*.fingerprint' 2>/dev/null | paste -d' ' - - - - - - | grep -o "$2" || :)
		reason=$(get 'findings.*.suppressed' 2>/dev/null | grep -v null || :)
		what="$1: $("$tools/query" "$tmp/explained" "remedies.$number.lines.*" | tr '\n' ' ')"
		if [ "$status" -gt 1 ]; then
			not_ok "$what: $(head -1 "$tmp/err")"
		elif [ -z "$after" ] || [ -n "$reason" ]; then
			ok "$what"
		else
			not_ok "$what: the finding is still there"
		fi
	done
}

prepare() {
	rm -rf "$project"
	write_program "$project"
}
try_remedies "a receive" "$receives"
try_remedies "a resolver" "$resolves"
try_remedies "a sleep" "$sleeps"

# ... in a project that has such entries already
prepare() {
	rm -rf "$project"
	write_program "$project"
	printf 'cut:\n- {from: on_idle, to: look_up, reason: "tests"}\nnever_blocks:\n- {function: drop, reason: "tests"}\n' >"$project/.blockcheck.yaml"
}
try_remedies "with a project file" "$receives"
check "with a project file: one was below its key" grep -q '"below": "cut"' "$tmp/explained"

# ... and where the loop is home-grown
project=$tmp/demo
prepare() {
	unpack demo
}
prepare
in_project check -p . --format=json
in_project_first=$(fingerprint usleep)
try_remedies "a home-grown loop" "$in_project_first"

# ---- what was stored, and what is now

project=$tmp/full
rm -rf "$project"
write_program "$project"
in_project explain -p . --finding "$sleeps" --format=json
check_status "never checked" 0
check_equal "never checked: says so" none "$(get stored)"
in_project check -p . --format=json
sed 's/usleep(20000)/usleep(0)/' "$project/main.c" >"$tmp/changed"
cp "$tmp/changed" "$project/main.c"
in_project explain -p . --finding "$sleeps"
check_status "the source has changed" 3
check "the source has changed: says so" grep -q 'the finding is gone' "$tmp/out"
check "the source has changed: shows what was" grep -q 'usleep() can block' "$tmp/out"
in_project explain -p . --finding "$sleeps" --format=json
check_equal "the source has changed: as JSON" gone "$(get stored)"
cp "$project/.blockcheck/blockcheck.db" "$tmp/alone.db"
cd "$tmp/nowhere"
run explain --db "$tmp/alone.db" --finding "$sleeps"
cd "$root"
check_status "a database without the program" 3
check "a database without the program: shows what was" grep -q 'usleep() can block' "$tmp/out"
check "a database without the program: says what is missing" grep -q 'compilation database (-p)' "$tmp/out"
cd "$tmp/nowhere"
run explain --db "$tmp/alone.db" --finding 0000000000000000
cd "$root"
check_status "a database without the program, and without the finding" 2
write_program "$project"
in_project check -p . --budget=1s --format=json
in_project explain -p . --finding "$sleeps"
check_status "a run with other settings does not have it" 2
in_project explain -p . --finding 0000000000000000
check_error "a finding that never was" 'no finding begins with'

# Of twenty findings, two begin with the same digit.
many=$tmp/many
mkdir "$many"
{
	echo '#include <unistd.h>'
	for n in $(seq 20); do
		echo "__attribute__((annotate(\"blockcheck:loop\"))) void f$n(void) { sleep($n); }"
	done
} >"$many/many.c"
write_database "$many" -std=gnu11 "$many/many.c"
project=$many
in_project check -p . --format=json
check_equal "twenty findings" 20 "$(get 'findings.#')"
digit=$(get 'findings.*.fingerprint' | cut -c1 | sort | uniq -d | head -1)
in_project explain -p . --finding "$digit"
check_status "a beginning of several" 2
check "a beginning of several: they are listed" [ "$(grep -cE "  $digit[0-9a-f]{15}  BC101 sleep\(\) in f" "$tmp/err")" -ge 2 ]

finish
