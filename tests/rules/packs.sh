#!/bin/sh
# The tests that the shipped packs carry. A pack whose library is not installed is skipped, and counted.
set -eu
cd "$(dirname "$0")/../.."
. tests/e2e/lib

run rules test
grep -E '^(SKIPPED|FAILED|  )' "$tmp/out" || :
check_status "the tests of the shipped packs" 0
tail -2 "$tmp/out"
check "rules: each is seen to report in a test, apart from a few" \
	awk '/rules are seen to report/ { ok = $1 >= 0.9 * $3 } END { exit !ok }' "$tmp/out"
for pack in rules/*/*.yaml; do
	grep -q '^ *tests:' "$pack" || echo "      $pack has no tests"
done
skipped=$(grep -c '^SKIPPED' "$tmp/out" || :)

finish
