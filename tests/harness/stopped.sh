#!/bin/sh
# Where perf events are not permitted, what computes is stopped for its stack, and nothing else is: every
# stall is found as otherwise, as long as otherwise.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
programs=$BLOCKCHECK_PROGRAMS
status=0
good() { echo "ok: $1"; }
bad() {
	echo "WRONG: $1"
	status=1
}
"$programs/no_perf" true 2>/dev/null || {
	echo "skipped: no seccomp here"
	exit 77
}
number() { sed -n "s/^ *\"$1\": \([0-9.]*\),*$/\1/p" "$work/report"; }

# try PROGRAM: three times, since a busy machine may delay anything
try() {
	for try in 1 2 3; do
		"$programs/no_perf" "$BLOCKCHECK" run --format json -o "$work/report" "$programs/$1" >"$work/truth" 2>"$work/err" || :
		if "$BLOCKCHECK_CHECK_REPORT" "$work/report" "$work/truth" && grep -q '"function": "burn' "$work/report"; then
			return
		fi
	done
	return 1
}

for program in raw_stalls uv_stalls; do
	[ -x "$programs/$program" ] || continue
	if ! try $program; then
		bad "$program: what it computed has no stack, or was not found"
	elif [ "$(number stops)" -gt 0 ] && [ "$(number stops)" -lt 60 ] &&
		awk "BEGIN{exit !($(number stopped_ms) > 0)}"; then
		good "$program: stopped $(number stops) times, $(number stopped_ms) ms"
	else
		bad "$program: stopped $(number stops) times, $(number stopped_ms) ms"
	fi
done

# from outside, too; what else is seen from there is another test's matter (outside.sh)
if [ -x "$programs/static_stalls" ]; then
	"$programs/no_perf" "$BLOCKCHECK" run --format json -o "$work/report" "$programs/static_stalls" >/dev/null 2>&1 || :
	pieces=$(grep -c '"callback": "on_cpu"' "$work/report" || :)
	if [ "$pieces" = 1 ] && grep -q '"function": "burn' "$work/report" && [ "$(number stops)" -gt 0 ]; then
		good "from outside: stopped $(number stops) times, $(number stopped_ms) ms"
	else
		bad "from outside: stopped $(number stops) times, on_cpu in $pieces pieces"
	fi
else
	echo "skipped: no static libc here"
fi

"$programs/no_perf" ptrace "$BLOCKCHECK" run -o "$work/text" "$programs/raw_stalls" >/dev/null 2>&1 || :
if grep -q '^what computes has no stacks: neither perf events .* nor ptrace' "$work/text" && ! grep -q ' burn ' "$work/text"; then
	good "what is missing is said"
else
	bad "what is missing is not said"
fi
exit $status
