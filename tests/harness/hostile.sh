#!/bin/sh
# A program that writes all over the memory it shares with blockcheck, cuts it and tears holes into it:
# blockcheck ends when the program does, with a report that can be read, and has written nothing else.
#
# hostile.sh [ROUNDS [FIRST_SEED]]
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
rounds=${1:-6} seed=${2:-1} status=0 lived=0
cd "$work"
mkdir out
while [ "$rounds" -gt 0 ]; do
	rounds=$((rounds - 1)) code=0
	timeout 30 "$BLOCKCHECK" run --format json -o out/report --trace out/trace --folded out/folded \
		--speedscope out/speedscope "$BLOCKCHECK_PROGRAMS/scribbler" "$seed" 1000 \
		>/dev/null 2>out/err || code=$?
	case $code in
	3) lived=$((lived + 1)) ;;
	134 | 135 | 136 | 139)
		# by its own doing: blockcheck says so
		if ! grep -q '"signal": [1-9]' out/report; then
			echo "seed $seed: blockcheck crashed, status $code"
			status=1
		fi
		;;
	*)
		echo "seed $seed: status $code"
		cat out/err
		status=1
		;;
	esac
	for file in report trace speedscope; do
		if ! "$BLOCKCHECK_CHECK_FILES" "out/$file"; then
			echo "seed $seed: $file is damaged"
			status=1
		fi
	done
	if grep -q "$(printf '\033')" out/err out/folded; then
		echo "seed $seed: control characters of the program's in what we print"
		status=1
	fi
	if [ "$(ls -A | grep -v '^\.blockcheck$')" != out ]; then
		echo "seed $seed: something else was written"
		ls -A
		status=1
	fi
	seed=$((seed + 1))
done
echo "$lived programs lived to their end"
exit $status
