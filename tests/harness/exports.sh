#!/bin/sh
# The injected libraries show the functions they stand before and nothing else.
set -eu
cd "$(dirname "$0")/../.."
list=$(mktemp)
trap 'rm -f "$list"' EXIT

for library in "$(dirname "$BLOCKCHECK")"/libblockcheck-preload*.so; do
	nm -D --defined-only "$library" | sed "s|.* |$(basename "$library" .so) |"
done | LC_ALL=C sort >"$list"
diff tests/harness/exports.txt "$list"
for library in "$(dirname "$BLOCKCHECK")"/libblockcheck-preload*.so; do
	if readelf -d "$library" | grep NEEDED | grep -vE 'libc\.so|ld-linux|libdl\.so|libblockcheck-preload\.so'; then
		echo "$library needs more than libc"
		exit 1
	fi
done
echo "$(wc -l <"$list") functions, as listed"
