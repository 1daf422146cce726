#!/bin/sh
# .blockcheck.yaml: what it changes, who has the last word, and what is said of a wrong one.
set -eu
cd "$(dirname "$0")/../.."
. tests/e2e/lib

project=$tmp/project
mkdir -p "$project/src/deep" "$project/tests" "$project/packs" "$project/build"
cat >"$project/src/main.c" <<'END'
#include <unistd.h>

typedef void (*callback)(void);

static void every(int ms, callback cb) { static callback kept; kept = ms ? cb : kept; }
void query(void) { sleep(1); }
static void nap(void) { sleep(2); }
void save(void) { nap(); }
void far_away(void);

static void on_timer(void)
{
	query();
	save();
	usleep(700);
	far_away();
}

int main(void) { every(1, on_timer); return 0; }
END
cat >"$project/tests/main_test.c" <<'END'
#include <unistd.h>

void every_test(void (*cb)(void));
void far_away(void);
static void on_test(void) { sleep(3); far_away(); }
void far_away(void) { usleep(20000); }
void run_tests(void) { every_test(on_test); }
END
cat >"$project/packs/test.yaml" <<'END'
schema: blockcheck-rules/1
pack: {name: test, license: MIT}
loops:
- id: testing
  register:
  - {function: every_test, callbacks: [{arg: 1, thread: loop}]}
END
write_database "$project/build" "-std=gnu11" "$project/src/main.c" "$project/tests/main_test.c"

# config TEXT...: one line of the project file each
config() {
	printf '%s\n' "$@" >"$project/.blockcheck.yaml"
}

# checked WHAT STATUS LINES [OPTION...]: the lines of the findings
checked() {
	label=$1
	expected_status=$2
	expected_lines=$3
	shift 3
	cd "$project"
	run check -p build --format=json "$@"
	cd "$root"
	check_status "$label" "$expected_status"
	check_equal "$label" "$expected_lines" "$( (get 'findings.*.sink.line' || :) | sort -n | tr '\n' ' ' | sed 's/ $//')"
}

register='register: [{function: every, callbacks: [{arg: 2, thread: loop}]}]'

# ---- what it changes ----

config '# nothing but a comment'
checked "a file that says nothing" 0 ""
config "$register"
checked "register" 1 "6 6 7"
check_equal "its name" project "$(get findings.0.callback.loop)"
config "$register" 'blocking:' '- {function: query, category: network, bound: unbounded}'
checked "a function of its own blocks" 1 "6 7 13"
config "$register" 'never_blocks: [{function: [query, nap], reason: "they sleep in tests only"}]'
checked "functions of its own do not block" 1 "6"
config "$register" 'cut:' '- {from: save, to: nap, reason: "never on the loop"}' \
	'- {from: query, to: sleep, reason: "never on the loop"}'
checked "cuts" 1 "6"
config "$register" 'disable: [posix.sleep]'
checked "disable" 1 "6"
config "$register" 'rules: [packs]'
checked "packs beside it" 1 "5 6 6 7"
check_equal "the callbacks of both" "on_test on_timer" \
	"$(get findings.*.callbacks | grep -o 'on_[a-z]*' | sort -u | tr '\n' ' ' | sed 's/ $//')"
config "$register" 'rules: [packs]' 'paths: [{path: tests/, skip: true}]'
checked "a skipped folder" 1 "6 7"
check_equal "nothing in it is a callback" on_timer "$(get findings.*.callbacks | grep -o 'on_[a-z]*' | sort -u)"
config "$register" 'budget: 30ms'
checked "the budget" 1 "6 7"
config "$register" 'budget: 500us'
checked "a small budget" 1 "6 6 7 15"
config "$register" 'fail_on: never'
checked "fail_on" 0 "6 6 7"
config "$register" 'never_blocks:' '- {function: nap, reason: "a"}' '- {function: napp, reason: "b"}' \
	'cut:' '- {from: on_timer, to: nap, reason: "c"}' 'fail_on: note'
checked "entries that match nothing" 1 "6 6"
check_equal "are told" ".blockcheck.yaml .blockcheck.yaml" "$(get 'remarks.*.file' | tr '\n' ' ' | sed 's/ $//')"
check_equal "by their lines" "4 6" "$(get 'remarks.*.line' | tr '\n' ' ' | sed 's/ $//')"
check_equal "as BC301" "BC301 BC301" "$(get 'remarks.*.rule' | tr '\n' ' ' | sed 's/ $//')"
cd "$project/src"
run check -p ../build
cd "$root"
check "in words, and wherever one stands" \
	grep -qF 'note[BC301]: .blockcheck.yaml:6: the cut matches nothing: on_timer() does not call nap()' "$tmp/out"
config 'cut: [{from: a, to: b, reason: "c"}]' 'fail_on: note'
checked "a remark alone" 1 ""
config 'cut: [{from: a, to: b, reason: "c"}]'
checked "a remark alone, with a higher bar" 0 ""

cat >"$project/src/main.c" <<'END'
#include <unistd.h>

ssize_t every(int ms, void (*cb)(int));
static void on_read(int fd) { char c; read(fd, &c, 1); }
int main(void) { return (int)every(1, on_read); }
END
config "$register" 'min_confidence: certain'
checked "min_confidence" 0 ""
config "$register" 'min_confidence: certain' 'paths: [{path: src, min_confidence: possible}]'
checked "min_confidence of a folder" 1 "4"
config "$register" 'paths:' '- {path: ., min_confidence: possible}' '- {path: src/main.c, min_confidence: certain}'
checked "the last entry counts" 0 ""

