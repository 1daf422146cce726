/* Did you mean ...? The nearest of some words. */
#include <string.h>

#include "models/schema.h"

enum { MAX_WORD = 40 }; /* longer texts are no typing errors of ours */

static unsigned min3(unsigned a, unsigned b, unsigned c)
{
	unsigned least = a < b ? a : b;

	return least < c ? least : c;
}

/* Edits between two words; swapping neighbours counts as one. */
static unsigned count_edits(const char *a, const char *b)
{
	unsigned row[3][MAX_WORD + 1]; /* the rows i-2, i-1 and i of the table, in turn */
	size_t na = strlen(a), nb = strlen(b);

	if (na > MAX_WORD || nb > MAX_WORD)
		return MAX_WORD;
	for (size_t j = 0; j <= nb; j++)
		row[0][j] = (unsigned)j;
	for (size_t i = 1; i <= na; i++) {
		unsigned *now = row[i % 3];
		const unsigned *last = row[(i + 2) % 3], *before = row[(i + 1) % 3];

		now[0] = (unsigned)i;
		for (size_t j = 1; j <= nb; j++) {
			now[j] = min3(
				last[j] + 1, now[j - 1] + 1, last[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
				before[j - 2] + 1 < now[j])
				now[j] = before[j - 2] + 1;
		}
	}
	return row[na % 3][nb];
}

const char *bc_schema_suggest(const char *text, const char *const *candidates)
{
	const char *best = NULL;
	unsigned least = (unsigned)strlen(text) / 4 + 2; /* more edits than that: another word */

	for (; *candidates; candidates++) {
		unsigned edits = count_edits(text, *candidates);

		if (edits < least) {
			least = edits;
			best = *candidates;
		}
	}
	return best;
}
