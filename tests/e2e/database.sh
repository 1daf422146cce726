#!/bin/sh
# Compilation databases: missing, malformed, unreadable, empty, and in all the forms that tools write.
set -eu
cd "$(dirname "$0")/../.."
. tests/e2e/lib

# ---- what cannot be used: exit status 2, and one line that says what and where

mkdir "$tmp/nothing"
project=$tmp/nothing
in_project check
check_status "no database" 2
check_error "no database: says so" 'compile_commands\.json'
in_project check -p "$tmp/nothing/at/all"
check_status "a database that is not there" 2
check_error "a database that is not there: names it" "$tmp/nothing/at/all"

# bad_database WHAT PATTERN TEXT
bad_database() {
	printf '%s' "$3" >"$tmp/nothing/compile_commands.json"
	in_project check -p .
	check_status "$1" 2
	check_error "$1: says so" "$2"
}
bad_database "an empty file" 'compile_commands\.json' ''
bad_database "half a file" 'compile_commands\.json:[0-9]+' '[{"directory": "/", "file": "a.c", "argu'
bad_database "an object" 'compile_commands\.json.*array|array.*compile_commands\.json' '{"directory": "/"}'
bad_database "no text at all" 'compile_commands\.json' "$(head -c 4000 /dev/urandom | tr -d '\0')"
printf '[' >"$tmp/deep"
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do cat "$tmp/deep" "$tmp/deep" >"$tmp/deeper"; mv "$tmp/deeper" "$tmp/deep"; done
bad_database "65536 brackets" 'compile_commands\.json' "$(cat "$tmp/deep")"
rm "$tmp/nothing/compile_commands.json"
mkdir "$tmp/nothing/compile_commands.json"
in_project check -p compile_commands.json
check_status "a folder in place of the file" 2

rm -r "$tmp/nothing/compile_commands.json"
echo '[]' >"$tmp/nothing/compile_commands.json"
in_project check --format=json
check_status "an empty project" 2
check_error "an empty project: says so" 'compile_commands\.json.*empty'
mkdir "$tmp/nothing/out"
mv "$tmp/nothing/compile_commands.json" "$tmp/nothing/out/"
in_project check
check_status "a database in a folder of another name" 2
check_error "a database in a folder of another name: says which" 'give -p out$'

if can_be_nobody; then
	unpack demo "$tmp/open/demo"
	chmod 755 "$tmp" "$tmp/open"
	chown -R 65534:65534 "$project" 2>/dev/null || :
	chmod 0 "$project/compile_commands.json"
	status=0
	(cd "$project" && as_nobody "$BLOCKCHECK" check -p .) >"$tmp/out" 2>"$tmp/err" || status=$?
	check_status "an unreadable database" 2
	check_error "an unreadable database: says so" 'permission denied'
	chmod 644 "$project/compile_commands.json"
	chmod 0 "$project/names.c"
	status=0
	(cd "$project" && as_nobody "$BLOCKCHECK" check -p . --format=json) >"$tmp/out" 2>"$tmp/err" || status=$?
	check_status "an unreadable source" 3
	check_equal "an unreadable source: is named" names.c "$(get degraded.0.file)"
	check_equal "an unreadable source: says why" "Permission denied" "$(get degraded.0.first)"
	check_found "an unreadable source: the others are analysed" fsync
	chmod 644 "$project/names.c"
	mkdir "$project/closed"
	mv "$project/names.c" "$project/closed/"
	sed 's|"names.c"|"closed/names.c"|g' "$project/compile_commands.json" >"$tmp/database"
	cat "$tmp/database" >"$project/compile_commands.json"
	chmod 0 "$project/closed"
	status=0
	(cd "$project" && as_nobody "$BLOCKCHECK" check -p . --format=json) >"$tmp/out" 2>"$tmp/err" || status=$?
	check_status "an unreadable folder" 3
	check_equal "an unreadable folder: the source in it is named" closed/names.c "$(get degraded.0.file)"
	chmod 755 "$project/closed"
else
	skip "unreadable files: no way to be another user than root"
fi

# ---- what can be used

unpack demo
rm "$project/names.c"
in_project check -p . --format=json
check_status "a source that is not there" 3
check_equal "a source that is not there: is named" names.c "$(get degraded.0.file)"
check_found "a source that is not there: the others are analysed" fsync

unpack demo
mkdir -p "$project/deep/down"
cd "$project/deep/down"
run check --format=json
cd "$root"
check_status "the database of a folder above" 1
check_equal "the database of a folder above: units" 7 "$(get summary.units)"
mkdir -p "$project/build-debug"
mv "$project/compile_commands.json" "$project/build-debug/"
in_project check --format=json
check_status "the database in build*/" 1
check_equal "the database in build*/: units" 7 "$(get summary.units)"

unpack demo
cd "$project/build"
run check
cd "$root"
check_equal "elsewhere: the first line says where files are" "files are below $project" "$(head -1 "$tmp/out")"
in_project check
check "in the project's folder: files need no such line" sh -c '! grep -q "files are below" "$1"' sh "$tmp/out"

