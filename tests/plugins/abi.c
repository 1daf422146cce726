/*
 * The binary interface of plugins on 64-bit systems, as the first release had it. A line here that
 * fails to compile means that plugins built before would break: add members at the end, or raise
 * BLOCKCHECK_PLUGIN_ABI.
 */
#include <blockcheck/plugin.h>
#include <stddef.h>

#define SAME(what, number) _Static_assert((what) == (number), #what " is no longer " #number)

SAME(BLOCKCHECK_PLUGIN_ABI, 1);

#if UINTPTR_MAX == UINT64_MAX
SAME(offsetof(struct bc_host_v1, size), 0);
SAME(offsetof(struct bc_host_v1, abi), 4);
SAME(offsetof(struct bc_host_v1, version), 8);
SAME(offsetof(struct bc_host_v1, site_function), 16);
SAME(offsetof(struct bc_host_v1, site_caller), 24);
SAME(offsetof(struct bc_host_v1, site_file), 32);
SAME(offsetof(struct bc_host_v1, site_line), 40);
SAME(offsetof(struct bc_host_v1, site_arguments), 48);
SAME(offsetof(struct bc_host_v1, site_integer), 56);
SAME(offsetof(struct bc_host_v1, site_text), 64);
SAME(offsetof(struct bc_host_v1, site_is_null), 72);
_Static_assert(sizeof(struct bc_host_v1) >= 80, "it may only grow");

SAME(offsetof(struct bc_verdict_v1, size), 0);
SAME(offsetof(struct bc_verdict_v1, opinion), 4);
SAME(offsetof(struct bc_verdict_v1, category), 8);
SAME(offsetof(struct bc_verdict_v1, bound), 12);
SAME(offsetof(struct bc_verdict_v1, confidence), 16);
SAME(offsetof(struct bc_verdict_v1, timeout_ms), 24);
SAME(offsetof(struct bc_verdict_v1, because), 32);
SAME(offsetof(struct bc_verdict_v1, alternative), 40);
_Static_assert(sizeof(struct bc_verdict_v1) >= 48, "it may only grow");

SAME(offsetof(struct bc_plugin_v1, size), 0);
SAME(offsetof(struct bc_plugin_v1, name), 8);
SAME(offsetof(struct bc_plugin_v1, version), 16);
SAME(offsetof(struct bc_plugin_v1, functions), 24);
SAME(offsetof(struct bc_plugin_v1, context), 32);
SAME(offsetof(struct bc_plugin_v1, on_call), 40);
SAME(offsetof(struct bc_plugin_v1, fini), 48);
_Static_assert(sizeof(struct bc_plugin_v1) >= 56, "it may only grow");
#endif

SAME(BLOCKCHECK_NO_OPINION, 0);
SAME(BLOCKCHECK_DOES_NOT_BLOCK, 1);
SAME(BLOCKCHECK_BLOCKS, 2);
SAME(BLOCKCHECK_SLEEP, 1);
SAME(BLOCKCHECK_DNS, 2);
SAME(BLOCKCHECK_NETWORK, 3);
SAME(BLOCKCHECK_DISK, 4);
SAME(BLOCKCHECK_PROCESS, 5);
SAME(BLOCKCHECK_LOCK, 6);
SAME(BLOCKCHECK_IPC, 7);
SAME(BLOCKCHECK_NESTED_LOOP, 8);
SAME(BLOCKCHECK_CPU, 9);
SAME(BLOCKCHECK_DEVICE, 10);
SAME(BLOCKCHECK_LOGGING, 11);
SAME(BLOCKCHECK_UNBOUNDED, 0);
SAME(BLOCKCHECK_TIMEOUT, 1);
SAME(BLOCKCHECK_DATA_SIZED, 2);
SAME(BLOCKCHECK_SHORT, 3);
SAME(BLOCKCHECK_POSSIBLE, 0);
SAME(BLOCKCHECK_LIKELY, 1);
SAME(BLOCKCHECK_CERTAIN, 2);
