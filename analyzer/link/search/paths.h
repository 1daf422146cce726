/*
 * Private to the search: the most convincing way from a root to each state. Length counts little,
 * doubt counts more than any length.
 */
#ifndef BC_LINK_SEARCH_PATHS_H
#define BC_LINK_SEARCH_PATHS_H

#include "link/search/search.h"

void bc_search_find_paths(struct bc_search *s);

#endif
