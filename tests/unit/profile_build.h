/* A measured run made by hand, to go with the report of report_build.h. */
#ifndef BC_TEST_PROFILE_BUILD_H
#define BC_TEST_PROFILE_BUILD_H

#include "findings/profile.h"

struct profile_build {
	struct bc_bucket often[2], once[1];
	struct bc_profile_where stack[3];
	struct bc_profile_share shares[2];
	struct bc_profile_callback callbacks[2];
	struct bc_profile_stall stalls[3];
	struct bc_profile profile;
};

/* getaddrinfo() in resolve_peer(), measured in another checkout; a computation; small callbacks. */
static inline void profile_init(struct profile_build *b)
{
	*b = (struct profile_build){
		.often = {{1000, 98}, {412000000, 2}},
		.once = {{412000000, 1}},
		.stack = {{"resolve_peer", "/elsewhere/app/src/net.c", 6, "/usr/bin/app"},
			{"dispatch.part.0", "/elsewhere/app/src/conn.c", 140, "/usr/bin/app"},
			{"on_read", "/elsewhere/app/src/conn.c", 120, "/usr/bin/app"}},
		.shares = {{"on_read", 40, 30.5}, {"on_timer", 2, 1}},
	};
	b->callbacks[0] = (struct bc_profile_callback){
		.where = {"on_read", "/elsewhere/app/src/conn.c", 101, "/usr/bin/app"},
		.api = "uv_read_start",
		.times = {100, 824.1, 412, b->often, 2},
		.cpu_ms = 1,
		.runqueue_ms = 2,
		.blocked_ms = 409,
		.stalls = 2};
	b->callbacks[1] = (struct bc_profile_callback){.where = {"on_timer", "", 0, ""},
		.api = "loop",
		.internal = 1,
		.times = {1, 412, 412, b->once, 1}};
	b->stalls[0] = (struct bc_profile_stall){.kind = BC_STALL_CALLBACK,
		.cause = BC_CAUSE_CALL,
		.culprit = "getaddrinfo",
		.culprit_ms = 411.5,
		.culprit_calls = 1,
		.inside = "poll",
		.times = {1, 412, 412, b->once, 1},
		.at_ms = 7,
		.blocked_ms = 411,
		.thread = 4711,
		.library = "libuv",
		.stack = b->stack,
		.nstack = 3};
	b->stalls[1] = (struct bc_profile_stall){.kind = BC_STALL_BODY,
		.callback = 1,
		.cause = BC_CAUSE_CPU,
		.culprit = "",
		.times = {1, 412, 412, b->once, 1},
		.major_faults = 3,
		.minor_faults = 4,
		.library = "",
		.open = 1,
		.allowed = "known, and rare"};
	b->stalls[2] = (struct bc_profile_stall){.kind = BC_STALL_MANY,
		.cause = BC_CAUSE_MANY,
		.culprit = "on_read",
		.times = {1, 412, 412, b->once, 1},
		.library = "libuv",
		.shares = b->shares,
		.nshares = 2};
	b->profile = (struct bc_profile){.started_ms = 1700000000456,
		.command = "./app -v",
		.blockcheck = "0.1.0",
		.tier = "inside",
		.tier_why = "",
		.code = 3,
		.signal = 0,
		.duration_ms = 1234.5,
		.budget_ms = 10,
		.imposed_p99_ms = 400,
		.lost = 5,
		.callbacks = b->callbacks,
		.ncallbacks = 2,
		.stalls = b->stalls,
		.nstalls = 3};
}

#endif
