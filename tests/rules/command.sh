#!/bin/sh
# `blockcheck rules` and `blockcheck schema`, over good packs and bad ones.
set -eu
cd "$(dirname "$0")/../.."
. tests/e2e/lib

# check_line WHAT PATTERN: the last run wrote a line like this.
check_line() {
	if grep -qE -- "$2" "$tmp/out"; then
		ok "$1"
	else
		not_ok "$1: nothing like /$2/"
		sed 's/^/      | /' "$tmp/out" | head -20
	fi
}

# ---- list and show

check_run "list" 0 rules list
check_line "list: a rule" '^posix\.recv +network +unbounded +posix-sockets +recv$'
check_line "list: the sum" '^[0-9]+ rules over [0-9]+ functions in [0-9]+ packs$'
check_line "list: the loops" '^loops: .*, libuv,'
check_run "list TEXT" 0 rules list libuv
check_line "list TEXT: has it" '^libuv\.'
check "list TEXT: nothing else" test "$(grep -vcE 'libuv' "$tmp/out")" = 0
check_run "list TEXT that nothing has" 0 rules list no-such-text
check_line "list TEXT that nothing has: says so" "^no rule or loop has 'no-such-text'"
check_run "list as JSON" 0 rules list --format=json
check_equal "list as JSON: names itself" blockcheck-rule-list/1 "$(get schema)"

check_run "show" 0 rules show posix.getaddrinfo
check_line "show: the condition in words" 'hints\.ai_flags has AI_NUMERICHOST or node is null'
check_line "show: an alternative" 'uv_getaddrinfo: pass a callback \(libuv\)'
check_line "show: its source" 'source +getaddrinfo\(3\)'
check_run "show a function" 0 rules show uv_queue_work
check_line "show a function: worker" 'argument 3, runs on WORKER'
check_line "show a function: loop" 'argument 4, runs on LOOP'
check_run "show something unknown" 2 rules show posix.rec
check_error "show something unknown: suggests" "did you mean 'posix.recv'"
check_run "show nothing" 2 rules show
check_run "no subcommand" 2 rules
check_run "an unknown subcommand" 2 rules validat
check_error "an unknown subcommand: suggests" "did you mean 'validate'"

# ---- validate

check_run "validate the shipped packs" 0 rules validate
check_line "validate the shipped packs: counts" '^[0-9]+ packs read, 0 faults$'

cat >"$tmp/bad.yaml" <<'YAML'
schema: blockcheck-rules/1
pack: {name: bad, licence: MIT}
blocking:
- id: bad.fetch
  function: fetch
  catgory: network
  bound: unbonded
  provenance: {kind: man, ref: fetch(3)}
YAML
check_run "validate a bad pack" 2 rules validate "$tmp/bad.yaml"
check_line "a bad pack: an unknown key" "bad.yaml:2:19: unknown key 'licence' .*did you mean 'license'"
check_line "a bad pack: another" "bad.yaml:6:3: unknown key 'catgory' .*did you mean 'category'"
check_line "a bad pack: a word" "bad.yaml:7:10: .*'unbonded'.*did you mean 'unbounded'"
check_line "a bad pack: what is missing" "bad.yaml:4:3: .*needs the key 'category'"
check_line "a bad pack: all are counted" '^1 pack read, 4 faults$'

cat >"$tmp/meaning.yaml" <<'YAML'
schema: blockcheck-rules/1
pack: {name: meaning}
blocking:
- id: meaning.fetch
  function: fetch
  params: 2
  category: network
  bound: unbounded
  nonblocking_when: {arg: 3, eq: 0}
  provenance: {kind: man, ref: fetch(3)}
YAML
check_run "validate a wrong argument" 2 rules validate "$tmp/meaning.yaml"
check_line "a wrong argument" 'meaning.yaml:9:.*argument 3 of a function with 2 parameters'

printf 'schema: blockcheck-rules/1\npack: {name: off}\ndisable: [posix.recv]\n' >"$tmp/off.yaml"
check_run "validate a pack that disables a shipped rule" 0 rules validate "$tmp/off.yaml"
printf 'schema: blockcheck-rules/1\npack: {name: off}\ndisable: [posix.rec]\n' >"$tmp/off.yaml"
check_run "validate a pack that disables nothing" 2 rules validate "$tmp/off.yaml"
check_run "validate a file that is not there" 2 rules validate "$tmp/none.yaml"

# ---- test

cat >"$tmp/tested.yaml" <<'YAML'
schema: blockcheck-rules/1
pack: {name: tested, headers: [unistd.h]}
tests:
- code: |
    ON_LOOP void cb(void) { sleep(1); }
  expect: [{rule: posix.sleep, via: cb}]
- code: |
    ON_LOOP void cb(void) { sleep(0); }
YAML
check_run "test a good pack" 0 rules test "$tmp/tested.yaml"
check_line "test a good pack: counts" '^2 passed, 0 failed, 0 skipped, in 1 packs'

# bad_test WHAT PATTERN CODE [EXPECT]: fails, and says so.
bad_test() {
	printf 'schema: blockcheck-rules/1\npack: {name: t, headers: [unistd.h]}\ntests:\n- code: "%s"\n%s\n' \
		"$3" "${4:-}" >"$tmp/t.yaml"
	check_run "$1" 1 rules test "$tmp/t.yaml"
	check_line "$1: says so" "$2"
}
bad_test "a finding that is missing" 'posix.sleep was not reported' \
	'ON_LOOP void cb(void) { }' '  expect: [{rule: posix.sleep}]'
