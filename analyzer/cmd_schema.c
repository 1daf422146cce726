/* `blockcheck schema`: what files for blockcheck must look like, as JSON Schema. */
#include <string.h>

#include "base/error.h"
#include "cmd.h"
#include "config/config.h"
#include "input/project.h"

int bc_cmd_schema(const struct bc_options *options)
{
	static const char *const names[] = {"rules", "config", NULL};
	const char *name = options->operands.items[0];
	struct bc_buf text = {0};
	int status;

	if (!name)
		return bc_cmd_fail(bc_fail(BC_EUSAGE, "schema: of what? rules or config"));
	if (!strcmp(name, "rules"))
		bc_schema_write_json(
			&bc_shape_pack, "A rule pack of blockcheck, " BC_SCHEMA_ID, &text);
	else if (!strcmp(name, "config"))
		bc_schema_write_json(
			&bc_shape_config, "blockcheck's project file, " BC_PROJECT_FILE, &text);
	else
		return bc_cmd_fail(bc_options_fail_unknown("schema", name, names));
	status = bc_cmd_write(options->output, &text);
	bc_buf_fini(&text);
	return status < 0 ? bc_cmd_fail(status) : BC_EXIT_CLEAN;
}
