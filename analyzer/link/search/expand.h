/* Private to the search: what one state does. Its calls become edges, its blocking calls hits. */
#ifndef BC_LINK_SEARCH_EXPAND_H
#define BC_LINK_SEARCH_EXPAND_H

#include "link/search/search.h"

/* Interprets the body of a state once. New states are appended. */
void bc_search_expand(struct bc_search *s, uint32_t state);

#endif
