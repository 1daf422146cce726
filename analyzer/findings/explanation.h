/*
 * An explanation: everything that is known about one finding. Text, numbers and places, like the
 * finding itself; explain.h makes it.
 */
#ifndef BC_FINDINGS_EXPLANATION_H
#define BC_FINDINGS_EXPLANATION_H

#include "findings/finding.h"

/* A function that the same pointer may hold, and where it was put into it. */
struct bc_rival {
	const char *function;
	struct bc_place_loc put;
};

/* A condition that was not decided; the hop counts as possible all the same. */
struct bc_open_condition {
	const char *text; /* as it must be for the call to happen: "!c->closing" */
	int is_setting;   /* it asks what variables or fields hold, not what this call was given */
	struct bc_place_loc at;
};

/* What there is to say about the step of the same number in the finding's path. */
struct bc_hop {
	const char *reason; /* why a pointer leads to this function; NULL for direct calls */
	struct bc_rival *rivals;
	int nrivals;
	struct bc_open_condition *conditions; /* outermost first */
	int nconditions;
	const char *doubt; /* why the hop itself is doubtful; NULL when it is not */
};

/* An assumption, and where it stems from. */
struct bc_reliance {
	const char *text, *from;
	struct bc_place_loc at; /* of what was not known */
};

/* A descriptor or handle that the blocking call may be about. */
struct bc_handle {
	const char *made_by, *in; /* "socket", the function that calls it */
	struct bc_place_loc at;
	const char *kind, *mode; /* "socket", "blocking" */
	struct bc_handle_event {
		const char *what; /* "made non-blocking by set_nb()" */
		struct bc_place_loc at;
	} * events;
	int nevents;
};

/* What somebody who knows better can write down, and what it would mean. */
struct bc_remedy {
	const char *when;  /* it is right: "this call never happens on the loop" */
	const char *file;  /* to be changed, relative to the project root */
	uint32_t line;     /* the text goes before this line; 0: to the end, or below `below` */
	const char *below; /* a key of the project file that is there already; else NULL */
	const char **lines;
	int nlines;
};

struct bc_explanation {
	int found;               /* 0: nothing below is set */
	const char *rule, *pack; /* "posix.recv", the pack's file */
	int pack_line;
	const char *provenance; /* "recv(2)" */
	struct bc_hop *hops;    /* as many as the path has steps */
	int nhops;
	struct bc_reliance *reliances;
	int nreliances;
	const char *subject; /* the descriptor's expression: "c->fd"; NULL when there is none */
	struct bc_handle *handles;
	int nhandles;
	struct bc_callback_info *callbacks; /* the others that reach the call */
	int ncallbacks;
	struct bc_remedy *remedies; /* the most precise first */
	int nremedies;
};

#endif
