/* One line per stack of stalls, as flame graph tools read them. */
#include "harness/collect/report.h"

/* ---- stacks ---- */

static void push(struct bc_report_stack *stack, const struct bc_run_where *where)
{
	if (stack->count < BC_REPORT_STACK_MAX)
		stack->frames[stack->count++] = *where;
}

static void push_name(struct bc_report_stack *stack, const char *name)
{
	push(stack, &(struct bc_run_where){.function = name, .module = ""});
}

/* An iteration has no stack, but parts. */
static void visit_shares(const struct bc_run_stall *stall, bc_report_visit *visit, void *argument)
{
	uint64_t rest = stall->total_ns, part;

	for (int i = 0; i < BC_WIRE_CALLS; i++) {
		struct bc_report_stack stack = {0};

		if (!stall->shares[i].function)
			continue;
		/* the shares are those of the longest iteration, the time that of all */
		part = stall->ns ? (uint64_t)((double)stall->shares[i].total_ns *
					      (double)stall->total_ns / (double)stall->ns)
				 : 0;
		stack.ns = part < rest ? part : rest;
		rest -= stack.ns;
		push_name(&stack, "many small callbacks");
		push_name(&stack, stall->shares[i].function);
		visit(&stack, argument);
	}
}

void bc_report_stacks(const struct bc_run *run, bc_report_visit *visit, void *argument)
{
	for (size_t i = 0; i < run->stalls.count; i++) {
		const struct bc_run_stall *stall = &run->stalls.items[i];
		struct bc_report_stack stack = {.ns = stall->total_ns};

		if (stall->kind == BC_RUN_MANY) {
			visit_shares(stall, visit, argument);
			continue;
		}
		if (!stall->nstack)
			push(&stack, &run->callbacks.items[stall->callback].where);
		for (uint32_t n = stall->nstack; n > 0; n--)
			push(&stack, &stall->stack[n - 1]);
		if (*stall->culprit && (stall->cause == BC_RUN_CALL || !stall->nstack))
			push_name(&stack, stall->culprit);
		visit(&stack, argument);
	}
}

/* ---- folded ---- */

/* These tools take ';' and the last blank of a line for themselves. */
static void add_name(struct bc_buf *out, const char *name)
{
	for (; *name; name++)
		bc_buf_char(out, *name == ';' || (unsigned char)*name <= ' ' ? '_' : *name);
}

static void write_line(const struct bc_report_stack *stack, void *argument)
{
	struct bc_buf *out = argument;

	for (uint32_t i = 0; i < stack->count; i++) {
		if (i)
			bc_buf_char(out, ';');
		add_name(out, stack->frames[i].function);
	}
	bc_buf_printf(out, " %llu\n", (unsigned long long)(stack->ns / 1000));
}

void bc_run_write_folded(const struct bc_run *run, struct bc_buf *out)
{
	bc_report_stacks(run, write_line, out);
}