bad_test "a finding too many" 'not expected: line 1, sleep\(\) via cb' 'ON_LOOP void cb(void) { sleep(1); }'
bad_test "the wrong callback" 'posix.sleep was not reported via dc' \
	'ON_LOOP void cb(void) { sleep(1); }' '  expect: [{rule: posix.sleep, via: dc}]'
bad_test "an unknown rule" 'there is no such rule' \
	'ON_LOOP void cb(void) { sleep(1); }' '  expect: [{rule: posix.slep}]'
bad_test "a test that is not C" 'not C: ' 'int x('
printf 'schema: blockcheck-rules/1\npack: {name: t, headers: [no/such/header.h], debian: libno-dev}\n%s\n' \
	'tests: [{code: "int x;"}]' >"$tmp/t.yaml"
check_run "a header that is not installed" 0 rules test "$tmp/t.yaml"
check_line "a header that is not installed: skipped" '^SKIPPED t: 1 tests: .*no/such/header.h.*Debian: libno-dev'
check_line "a header that is not installed: counted" '^0 passed, 0 failed, 1 skipped'

# ---- new

check_run "new" 0 rules new acme -o "$tmp/acme.yaml"
check_run "new: what it writes is a pack" 0 rules validate "$tmp/acme.yaml"
check_run "new: never over something" 2 rules new acme -o "$tmp/acme.yaml"
check_run "new: a name that is none" 2 rules new 'a b'
cat >"$tmp/acme.h" <<'C'
/* acme_old(int x); is gone */
#define acme_macro(x) acme_fetch(x, 0)
typedef void (*acme_cb)(int status, void *data);
int acme_fetch(struct acme *a, char *buffer) __attribute__((nonnull(1)));
int acme_fetch_async(struct acme *a, acme_cb cb, void *data);
extern int acme_wait(struct acme *a,
	int timeout_ms);
static inline int acme_inline(int x) { return acme_fetch(0, 0); }
C
check_run "new from a header" 0 rules new acme --from-header "$tmp/acme.h"
check_line "new from a header: a pair" '^# acme_fetch\(\) has a twin acme_fetch_async'
check_line "new from a header: parameters" '^#   params: 2$'
check_line "new from a header: a timeout" '^#   bound: \{timeout: \{arg: 2, unit: ms'
check_line "new from a header: a callback" 'acme_fetch_async, params: 3, callbacks: \[\{arg: 2, thread: loop'
check "new from a header: no comments, no macros" test "$(grep -cE 'acme_(old|macro)' "$tmp/out")" = 0
cp "$tmp/out" "$tmp/acme2.yaml"
check_run "new from a header: what it writes is a pack" 0 rules validate "$tmp/acme2.yaml"
check_run "new from a header that is not there" 2 rules new acme --from-header "$tmp/none.h"

# ---- coverage

cat >"$tmp/a.c" <<'C'
int acme_one(void), acme_two(void);
__attribute__((annotate("blockcheck:loop"))) void cb(void)
{
	acme_one();
	acme_two();
	acme_two();
}
void not_on_a_loop(void)
{
	acme_one();
	acme_one();
}
C
write_database "$tmp" "" "$tmp/a.c"
check_run "coverage" 0 rules coverage -p "$tmp" --db "$tmp/b.db" --format=json
check_equal "coverage: the most called one first" "acme_two acme_one" "$(get 'unknown.*.function' | tr '\n' ' ' | sed 's/ $//')"
check_equal "coverage: its calls on the loop" "2 1" "$(get 'unknown.*.sites' | tr '\n' ' ' | sed 's/ $//')"
check_equal "coverage: an example" 5 "$(get unknown.0.line)"
cat >"$tmp/never.yaml" <<'YAML'
schema: blockcheck-rules/1
pack: {name: acme}
never_blocks: [{function: acme_two, reason: adds numbers}]
YAML
check_run "coverage with a pack" 0 rules coverage -p "$tmp" --db "$tmp/b.db" --rules "$tmp/never.yaml" --format=json
check_equal "coverage with a pack: what is left" acme_one "$(get 'unknown.*.function')"

# ---- schema

check_run "schema" 0 schema rules
if python3 -c 'import jsonschema, yaml; jsonschema.Draft202012Validator' 2>/dev/null; then
	cat >"$tmp/validate.py" <<'PY'
import json, sys
import jsonschema, yaml

schema = json.load(open(sys.argv[1]))
jsonschema.Draft202012Validator.check_schema(schema)
validator = jsonschema.Draft202012Validator(schema)
faults = 0
for name in sys.argv[2:]:
    document = json.loads(json.dumps(yaml.safe_load(open(name))))
    for error in validator.iter_errors(document):
        faults += 1
        print("%s: %s: %s" % (name, "/".join(map(str, error.path)), error.message[:200]))
sys.exit(1 if faults else 0)
PY
	cp "$tmp/out" "$tmp/schema.json"
	packs=$(find rules -name '*.yaml')
	# shellcheck disable=SC2086
	if python3 "$tmp/validate.py" "$tmp/schema.json" $packs; then
		ok "schema: all $(echo "$packs" | wc -l) shipped packs are valid to an independent validator"
	else
		not_ok "schema: the shipped packs"
	fi
	if python3 "$tmp/validate.py" "$tmp/schema.json" "$tmp/bad.yaml" >/dev/null; then
		not_ok "schema: a bad pack is valid"
	else
		ok "schema: a bad pack is not valid"
	fi
else
	skip "schema: no independent validator (Debian: python3-jsonschema, python3-yaml)"
fi
check_run "schema of what" 2 schema
check_run "schema of something unknown" 2 schema rule

finish
