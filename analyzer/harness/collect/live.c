#include "harness/collect/live.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/collect/collector.h"
#include "harness/collect/places.h"
#include "harness/collect/report.h"
#include "harness/collect/screen.h"
#include "output/term.h"

enum { EVERY_NS = 250000000, MAX_NOW = 3 };

struct bc_live {
	struct bc_screen screen;
	int color;
	uint64_t next_ns, last_ns;
	uint64_t idle_ns[BC_WIRE_THREADS]; /* as of the last picture */
};

/* One picture. */
struct view {
	struct bc_live *live;
	struct bc_collector *collector;
	uint64_t now;
	struct bc_arena arena;
	struct bc_buf text;
	struct bc_term term;
	const char *folder; /* that files are shown below, or NULL */
	int lines, left;    /* lines that are free, columns that are free in this one */
};

struct figure {
	uint32_t row; /* of run->callbacks */
	uint64_t count, total_ns, max_ns;
};

/* ---- lines ---- */

/* As much of the text as fits. */
__attribute__((format(printf, 3, 4))) static void put(
	struct view *view, enum bc_style style, const char *format, ...)
{
	va_list args;
	char *text, *end;

	va_start(args, format);
	text = bc_arena_vprintf(&view->arena, format, args);
	va_end(args);
	for (end = text; *end;) {
		struct bc_glyph glyph = bc_term_glyph(end);

		if (glyph.width > view->left)
			break;
		view->left -= glyph.width;
		end += glyph.bytes;
	}
	*end = 0;
	bc_term_printf(&view->term, style, "%s", text);
}

static void end_line(struct view *view)
{
	bc_term_newline(&view->term);
	view->lines--;
	view->left = view->live->screen.columns - 1;
}

static const char *show_time(struct view *view, uint64_t ns)
{
	return bc_report_time(&view->arena, ns);
}

static void put_place(struct view *view, const char *file, int line)
{
	if (file && line)
		put(view, BC_STYLE_FRAME, "  %s:%d",
			bc_places_file(&view->arena, view->folder, file), line);
}

/* ---- the first line ---- */

/* Of the loop that has most to do. */
static double find_busy(struct view *view)
{
	struct bc_live *live = view->live;
	uint64_t since = live->last_ns ? live->last_ns : view->collector->start_ns;
	uint64_t span = view->now - since;
	double most = 0;

	for (uint32_t i = 0; i < view->collector->segment.nthreads; i++) {
		uint64_t idle;
		double share;

		if (!view->collector->threads[i])
			continue;
		idle = bc_watch_idle(&view->collector->segment.wire->threads[i], view->now);
		share = 1 - (double)(idle - live->idle_ns[i]) / (double)span;
		live->idle_ns[i] = idle;
		if (share > most && share <= 1)
			most = share;
	}
	live->last_ns = view->now;
	return most;
}

/* Of "/usr/bin/app -v" what comes after the folders. */
static const char *skip_folders(const char *command)
{
	const char *end = command + strcspn(command, " "), *name = end;

	while (name > command && name[-1] != '/')
		name--;
	return name < end ? name : command;
}

static void put_head(struct view *view)
{
	const struct bc_run *run = view->collector->run;
	uint64_t seconds = (view->now - view->collector->start_ns) / 1000000000u, stalls = 0;
	double busy = find_busy(view);

	for (size_t i = 0; i < run->stalls.count; i++)
		stalls += run->stalls.items[i].count;
	put(view, BC_STYLE_STRONG, "-- blockcheck %llu:%02llu, ", (unsigned long long)seconds / 60,
		(unsigned long long)seconds % 60);
	put(view, stalls ? BC_STYLE_WARNING : BC_STYLE_STRONG, "%llu stall%s of %s or more",
		(unsigned long long)stalls, stalls == 1 ? "" : "s",
		show_time(view, run->budget_ns));
	put(view, BC_STYLE_STRONG, ", loop busy %.0f %%, %s ", busy * 100,
		skip_folders(run->command));
	while (view->left)
		put(view, BC_STYLE_STRONG, "%.*s", view->left > 16 ? 16 : view->left,
			"----------------");
	end_line(view);
}

/* ---- what lasts ---- */

