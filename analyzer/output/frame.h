/* Code frames: the source line that a finding is about, with the place underlined. */
#ifndef BC_OUTPUT_FRAME_H
#define BC_OUTPUT_FRAME_H

#include "base/arena.h"
#include "base/buf.h"
#include "findings/finding.h"
#include "output/term.h"

/* Keeps the file that was read last: findings come in the order of files within a severity. */
struct bc_frames {
	const char *root;
	struct bc_arena arena;
	const char *path; /* of what `source` holds; NULL at first */
	struct bc_buf source;
};

struct bc_frame {
	struct bc_place_loc at;
	int gutter;          /* columns for the line number, see bc_frame_gutter() */
	int width;           /* of the whole frame, in columns */
	enum bc_style style; /* of the underline */
	const char *label;   /* after the underline */
};

int bc_frame_gutter(uint32_t line);

/* Writes the frame; nothing where the line cannot be read. 1 when something was written. */
int bc_frame_write(struct bc_term *term, struct bc_frames *frames, const struct bc_frame *frame);
void bc_frames_fini(struct bc_frames *frames);

#endif
