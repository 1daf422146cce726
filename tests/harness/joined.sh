#!/bin/sh
# Both answers in one database: what was measured joins what was predicted, whichever came first; the
# report tells what was confirmed, what nobody predicted, what never happened, and what the check did
# not know. The program was built from another copy of its source.
set -eu
cd "$(dirname "$0")/../.."
. tests/e2e/lib

program=$BLOCKCHECK_PROGRAMS/uv_joined
if [ ! -x "$program" ]; then
	echo "skipped: no libuv here"
	exit 77
fi
project=$tmp/project
db=$project/.blockcheck/blockcheck.db
mkdir -p "$project/src"
cp fixtures/programs/uv_joined.c "$project/src/"
write_database "$project" "-O2 -g" src/uv_joined.c

# ask SQL: of the database, on one line.
ask() {
	"$tools/query" "$db" "$1" | tr '\n' ' ' | sed 's/ $//'
}

# near WHAT VALUE LEAST: a time in milliseconds; a busy machine may stretch it, never shorten it.
near() {
	check "$1: $2 ms" awk -v v="$2" -v least="$3" 'BEGIN {exit !(v >= least && v < least + 2000)}'
}

# The values of the stalls of the last run in a callback.
stall_of() {
	"$tools/query" "$tmp/run" 'stalls.*.callback' | grep -n . >"$tmp/callbacks"
	n=$(sed -n "s/:$1\$//p" "$tmp/callbacks" | head -1)
	if [ -n "$n" ]; then "$tools/query" "$tmp/run" "stalls.$((n - 1)).$2"; fi
}

measure() {
	in_project run --budget 25ms --format json -o "$tmp/run" "$@" "$program"
	check_status "run" 0
}

# ---- nothing is there yet

in_project report
check_status "report without a database" 2
check_error "report without a database" 'blockcheck.db: is not there; run blockcheck check'

# ---- measured first, checked then

measure
check_equal "a run before any check: nothing to compare with" null "$(stall_of on_predicted finding)"
in_project report --format json
check_status "report of measurements only" 1
check_error "report of measurements only" 'run blockcheck check'
check_equal "report of measurements only: no findings" 0 "$(get 'findings.#')"
check_equal "report of measurements only: runs" 1 "$(get measured.runs)"

in_project check --format json
check_status "check" 1
found=$(get 'findings.*.sink.function' | tr '\n' ' ')
check_equal "check: what it finds" "nanosleep sleep sync " "$found"
predicted=$(get findings.0.fingerprint)
check_equal "check: runs in which it was measured" 1 "$(get findings.0.observed.runs)"
check_equal "check: how often" 2 "$(get findings.0.observed.count)"
near "check: the worst" "$(get findings.0.observed.max_ms)" 60
near "check: p99" "$(get findings.0.observed.p99_ms)" 56
check_equal "check: what never happened" null "$(get findings.1.observed)"

# ---- measured again, joined at once

measure
check_equal "a run after a check: what predicted it" "$predicted" "$(stall_of on_predicted finding)"
check_equal "a run after a check: the rule of the stall" BC201 "$(stall_of on_predicted rule)"
check_equal "a run after a check: what nothing predicted" null "$(stall_of on_surprise finding)"
check_equal "advice is of this loop" uv_timer_start "$(stall_of on_predicted alternatives.0.use)"
check_equal "the database has it without another check" 2 \
	"$(ask "SELECT observed_runs FROM findings WHERE fingerprint = '$predicted' AND run = 1")"
check_equal "view confirmed_findings" "nanosleep() can block the event loop" \
	"$(ask 'SELECT message FROM confirmed_findings')"
check_equal "view surprises" "BC201|on_surprise|usleep|2" \
	"$(ask "SELECT rule, callback, culprit, runs FROM surprises WHERE culprit = 'usleep'")"
check_equal "view worst_callbacks" "300|2" \
	"$(ask "SELECT count, runs FROM worst_callbacks WHERE function = 'on_often'")"
check_equal "histograms add up" 300 \
	"$(ask "SELECT sum(t.count) FROM callback_times t JOIN callback_stats USING (profile, callback)
		WHERE function = 'on_often'")"

status=0
(cd "$project" && "$BLOCKCHECK" run --budget 25ms "$program") >"$tmp/out" 2>"$tmp/err" || status=$?
check_status "run, as text" 0
check "run, as text: what predicted it" \
	grep -q "predicted by $predicted, BC101: nanosleep() in wait_a_while (src/uv_joined.c:" "$tmp/err"
check "run, as text: what nothing predicted" grep -q 'nothing predicted it' "$tmp/err"

in_project check
check "check, as text: measured" grep -qE 'measured: worst [0-9.]+ ms, 3 runs \(6 times, p99' "$tmp/out"

# ---- the report

in_project report --format json
check_status "report" 1
check_equal "report: it is the findings' document" blockcheck-findings/1 "$(get schema)"
check_equal "report: runs" 3 "$(get measured.runs)"
check_equal "report: confirmed" 3 "$(get findings.0.observed.runs)"
surprise=$(get 'measured.surprises.*.culprit.function' | grep -n '^usleep$' | cut -d: -f1)
check "report: the surprise is there" [ -n "$surprise" ]
surprise=measured.surprises.$((surprise - 1))
check_equal "report: its callback" on_surprise "$(get $surprise.callback)"
check_equal "report: its rule" BC201 "$(get $surprise.rule)"
check_equal "report: its runs" 3 "$(get $surprise.runs)"
near "report: its worst" "$(get $surprise.max_ms)" 70
check_equal "report: its stack" work_in_hiding "$(get $surprise.stack.0.function)"
check_equal "report: ran often, never stalled there" "$(get findings.1.fingerprint)" "$(get measured.quiet.0.fingerprint)"
check_equal "report: how often" 450 "$(get measured.quiet.0.count)"
check_equal "report: ran seldom" "$(get findings.2.fingerprint)" "$(get measured.seldom.0.fingerprint)"
check_equal "report: a callback that the check did not know" on_hidden "$(get measured.unseen.0.callee.function)"
check_equal "report: how it was registered" uv_timer_start "$(get measured.unseen.0.caller.function)"
check_equal "report: a call that the check did not know" "call on_surprise work_in_hiding" \
	"$(get measured.unseen.1.kind) $(get measured.unseen.1.caller.function) $(get measured.unseen.1.callee.function)"
