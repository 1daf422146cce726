/* Beginnings: of the library, of processes and of threads that are measured; and their ends. */
#include "harness/preload/core.h"

#include <link.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "harness/preload/raw.h"

enum { SELF_TEST_ROUNDS = 512, SANDBOXED_EPOCH = 1 };

__thread struct bc_thread_state bc_thread
	__attribute__((tls_model("initial-exec"))) = {.epoch = BC_NO_EPOCH};
struct bc_wire *bc_wire;
struct bc_epoch bc_epoch;

static struct bc_wire_process *process;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t key;
static int has_key;

void bc_table_publish_all(void);

/* ---- processes ---- */

static int add_module(struct dl_phdr_info *info, size_t size, void *argument)
{
	struct bc_wire_process *into = argument;
	struct bc_wire_module *module = &into->modules[into->nmodules];

	(void)size;
	if (into->nmodules >= BC_WIRE_MODULES)
		return 1;
	*module = (struct bc_wire_module){.bias = info->dlpi_addr, .begin = UINT64_MAX};
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *part = &info->dlpi_phdr[i];
		uint64_t begin = info->dlpi_addr + part->p_vaddr;

		if (part->p_type != PT_LOAD)
			continue;
		if (begin < module->begin)
			module->begin = begin;
		if (begin + part->p_memsz > module->end)
			module->end = begin + part->p_memsz;
	}
	strncpy(module->path, info->dlpi_name, BC_WIRE_PATH - 1);
	into->nmodules++;
	return 0;
}

/* Others may raise it at the same time. */
static void raise_to(uint32_t *most, uint32_t value)
{
	uint32_t old = __atomic_load_n(most, __ATOMIC_RELAXED);

	while (old < value && !__atomic_compare_exchange_n(
				      most, &old, value, 0, __ATOMIC_RELEASE, __ATOMIC_RELAXED))
		;
}

