#!/bin/sh
# The projects below fixtures/projects: each is copied, analysed, and compared with its expected.json.
set -eu
cd "$(dirname "$0")/../.."
. tests/e2e/lib

# compare WHAT: the project has findings, and they are those of its expected.json.
compare() {
	in_project check -p . --format=json
	check_status "$1" 1
	check "$1: findings as in expected.json" "$tools/subset" "$project/expected.json" "$tmp/out"
}

unpack demo
compare "demo"
check "demo: nothing is written outside .blockcheck" [ ! -e "$project/blockcheck.db" ]
check "demo: the database lies in .blockcheck" [ -s "$project/.blockcheck/blockcheck.db" ]
check_equal "demo: git ignores .blockcheck" "" "$(cd "$project" && git init -q . && git status --porcelain .blockcheck)"

# The same file, mended: the finding goes, the others stay.
sed -i 's/^\(	fsync\)/	\/\/ \1/' "$project/history.c"
in_project check -p . --format=json
check_status "demo, mended" 1
check_not_found "demo, mended: fsync is reported no more" fsync
check_found "demo, mended: getaddrinfo still is" getaddrinfo

unpack two-mains
compare "two-mains"
# Without output paths, who belongs to which program follows from who calls whom.
sed 's/ -o [^ ]*\.o / /' "$project/compile_commands.json" >"$tmp/database"
mv "$tmp/database" "$project/compile_commands.json"
rm -rf "$project/.blockcheck"
compare "two-mains without output paths"

unpack multi
compare "multi"

finish
