/* `blockcheck dump`: what a stage hands to the next, as text. */
#include "cmd.h"

#include <string.h>

#include "base/error.h"

static int check_stage(const struct bc_options *options)
{
	static const char *const stages[] = {"facts", "graph", "roots", "places", NULL};
	const char *stage = options->operands.items[0];

	if (!stage)
		return bc_fail(BC_EUSAGE, "dump: which stage? facts, graph, roots or places");
	for (int i = 0; stages[i]; i++)
		if (!strcmp(stages[i], stage))
			return 0;
	return bc_options_fail_unknown("stage", stage, stages);
}

int bc_cmd_dump(const struct bc_options *options)
{
	struct bc_buf text = {0};
	int status = check_stage(options);

	if (status == 0)
		status = bc_pipeline_dump(&options->check, options->operands.items[0],
			options->operands.items[1], &text);
	if (status == 0)
		status = bc_cmd_write(options->output, &text);
	bc_buf_fini(&text);
	if (status == BC_EINTERRUPTED)
		bc_cmd_say("", "interrupted");
	return status < 0 ? bc_cmd_fail(status) : BC_EXIT_CLEAN;
}