# ---- who has the last word ----

config 'budget: 1s' 'logging: yes' 'rules: ["packs/test.yaml"]' 'paths: [{path: "tests", skip: true}]'
cd "$project/src/deep"
run config show --origin --fail-on=error --budget 2s --rules "$root/fixtures/cases/loop.yaml"
cd "$root"
check_status "config show" 0
says() {
	check "config show: $1" grep -qE -- "$1" "$tmp/out"
}
says '^# project file: .*/project/\.blockcheck\.yaml$'
says '^budget: 2000ms +# --budget$'
says '^min_confidence: likely +# default$'
says '^fail_on: error +# --fail-on$'
says '^logging: true +# .*/\.blockcheck\.yaml:2$'
says '^- "packs/test\.yaml" +# .*/\.blockcheck\.yaml:3$'
says '^- ".*/loop\.yaml" +# --rules$'
says '^- \{path: "tests", skip: true\} +# .*/\.blockcheck\.yaml:4$'
config "$register" 'budget: 500us' 'never_blocks: [{function: a, reason: "\"x\": y # \u00e4\\"}]' \
	'blocking: [{function: [b, c], category: disk, bound: {timeout: {arg: 1, unit: ms, forever: null}}}]'
cd "$project"
run config show
cp "$tmp/out" .blockcheck.yaml
run config show
cd "$root"
check "what it shows says the same" cmp -s "$tmp/out" "$project/.blockcheck.yaml"
cd "$tmp"
check_run "without a project file" 0 config show --origin
check "it says so" grep -q '^# project file: none' "$tmp/out"
check_run "config of what" 2 config sohw
check_error "config of what" "did you mean 'show'"
cd "$root"

# ---- what the documentation shows ----

mkdir "$project/rules"
cp "$project/packs/test.yaml" "$project/rules/ourlib.yaml"
sed -n '/^```yaml$/,/^```$/p' "$root/docs/PROJECT-FILE.md" | sed '/^```/d' >"$project/.blockcheck.yaml"
check "docs/PROJECT-FILE.md has an example" test -s "$project/.blockcheck.yaml"
cd "$project"
run check -p build --format=json
cd "$root"
check_status "it is taken" 0
check_equal "nothing of it fits here" "BC301 BC301" "$(get 'remarks.*.rule' | tr '\n' ' ' | sed 's/ $//')"

# ---- what is wrong ----

# wrong PATTERN TEXT...
wrong() {
	pattern=$1
	shift
	config "$@"
	cd "$project"
	run check -p build
	cd "$root"
	check_status "wrong: $1" 2
	check_error "wrong: $1" "^blockcheck: error: \.blockcheck\.yaml:$pattern"
}
wrong "1:1: unknown key 'budgett' in the project file; did you mean 'budget'" 'budgett: 10ms'
wrong "2:9: 'budget' in the project file must be a time.*not '10'" '#' 'budget: 10'
wrong "1:9: .*must be a time" 'budget: 25min5'
wrong "1:17: .*cannot be 'likly'.*did you mean 'likely'" 'min_confidence: likly'
wrong "1:10: .*must be a list" 'disable: posix.sleep'
wrong "1:11: no rule or loop.*did you mean 'posix.sleep'" 'disable: [posix.slep]'
wrong "2:3: a blocking rule needs the key 'category'" 'blocking:' '- {function: f, bound: unbounded}'
wrong "1:16: a never_blocks entry needs the key 'reason'" 'never_blocks: [{function: f}]'
wrong "1:7: a cut needs the key 'reason'" 'cut: [{from: a, to: b}]'
wrong "1:16: a path has to lie below" 'paths: [{path: ../other, skip: true}]'
wrong "1:16: a path has to lie below" 'paths: [{path: /etc, skip: true}]'
wrong "1:9: a path needs 'skip' or 'min_confidence'" 'paths: [{path: src}]'
wrong "2:3: the key 'budget' appears twice|2:1: the key 'budget' appears twice" 'budget: 1ms' 'budget: 2ms'
wrong "1:9: aliases, anchors and tags" 'budget: &a 1ms'
wrong "1:1: the project file is a mapping" '- budget'
wrong "1:.*nested too deeply" "$(printf 'cut: '; i=0; while [ $i -lt 40 ]; do printf '['; i=$((i + 1)); done)"
wrong "2:.*argument 9 of a function with 2" 'register:' '- {function: f, params: 2, callbacks: [{arg: 9, thread: loop}]}'

config 'rules: [nowhere.yaml]'
cd "$project"
check_run "a pack that is not there" 2 check -p build
check_error "a pack that is not there" 'nowhere\.yaml: No such file'
rm .blockcheck.yaml
mkfifo .blockcheck.yaml
check_run "a project file that never ends" 2 check -p build
check_error "a project file that never ends" '\.blockcheck\.yaml: is not a regular file'
rm .blockcheck.yaml
dd if=/dev/zero of=.blockcheck.yaml bs=1048576 count=2 2>/dev/null
check_run "a project file that is too large" 2 check -p build
check_error "a project file that is too large" '\.blockcheck\.yaml'
check_run "help is there all the same" 0 check --help
cd "$root"

check_run "schema config" 0 schema config
check_equal "schema config: a time, or a bare 0" 2 "$(get 'properties.budget.anyOf.#')"
check_equal "schema config: nothing else" false "$(get additionalProperties)"
check_equal "schema config: a rule between neighbours needs no papers" '["function","category","bound"]' \
	"$(get '$defs.a_blocking_rule.required')"

finish
