/*
 * What one rule of a pack says, of each kind: blocking calls, registrations, fields, waits, makers
 * and setters of descriptors, locks, queues, phases, and the tests that go with them.
 */
#ifndef BC_MODELS_RULES_H
#define BC_MODELS_RULES_H

#include <stddef.h>
#include <stdint.h>

#include "models/value.h"

/* Where code runs. Only what runs on LOOP is reported. */
enum bc_context {
	BC_CTX_LOOP,
	BC_CTX_WORKER, /* another thread */
	BC_CTX_CHILD,  /* a forked child, before exec */
	BC_CTX_INIT,   /* before the loop starts */
	BC_CTX_FINI,   /* on the way out of the process */
	BC_CTX_SYNC, /* at once, inside the call that takes it and in the caller's context: qsort */
	BC_CTX_COUNT
};

/*
 * When in the program's life a callback runs. A reload that somebody asks for, or a stall on the
 * way out, is worth less than one in front of every client.
 */
enum bc_phase { BC_PHASE_NORMAL, BC_PHASE_RELOAD, BC_PHASE_SHUTDOWN, BC_PHASE_COUNT };

/* Several of them in a mask. */
#define BC_PHASE_BIT(phase) ((uint8_t)(1u << (phase)))

enum bc_category {
	BC_CAT_SLEEP = 1, /* the numbers are those of the rules: BC101 ... BC111 */
	BC_CAT_DNS,
	BC_CAT_NETWORK,
	BC_CAT_DISK,
	BC_CAT_PROCESS,
	BC_CAT_LOCK,
	BC_CAT_IPC,
	BC_CAT_NESTED_LOOP,
	BC_CAT_CPU,
	BC_CAT_DEVICE,
	BC_CAT_LOGGING,
	BC_CAT_COUNT
};

enum bc_bound {
	BC_BOUND_UNBOUNDED,
	BC_BOUND_TIMEOUT, /* by an argument, see struct bc_timeout */
	BC_BOUND_DATA,    /* grows with the data: reading or writing a file */
	BC_BOUND_SHORT    /* normally below BC_SHORT_MS: a local metadata operation */
};

enum { BC_SHORT_MS = 1 };

enum bc_severity { BC_SEV_NOTE, BC_SEV_WARNING, BC_SEV_ERROR };

enum bc_time_unit {
	BC_UNIT_NONE,
	BC_UNIT_S,
	BC_UNIT_MS,
	BC_UNIT_US,
	BC_UNIT_NS,
	BC_UNIT_TIMEVAL,  /* the argument points to struct timeval */
	BC_UNIT_TIMESPEC, /* the argument points to struct timespec */
	BC_UNIT_OPAQUE    /* bounded by the argument, in a way that is not read */
};

/* The argument that bounds a wait. */
struct bc_timeout {
	int arg; /* from 1; 0 when the rule has none */
	enum bc_time_unit unit;
	/* the argument is text, and the number behind "key=" in it counts; without one, there is no
	 * limit; NULL: the argument itself counts */
	const char *key;
	int null_is_forever;     /* a null pointer means no limit: select(), sigtimedwait() */
	int negative_is_forever; /* poll(), epoll_wait() */
	int zero_is_forever;     /* libusb */
};

/*
 * A number in a rule: the bits of a literal, of a constant whose value the analysed program's
 * headers give, and of further constants, or-ed together ("A|B").
 */
struct bc_number {
	int64_t value;
	uint32_t constant; /* index into bc_models.constants, or UINT32_MAX for a literal */
	uint32_t nmore;
	const uint32_t *more; /* further constants */
};

enum bc_pred_kind {
	BC_P_ALL,
	BC_P_ANY,
	BC_P_NOT,
	BC_P_EQ,
	BC_P_NE,
	BC_P_LT,
	BC_P_GT,
	BC_P_IN,
	BC_P_HAS_FLAG,   /* all bits of the number are set */
	BC_P_LACKS_FLAG, /* none of them is */
	BC_P_NULL,       /* null: true asks for a null pointer, null: false for anything else */
	BC_P_FD,         /* fd: nonblocking | blocking */
	BC_P_LITERAL, /* literal: numeric-address: a string literal that is a numeric IP address */
	BC_P_TEXT     /* text: this very string */
};

