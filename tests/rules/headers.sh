#!/bin/sh
# What rules_headers is for: packs that say something wrong about a header must not pass.
set -eu
cd "$(dirname "$0")/../.."
. tests/e2e/lib

cat >"$tmp/acme.h" <<'C'
#define ACME_NOWAIT 1
struct acme_watcher { void (*cb)(int fd); int number; };
int acme_fetch(int fd, void *buffer, int flags);
int acme_wait(struct acme *a, int timeout_ms);
int acme_watch(int fd, void (*cb)(int fd), void *data);
C

# pack TEXT...: a pack with these lines, held against acme.h.
pack() {
	{
		printf 'schema: blockcheck-rules/1\npack: {name: acme, headers: [%s/acme.h]}\n' "$tmp"
		printf '%s\n' "$@"
	} >"$tmp/acme.yaml"
	status=0
	"$tools/rules/rules_headers" "$tmp/acme.yaml" >"$tmp/out" 2>"$tmp/err" || status=$?
}

# wrong WHAT PATTERN TEXT...
wrong() {
	what=$1
	pattern=$2
	shift 2
	pack "$@"
	if [ "$status" = 1 ] && grep -qE -- "^WRONG .*$pattern" "$tmp/out"; then
		ok "$what"
	else
		not_ok "$what: exit status $status, nothing like /$pattern/"
		sed 's/^/      | /' "$tmp/out" "$tmp/err" | head -5
	fi
}

# rule LINE...: one blocking rule with these lines.
rule() {
	printf 'blocking:\n- id: acme.x\n  category: network\n  provenance: {kind: header, ref: acme.h}\n'
	for line; do printf '  %s\n' "$line"; done
}

pack "$(rule 'function: acme_fetch' 'params: 3' 'bound: unbounded' 'nonblocking_when: {arg: 3, has_flag: ACME_NOWAIT}')"
check_status "a true pack" 0
wrong "a function that is not there" 'acme_fetsch\(\) is not in the headers' \
	"$(rule 'function: acme_fetsch' 'bound: unbounded')"
wrong "a wrong number of parameters" 'has 3 parameters, not 2' \
	"$(rule 'function: acme_fetch' 'params: 2' 'bound: unbounded')"
wrong "a timeout that is none" 'argument 1 is no number' \
	"$(rule 'function: acme_wait' 'bound: {timeout: {arg: 1, unit: ms}}')"
wrong "a timeout of another type" 'argument 2 is no struct timeval, nor pointer to one' \
	"$(rule 'function: acme_wait' 'bound: {timeout: {arg: 2, unit: timeval}}')"
wrong "an argument that is not there" 'has no argument 4' \
	"$(rule 'function: acme_fetch' 'bound: unbounded' 'nonblocking_when: {arg: 4, eq: 0}')"
wrong "a number that is a pointer" 'argument 2 is no number' \
	"$(rule 'function: acme_fetch' 'bound: unbounded' 'nonblocking_when: {arg: 2, eq: 0}')"
wrong "a constant that is not there" 'ACME_NO_WAIT is not in the headers' \
	"$(rule 'function: acme_fetch' 'bound: unbounded' 'nonblocking_when: {arg: 3, has_flag: ACME_NO_WAIT}')"
wrong "a callback that is none" 'argument 3 is no pointer to a function' \
	'loops: [{id: acme, register: [{function: acme_watch, callbacks: [{arg: 3, thread: loop}]}]}]'
wrong "a field that is no function" 'acme_watcher.number is no pointer to a function' \
	'loops: [{id: acme, fields: [{type: acme_watcher, field: number, thread: loop}]}]'
wrong "a field that is not there" "acme_watcher has no field 'call'" \
	'loops: [{id: acme, fields: [{type: acme_watcher, field: call, thread: loop}]}]'
wrong "a struct that is not there" "no struct 'acme_watch'" \
	'loops: [{id: acme, fields: [{type: acme_watch, field: cb, thread: loop}]}]'
wrong "a descriptor that is none" 'argument 4' \
	'descriptors: {set: [{function: acme_fetch, fd_arg: 4}]}'
wrong "what never blocks and is not there" 'acme_none\(\) is not in the headers' \
	'never_blocks: [{function: acme_none, reason: x}]'
sed -i 's/acme_fetch(/acme_get(/' "$tmp/acme.h"
sed -i 's/headers:/absent: [acme_none], headers:/' "$tmp/acme.yaml"
status=0
"$tools/rules/rules_headers" "$tmp/acme.yaml" >"$tmp/out" || status=$?
check_status "what is declared absent, and is" 0
echo 'int acme_none(void);' >>"$tmp/acme.h"
status=0
"$tools/rules/rules_headers" "$tmp/acme.yaml" >"$tmp/out" || status=$?
check_status "what is declared absent, but is there" 1

finish
