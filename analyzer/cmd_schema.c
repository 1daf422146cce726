/* `blockcheck schema`: what files for blockcheck must look like, as JSON Schema. */
#include <string.h>

#include "base/error.h"
#include "cmd.h"

int bc_cmd_schema(const struct bc_options *options)
{
	static const char *const names[] = {"rules", NULL};
	const char *name = options->operands.items[0];
	struct bc_buf text = {0};
	int status;

	if (!name)
		return bc_cmd_fail(bc_fail(BC_EUSAGE, "schema: of what? rules"));
	if (strcmp(name, names[0]) != 0)
		return bc_cmd_fail(bc_options_fail_unknown("schema", name, names));
	bc_schema_write_json(&text);
	status = bc_cmd_write(options->output, &text);
	bc_buf_fini(&text);
	return status < 0 ? bc_cmd_fail(status) : BC_EXIT_CLEAN;
}
