#include "harness/collect/symbols.h"

#include <dwarf.h>
#include <elfutils/libdwfl.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <uthash.h>

#include "base/fs.h"
#include "harness/collect/begins.h"
#include "harness/collect/callsite.h"
#include "harness/collect/vdso.h"

enum {
	THREAD = 1,
	MAX_INLINED = 16,
	REG_BP = 6,
	REG_SP = 7,
	NREGISTERS = 17,
	MAX_PLACES = 1 << 16
};

struct module {
	const char *path;
	uint64_t bias;
};

/* What stands at an address. Stalls come from the same places again and again. */
struct place {
	uint64_t address;
	uint32_t count; /* frames, inlined ones included */
	struct bc_run_where *frames;
	UT_hash_handle hh;
};

struct bc_symbols {
	struct bc_arena *arena;
	char *debug_path; /* where distributions put debug files, and whoever was asked for some */
	Dwfl_Callbacks callbacks;
	Dwfl *dwfl;
	BC_VEC(struct module) modules;
	struct place *places;
	int attached;
	/* the stack that is being unwound */
	const struct bc_stack_piece *piece;
	struct bc_run_where *frames;
	uint32_t count;
};

/* ---- modules ---- */

/* The path comes from the program: opening a FIFO or a device must not hold us. */
static int open_module(const char *path)
{
	struct stat info;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd >= 0 && (fstat(fd, &info) < 0 || !S_ISREG(info.st_mode))) {
		close(fd);
		return -1;
	}
	return fd;
}

/*
 * What debuginfod-find or a debugger has fetched. Nothing is fetched from here: that takes as long
 * as a network does, and tells others what is run.
 */
static int open_fetched(Dwfl_Module *module, char **name)
{
	const char *cache = getenv("DEBUGINFOD_CACHE_PATH"), *home = getenv("HOME");
	const unsigned char *id;
	struct bc_buf path = {0};
	GElf_Addr address;
	int n = dwfl_module_build_id(module, &id, &address), fd = -1;
	struct stat info;

	if (n <= 0 || !(cache || home))
		return -1;
	bc_buf_printf(
		&path, "%s%s/", cache ? cache : home, cache ? "" : "/.cache/debuginfod_client");
	for (int i = 0; i < n; i++)
		bc_buf_printf(&path, "%02x", id[i]);
	bc_buf_printf(&path, "/debuginfo");
	/* an empty one says that there was nothing to fetch */
	if (stat(bc_buf_text(&path), &info) == 0 && info.st_size > 0)
		fd = open_module(bc_buf_text(&path));
	if (fd >= 0)
		*name = strdup(bc_buf_text(&path));
	bc_buf_fini(&path);
	return fd;
}

static int find_debuginfo(Dwfl_Module *module, void **data, const char *module_name,
	Dwarf_Addr base, const char *file, const char *link, GElf_Word crc, char **name)
{
	int fd = dwfl_standard_find_debuginfo(
		module, data, module_name, base, file, link, crc, name);

	return fd >= 0 ? fd : open_fetched(module, name);
}

struct bc_symbols *bc_symbols_open(struct bc_arena *arena, const char *debug_files)
{
	struct bc_symbols *symbols = bc_xmalloc(sizeof(*symbols));

	unsetenv("DEBUGINFOD_URLS");
	*symbols = (struct bc_symbols){.arena = arena,
		.debug_path = bc_arena_printf(arena, ":.debug:/usr/lib/debug%s%s",
			debug_files ? ":" : "", debug_files ? debug_files : ""),
		.callbacks = {.find_elf = dwfl_linux_proc_find_elf,
			.find_debuginfo = find_debuginfo,
			.debuginfo_path = &symbols->debug_path}};
	symbols->dwfl = dwfl_begin(&symbols->callbacks);
	if (!symbols->dwfl) {
		free(symbols);
		return NULL;
	}
	return symbols;
}

void bc_symbols_close(struct bc_symbols *symbols)
{
	if (!symbols)
		return;
	dwfl_end(symbols->dwfl);
	bc_vec_fini(&symbols->modules);
	HASH_CLEAR(hh, symbols->places); /* which are the arena's */
	free(symbols);
}

