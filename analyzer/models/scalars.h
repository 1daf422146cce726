/* Private to the check of documents: single values, and what they may look like. */
#ifndef BC_MODELS_SCALARS_H
#define BC_MODELS_SCALARS_H

#include "models/schema.h"

/* Letters, digits and _, as in C. */
int bc_scalar_is_identifier(const char *text);

/* What a key of this type, other than a mapping, may hold. */
int bc_scalar_fits(const struct bc_key *key, const char *text);

/* What a value of this key must be: "a C identifier". */
const char *bc_scalar_describe(const struct bc_key *key);

#endif
