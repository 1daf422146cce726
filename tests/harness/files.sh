#!/bin/sh
# The files for other programs: --trace for Perfetto, --speedscope and --folded. A busy machine may
# delay what the programs measure themselves, so each has three tries.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
status=0

try_program() {
	rm -f "$work/"*
	"$BLOCKCHECK" run -q -o "$work/report" --trace "$work/trace" --speedscope "$work/speedscope" \
		--folded "$work/folded" "$BLOCKCHECK_PROGRAMS/$1" >"$work/truth" 2>"$work/err" || code=$?
	"$BLOCKCHECK_CHECK_FILES" "$work/trace" "$work/speedscope" "$work/folded" "$work/truth"
}

for name in uv_nested uv_stalls raw_stalls glib_stalls; do
	if [ ! -x "$BLOCKCHECK_PROGRAMS/$name" ]; then
		echo "$name: not built, its library is not here"
		continue
	fi
	for try in 1 2 3; do
		echo "== $name"
		if try_program "$name"; then
			continue 2
		fi
	done
	status=1
done

# what cannot be written is said before the program starts, or at the end where the disk is full then
code=0
"$BLOCKCHECK" run --trace "$work/no/such" touch "$work/ran" 2>"$work/err" || code=$?
if [ $code != 2 ] || [ -e "$work/ran" ] || ! grep -q "no/such" "$work/err"; then
	echo "a trace that cannot be opened: status $code"
	status=1
fi
for option in -o --speedscope --folded --debug-files; do
	code=0
	"$BLOCKCHECK" run $option "$work/no/such" touch "$work/ran" 2>"$work/err" || code=$?
	if [ $code != 2 ] || [ -e "$work/ran" ] || ! grep -q "no/such" "$work/err"; then
		echo "$option: a file that cannot be written: status $code"
		status=1
	fi
done
if [ -w /dev/full ]; then
	code=0
	"$BLOCKCHECK" run --trace /dev/full true 2>"$work/err" || code=$?
	if [ $code != 2 ] || ! grep -q "/dev/full" "$work/err"; then
		echo "a full disk: status $code"
		status=1
	fi
fi
exit $status