void bc_symbols_add(struct bc_symbols *symbols, const char *path, uint64_t bias)
{
	int fd;

	for (size_t i = 0; i < symbols->modules.count; i++)
		if (symbols->modules.items[i].bias == bias &&
			!strcmp(symbols->modules.items[i].path, path))
			return;
	path = bc_arena_strdup(symbols->arena, path);
	bc_vec_push(&symbols->modules, (struct module){path, bias});
	fd = strcmp(path, BC_VDSO_NAME) ? open_module(path) : bc_vdso_open();
	if (fd < 0)
		return;
	dwfl_report_begin_add(symbols->dwfl);
	if (!dwfl_report_elf(symbols->dwfl, path, path, fd, bias, false))
		close(fd);
	dwfl_report_end(symbols->dwfl, NULL, NULL);
}

int bc_symbols_covers(struct bc_symbols *symbols, uint64_t address)
{
	return dwfl_addrmodule(symbols->dwfl, address) != NULL;
}

/* ---- names ---- */

static const char *module_path(struct bc_symbols *symbols, Dwfl_Module *module)
{
	const char *file = NULL, *name;

	name = dwfl_module_info(module, NULL, NULL, NULL, NULL, NULL, &file, NULL);
	return bc_arena_strdup(symbols->arena, file ? file : name ? name : "");
}

static const char *name_offset(struct bc_symbols *symbols, Dwfl_Module *module, uint64_t address)
{
	Dwarf_Addr begin = 0;
	const char *path = module_path(symbols, module);

	dwfl_module_info(module, NULL, &begin, NULL, NULL, NULL, NULL, NULL);
	return bc_arena_printf(symbols->arena, "%s+0x%llx", bc_path_basename(path),
		(unsigned long long)(address - begin));
}

static const char *name_begin(struct bc_symbols *symbols, Dwfl_Module *module, uint64_t address)
{
	GElf_Addr bias = 0;
	Elf *elf = dwfl_module_getelf(module, &bias);
	uint64_t begin = bc_begin_of(elf, address - bias);

	return begin ? name_offset(symbols, module, begin + bias) : NULL;
}

/* The nearest symbol is not enough: in a stripped program it may be that of another function. */
static const char *name_symbol(
	struct bc_symbols *symbols, Dwfl_Module *module, uint64_t address, const char **begins)
{
	GElf_Off offset;
	GElf_Sym symbol;
	const char *name =
		dwfl_module_addrinfo(module, address, &offset, &symbol, NULL, NULL, NULL);

	if (!name || (symbol.st_size ? offset >= symbol.st_size : offset > 0)) {
		*begins = name_begin(symbols, module, address);
		return name_offset(symbols, module, address);
	}
	return bc_plain_name(symbols->arena, name);
}

static void set_line(struct bc_symbols *symbols, Dwfl_Module *module, uint64_t address,
	struct bc_run_where *where)
{
	Dwfl_Line *line = dwfl_module_getsrc(module, address);
	int number = 0;
	const char *file = line ? dwfl_lineinfo(line, NULL, &number, NULL, NULL, NULL) : NULL;
	const char *folder = line ? dwfl_line_comp_dir(line) : NULL;

	if (!file)
		return;
	where->file = folder && file[0] != '/' ? bc_path_absolute(symbols->arena, folder, file)
					       : bc_path_absolute(symbols->arena, "/", file);
	where->line = number;
}

void bc_symbols_function(struct bc_symbols *symbols, uint64_t address, struct bc_run_where *where)
{
	Dwfl_Module *module = dwfl_addrmodule(symbols->dwfl, address);

	*where = (struct bc_run_where){.module = ""};
	if (!module) {
		where->function =
			bc_arena_printf(symbols->arena, "0x%llx", (unsigned long long)address);
		return;
	}
	where->module = module_path(symbols, module);
	where->function = name_symbol(symbols, module, address, &where->begins);
	set_line(symbols, module, address, where);
}

/* ---- inlined frames ---- */

static void add_frame(struct bc_symbols *symbols, const struct bc_run_where *where)
{
	if (symbols->count < BC_STACK_MAX)
		symbols->frames[symbols->count++] = *where;
}