static int put_running(struct view *view, uint32_t slot)
{
	const struct bc_wire_thread *shared = &view->collector->segment.wire->threads[slot];
	uint32_t depth = __atomic_load_n(&shared->depth, __ATOMIC_ACQUIRE);
	struct bc_wire_frame frame;
	const char *name, *call;

	if (!depth || depth > BC_WIRE_FRAMES || shared->waiting)
		return 0;
	frame = shared->frames[depth - 1];
	if (view->now < frame.start_ns || view->now - frame.start_ns < EVERY_NS)
		return 0;
	name = bc_stalls_running(view->collector, slot, &frame);
	if (!name)
		return 0;
	put(view, BC_STYLE_WARNING, "now  ");
	put(view, BC_STYLE_STRONG, "%s", name);
	call = bc_watch_call(view->collector, slot, &frame);
	if (call)
		put(view, BC_STYLE_PLAIN, " has been in %s()", call);
	else
		put(view, BC_STYLE_PLAIN, " has held the loop");
	put(view, BC_STYLE_WARNING, " for %.1f s", (double)(view->now - frame.start_ns) / 1e9);
	end_line(view);
	return 1;
}

/* One line is always kept for it, so that the others do not jump. */
static void put_now(struct view *view)
{
	int shown = 0;

	for (uint32_t i = 0; i < view->collector->segment.nthreads && shown < MAX_NOW; i++)
		if (view->collector->threads[i])
			shown += put_running(view, i);
	if (!shown)
		end_line(view);
}

/* ---- stalls ---- */

/* What it was, and where: the callback of a loop of the program's own says little of that. */
static void put_stall(struct view *view, const struct bc_run_stall *stall)
{
	const struct bc_run *run = view->collector->run;
	const char *callback = run->callbacks.items[stall->callback].where.function;

	if (stall->kind == BC_RUN_MANY)
		callback = "one iteration";
	else if (stall->kind == BC_RUN_BODY && !stall->nstack)
		callback = "not seen where,";
	put(view, BC_STYLE_PLAIN, "%9s %6ux  ", show_time(view, stall->ns), stall->count);
	put(view, BC_STYLE_STRONG, "%s", callback);
	put(view, BC_STYLE_PLAIN, " %s", bc_report_culprit(&view->arena, stall));
	if (stall->nstack && strcmp(stall->stack[0].function, callback) != 0 &&
		strcmp(stall->stack[0].function, stall->culprit) != 0)
		put(view, BC_STYLE_PLAIN, "  %s", stall->stack[0].function);
	if (stall->nstack)
		put_place(view, stall->stack[0].file, stall->stack[0].line);
	end_line(view);
}

static void put_stalls(struct view *view, int most)
{
	const struct bc_run *run = view->collector->run;
	uint32_t *order;
	size_t count = bc_report_stalls(run, &order);

	put(view, BC_STYLE_FRAME, "%9s %7s  %s", "longest", "times", "stall");
	end_line(view);
	for (size_t i = 0; i < count && i + 1 < (size_t)most; i++)
		put_stall(view, &run->stalls.items[order[i]]);
	free(order);
}

/* ---- callbacks ---- */

typedef void visit_stat(uint32_t row, const struct bc_wire_stat *stat, void *to);

static void visit_thread(struct view *view, uint32_t slot, visit_stat *visit, void *to)
{
	struct bc_collector *collector = view->collector;
	const struct bc_wire_thread *shared = &collector->segment.wire->threads[slot];
	uint32_t process = collector->threads[slot]->process, count = shared->nstats;

	for (uint32_t i = 1; i < count && i < BC_WIRE_STATS; i++) {
		uint32_t function = shared->stats[i].function;

		if (function && function < BC_WIRE_FUNCTIONS && shared->stats[i].count)
			visit(bc_seen_callback(collector, process, function), &shared->stats[i],
				to);
	}
}

/* What is not folded into the result yet: the figures of threads that live. */
static void visit_stats(struct view *view, visit_stat *visit, void *to)
{
	for (uint32_t i = 0; i < view->collector->segment.nthreads; i++)
		if (view->collector->threads[i])
			visit_thread(view, i, visit, to);
}

struct sum {
	struct figure *figures;
	size_t count;
};

/* A callback that is new since the array was made waits for the next picture. */
static void add_figure(uint32_t row, const struct bc_wire_stat *stat, void *to)
{
	const struct sum *sum = to;
	struct figure *figure;

	if (row >= sum->count)
		return;
	figure = &sum->figures[row];
	figure->count += stat->count;
	figure->total_ns += stat->total_ns;
	if (stat->max_ns > figure->max_ns)
		figure->max_ns = stat->max_ns;
}

struct one {
	uint32_t row;
	struct bc_run_histogram times;
};

static void add_times(uint32_t row, const struct bc_wire_stat *stat, void *to)
{
	struct one *one = to;

	if (row != one->row)
		return;
	for (uint32_t i = 0; i < BC_WIRE_BUCKETS; i++) {
		one->times.buckets[i] += stat->buckets[i];
		one->times.count += stat->buckets[i];
	}
	if (stat->max_ns > one->times.max_ns)
		one->times.max_ns = stat->max_ns;
}

