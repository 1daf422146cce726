/*
 * Packs as strings: each is written to a temporary folder and loaded from there. Needs cmocka.
 */
#ifndef BC_TESTS_MODELS_SAMPLE_H
#define BC_TESTS_MODELS_SAMPLE_H

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/error.h"
#include "models/models.h"
#include "unit/tempdir.h"

#define PACK_HEAD "schema: blockcheck-rules/1\npack: {name: test}\n"
#define PROVENANCE ", provenance: {kind: man, ref: f(3)}"
/* A whole blocking rule in one line, with room for more keys. */
#define SINK(id, function, more) \
	"- {id: " id ", function: " function ", category: dns, bound: unbounded" PROVENANCE more \
	"}\n"

struct sample {
	struct bc_arena arena;
	struct bc_models models;
	char *dir;
	int status;
};

/* Loads up to three packs, a.yaml to c.yaml, in this order; NULL ends the list. */
static inline void sample_load(struct sample *s, const char *a, const char *b, const char *c)
{
	const char *texts[] = {a, b, c}, *names[] = {"a.yaml", "b.yaml", "c.yaml"};

	*s = (struct sample){.dir = tempdir_make()};
	for (int i = 0; i < 3 && texts[i]; i++)
		free(tempdir_file(s->dir, names[i], texts[i]));
	s->status = bc_models_load(&s->arena, (const char *const *)&s->dir, 1, &s->models);
}

static inline void sample_drop(struct sample *s)
{
	tempdir_remove(s->dir);
	bc_arena_fini(&s->arena);
}

/* Loads packs that must be right. */
static inline void sample_load_good(struct sample *s, const char *a, const char *b, const char *c)
{
	sample_load(s, a, b, c);
	if (s->status != 0)
		fail_msg("refused: %s", bc_error_message());
}

/* Loads packs that must be refused with exactly this message, after the folder's name. */
static inline void assert_refused(const char *a, const char *b, const char *message)
{
	const char *said;
	struct sample s;

	sample_load(&s, a, b, NULL);
	if (s.status == 0)
		fail_msg("accepted, but should say: %s", message);
	assert_true(s.status == BC_EINPUT || s.status == BC_ELIMIT);
	assert_int_equal(s.models.nsinks, 0);
	said = bc_error_message();
	if (!strncmp(said, s.dir, strlen(s.dir)))
		said += strlen(s.dir) + 1;
	assert_string_equal(said, message);
	sample_drop(&s);
}

#endif