static const char *inlined_at(
	struct bc_symbols *symbols, Dwarf_Die *unit, Dwarf_Die *die, int *line)
{
	Dwarf_Attribute attribute;
	Dwarf_Word value = 0, number = 0;
	Dwarf_Files *files = NULL;
	const char *file = NULL, *folder;

	if (!dwarf_formudata(dwarf_attr(die, DW_AT_call_line, &attribute), &value) &&
		!dwarf_formudata(dwarf_attr(die, DW_AT_call_file, &attribute), &number) &&
		!dwarf_getsrcfiles(unit, &files, NULL))
		file = dwarf_filesrc(files, (size_t)number, NULL, NULL);
	*line = (int)value;
	folder = dwarf_formstring(dwarf_attr(unit, DW_AT_comp_dir, &attribute));
	return file ? bc_path_absolute(symbols->arena, folder ? folder : "/", file) : NULL;
}

/* The scopes around an address, innermost first, as they are nested in the code: libdw's first
 * answer goes from an inlined function on to where that was written. */
static int find_scopes(Dwarf_Die *unit, Dwarf_Addr address, Dwarf_Die **scopes)
{
	Dwarf_Die *written = NULL, innermost;
	int n = unit ? dwarf_getscopes(unit, address, &written) : 0;

	*scopes = NULL;
	if (n <= 0)
		return 0;
	innermost = written[0];
	free(written);
	return dwarf_getscopes_die(&innermost, scopes);
}

/* From the innermost inlined function outwards; each is called at a line of the next. */
static void find_frames_at(struct bc_symbols *symbols, Dwfl_Module *module, uint64_t address)
{
	struct bc_run_where where;
	Dwarf_Addr bias = 0;
	Dwarf_Die *unit = dwfl_module_addrdie(module, address, &bias), *scopes;
	struct bc_run_where outer;
	int n = find_scopes(unit, address - bias, &scopes);

	bc_symbols_function(symbols, address, &where);
	outer = where;
	where.begins = NULL;
	for (int i = 0; i < n && i < MAX_INLINED; i++) {
		const char *name = dwarf_diename(&scopes[i]);

		if (dwarf_tag(&scopes[i]) == DW_TAG_subprogram)
			break;
		if (dwarf_tag(&scopes[i]) != DW_TAG_inlined_subroutine || !name)
			continue;
		where.function = bc_arena_strdup(symbols->arena, name);
		add_frame(symbols, &where);
		where.file = inlined_at(symbols, unit, &scopes[i], &where.line);
	}
	free(scopes);
	where.function = outer.function;
	where.begins = outer.begins;
	add_frame(symbols, &where);
}

static void keep_place(struct bc_symbols *symbols, uint64_t address, uint32_t first)
{
	struct place *place = BC_NEW(symbols->arena, struct place);

	place->address = address;
	place->count = symbols->count - first;
	place->frames = BC_NEW_ARRAY(symbols->arena, struct bc_run_where, place->count);
	memcpy(place->frames, symbols->frames + first, place->count * sizeof(*place->frames));
	HASH_ADD(hh, symbols->places, address, sizeof(address), place);
}

static int is_call_by_pointer(Dwfl_Module *module, uint64_t after)
{
	GElf_Addr bias = 0;
	Elf *elf = dwfl_module_getelf(module, &bias);

	return bc_callsite_is_indirect(elf, after - bias);
}

/* A program that never stops coming from somewhere else does not get all of memory. */
static void add_frames_at(struct bc_symbols *symbols, Dwfl_Module *module, uint64_t address)
{
	static const struct bc_run_where unnamed = {.function = "(unnamed)", .module = ""};
	uint32_t first = symbols->count;
	struct place *place;

	HASH_FIND(hh, symbols->places, &address, sizeof(address), place);
	for (uint32_t i = 0; place && i < place->count; i++)
		add_frame(symbols, &place->frames[i]);
	if (place)
		return;
	if (HASH_COUNT(symbols->places) >= MAX_PLACES) {
		add_frame(symbols, &unnamed);
		return;
	}
	find_frames_at(symbols, module, address);
	if (symbols->count > first)
		symbols->frames[first].by_pointer = is_call_by_pointer(module, address + 1);
	/* the stack's end may have cut it short */
	if (symbols->count < BC_STACK_MAX)
		keep_place(symbols, address, first);
}

