#!/bin/sh
# The database of results: what is there is never lost, whatever happens to a run.
set -eu
cd "$(dirname "$0")/../.."
. tests/e2e/lib

# How many findings the last complete run has, by the database alone.
stored() {
	"$tools/query" "$1" 'SELECT count(*) FROM open_findings' 2>&1
}

unpack demo
in_project check -p . --format=json
check_status "a first run" 1
before=$(stored "$project/.blockcheck/blockcheck.db")
check_equal "a first run: the database has its findings" "$(get 'findings.#')" "$before"

# ---- a part of the program is shown, all of it is kept

some=$(get findings.0.path.0.file)
in_project check -p . --format=json "$some"
shown=$(get 'findings.#')
check "check PATH: shows fewer" test "$shown" -gt 0 -a "$shown" -lt "$before"
check_equal "check PATH: keeps the others" "$before" "$(stored "$project/.blockcheck/blockcheck.db")"
mkdir "$project/empty"
in_project check -p . --format=json empty
check_status "check PATH without findings" 0
check_equal "check PATH without findings: shows none" 0 "$(get 'findings.#')"
check_error "check PATH of nothing: says so" 'empty: no finding leads through it'
ln -s "$project" "$tmp/link"
for path in "$project/.." "$tmp/link"; do
	in_project check -p . --format=json "$path"
	check_equal "check PATH above, or through a link: shows all" "$before" "$(get 'findings.#')"
done
in_project check -p . --format=json empty
check_equal "check PATH without findings: keeps them" "$before" "$(stored "$project/.blockcheck/blockcheck.db")"

# ---- databases that cannot be used

cp "$project/.blockcheck/blockcheck.db" "$tmp/good.db"
head -c 40000 /dev/urandom >"$tmp/corrupt.db"
cp "$tmp/corrupt.db" "$tmp/corrupt.copy"
in_project check -p . --db "$tmp/corrupt.db"
check_status "a database of noise" 2
check_error "a database of noise: says so" 'corrupt\.db.*(damaged|not a database|no database)'
check "a database of noise: stays as it was" cmp -s "$tmp/corrupt.db" "$tmp/corrupt.copy"

{
	head -c 2000 "$tmp/good.db"
	head -c 40000 /dev/zero
} >"$tmp/torn.db"
in_project check -p . --db "$tmp/torn.db"
check_status "a torn database" 2
check_error "a torn database: says so" 'torn\.db'

cp "$tmp/good.db" "$tmp/newer.db"
"$tools/query" "$tmp/newer.db" 'PRAGMA user_version = 99999' || :
cp "$tmp/newer.db" "$tmp/newer.copy"
in_project check -p . --db "$tmp/newer.db"
check_status "a database of a newer release" 2
check_error "a database of a newer release: says so" 'newer'
check "a database of a newer release: stays as it was" cmp -s "$tmp/newer.db" "$tmp/newer.copy"

in_project check -p . --db "$tmp/good.db/x.db"
check_status "a database below a file" 2
check_error "a database below a file: says so" 'good\.db'
in_project check -p . --db "$tmp"
check_status "a folder in place of the database" 2

if can_be_nobody; then
	chmod 755 "$tmp"
	unpack demo "$tmp/readonly/demo"
	chmod -R a+rX "$tmp/readonly"
	chmod 555 "$project"
	status=0
	(cd "$project" && as_nobody "$BLOCKCHECK" check -p .) >"$tmp/out" 2>"$tmp/err" || status=$?
	check_status "a folder that may not be written" 2
	check_error "a folder that may not be written: says so" 'permission denied|read-only|cannot (write|create)'
	status=0
	mkdir -m 777 "$tmp/elsewhere"
	(cd "$project" && as_nobody "$BLOCKCHECK" check -p . --db "$tmp/elsewhere/x.db") >"$tmp/out" 2>"$tmp/err" || status=$?
	check_status "a folder that may not be written, --db elsewhere" 1
else
	skip "a folder that may not be written: no way to be another user than root"
fi

# ---- a disk that fills up