static void open_process(void)
{
	uint32_t pid = (uint32_t)bc_raw2(SYS_getpid, 0, 0);

	process = NULL;
	for (uint32_t i = 0; i < bc_memory_processes && !process; i++) {
		uint32_t expected = BC_WIRE_FREE;

		if (__atomic_compare_exchange_n(&bc_wire->processes[i].state, &expected,
			    BC_WIRE_OPEN, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
			process = &bc_wire->processes[i];
	}
	if (!process) {
		__atomic_fetch_add(&bc_wire->no_process, 1, __ATOMIC_RELAXED);
		bc_wire = NULL;
		return;
	}
	raise_to(&bc_wire->processes_used, (uint32_t)(process - bc_wire->processes) + 1);
	process->started_ns = bc_now();
	dl_iterate_phdr(add_module, process);
	__atomic_store_n(&process->pid, pid, __ATOMIC_RELEASE);
	__atomic_fetch_add(&bc_wire->attached, 1, __ATOMIC_RELAXED);
}

struct bc_wire_process *bc_process(void)
{
	return bc_wire ? process : NULL;
}

/* Without --follow-fork, a child has no part in the measurement any more. */
static void forget_parent(void)
{
	__atomic_fetch_add(&bc_wire->detached, 1, __ATOMIC_RELAXED);
	bc_wire = NULL;
	process = NULL;
}

/* Not even its number may be asked for. */
static void forget_sandboxed(void)
{
	if (bc_wire->follow)
		__atomic_fetch_add(&bc_wire->sandboxed, 1, __ATOMIC_RELAXED);
	else
		__atomic_fetch_add(&bc_wire->detached, 1, __ATOMIC_RELAXED);
	bc_wire = NULL;
	process = NULL;
}

static void set_constants(void)
{
	bc_epoch.budget_ns = bc_wire->budget_ns;
	bc_epoch.clock = bc_wire->clock;
}

/*
 * In a forked child: the page with the epoch was wiped. Whatever its parent had open belongs to the
 * parent; here is one thread alone.
 */
void bc_after_fork(void)
{
	bc_thread.slot = NULL;
	bc_thread.busy = 0;
	bc_thread.epoch = BC_NO_EPOCH;
	bc_thread.emitting = 0;
	bc_thread.in_call = 0;
	bc_thread.outer.sp = 0;
	bc_thread.reserved = NULL;
	if (bc_wire && bc_sandboxed)
		forget_sandboxed();
	if (bc_wire && !bc_wire->follow)
		forget_parent();
	if (bc_wire) {
		set_constants();
		open_process();
		bc_table_publish_all();
	}
	__atomic_store_n(&bc_epoch.value,
		bc_sandboxed ? SANDBOXED_EPOCH : (uint32_t)bc_raw2(SYS_getpid, 0, 0),
		__ATOMIC_RELEASE);
}

/* ---- threads ---- */

static void close_thread(void *slot)
{
	struct bc_wire_thread *thread = slot;

	if (thread != bc_thread.slot)
		return;
	bc_thread.busy = 0;
	bc_thread.slot = NULL;
	if (bc_thread.epoch == bc_epoch.value)
		__atomic_store_n(&thread->state, BC_WIRE_CLOSED, __ATOMIC_RELEASE);
}

static struct bc_wire_thread *take_thread(void)
{
	for (uint32_t i = 0; i < bc_memory_threads; i++) {
		uint32_t expected = BC_WIRE_FREE;

		if (__atomic_compare_exchange_n(&bc_wire->threads[i].state, &expected, BC_WIRE_OPEN,
			    0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
			raise_to(&bc_wire->threads_used, i + 1);
			return &bc_wire->threads[i];
		}
	}
	__atomic_fetch_add(&bc_wire->no_thread, 1, __ATOMIC_RELAXED);
	return NULL;
}

static struct bc_wire_thread *open_thread(void)
{
	struct bc_wire_thread *thread = take_thread();

	if (!thread)
		return NULL;
	thread->process = (uint32_t)(process - bc_wire->processes);
	thread->tid = (uint32_t)bc_raw2(SYS_gettid, 0, 0);
	thread->raw = 1;
	__atomic_store_n(&thread->pid, process->pid, __ATOMIC_RELEASE);
	if (has_key)
		pthread_setspecific(key, thread);
	return thread;
}

void bc_reserve(void)
{
	bc_start();
	if (!bc_epoch.value)
		bc_after_fork();
	if (bc_wire && bc_thread.epoch != bc_epoch.value)
		bc_thread.reserved = open_thread();
}

static struct bc_wire_thread *use_reserved(void)
{
	struct bc_wire_thread *thread = bc_thread.reserved;

	bc_thread.reserved = NULL;
	if (!thread)
		__atomic_fetch_add(&bc_wire->sandboxed, 1, __ATOMIC_RELAXED);
	return thread;
}

struct bc_wire_thread *bc_attach(void)
{
	bc_start();
	if (!bc_epoch.value)
		bc_after_fork();
	if (bc_thread.epoch == bc_epoch.value)
		return bc_thread.slot;
	bc_thread.epoch = bc_epoch.value;
	if (bc_wire)
		bc_thread.slot = bc_sandboxed ? use_reserved() : open_thread();
	return bc_thread.slot;
}

/* ---- the library ---- */

/* Takes our own entries out of LD_PRELOAD, and what tells where the memory file is: programs that
 * this one starts are not measured, and do not see that it is. */
static void clean_preload(char *value)
{
	char *to = value;

	while (*value) {
		size_t len = strcspn(value, ": ");

		if (!memmem(value, len, "libblockcheck-preload", 21)) {
			if (len && to != value)
				memmove(to, value, len);
			to += len;
			if (len && value[len])
				*to++ = ':';
		}
		value += len + (value[len] != 0);
	}
	*to = 0;
}

static void clean_environment(void)
{
	char **to = environ;

	for (char **from = environ; from && *from; from++) {
		if (!strncmp(*from, BC_WIRE_ENV "=", sizeof(BC_WIRE_ENV)))
			continue;
		if (!strncmp(*from, "LD_PRELOAD=", 11)) {
			clean_preload(*from + 11);
			if (!(*from)[11])
				continue;
		}
		*to++ = *from;
	}
	if (to)
		*to = NULL;
}

/* What one empty callback costs here. Its traces are taken away again. */
static void test_self(void)
{
	struct bc_record record = {.id = BC_THUNKS};
	struct bc_local local;
	struct bc_wire_thread *thread = bc_attach();
	uint64_t best = UINT64_MAX;

	for (int round = 0; thread && round < 5; round++) {
		uint64_t start = bc_now(), ns;

		for (int i = 0; i < SELF_TEST_ROUNDS; i++) {
			bc_enter(&record, &local);
			bc_leave(&record, &local);
		}
		ns = bc_now() - start;
		if (ns < best)
			best = ns;
	}
	if (!thread)
		return;
	bc_wire->selftest_ns = (uint32_t)(best * 16 / SELF_TEST_ROUNDS);
	memset(&thread->stats[1], 0, sizeof(thread->stats[1]));
	thread->stat_of[BC_THUNKS] = 0;
	thread->nstats = 0;
	thread->raw = 1;
	thread->pid = 0;
	thread->frames[0] = (struct bc_wire_frame){0};
	pthread_setspecific(key, NULL);
	bc_thread = (struct bc_thread_state){.epoch = BC_NO_EPOCH};
	__atomic_store_n(&thread->state, BC_WIRE_FREE, __ATOMIC_RELEASE);
}

static void start(void)
{
	const char *path = getenv(BC_WIRE_ENV);

	bc_epoch.value = (uint32_t)bc_raw2(SYS_getpid, 0, 0);
	bc_calls_resolve_all();
	bc_wire = path ? bc_memory_map(path) : NULL;
	if (!bc_wire)
		return;
	set_constants();
	bc_raw6(SYS_madvise, (long)&bc_epoch, sizeof(bc_epoch), MADV_WIPEONFORK, 0, 0, 0);
	has_key = pthread_key_create(&key, close_thread) == 0;
	if (!bc_wire->follow)
		clean_environment();
	open_process();
}

void bc_start(void)
{
	static int started;

	if (BC_LIKELY(__atomic_load_n(&started, __ATOMIC_ACQUIRE)))
		return;
	pthread_once(&once, start);
	__atomic_store_n(&started, 1, __ATOMIC_RELEASE);
}

__attribute__((constructor)) static void construct(void)
{
	bc_start();
	bc_library_find();
	if (bc_wire && has_key && bc_wire->attached == 1)
		test_self();
}