enum bc_literal {
	BC_LITERAL_ADDRESS = 1, /* numeric-address: an IP address */
	BC_LITERAL_KERNEL_PATH, /* kernel-path: below /proc, /sys or /dev, where no disk answers */
	BC_LITERAL_KERNEL_FILE  /* kernel-file: what is read there comes from memory, at once */
};

/* A condition on a call: yes, no or unknown, never a guess. */
struct bc_pred {
	enum bc_pred_kind kind;
	int arg;            /* from 1 */
	const char *field;  /* a field of what the argument points to ("ai_flags"), or NULL */
	int truth;          /* NULL: wanted truth; FD: enum bc_fd_mode; LITERAL: enum bc_literal */
	const char *wanted; /* TEXT */
	struct bc_number *numbers;
	int nnumbers;
	struct bc_pred *kids; /* ALL, ANY, NOT */
	int nkids;
	const char *text; /* for people: "arg 4 has MSG_DONTWAIT" */
	/* what a report relies on when this atom could not be decided: "arg 4 lacks MSG_DONTWAIT"
	 * below nonblocking_when, "cb is not null" below a registration's `when`; NULL for ALL,
	 * ANY and NOT */
	const char *assumed;
};

struct bc_alternative {
	const char *use;  /* "uv_getaddrinfo" */
	const char *note; /* "pass a callback"; "" without */
	const char *loop; /* id of the loop it belongs to ("libuv"), "" for any */
};

struct bc_origin { /* where in the packs something was said */
	const char *pack, *path;
	int line;
};

/* How long a call takes when things go wrong. */
struct bc_worst {
	double ms;       /* negative: no number can be given */
	const char *why; /* "as long as the child runs"; NULL: nothing is said */
};

struct bc_sink_rule {
	const char *id; /* "posix.recv" */
	const char *const *functions;
	int nfunctions;
	int params; /* number of parameters the function must have, -1 for any */
	enum bc_category category;
	enum bc_bound bound;
	struct bc_timeout timeout; /* BC_BOUND_TIMEOUT */
	int severity;              /* enum bc_severity, or -1: derived from category and bound */
	const struct bc_pred *nonblocking_when; /* NULL: it always may block */
	int stream_only;                        /* waits on connected sockets only: connect() */
	const struct bc_pred *datagram_when;    /* it is a datagram then: sendto(..., &to, n) */
	int ready_once; /* takes what one readiness event promises: read(), recv(), accept() */
	int when_told;  /* nobody calls it in a callback but when told that it is ready: accept() */
	/* Under a condition that calls one of these, or that tests this flag, there is something.
	 */
	const char *const *promises;
	int npromises;
	const struct bc_number *promise_flag; /* NULL without */
	int size_arg;   /* from 1: how much is written, 0 without; small writes fit into a pipe */
	int stream_arg; /* from 1: the stream that is read or written; 0 without */
	int path_arg;   /* from 1: the path that is opened; 0 without */
	const struct bc_pred *fifo_nonblocking_when; /* so that a FIFO needs no other end */
	const char *because;   /* one clause for people, "waits for the resolver"; "" without */
	struct bc_worst worst; /* where the rule knows better than its category */
	int limit_arg;         /* from 1: a limit set on this one bounds the call; 0: none does */
	unsigned limited_by;   /* enum bc_limit_kind bits: such a limit */
	struct bc_alternative *alternatives;
	int nalternatives;
	const char *provenance; /* "getaddrinfo(3)" */
	int own; /* the project says it of itself: holds for functions with bodies, too */
	struct bc_origin origin;
};

struct bc_role {
	int arg; /* from 1: which argument of the registration is the callback */
	enum bc_context context;
	int fd_arg;     /* from 1: the registration's fd argument, 0 without */
	int fd_param;   /* from 1: the callback's parameter that receives this fd, 0 without */
	int signal_arg; /* from 1: the signal that it waits for, 0 without */
	const struct bc_pred *signal_when; /* it waits for a signal at all; NULL: always */
	int queue_arg;  /* from 1: the registration's queue (struct bc_queue_rule), 0 without */
	int source_arg; /* from 1: what is attached to a queue by another call, 0 without */
};