static int compare_figures(const void *a, const void *b)
{
	const struct figure *x = a, *y = b;

	if (x->max_ns != y->max_ns)
		return x->max_ns < y->max_ns ? 1 : -1;
	return x->row < y->row ? -1 : x->row > y->row;
}

static int is_worth_showing(const struct bc_run *run, const struct figure *figure)
{
	const struct bc_run_callback *callback = &run->callbacks.items[figure->row];

	return figure->count && (!callback->internal || callback->stalls);
}

/* Worst first; returns how many. */
static size_t gather_figures(struct view *view, struct figure **figures)
{
	const struct bc_run *run = view->collector->run;
	struct sum sum = {.count = run->callbacks.count};
	size_t count = 0;

	sum.figures = BC_NEW_ARRAY(&view->arena, struct figure, sum.count);
	for (size_t i = 0; i < sum.count; i++) {
		const struct bc_run_histogram *times = &run->callbacks.items[i].times;

		sum.figures[i] =
			(struct figure){(uint32_t)i, times->count, times->total_ns, times->max_ns};
	}
	visit_stats(view, add_figure, &sum);
	for (size_t i = 0; i < sum.count; i++)
		if (is_worth_showing(run, &sum.figures[i]))
			sum.figures[count++] = sum.figures[i];
	qsort(sum.figures, count, sizeof(*sum.figures), compare_figures);
	*figures = sum.figures;
	return count;
}

static void put_callback(struct view *view, const struct figure *figure)
{
	uint32_t row = figure->row;
	struct one one = {.row = row};
	const struct bc_run_callback *callback;

	one.times = view->collector->run->callbacks.items[row].times;
	visit_stats(view, add_times, &one);
	callback = &view->collector->run->callbacks.items[row];
	put(view, BC_STYLE_PLAIN, "%9s %9s %9s %9llu %6u  ", show_time(view, figure->max_ns),
		show_time(view, bc_run_percentile(&one.times, 0.99)),
		show_time(view, figure->total_ns), (unsigned long long)figure->count,
		callback->stalls);
	put(view, BC_STYLE_STRONG, "%s", callback->where.function);
	put_place(view, callback->where.file, callback->where.line);
	end_line(view);
}

static void put_callbacks(struct view *view)
{
	struct figure *figures;
	size_t count = gather_figures(view, &figures);

	put(view, BC_STYLE_FRAME, "%9s %9s %9s %9s %6s  %s", "max", "p99", "total", "count",
		"stalls", "callback");
	end_line(view);
	for (size_t i = 0; i < count && view->lines > 0; i++)
		put_callback(view, &figures[i]);
}

/* ---- */

struct bc_live *bc_live_open(const struct bc_collector *collector)
{
	const struct bc_run_options *options = collector->options;
	struct bc_live *live;

	if (options->live == BC_RUN_LIVE_NEVER || options->quiet || options->silent ||
		!bc_screen_usable(options->live == BC_RUN_LIVE_ALWAYS))
		return NULL;
	live = bc_xmalloc(sizeof(*live));
	*live = (struct bc_live){.color = options->color};
	if (bc_screen_open(&live->screen))
		return live;
	bc_live_close(live);
	return NULL;
}

void bc_live_tick(struct bc_live *live, struct bc_collector *collector, uint64_t now_ns)
{
	struct view view = {.live = live, .collector = collector, .now = now_ns};

	if (!live->next_ns) /* a program that takes the screen over shall have done so */
		live->next_ns = now_ns + EVERY_NS;
	if (now_ns < live->next_ns)
		return;
	live->next_ns = now_ns + EVERY_NS;
	view.lines = bc_screen_begin(&live->screen);
	if (!view.lines)
		return;
	view.left = live->screen.columns - 1;
	view.term = (struct bc_term){.out = &view.text, .color = live->color};
	view.folder = bc_places_folder(&view.arena, collector->run);
	put_head(&view);
	put_now(&view);
	put_stalls(&view, view.lines / 2);
	put_callbacks(&view);
	while (view.lines > 0)
		end_line(&view);
	bc_screen_draw(&live->screen, bc_buf_text(&view.text));
	bc_buf_fini(&view.text);
	bc_arena_fini(&view.arena);
}

void bc_live_leave(struct bc_live *live)
{
	bc_screen_leave(&live->screen);
	live->next_ns = 0;
}

void bc_live_close(struct bc_live *live)
{
	if (!live)
		return;
	bc_screen_close(&live->screen);
	free(live);
}
