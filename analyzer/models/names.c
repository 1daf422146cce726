/* How the values of the enums are written: in packs, on the command line and in reports. */
#include "models/models.h"
#include "models/schema.h"

const struct bc_word bc_words_category[] = {
	{"sleep", BC_CAT_SLEEP},
	{"dns", BC_CAT_DNS},
	{"network", BC_CAT_NETWORK},
	{"disk", BC_CAT_DISK},
	{"process", BC_CAT_PROCESS},
	{"lock", BC_CAT_LOCK},
	{"ipc", BC_CAT_IPC},
	{"nested-loop", BC_CAT_NESTED_LOOP},
	{"cpu", BC_CAT_CPU},
	{"device", BC_CAT_DEVICE},
	{"logging", BC_CAT_LOGGING},
	{NULL, 0},
};

/* "timeout" is no word in packs, where it needs its argument: bc_bound_name() adds it. */
const struct bc_word bc_words_bound[] = {
	{"unbounded", BC_BOUND_UNBOUNDED},
	{"data-sized", BC_BOUND_DATA},
	{"short", BC_BOUND_SHORT},
	{NULL, 0},
};

const struct bc_word bc_words_severity[] = {
	{"note", BC_SEV_NOTE},
	{"warning", BC_SEV_WARNING},
	{"error", BC_SEV_ERROR},
	{NULL, 0},
};

const struct bc_word bc_words_context[] = {
	{"loop", BC_CTX_LOOP},
	{"worker", BC_CTX_WORKER},
	{"child", BC_CTX_CHILD},
	{"init", BC_CTX_INIT},
	{"fini", BC_CTX_FINI},
	{"sync", BC_CTX_SYNC},
	{NULL, 0},
};

const struct bc_word bc_words_unit[] = {
	{"s", BC_UNIT_S},
	{"ms", BC_UNIT_MS},
	{"us", BC_UNIT_US},
	{"ns", BC_UNIT_NS},
	{"timeval", BC_UNIT_TIMEVAL},
	{"timespec", BC_UNIT_TIMESPEC},
	{"opaque", BC_UNIT_OPAQUE},
	{NULL, 0},
};

const struct bc_word bc_words_forever[] = {
	{"negative", BC_FOREVER_NEGATIVE},
	{"null", BC_FOREVER_NULL},
	{"zero", BC_FOREVER_ZERO},
	{NULL, 0},
};

const struct bc_word bc_words_fd[] = {
	{"nonblocking", BC_FD_NONBLOCKING},
	{"blocking", BC_FD_BLOCKING},
	{NULL, 0},
};

const struct bc_word bc_words_queue_use[] = {
	{"make", BC_QUEUE_MAKE},
	{"main", BC_QUEUE_MAIN},
	{"hand-on", BC_QUEUE_HAND_ON},
	{"run", BC_QUEUE_RUN},
	{"attach", BC_QUEUE_ATTACH},
	{"timer", BC_QUEUE_TIMER},
	{"serve", BC_QUEUE_SERVE},
	{NULL, 0},
};

const struct bc_word bc_words_fd_kind[] = {
	{"socket", BC_FDK_SOCKET},
	{"datagram", BC_FDK_DATAGRAM},
	{"pipe", BC_FDK_PIPE},
	{"file", BC_FDK_FILE},
	{"event", BC_FDK_EVENT},
	{"handle", BC_FDK_HANDLE},
	{"fifo-path", BC_FDK_FIFO},
	{"kernel", BC_FDK_KERNEL},
	{NULL, 0},
};

const struct bc_word bc_words_literal[] = {
	{"numeric-address", BC_LITERAL_ADDRESS},
	{"kernel-path", BC_LITERAL_KERNEL_PATH},
	{"kernel-file", BC_LITERAL_KERNEL_FILE},
	{NULL, 0},
};

const struct bc_word bc_words_phase[] = {
	{"normal", BC_PHASE_NORMAL},
	{"reload", BC_PHASE_RELOAD},
	{"shutdown", BC_PHASE_SHUTDOWN},
	{NULL, 0},
};

const struct bc_word bc_words_limit[] = {
	{"receive", BC_LIMIT_RECEIVE},
	{"send", BC_LIMIT_SEND},
	{"connect", BC_LIMIT_CONNECT},
	{"call", BC_LIMIT_CALL},
	{"lock", BC_LIMIT_LOCK},
	{NULL, 0},
};

const struct bc_word bc_words_provenance[] = {
	{"man", 0},
	{"header", 1},
	{"manual", 2},
	{"source", 3},
	{NULL, 0},
};

const char *bc_category_name(enum bc_category category)
{
	return bc_word_text(bc_words_category, (int)category);
}

const char *bc_bound_name(enum bc_bound bound)
{
	return bound == BC_BOUND_TIMEOUT ? "timeout" : bc_word_text(bc_words_bound, (int)bound);
}

const char *bc_phase_name(enum bc_phase phase)
{
	return bc_word_text(bc_words_phase, (int)phase);
}

const char *bc_context_name(enum bc_context context)
{
	static const char *const names[BC_CTX_COUNT] = {
		[BC_CTX_LOOP] = "LOOP",
		[BC_CTX_WORKER] = "WORKER",
		[BC_CTX_CHILD] = "CHILD",
		[BC_CTX_INIT] = "INIT",
		[BC_CTX_FINI] = "FINI",
		[BC_CTX_SYNC] = "SYNC",
	};

	return (unsigned)context < BC_CTX_COUNT ? names[context] : "?";
}

const char *bc_severity_name(enum bc_severity severity)
{
	return bc_word_text(bc_words_severity, (int)severity);
}
