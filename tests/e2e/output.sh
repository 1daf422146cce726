#!/bin/sh
# Where the output goes: terminals, pipes, files, full disks.
set -eu
cd "$(dirname "$0")/../.."
. tests/e2e/lib

escape=$(printf '\033')
unset NO_COLOR CLICOLOR_FORCE 2>/dev/null || :
export TERM=xterm

# coloured FILE: it has escape sequences.
coloured() {
	grep -q "$escape\[" "$1"
}

# on_terminal ARGUMENTS...: runs the program on a terminal; what it shows goes to $tmp/out.
on_terminal() {
	cd "$project"
	script -qec "'$BLOCKCHECK' $*" /dev/null >"$tmp/out" 2>&1 </dev/null || :
	cd "$root"
}

unpack demo
in_project check -p .
check_status "into a file" 1
check "into a file: the sink is shown" grep -q getaddrinfo "$tmp/out"
check "into a file: no colour" sh -c '! grep -q "$1" "$2"' sh "$escape" "$tmp/out"
in_project check -p . --color=always
check "--color=always: colour" coloured "$tmp/out"
if script -qec true /dev/null >/dev/null 2>&1 </dev/null; then
	on_terminal check -p .
	check "on a terminal: colour" coloured "$tmp/out"
	on_terminal check -p . --color=never
	check "on a terminal, --color=never: none" sh -c '! grep -q "$1" "$2"' sh "$escape\[" "$tmp/out"
	NO_COLOR=1 on_terminal check -p .
	check "on a terminal, NO_COLOR: none" sh -c '! grep -q "$1\[[0-9;]*m" "$2"' sh "$escape" "$tmp/out"
	on_terminal check -p . --format=json
	check "JSON on a terminal: none" sh -c '! grep -q "$1" "$2"' sh "$escape\[[0-9;]*m" "$tmp/out"
else
	skip "terminals: no script(1) here, or no pseudo-terminals"
fi

in_project check -p . --format=json
cp "$tmp/out" "$tmp/on-stdout"
in_project check -p . --format=json -o "$tmp/report.json"
check_status "-o" 1
check "-o: nothing on stdout" [ ! -s "$tmp/out" ]
check_equal "-o: the same findings" "$("$tools/query" "$tmp/on-stdout" findings)" "$("$tools/query" "$tmp/report.json" findings)"
in_project check -p . -o "$tmp/no/such/folder/report"
check_status "-o into a folder that is not there" 2
check_error "-o into a folder that is not there: says so" 'no/such/folder'

if [ -w /dev/full ]; then
	for format in text json; do
		status=0
		(cd "$project" && "$BLOCKCHECK" check -p . --format=$format) >/dev/full 2>"$tmp/err" || status=$?
		check_status "$format to a full device" 2
	done
	check_error "a full device: says so" 'space|write'
fi
status=0
(cd "$project" && "$BLOCKCHECK" check -p .) >&- 2>"$tmp/err" || status=$?
check_status "stdout is closed" 2
# The reader goes away: no message, no endless run, and no success.
for format in text json; do
	(cd "$project" && { timeout 60 "$BLOCKCHECK" check -p . --format=$format 2>"$tmp/err" || echo $? >"$tmp/status"; }) | :
	case $(cat "$tmp/status") in
	124 | 134 | 139) not_ok "$format into a closed pipe: ends with $(cat "$tmp/status")" ;;
	*) ok "$format into a closed pipe: ends with $(cat "$tmp/status")" ;;
	esac
	check "$format into a closed pipe: at most one line on stderr" [ "$(wc -l <"$tmp/err")" -le 1 ]
done

# Exit status by severity.
in_project check -p . --fail-on=never
check_status "--fail-on=never" 0
in_project check -p . --fail-on=error
check_status "--fail-on=error" 1
in_project check -p . --quiet --fail-on=error
check_status "--quiet" 1

# What people mistype.
check_run "an unknown verb" 2 chekc
check_error "an unknown verb: names it" chekc
check_run "an unknown option" 2 check --formt=json
check_error "an unknown option: names it" formt
check_run "an unknown format" 2 check --format=yaml
check_error "an unknown format: names it" yaml
check_run "an unknown confidence" 2 check --min-confidence=maybe
check_error "an unknown confidence: names it" maybe
check_run "a budget without sense" 2 check --budget=soon
check_error "a budget without sense: names it" soon
check_run "a rule file that is not there" 2 check -p "$project" --rules "$tmp/none.yaml"
check_error "a rule file that is not there: names it" none.yaml
check_run "--help" 0 --help
check "--help: names check" grep -q check "$tmp/out"
check_run "--version" 0 --version

finish
