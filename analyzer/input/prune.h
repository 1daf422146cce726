/*
 * Keeps the folder of facts from growing for ever: each change of flags or of this program leaves
 * the facts under the old keys behind, of use only if the change is taken back.
 */
#ifndef BC_INPUT_PRUNE_H
#define BC_INPUT_PRUNE_H

#include <stddef.h>
#include <stdint.h>

/*
 * Once the folder holds over three times what the units under `keys` need, and over 64 MB, removes
 * the oldest of the rest until it holds no more than twice that. What was written within the last
 * hour stays: another run may be about to read it.
 */
void bc_cache_prune(const char *facts, const uint64_t (*keys)[2], size_t nkeys);

#endif
