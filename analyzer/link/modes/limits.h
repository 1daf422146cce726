/*
 * Time limits that are set on descriptors and library handles: SO_RCVTIMEO, CURLOPT_TIMEOUT,
 * redisSetTimeout(). They go with the origins of modes.h, and bound the calls that a rule says they
 * bound. A limit that some of the descriptors at a call do not have bounds nothing there.
 *
 * As with modes, there are no program points. A wrapper's limit is that of its callers' arguments.
 */
#ifndef BC_LINK_MODES_LIMITS_H
#define BC_LINK_MODES_LIMITS_H

#include "link/modes/modes.h"

struct bc_limit {
	uint32_t origin, call; /* of bc_modes.origins; the call that sets it */
	unsigned by;           /* enum bc_limit_kind bits */
	double ms;             /* negative: not known */
};

struct bc_limits {
	const struct bc_modes *modes;
	BC_VEC(struct bc_limit) list;
};

void bc_limits_init(struct bc_limits *limits, const struct bc_modes *modes,
	const struct bc_completion *completion, const uint8_t *forks);
void bc_limits_fini(struct bc_limits *limits);

/*
 * 1 when every descriptor that the expression may yield has a limit of one of these kinds: *ms is
 * the longest, negative when one is not known.
 */
int bc_limits_of(
	const struct bc_limits *limits, uint32_t func, uint32_t node, unsigned by, double *ms);

#endif
