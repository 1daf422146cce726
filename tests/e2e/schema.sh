#!/bin/sh
# docs/DATABASE.md names every table, column, type and view that the database has, and no other.
set -eu
cd "$(dirname "$0")/../.."
. tests/e2e/lib

unpack demo
in_project check -p .
check_status "check" 1
db=$project/.blockcheck/blockcheck.db
"$tools/query" "$db" "SELECT m.name || ' ' || c.name || ' ' || lower(c.type)
	FROM sqlite_schema m, pragma_table_info(m.name) c WHERE m.type = 'table'" | sort >"$tmp/is"
# shellcheck disable=SC2016 # backquotes of Markdown
awk '/^#/ {table = ""} /^### `/ {split($0, part, "`"); table = part[2]}
	table != "" && /^\| `/ {split($0, part, "`"); split(part[3], rest, /[ |]+/); print table, part[2], rest[2]}' \
	docs/DATABASE.md | sort >"$tmp/said"
check "tables and columns ($(wc -l <"$tmp/is"))" diff "$tmp/is" "$tmp/said"
"$tools/query" "$db" "SELECT name FROM sqlite_schema WHERE type = 'view'" | sort >"$tmp/is"
# shellcheck disable=SC2016
awk '/^## / {views = /Views/} views && /^\| `/ {split($0, part, "`"); print part[2]}' docs/DATABASE.md |
	sort >"$tmp/said"
check "views ($(wc -l <"$tmp/is"))" diff "$tmp/is" "$tmp/said"
version=$("$tools/query" "$db" 'PRAGMA user_version')
check "the version of the tables" grep -q "now $version;" docs/DATABASE.md
finish
