#!/bin/sh
# `blockcheck run` of what cannot be started, and what it says instead; where its report goes.
set -eu
cd "$(dirname "$0")/../.."
. tests/e2e/lib

project=$tmp/here
mkdir -p "$project/folder"
printf '#!/bin/sh\necho "$0"\n' >"$project/speak.sh"
printf '#!/no/such/shell\n' >"$project/lost"
printf 'echo no shell is named\n' >"$project/plain"
cp "$project/speak.sh" "$project/unmarked"
chmod +x "$project/speak.sh" "$project/lost" "$project/plain"
ln -s speak.sh "$project/link"

# cannot_start WHAT PATTERN ARGUMENTS...
cannot_start() {
	what=$1
	pattern=$2
	shift 2
	in_project run "$@"
	check_status "$what" 2
	check_error "$what: says so" "$pattern"
	check "$what: nothing ran" [ ! -s "$tmp/out" ]
}
cannot_start "no program" 'which program'
cannot_start "a program without a name" 'which program' ''
cannot_start "a program that is not there" 'nothing-of-that-name: no such program' nothing-of-that-name
cannot_start "a program that is here, not in PATH" 'the one here is \./speak\.sh' speak.sh
cannot_start "a folder" 'is a folder' ./folder
cannot_start "a file that is not executable" 'not an executable' ./unmarked
cannot_start "a script without its shell" 'needs /no/such/shell' ./lost
cannot_start "a script without a first line" 'run sh \./plain' ./plain
cannot_start "a report into no folder" 'no/such/report' -o no/such/report ./speak.sh
cannot_start "a report over a folder" 'is a folder' -o folder ./speak.sh
cannot_start "no folder of debug files" 'debug-files.*no such folder' --debug-files no/such ./speak.sh
cannot_start "a list of allowed stalls that is not there" 'no-list' --allow no-list ./speak.sh

# it is called as it would be without us
in_project run -q ./link
check_equal "a link to a script: its name" ./link "$(cat "$tmp/out")"

in_project run --format=json ./speak.sh
mv "$tmp/err" "$tmp/out"
check_equal "JSON on standard error: nothing else" blockcheck-run/1 "$(get schema)"
in_project run --quiet ./speak.sh
check "--quiet: no report" [ ! -s "$tmp/err" ]
in_project run --quiet -o report ./speak.sh
check "--quiet -o: a report" grep -q '0 stalls' "$project/report"
in_project run --format=json -o - -q ./speak.sh
check_equal "-o -: after what the program says" ./speak.sh "$(head -1 "$tmp/out")"
sed 1d "$tmp/out" >"$tmp/rest"
mv "$tmp/rest" "$tmp/out"
check_equal "-o -: the report" blockcheck-run/1 "$(get schema)"

# a program may leave the stream that it shares with us non-blocking
long=$(printf '%0200d' 0)
status=0
{
	"$BLOCKCHECK" run --db "$tmp/db" python3 -c '
import fcntl, os
fcntl.fcntl(2, fcntl.F_SETFL, fcntl.fcntl(2, fcntl.F_GETFL) | os.O_NONBLOCK)
try:
	while True: os.write(2, b"x" * 4096)
except BlockingIOError:
	pass
' "$long" 2>&1 >"$tmp/out" || status=$?
} | { sleep 1 && tail -c 400 >"$tmp/err"; }
if command -v python3 >/dev/null 2>&1; then
	check "a full pipe that does not block: the report comes whole" grep -q '^measured inside' "$tmp/err"
else
	skip "a full pipe that does not block: no python3 here"
fi
finish
