#!/bin/sh
# kill -9 at random moments: what was recorded is there, and the callback that was running is named.
#
# killed.sh [ROUNDS]: fewer, but not less than ten, where they take more than two minutes.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
victim=$BLOCKCHECK_PROGRAMS/uv_victim
rounds=${1:-50} named=0
if [ ! -x "$victim" ]; then
	echo "skipped: no libuv here"
	exit 77
fi

fail() {
	echo "round $round: $1"
	tail -n 3 "$work/said"
	sed -n '/"stalls": \[/,$p' "$work/report"
	exit 1
}

# Of all stalls: callback, 1 when it was running at the end, how many.
list_stalls() {
	awk '/^ "stalls": /{on=1} !on{next} /^   "count":/{gsub(/[^0-9]/,"");c=$0}
		/^   "callback":/{split($0,p,"\"");f=p[4]}
		/^   "in_progress_at_end":/{print f,($0 ~ /true/),c}' "$work/report"
}

round=0
start=$(date +%s)
while [ $round -lt "$rounds" ]; do
	[ $round -lt 10 ] || [ $(($(date +%s) - start)) -lt 120 ] || break
	round=$((round + 1))
	# ends by itself should it never be killed
	"$BLOCKCHECK" run -q --duration 20s --format json -o "$work/report" "$victim" \
		>"$work/said" 2>"$work/err" &
	blockcheck=$!
	delay=$(awk -v seed="$round$$" 'BEGIN{srand(seed); printf "%.3f", 0.08 + rand() * 0.12}')
	sleep "$delay"
	until pid=$(pgrep -P $blockcheck -f "^$victim"); do
		sleep 0.05
	done
	kill -9 "$pid"
	code=0
	wait $blockcheck || code=$?
	[ $code = 137 ] || fail "exit status $code instead of 137"
	list_stalls >"$work/stalls"
	# all that ended over the budget
	for name in on_nap on_burn; do
		ended=$(grep -c "^end $name" "$work/said" || :)
		found=$(awk -v n="$name" '$1 == n && !$2 {s += $3} END {print s + 0}' "$work/stalls")
		[ "$found" = "$ended" ] || [ "$found" = $((ended + 1)) ] ||
			fail "$name ended $ended times, $found reported"
	done
	last=$(tail -n 1 "$work/said")
	case $last in
	"begin "*)
		grep -q "^${last#begin } 1 " "$work/stalls" || fail "'$last' is not named as running"
		named=$((named + 1))
		;;
	esac
done
echo "$round times killed, $named of them inside a callback, all named; nothing lost"
