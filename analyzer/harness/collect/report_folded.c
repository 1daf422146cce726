/* One line per stall, as flame graph tools read them. */
#include "harness/collect/report.h"

/* These tools take ';' and the last blank of a line for themselves. */
static void add_name(struct bc_buf *out, const char *name)
{
	for (; *name; name++)
		bc_buf_char(out, *name == ';' || (unsigned char)*name <= ' ' ? '_' : *name);
}

void bc_run_write_folded(const struct bc_run *run, struct bc_buf *out)
{
	for (size_t i = 0; i < run->stalls.count; i++) {
		const struct bc_run_stall *stall = &run->stalls.items[i];
		const char *callback = run->callbacks.items[stall->callback].where.function;

		if (!stall->nstack)
			add_name(out, callback);
		for (uint32_t n = stall->nstack; n > 0; n--) {
			if (n < stall->nstack)
				bc_buf_char(out, ';');
			add_name(out, stall->stack[n - 1].function);
		}
		if (*stall->culprit && (stall->cause == BC_RUN_CALL || !stall->nstack)) {
			bc_buf_char(out, ';');
			add_name(out, stall->culprit);
		}
		bc_buf_printf(out, " %llu\n", (unsigned long long)(stall->total_ns / 1000));
	}
}