/* ---- unwinding ---- */

static pid_t next_thread(Dwfl *dwfl, void *argument, void **thread_argument)
{
	(void)dwfl;
	if (*thread_argument)
		return 0;
	*thread_argument = argument;
	return THREAD;
}

static bool read_memory(Dwfl *dwfl, Dwarf_Addr address, Dwarf_Word *result, void *argument)
{
	const struct bc_stack_piece *piece = ((struct bc_symbols *)argument)->piece;

	(void)dwfl;
	if (address < piece->sp || piece->size < sizeof(*result) ||
		address - piece->sp > piece->size - sizeof(*result))
		return false;
	memcpy(result, piece->bytes + (address - piece->sp), sizeof(*result));
	return true;
}

/*
 * Where only pc and sp are known: the innermost function that keeps a frame pointer is the first
 * whose caller's frame pointer, further up, and return address lie side by side. Those below it
 * have none, so that bp still is its own.
 */
static uint64_t guess_bp(struct bc_symbols *symbols, const struct bc_stack_piece *piece)
{
	uint64_t words[2];

	for (size_t at = 0; at + sizeof(words) <= piece->size; at += sizeof(words[0])) {
		uint64_t here = piece->sp + at;

		memcpy(words, piece->bytes + at, sizeof(words));
		if (words[0] > here && words[0] - here < piece->size && words[0] % 8 == 0 &&
			dwfl_addrmodule(symbols->dwfl, words[1]))
			return here;
	}
	return 0;
}

static bool set_registers(Dwfl_Thread *thread, void *argument)
{
	const struct bc_stack_piece *piece = ((struct bc_symbols *)argument)->piece;
	Dwarf_Word bp = piece->bp, sp = piece->sp, all[NREGISTERS];

	if (piece->registers) {
		memcpy(all, piece->registers, sizeof(all));
		if (!dwfl_thread_state_registers(thread, 0, NREGISTERS, all))
			return false;
	} else {
		if (!piece->has_bp)
			bp = guess_bp(argument, piece);
		if (bp && !dwfl_thread_state_registers(thread, REG_BP, 1, &bp))
			return false;
		if (!dwfl_thread_state_registers(thread, REG_SP, 1, &sp))
			return false;
	}
	dwfl_thread_state_register_pc(thread, piece->exact ? piece->pc : piece->pc - 1);
	return true;
}

static int visit_frame(Dwfl_Frame *frame, void *argument)
{
	struct bc_symbols *symbols = argument;
	Dwarf_Addr pc;
	bool exact;
	Dwfl_Module *module;

	if (symbols->count >= BC_STACK_MAX || !dwfl_frame_pc(frame, &pc, &exact) || !pc)
		return DWARF_CB_ABORT;
	if (!exact)
		pc--;
	module = dwfl_addrmodule(symbols->dwfl, pc);
	if (!module)
		return DWARF_CB_ABORT;
	add_frames_at(symbols, module, pc);
	return DWARF_CB_OK;
}

static const Dwfl_Thread_Callbacks thread_callbacks = {
	.next_thread = next_thread,
	.memory_read = read_memory,
	.set_initial_registers = set_registers,
};

uint32_t bc_symbols_unwind(
	struct bc_symbols *symbols, const struct bc_stack_piece *piece, struct bc_run_where *frames)
{
	symbols->piece = piece;
	symbols->frames = frames;
	symbols->count = 0;
	if (!symbols->attached)
		symbols->attached =
			dwfl_attach_state(symbols->dwfl, NULL, THREAD, &thread_callbacks, symbols);
	if (symbols->attached)
		dwfl_getthread_frames(symbols->dwfl, THREAD, visit_frame, symbols);
	/* without unwind information there is still the place itself */
	if (!symbols->count && dwfl_addrmodule(symbols->dwfl, piece->pc - 1))
		add_frames_at(
			symbols, dwfl_addrmodule(symbols->dwfl, piece->pc - 1), piece->pc - 1);
	symbols->piece = NULL;
	return symbols->count;
}