# Nobody knows what a malformed entry was about, so the run is not complete.
unpack demo
sed '1s/.*/[{"directory": "\/"},/' "$project/compile_commands.json" >"$tmp/database"
mv "$tmp/database" "$project/compile_commands.json"
in_project check -p . --format=json
check_status "a malformed entry" 3
check_equal "a malformed entry: the database is named" compile_commands.json "$(get degraded.0.file)"
check_found "a malformed entry: the others are analysed" fsync
in_project check -p .
check "a malformed entry: is told" grep -q '^blockcheck: incomplete: 1 entry of the compilation database' "$tmp/out"

# One source that compiles only if its command was read right. Each entry is one way of writing it.
project=$tmp/forms
mkdir -p "$project/sub dir" "$project/inc \"quoted\"" "$project/bin"
cat >"$project/inc \"quoted\"/only.h" <<'C'
#define SEEN 1
C
cat >"$project/sub dir/form.c" <<'C'
#include <unistd.h>
#include <poll.h>
#include "only.h"
#if !SEEN || FIRST != 1
#error the flags were not read
#endif
static const char text[] = TEXT;
_Static_assert(sizeof(text) == sizeof("a b"), "TEXT");
int main(void)
{
	struct pollfd p[2] = {{0}, {1}};

	while (poll(p, 2, -1) > 0)
		sleep(1);
}
C
printf '%s\n' '-DFIRST=1 "-DTEXT=\"a b\""' >"$project/sub dir/flags.rsp"
inc="-I../inc\\ \\\"quoted\\\""

# form WHAT ENTRY: the database consists of this entry.
form() {
	printf '[{"directory": %s, "file": "form.c", %s}]\n' "$(json_text "$project/sub dir")" "$2" \
		>"$project/compile_commands.json"
	rm -rf "$project/.blockcheck"
	in_project check -p . --format=json
	check_status "form: $1" 1
	check_equal "form: $1: the sink" sleep "$(get findings.0.sink.function || get degraded)"
}
by_command() {
	printf '"command": %s' "$(json_text "$1")"
}
form "arguments" '"arguments": ["cc", "-DFIRST=1", "-DTEXT=\"a b\"", "-I../inc \"quoted\"", "-c", "form.c"]'
form "command, shell quotes" "$(by_command "cc -DFIRST=1 -DTEXT='\"a b\"' -I'../inc \"quoted\"' -c form.c")"
form "command, backslashes" "$(by_command "cc -DFIRST=1 -DTEXT=\\\"a\\ b\\\" $inc -c form.c")"
form "ccache" "$(by_command "ccache gcc -DFIRST=1 -DTEXT='\"a b\"' $inc -c form.c")"
form "distcc with a path" "$(by_command "/usr/lib/distcc /usr/bin/x86_64-linux-gnu-gcc -DFIRST=1 -DTEXT='\"a b\"' $inc -c form.c")"
form "libtool" "$(by_command "/bin/sh ../libtool --tag=CC --mode=compile gcc -DFIRST=1 -DTEXT='\"a b\"' $inc -MT form.lo -MD -MP -MF .deps/form.Tpo -c -o form.lo form.c")"
form "a response file" "$(by_command "cc @flags.rsp $inc -c form.c")"
form "separate arguments" "$(by_command "cc -D FIRST=1 -D TEXT='\"a b\"' -I '../inc \"quoted\"' -c form.c -o form.o")"
form "flags that only gcc has" "$(by_command "gcc -fno-semantic-interposition -fanalyzer -Wno-such-warning -Werror --param max-inline-insns-single=9 -DFIRST=1 -DTEXT='\"a b\"' $inc -c form.c")"
form "machine flags that only gcc has" "$(by_command "gcc -mno-fancy-math-387 -mindirect-branch=thunk -DFIRST=1 -DTEXT='\"a b\"' $inc -c form.c")"
form "a relative output" '"output": "form.o", "arguments": ["cc", "-DFIRST=1", "-DTEXT=\"a b\"", "-I../inc \"quoted\"", "-c", "form.c", "-o", "form.o"]'

# Two entries for one source, one of another language, one for an assembler file.
{
	printf '[{"directory": %s, "file": "form.c", %s},\n' "$(json_text "$project/sub dir")" \
		"$(by_command "cc @flags.rsp $inc -c form.c")"
	printf ' {"directory": %s, "file": "./form.c", %s},\n' "$(json_text "$project/sub dir")" \
		"$(by_command "cc @flags.rsp $inc -fPIC -c ./form.c")"
	printf ' {"directory": "/", "file": "x.cc", "command": "c++ -c x.cc"},\n'
	printf ' {"directory": "/", "file": "y.S", "command": "cc -c y.S"}]\n'
} >"$project/compile_commands.json"
in_project check -p . --format=json
check_status "twins and other languages" 1
check_equal "twins and other languages: one finding" 1 "$(get 'findings.#')"

finish
