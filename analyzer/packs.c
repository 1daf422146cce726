#include "packs.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fs.h"
#include "base/vec.h"
#include "config/config.h"

const char *bc_packs_shipped(struct bc_arena *arena)
{
	const char *named = getenv("BLOCKCHECK_RULES");
	char self[4096];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	const char *candidates[3] = {BC_RULES_DIR_INSTALL, BC_RULES_DIR_BUILD, NULL};

	if (named && *named)
		return named;
	if (n > 0) {
		self[n] = '\0';
		candidates[2] = candidates[1];
		candidates[1] = candidates[0];
		candidates[0] = bc_path_absolute(
			arena, bc_path_dirname(arena, self), "../share/blockcheck/rules");
	}
	for (int i = 0; i < 3; i++)
		if (candidates[i] && bc_file_exists(candidates[i]))
			return candidates[i];
	return NULL;
}

int bc_packs_list(const struct bc_check_options *options, struct bc_arena *arena,
	const struct bc_pack_source **sources, int *nsources)
{
	const char *shipped = bc_packs_shipped(arena);
	const struct bc_config *config = options->config;
	BC_VEC(struct bc_pack_source) list = {0};
	struct bc_pack_source *copy;

	if (!shipped)
		return bc_fail(BC_EINPUT,
			"the shipped rule packs are missing from %s; install blockcheck again or "
			"set BLOCKCHECK_RULES to their folder",
			BC_RULES_DIR_INSTALL);
	bc_vec_push(&list, (struct bc_pack_source){.path = shipped});
	for (int i = 0; config && i < config->nrules; i++)
		bc_vec_push(&list, (struct bc_pack_source){.path = config->rules[i].path});
	if (config && config->pack.root)
		bc_vec_push(&list, config->pack);
	for (const char *const *r = options->rules; r && *r; r++)
		bc_vec_push(&list, (struct bc_pack_source){.path = *r});
	copy = BC_NEW_ARRAY(arena, struct bc_pack_source, list.count);
	memcpy(copy, list.items, list.count * sizeof(*copy));
	*nsources = (int)list.count;
	*sources = copy;
	bc_vec_fini(&list);
	return 0;
}