/* A call that a program makes somewhere, and that changes what is known of the rest of it. */
struct bc_once_called {
	const char *const *functions;
	int nfunctions;
	const struct bc_pred *when; /* the call only counts when this is not false; NULL: always */
};

struct bc_register_rule {
	const char *loop; /* "libuv" */
	const char *const *functions;
	int nfunctions;
	int params; /* as in bc_sink_rule */
	struct bc_role *roles;
	int nroles;
	const struct bc_pred *when; /* registers only when this is not false; NULL: always */
	/* not in programs that call this: who runs the callbacks is not known there; or NULL */
	const struct bc_once_called *unless;
	int own; /* as in bc_sink_rule */
	struct bc_origin origin;
};

struct bc_field_rule {
	const char *loop;
	const char *const *records; /* names for people, with or without "struct "; one *
				     stands for anything: "ev_io", "*_listener" */
	int nrecords;
	const char *field; /* a name, or "*" */
	enum bc_context context;
	/* counts only in programs that call one of these functions; without: in all. For patterns
	 * such as "*_listener", which unrelated structs match, too. */
	const char *const *requires;
	int nrequires;
	const struct bc_once_called *unless; /* as in a registration */
	/* a field that is set beside it: the signal that the callback waits for; NULL without */
	const char *signal_field;
	struct bc_origin origin;
};

/* A function that installs a signal handler. */
struct bc_handler_rule {
	const char *const *functions;
	int nfunctions;
	int signal_arg,
		handler_arg;       /* from 1; handler_arg 0: it is in a field that was set before */
	const char *const *fields; /* "sa_handler" */
	int nfields;
	struct bc_origin origin;
};

/* What tells in which phase code runs. */
struct bc_phase_rule {
	enum bc_phase phase;
	struct bc_number *signals; /* callbacks of these signals run in it */
	int nsignals;
	const char *const *ends; /* what stands beside a call of these runs in it: uv_stop() */
	int nends;
	const char *const *runs; /* the loops that these end; with several such loops in a program,
				    which one ends is not known, and nothing is said */
	int nruns;
	struct bc_origin origin;
};

/* A call in which a loop waits for events: epoll_wait. */
struct bc_wait_rule {
	const char *const *functions;
	int nfunctions;
	struct bc_timeout timeout;
	int count_arg; /* the number of descriptors; with the constant 1 it is no event loop. 0:
			  none */
	struct bc_origin origin;
};

enum bc_fd_kind {
	BC_FDK_UNKNOWN,
	BC_FDK_SOCKET,
	BC_FDK_DATAGRAM, /* a socket without a connection to wait for */
	BC_FDK_PIPE,
	BC_FDK_FILE,   /* regular: O_NONBLOCK has no effect on it */
	BC_FDK_EVENT,  /* eventfd, timerfd, signalfd, inotify: ready whenever the loop says so */
	BC_FDK_HANDLE, /* of a library, with a mode of its own */
	BC_FDK_FIFO,   /* no descriptor, but the path of a FIFO */
	BC_FDK_KERNEL  /* a file in /proc and the like: the kernel answers at once */
};

/* A function that makes a descriptor or handle. */
struct bc_creator_rule {
	const char *const *functions;
	int nfunctions;
	enum bc_fd_kind kind;
	int out_arg; /* from 1: the argument that points to it, or to an array of two; 0: the result
		      */
	const struct bc_pred *nonblocking_when; /* NULL: it starts blocking */
	const struct bc_pred *datagram_when;    /* it is BC_FDK_DATAGRAM; NULL: never */
	const struct bc_pred *kernel_when;      /* it is BC_FDK_KERNEL; NULL: never */
	struct bc_origin origin;
};

/* A function that changes the mode of a descriptor or handle. */
struct bc_mode_rule {
	const char *const *functions;
	int nfunctions;
	int fd_arg;                             /* from 1 */
	const struct bc_pred *when;             /* the call changes it at all; NULL: always */
	const struct bc_pred *nonblocking_when; /* yes: to non-blocking, no: to blocking;
						   NULL: always to non-blocking */
	struct bc_origin origin;
};

/*
 * What a function does with a queue: an object that holds what is to run, and that whichever thread
 * runs it calls back from. GLib's main contexts are such; null means the main one.
 */
