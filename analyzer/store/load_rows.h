/* Private to load.c: the columns of each table, in the order in which its queries name them. */
#ifndef BC_STORE_LOAD_ROWS_H
#define BC_STORE_LOAD_ROWS_H

#include "store/database.h"
#include "store/rows.h"

struct bc_loader {
	struct bc_store *store;
	struct bc_report *report;
	struct bc_arena *arena;
	int64_t run;
};

void bc_load_run(struct bc_loader *loader, struct bc_row *row, struct bc_store_run *run);
struct bc_callback_info bc_load_callback(struct bc_loader *loader, struct bc_row *row);
struct bc_unresolved bc_load_unresolved(struct bc_loader *loader, struct bc_row *row);
struct bc_degraded bc_load_degraded(struct bc_loader *loader, struct bc_row *row);
struct bc_finding bc_load_finding(struct bc_loader *loader, struct bc_row *row);
struct bc_step bc_load_step(struct bc_loader *loader, struct bc_row *row);
struct bc_alternative bc_load_alternative(struct bc_loader *loader, struct bc_row *row);
struct bc_site bc_load_site(struct bc_loader *loader, struct bc_row *row);
struct bc_unseen bc_load_unseen(struct bc_loader *loader, struct bc_row *row);
const char *bc_load_text(struct bc_loader *loader, struct bc_row *row);

#endif
