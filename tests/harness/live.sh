#!/bin/sh
# The live view on a real terminal: what it shows, that it keeps apart from what the program writes to
# the same terminal, and that it leaves nothing behind, however it ends.
set -eu
if ! command -v tmux >/dev/null 2>&1; then
	echo "skipped: no tmux here"
	exit 77
fi
talker=$BLOCKCHECK_PROGRAMS/uv_talker
if [ ! -x "$talker" ]; then
	echo "skipped: no libuv here"
	exit 77
fi
work=$(mktemp -d)
# what the program under test may not see: its own terminal decides
unset TMUX NO_COLOR
status=0

terminal() { tmux -f /dev/null -S "$work/socket" "$@"; }
finish() {
	terminal kill-server >/dev/null 2>&1 || :
	rm -rf "$work"
}
trap finish EXIT
type_in() { terminal send-keys -l "$1" && terminal send-keys Enter; }
screen() { terminal capture-pane -p >"$work/screen"; }
# sees PATTERN: within ten seconds
sees() {
	for i in $(seq 100); do
		screen
		if grep -q -e "$1" "$work/screen"; then
			return 0
		fi
		sleep 0.1
	done
	return 1
}
good() { echo "ok: $1"; }
bad() {
	echo "WRONG: $1"
	cat "$work/screen"
	status=1
}
expect() { if sees "$1"; then good "$2"; else bad "$2"; fi; }
expect_not() {
	screen
	if grep -q -e "$1" "$work/screen"; then bad "$2"; else good "$2"; fi
}
# The whole screen scrolls, and the terminal is as it was: numbers reach its last lines.
expect_restored() {
	type_in "stty -g >'$work/modes'; seq 1 200; echo 'all' done"
	expect 'all done' "$1: the shell goes on"
	if [ "$(grep -c '^1[0-9][0-9]$' "$work/screen")" -ge 20 ]; then
		good "$1: the whole screen scrolls"
	else
		bad "$1: the whole screen scrolls"
	fi
	cmp "$work/modes.before" "$work/modes" || bad "$1: terminal modes"
	type_in clear
	sleep 0.3
}

if ! terminal new-session -d -x 100 -y 30 "sh" 2>"$work/why"; then
	echo "skipped: tmux gets no terminal here: $(head -n 1 "$work/why")"
	exit 77
fi
type_in "PS1='> '; stty -g >'$work/modes.before'; clear"
sleep 0.5

type_in "'$BLOCKCHECK' run '$talker' 6 >'$work/out'"
expect '^now  on_line has been in nanosleep() for [0-9.]* s' "a stall is shown while it lasts"
expect '^line 10' "what the program writes is above it"
expect '^-- blockcheck 0:0[0-9], 0 stalls of 10.0 ms or more, loop busy [0-9]* %' "the first line"
[ "$(grep -n '^line 10' "$work/screen" | cut -d: -f1)" -lt "$(grep -n '^-- block' "$work/screen" | cut -d: -f1)" ] ||
	bad "the program's lines are not above the view"
terminal resize-window -x 90 -y 20
sleep 0.6
expect 'on_line has been in nanosleep' "goes on in a smaller terminal"
terminal resize-window -x 110 -y 36
sleep 0.6
expect 'on_line has been in nanosleep' "goes on in a larger one"
once() { [ "$(grep -c '^-- blockcheck' "$work/screen")" = 1 ]; }
once || sleep 0.3 && screen && once || bad "shown more than once after resizing"
expect '^6\.[0-9]* s in on_line in nanosleep()' "the report follows"
[ "$(terminal capture-pane -p -S - | grep -c '^line [0-9]*$')" = 20 ] || bad "not all lines of the program are there"
expect_not '^-- blockcheck' "the view is gone"
expect_restored "at the end"

type_in "'$BLOCKCHECK' run '$talker' 1 crash >'$work/out'"
expect 'ended by signal 6' "a program that crashes is reported"
expect_restored "after a crash of the program"

type_in "'$BLOCKCHECK' run '$talker' 9 >'$work/out'"
expect 'on_line has been in' "shown"
terminal send-keys C-c
expect 'on_line in nanosleep() ([0-9.]* m*s), still running when its process ended' "Ctrl-C ends the program, and reports"
expect_restored "after Ctrl-C"

type_in "'$BLOCKCHECK' run '$talker' 9 >'$work/out'"
expect 'on_line has been in' "shown"
terminal send-keys C-z
expect 'topped' "Ctrl-Z stops"
expect_not '^-- blockcheck' "a stopped view is gone"
type_in fg
expect '^now  on_line has been in nanosleep' "and comes back"
ours=$(pgrep -P "$(terminal display -p '#{pane_pid}')")
program=$(pgrep -P "$ours")
kill -SEGV "$ours"
sleep 0.5
expect_restored "after a crash of ours"
kill "$program"

type_in "'$BLOCKCHECK' run '$talker' 4"
expect 'blockcheck: on_line has held the loop for [1-3]\.[0-9] s so far, in nanosleep()' \
	"a line where the program writes to the terminal"
expect_not '^-- blockcheck' "no view there by itself"
expect 'exit status 3' "ends"
type_in clear
sleep 0.3

type_in "stty -icanon; '$BLOCKCHECK' run --live always '$talker' 3; stty icanon"
expect '^line 10' "begins"
sleep 2
expect_not 'has held the loop\|^-- blockcheck\|has been in' "nothing comes between when the program has the terminal"
expect 'exit status 3' "ends"
exit $status
