/* uv_spawn() takes its callback in a struct that is not ours to change; it lands in the handle. */
#include "harness/preload/plug.h"

/* The public part of struct uv_process_s, and the beginning of uv_process_options_t. */
struct process {
	void *data, *loop;
	int type;
	void *close_cb, *queue[2], *reserved[4], *next_closing;
	unsigned flags;
	void *exit_cb;
};

struct process_options {
	void *exit_cb;
};

BC_PLUG_PUBLIC int uv_spawn(
	void *loop, struct process *process, const struct process_options *options);

int uv_spawn(void *loop, struct process *process, const struct process_options *options)
{
	int (*real)(void *, struct process *, const struct process_options *);
	int status;

	BC_PLUG_REAL(real, "uv_spawn");
	status = real(loop, process, options);
	if (status == 0 && options->exit_cb && process->exit_cb == options->exit_cb)
		process->exit_cb =
			__blockcheck_thunk(options->exit_cb, BC_API_uv_spawn, BC_PLUG_SITE);
	return status;
}
