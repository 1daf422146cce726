/*
 * Conditions on the thread that code runs on: if (!pthread_equal(pthread_self(), loop)) sleep(1).
 * What stands under one may be meant for another thread, whoever calls it; it is worth less
 * confidence.
 */
#ifndef BC_LINK_SEARCH_IDENTITY_H
#define BC_LINK_SEARCH_IDENTITY_H

#include "link/interp/env.h"
#include "models/models.h"

struct bc_identity {
	const struct bc_program *program;
	uint8_t *tells; /* per symbol: its result tells on which thread code runs */
	uint8_t *asks;  /* per function: its body calls one of these */
};

/* Functions that the packs name, and those that return what such a function said. */
void bc_identity_init(struct bc_identity *identity, const struct bc_program *program);
void bc_identity_fini(struct bc_identity *identity);

/* Does a call in `func` under these conditions depend on the thread? */
int bc_identity_decides(
	const struct bc_identity *identity, uint32_t func, const struct bc_guard *guards);

#endif