check_equal "report: that is all" 2 "$(get 'measured.unseen.#')"

# A golden without what a busy machine adds: other kinds of stalls, the table of times.
in_project report
check_status "report, as text" 1
sed -E -e "s|$root/fixtures/programs|/elsewhere|" -e 's/[0-9.]+ (us|ms|s)\b/TIME/g' -e 's/ *\([0-9]+\)$//' "$tmp/out" | awk '
	/^(warning|note)\[BC20[1-5]\]/ {skip = !/in usleep\(\)/}
	/^$/ {skip = 0}
	/worst callbacks$/ {table = 1}
	/^blockcheck: / {sub(/[0-9]+ not predicted/, "N not predicted"); table = 0}
	!skip && !table' >"$tmp/text"
if diff -u tests/harness/joined.txt "$tmp/text"; then
	ok "report, as text: as in joined.txt"
else
	not_ok "report, as text: not as in joined.txt"
fi

check_run "report in a format that there is not" 2 report --format yaml
check_error "report in a format that there is not" "unknown format 'yaml'"
in_project report --fail-on error
check_status "report --fail-on error" 1
in_project report --fail-on never
check_status "report --fail-on never" 0

# ---- what is allowed

cat >"$project/allow.yaml" <<'END'
allow:
- {callback: on_surprise, culprit: usleep, reason: "a test wants it"}
- {culprit: fsync, reason: "there is none"}
- {culprit: nanosleep}
END
measure --allow allow.yaml
check_equal "run --allow: the reason" "a test wants it" "$(stall_of on_surprise allowed)"
check_equal "run --allow: the others" null "$(stall_of on_predicted allowed)"
check_equal "run --allow: unused, and without a reason" "BC302 BC301" \
	"$("$tools/query" "$tmp/run" 'remarks.*.rule' | tr '\n' ' ' | sed 's/ $//')"
check_equal "the database has the reason" "a test wants it" \
	"$(ask "SELECT allowed FROM stalls WHERE allowed IS NOT NULL")"
sed -i 's/nanosleep}/nanosleep, reason: "another"}/' "$project/allow.yaml"
in_project run --allow allow.yaml --budget 25ms --fail-over 50ms -o "$tmp/run" "$program"
case $status in
0) ok "run --allow --fail-over: all are allowed" ;;
*) if grep -qE '^[0-9.]+ m?s in .*(overloaded|computing|blocked)' "$tmp/run"; then
	skip "run --allow --fail-over: the machine itself stalled"
else
	not_ok "run --allow --fail-over: status $status"
fi ;;
esac
check "run --allow: counted in the report" grep -qE ', 3 of them allowed' "$tmp/run"
echo 'allow: nothing' >"$project/allow.yaml"
in_project run --allow allow.yaml "$program"
check_status "run --allow with no such file" 2
check_error "run --allow with no such file" 'allow.yaml:1'

# ---- a database that cannot be written

runs=$(ask 'SELECT count(*) FROM profile_runs')
cp "$db" "$tmp/copy.db"
if can_be_nobody; then
	chmod 755 "$tmp" "$tmp/project"
	chmod -R a-w,a+rX "$project/.blockcheck"
	status=0
	(cd "$project" && as_nobody "$BLOCKCHECK" run --budget 25ms "$program") >"$tmp/out" 2>"$tmp/err" || status=$?
	check_status "a database that may not be written: the program's own status" 0
	check "a database that may not be written: says so, once" \
		[ "$(grep -c 'this run is not kept' "$tmp/err")" = 1 ]
	check "a database that may not be written: the report is there, and joined" \
		grep -q "predicted by $predicted" "$tmp/err"
	chmod -R u+w "$project/.blockcheck"
else
	skip "a database that may not be written: no way to be another user than root"
fi
head -c 30000 /dev/urandom >"$tmp/noise.db"
in_project run --budget 25ms --db "$tmp/noise.db" "$program"
check_status "a database of noise: the program's own status" 0
check "a database of noise: says so" grep -q 'noise.db: is damaged or no database' "$tmp/err"
check "a database of noise: the report is there" grep -q 'in on_surprise in usleep()' "$tmp/err"
small=$tmp/small
mkdir "$small"
if mount -t tmpfs -o size=2m tmpfs "$small" 2>/dev/null; then
	trap 'umount "$small"; remove_tmp' EXIT
	cp "$tmp/copy.db" "$small/x.db"
	dd if=/dev/zero of="$small/filler" bs=1k 2>/dev/null || :
	in_project run --budget 25ms --db "$small/x.db" "$program"
	check_status "a full disk: the program's own status" 0
	check "a full disk: says so" grep -qE 'not kept.*(full|space)' "$tmp/err"
	check "a full disk: the report is there" grep -q 'in on_surprise in usleep()' "$tmp/err"
	rm "$small/filler"
	check_equal "a full disk: what was there is there" "$runs" \
		"$("$tools/query" "$small/x.db" 'SELECT count(*) FROM profile_runs')"
	umount "$small"
	trap remove_tmp EXIT
else
	skip "a full disk: no right to mount a small one"
fi

finish