small=$tmp/small
mkdir "$small"
if mount -t tmpfs -o size=3m tmpfs "$small" 2>/dev/null; then
	trap 'umount "$small"; remove_tmp' EXIT
	unpack demo
	in_project check -p . --db "$small/x.db"
	check_status "a small disk" 1
	full=$(stored "$small/x.db")
	check_equal "a small disk: the database has the findings" "$before" "$full"
	dd if=/dev/zero of="$small/filler" bs=1k 2>/dev/null || :
	in_project check -p . --db "$small/x.db" --no-cache
	check_status "a full disk" 2
	check_error "a full disk: says so" 'space|full'
	rm "$small/filler"
	check_equal "a full disk: the last complete run is still there" "$full" "$(stored "$small/x.db")"
	in_project check -p . --db "$small/x.db"
	check_status "a full disk, mended" 1
	umount "$small"
	trap remove_tmp EXIT
else
	skip "a full disk: no right to mount a small one"
fi

# ---- runs that are cut short

# processes WHERE: those that still work on this folder.
processes() {
	ps -eo pid=,stat=,args= | awk -v where="$1" 'index($0, where) && $2 !~ /Z/ && !/awk/ {n++} END {print n + 0}'
}

# wait_for COUNT: until that many of them, or more, are at work on the project; with 0, until none is. A
# busy machine may take long to begin and to end anything.
wait_for() {
	for _ in $(seq 100); do
		working=$(processes "$project")
		if [ "$1" = 0 ] && [ "$working" = 0 ]; then return 0; fi
		if [ "$1" != 0 ] && [ "$working" -ge "$1" ]; then return 0; fi
		sleep 0.1
	done
	return 1
}

unpack demo
db=$project/.blockcheck/blockcheck.db
in_project check -p "$project"
before=$(stored "$db")
# With a unit that waits for a FIFO, the run is under way for as long as needed.
mkfifo "$project/fifo.h"
printf '#include "fifo.h"\n' >>"$project/history.c"
for signal in INT TERM; do
	cd "$project"
	# A shell starts background commands with SIGINT ignored; env puts that right.
	env --default-signal=INT "$BLOCKCHECK" check -p "$project" --timeout 60 >"$tmp/out" 2>"$tmp/err" &
	pid=$!
	cd "$root"
	check "SIG$signal: it is at work" wait_for 2
	sleep 0.5
	start=$(date +%s)
	kill -$signal $pid
	status=0
	{ wait $pid || status=$?; } 2>/dev/null # the shell itself would say Terminated
	seconds=$(($(date +%s) - start))
	check "SIG$signal: stops at once, not when the unit's 60 s are over ($seconds s)" [ $seconds -le 10 ]
	case $status in
	130 | 143) ok "SIG$signal: exit status $status" ;;
	*) not_ok "SIG$signal: exit status $status" ;;
	esac
	check "SIG$signal: no worker is left" wait_for 0
	check_equal "SIG$signal: the last complete run is still there" "$before" "$(stored "$db")"
done

unpack demo
in_project check -p "$project"
start=$(date +%s%N)
in_project check -p "$project" --no-cache
whole=$((($(date +%s%N) - start) / 1000000))
db=$project/.blockcheck/blockcheck.db
old=$(stored "$db")
sed -i 's/^\(	fsync\)/	\/\/ \1/' "$project/history.c"
cp "$db" "$tmp/try.db"
in_project check -p "$project" --db "$tmp/try.db"
new=$(stored "$tmp/try.db")
check "kill -9: the two states can be told apart ($old and $new findings)" [ "$old" != "$new" ]
killed=0
damaged=
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
	cd "$project"
	"$BLOCKCHECK" check -p "$project" --no-cache >/dev/null 2>&1 &
	pid=$!
	cd "$root"
	sleep "$(awk -v ms=$((whole * i / 20)) 'BEGIN {printf "%.3f", ms / 1000}')"
	kill -9 $pid 2>/dev/null || :
	status=0
	{ wait $pid || status=$?; } 2>/dev/null
	# one that ended before: the machine is less busy now than when the whole was timed
	if [ $status = 137 ]; then killed=$((killed + 1)); else whole=$((whole * 3 / 4)); fi
	now=$(stored "$db")
	if [ "$now" != "$old" ] && [ "$now" != "$new" ]; then damaged="$damaged $i/20: $now;"; fi
	if [ "$("$tools/query" "$db" 'PRAGMA integrity_check')" != ok ]; then damaged="$damaged $i/20: not intact;"; fi
done
check_equal "kill -9 at 20 points of a run of $whole ms: always a complete run there" "" "$damaged"
check "kill -9: many of the runs were really killed ($killed)" [ $killed -ge 5 ]
check "kill -9: no worker is left" wait_for 0
in_project check -p "$project" --format=json
check_status "after all that" 1
check_equal "after all that: the findings" "$new" "$(get 'findings.#')"

finish
