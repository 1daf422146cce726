#!/bin/sh
# Facts and findings are the same bytes for another checkout path, another number of workers, another
# locale, time zone, home and umask.
set -eu
cd "$(dirname "$0")/../.."
. tests/e2e/lib

# variant NAME FOLDER ENVIRONMENT... -- OPTIONS...: analyses a copy of the project in FOLDER.
variant() {
	name=$1
	unpack demo "$tmp/$2"
	shift 2
	environment=
	while [ "$1" != -- ]; do
		environment="$environment $1"
		shift
	done
	shift
	cd "$project"
	# shellcheck disable=SC2086 # NAME=VALUE words
	env $environment "$BLOCKCHECK" check -p . --format=json "$@" >"$tmp/out" 2>"$tmp/err" || status=$?
	cd "$root"
	check_status "$name" 1
	keep "$name"
}

# keep NAME: what the last run found, to be compared.
keep() {
	mkdir -p "$tmp/results"
	{
		get findings
		get unresolved
	} >"$tmp/results/$1" || not_ok "$1: no findings to compare"
}

status=0
variant first one/demo -- -j1
first=$project
files=$(find "$first/.blockcheck/facts" -type f | wc -l)
check "facts are files ($files)" [ "$files" -ge 7 ]

# same NAME: facts and findings as in the first variant.
same() {
	if diff -r "$first/.blockcheck/facts" "$project/.blockcheck/facts" >"$tmp/diff" 2>&1; then
		ok "$1: the same facts"
	else
		not_ok "$1: other facts"
		head -5 "$tmp/diff" | sed 's/^/      | /'
	fi
	check "$1: the same findings" cmp -s "$tmp/results/first" "$tmp/results/$1"
}

variant path "another/rather longer/path/with blanks/demo" -- -j1
same path
variant workers three/demo -- -j7
same workers
variant locale four/demo LC_ALL=tr_TR.UTF-8 LANG=de_DE.UTF-8 TZ=Asia/Kathmandu HOME=/nonexistent -- -j2
same locale
umask 077
variant umask five/demo SOURCE_DATE_EPOCH=1 COLUMNS=40 -- -j3
umask 022
same umask

# The database in another place, and units in another order.
unpack demo "$tmp/six/demo"
awk 'NR == 1 || /^\]/ {next} {sub(/},$/, "}"); if (/^{/) {line[++n] = $0} else {line[n] = line[n] "\n" $0}}
	END {print "["; for (i = n; i > 0; i--) print line[i] (i > 1 ? "," : ""); print "]"}' \
	"$project/compile_commands.json" >"$tmp/database"
mv "$tmp/database" "$project/compile_commands.json"
check "the units are really in another order" \
	sh -c '! cmp -s "$1" "$2"' sh "$project/compile_commands.json" "$project/compile_commands.json.in"
in_project check -p . --format=json
check_status order 1
keep order
same order

finish