enum bc_queue_use {
	BC_QUEUE_MAKE,    /* returns a new one */
	BC_QUEUE_MAIN,    /* returns that of the main or of the calling thread */
	BC_QUEUE_HAND_ON, /* returns what stands for the one in `arg` */
	BC_QUEUE_RUN,     /* the thread that calls it runs the one in `arg` */
	BC_QUEUE_ATTACH,  /* puts the source in `source_arg` on the one in `arg` */
	BC_QUEUE_TIMER,   /* returns a source that waits for time or idleness, for nobody else */
	BC_QUEUE_SERVE    /* has the queue of the calling thread serve others */
};

struct bc_queue_rule {
	const char *const *functions;
	int nfunctions;
	enum bc_queue_use use;
	int arg, source_arg; /* from 1, 0 without */
	struct bc_origin origin;
};

/* What a limit set on a descriptor or handle bounds. */
enum bc_limit_kind {
	BC_LIMIT_RECEIVE = 1, /* SO_RCVTIMEO */
	BC_LIMIT_SEND = 2,    /* SO_SNDTIMEO, connect() included */
	BC_LIMIT_CONNECT = 4,
	BC_LIMIT_CALL = 8, /* whatever the library does for one call */
	BC_LIMIT_LOCK = 16 /* the wait for a lock, before the work itself */
};

/* A function that sets a time limit on a descriptor or handle, or makes one that has it. */
struct bc_limit_rule {
	const char *const *functions;
	int nfunctions;
	int arg;                    /* from 1: the descriptor or handle; 0: the result */
	const struct bc_pred *when; /* the call sets it at all; NULL: always */
	struct bc_timeout timeout;
	unsigned by; /* enum bc_limit_kind bits */
	struct bc_origin origin;
};

/* A function that has a descriptor watched without taking a callback: epoll_ctl(). */
struct bc_watch_rule {
	const char *const *functions;
	int nfunctions;
	int fd_arg; /* from 1 */
	struct bc_origin origin;
};

/* A function whose result is another name for a descriptor or stream: dup(), fdopen(), fileno(). */
struct bc_same_rule {
	const char *const *functions;
	int nfunctions;
	int arg; /* from 1 */
	struct bc_origin origin;
};

/* Functions that take and release a lock. */
struct bc_lock_rule {
	const char *const *take, *const *release;
	int ntake, nrelease;
	int arg; /* from 1: the lock */
	struct bc_origin origin;
};

struct bc_constant {
	const char *name;
	int64_t value;
	int known; /* set by bc_models_set_constant(), or 1 from the start when a pack has a default
		    */
};

/* Functions that somebody vouches for. */
struct bc_never_rule {
	const char *const *functions;
	int nfunctions;
	const char *reason;
	int own; /* as in bc_sink_rule */
	struct bc_origin origin;
};

/* A call that never happens on a loop, as the project says. */
struct bc_cut_rule {
	const char *from, *to; /* functions */
	const char *reason;
	struct bc_origin origin;
};

/* The worst stall of all rules of a category and bound that do not say it themselves. */
struct bc_worst_rule {
	enum bc_category category;
	enum bc_bound bound;
	struct bc_worst worst;
	const char *provenance;
	struct bc_origin origin;
};

/* What a pack says about itself. */
struct bc_pack {
	const char *name, *path;
	const char *version, *docs; /* "" where not said */
	const char *debian;         /* the package with the headers; "" where not said */
	const char *pkg_config;     /* asked for compiler flags; "" for none */
	const char *const *headers; /* in the order of inclusion */
	int nheaders;
	const char *const *defines; /* macros to be defined before */
	int ndefines;
	const char *const *absent; /* functions and fields that these headers lack, and may */
	int nabsent;
};

/* What must be reported in a test. */
struct bc_rule_expectation {
	const char *rule, *via; /* id of a rule; the callback it must be reached from, "" for any */
	double within_ms;       /* the time limit that must be seen; negative for any */
};

/* A program that shows a rule at work; `rules test` runs these. */
struct bc_rule_test {
	const char *rule; /* id of the rule it stands in, or the pack's name */
	const char *code;
	const struct bc_rule_expectation *expect;
	int nexpect; /* 0: nothing may be reported */
	struct bc_origin origin;
};

#endif
