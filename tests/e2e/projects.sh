#!/bin/sh
# The projects below fixtures/projects: each is copied, analysed, and compared with its expected.json.
set -eu
cd "$(dirname "$0")/../.."
. tests/e2e/lib

# unpack NAME: a copy of the project at $project, with its compilation database.
unpack() {
	project=$tmp/$1
	rm -rf "$project"
	cp -R "fixtures/projects/$1" "$project"
	mkdir -p "$project/build"
	sed "s|@DIR@|$project|g" "$project/compile_commands.json.in" >"$project/compile_commands.json"
}

compare() {
	cd "$project"
	check_run "$1" 1 check -p . --format=json
	cd "$root"
	check "$1: findings as in expected.json" "$tools/subset" "$project/expected.json" "$tmp/out"
}

unpack demo
compare "demo"
check "demo: nothing is written outside .blockcheck" [ ! -e "$project/blockcheck.db" ]
check "demo: the database lies in .blockcheck" [ -s "$project/.blockcheck/blockcheck.db" ]
check_equal "demo: git ignores .blockcheck" "" "$(cd "$project" && git init -q . && git status --porcelain .blockcheck)"

# The same file, mended: the finding goes, the others stay.
sed -i 's/^\(	fsync\)/	\/\/ \1/' "$project/history.c"
cd "$project"
check_run "demo without fsync" 1 check -p . --format=json
cd "$root"
check "demo without fsync: no fsync is reported" \
	sh -c '! "$1" "$2" "findings.*.sink.function" | grep -qx fsync' sh "$tools/query" "$tmp/out"
check "demo without fsync: getaddrinfo still is" \
	sh -c '"$1" "$2" "findings.*.sink.function" | grep -qx getaddrinfo' sh "$tools/query" "$tmp/out"

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
