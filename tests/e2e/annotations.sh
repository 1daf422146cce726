#!/bin/sh
# include/blockcheck/annotate.h: what compilers make of it, and what reports say about it. What it
# means to the analysis is in fixtures/cases/annotation_*.
set -eu
cd "$(dirname "$0")/../.."
. tests/e2e/lib

cat >"$tmp/all.c" <<'END'
#include <blockcheck/annotate.h>

BLOCKCHECK_CALLBACK void f1(void);
BLOCKCHECK_BLOCKING void f2(void);
extern BLOCKCHECK_BLOCKING_ON("disk") void f3(void);
BLOCKCHECK_NONBLOCKING int f4(void);
static BLOCKCHECK_WORKER BLOCKCHECK_ALLOW("why not") int f5(void) { return 0; }
int f4(void) { return f5(); }
END

# compile COMPILER...
compile() {
	"$@" -I include -Wall -Wextra -Wundef -Werror -pedantic-errors -fsyntax-only "$tmp/all.c" 2>"$tmp/err" ||
		{ cat "$tmp/err"; return 1; }
}

# how many annotations are left after the preprocessor
count() {
	"$@" -I include -E -P "$tmp/all.c" | grep -c 'annotate("blockcheck:'
}

for compiler in gcc clang clang-19 clang-14; do
	if ! command -v $compiler >/dev/null; then
		[ $compiler = clang ] || [ $compiler = gcc ] && skip "$compiler is not here"
		continue
	fi
	for language in "c -std=c89" "c -std=c11" "c++ -std=c++11"; do
		if ! $compiler -x "${language%% *}" -fsyntax-only /dev/null 2>/dev/null; then
			skip "$compiler has no ${language%% *} here"
			continue
		fi
		# shellcheck disable=SC2086 # words of a command line
		check "$compiler takes the header as $language" compile $compiler -x $language
	done
	case $compiler in
	gcc) check_equal "gcc sees nothing of it" 0 "$(count gcc || :)" ;;
	*) check_equal "$compiler sees it" 5 "$(count $compiler)" ;;
	esac
done
check_equal "it can be turned off" 0 "$(count clang '-DBLOCKCHECK_ANNOTATE(text)=' || :)"

cat >"$tmp/main.c" <<'END'
#include <blockcheck/annotate.h>
#include <unistd.h>

BLOCKCHECK_ALLOW("the disk is fast") BLOCKCHECK_CALLBACK void on_save(void) { sleep(1); }
BLOCKCHECK_NONBLOCKING void quick(void) { sleep(2); }
BLOCKCHECK_BLOCKING_ON("network") void query(void);
BLOCKCHECK_BLOCKING_ON("networking") void typo(void);
BLOCKCHECK_CALLBACK void on_timer(void) { query(); typo(); }
END
write_database "$tmp" "-I$root/include" "$tmp/main.c"
check_run "annotated code" 1 check -p "$tmp" --db "$tmp/db" --format=json
words() {
	get "findings.*.$1" | tr '\n' ' ' | sed 's/ $//'
}
check_equal "where" "4 5 8 8" "$(words sink.line)"
check_equal "what" "BC101 BC306 BC103 BC106" "$(words rule)"
check_equal "from where" "on_save quick on_timer on_timer" "$(words callback.function)"
check_equal "the reason" "the disk is fast null null null" "$(words suppressed)"
check_equal "a broken promise" "quick() is annotated as nonblocking, but sleep() can block" \
	"$(get findings.1.message)"
check_run "the same for people" 1 check -p "$tmp" --db "$tmp/db"
check "a promise is no callback" grep -q '= quick (main.c:5), annotated as nonblocking' "$tmp/out"
check "what is accepted is counted" grep -q '1 suppressed' "$tmp/out"

finish
