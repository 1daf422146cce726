#include "models/schema.h"

#include <string.h>

/* The table is read from the leaves up: a shape stands before the keys that use it. */

#define TEXT(key, text) \
	{ \
		.name = (key), .type = BC_TYPE_TEXT, .doc = (text) \
	}
#define KEY(key, kind, n, need, text) \
	{ \
		.name = (key), .type = (kind), .many = (n), .required = (need), .doc = (text) \
	}
#define WORD(key, list, n, need, text) \
	{ \
		.name = (key), .type = BC_TYPE_WORD, .many = (n), .required = (need), \
		.doc = (text), .words = (list) \
	}
#define MAP(key, of, n, need, text) \
	{ \
		.name = (key), .type = BC_TYPE_MAP, .many = (n), .required = (need), \
		.doc = (text), .shape = &(of) \
	}
/* Its keys stand in the shape itself: they are of no use elsewhere. */
#define SHAPE(title, ...) \
	{ \
		(title), (const struct bc_key[]) \
		{ \
			__VA_ARGS__, END \
		} \
	}
#define END \
	{ \
		.name = NULL \
	}

static const struct bc_shape condition = SHAPE("a condition",
	MAP("all", condition, BC_MANY, 0, "every one of these conditions holds"),
	MAP("any", condition, BC_MANY, 0, "at least one of these conditions holds"),
	MAP("not", condition, BC_ONE, 0, "this condition does not hold"),
	KEY("arg", BC_TYPE_ARG, BC_ONE, 0, "the argument asked about, counted from 1"),
	KEY("field", BC_TYPE_FIELD, BC_ONE, 0,
		"ask about this field of what the argument points to, * for all of it; false for a "
		"null pointer"),
	KEY("eq", BC_TYPE_NUMBER, BC_ONE, 0, "equals the number"),
	KEY("ne", BC_TYPE_NUMBER, BC_ONE, 0, "differs from the number"),
	KEY("lt", BC_TYPE_NUMBER, BC_ONE, 0, "is below the number"),
	KEY("gt", BC_TYPE_NUMBER, BC_ONE, 0, "is above the number"),
	KEY("in", BC_TYPE_NUMBER, BC_MANY, 0, "equals one of the numbers"),
	KEY("has_flag", BC_TYPE_NUMBER, BC_ONE, 0, "all bits of the number are set"),
	KEY("lacks_flag", BC_TYPE_NUMBER, BC_ONE, 0, "no bit of the number is set"),
	KEY("null", BC_TYPE_BOOL, BC_ONE, 0, "true: is a null pointer; false: is not"),
	WORD("fd", bc_words_fd, BC_ONE, 0, "the mode of the descriptor or handle"),
	WORD("literal", bc_words_literal, BC_ONE, 0, "is a string literal of this kind"),
	TEXT("text", "is this very text; one * stands for any"));

static const struct bc_shape timeout = SHAPE("a timeout",
	KEY("arg", BC_TYPE_ARG, BC_ONE, 1, "the argument that limits the wait, counted from 1"),
	WORD("unit", bc_words_unit, BC_ONE, 1,
		"what it counts; timeval and timespec are such a struct, or pointers to one; "
		"opaque: it limits the wait in a way that is not read, such as an absolute time"),
	KEY("key", BC_TYPE_NAME, BC_ONE, 0,
		"the argument is text in which the number behind this and = counts; a text without "
		"it, or one that is not known, means no limit"),
	WORD("forever", bc_words_forever, BC_ONE_OR_MANY, 0,
		"values that mean no limit: negative numbers, a null pointer, zero"));

static const struct bc_shape bound =
	SHAPE("a bound", MAP("timeout", timeout, BC_ONE, 1, "an argument limits the wait"));

static const struct bc_shape alternative =
	SHAPE("an alternative", KEY("use", BC_TYPE_TEXT, BC_ONE, 1, "what to call instead"),
		TEXT("note", "how, in a few words"),
		KEY("loop", BC_TYPE_ID, BC_ONE, 0, "id of the loop it belongs to; without: any"));

static const struct bc_shape provenance = SHAPE("a provenance",
	WORD("kind", bc_words_provenance, BC_ONE, 1, "where the rule's claims were read"),
	KEY("ref", BC_TYPE_TEXT, BC_ONE, 1, "which page, header or section: recv(2)"));

static const struct bc_shape worst = SHAPE("a worst case",
	KEY("time", BC_TYPE_TIME, BC_ONE, 0,
		"how long it takes when things go wrong (127s); without: nobody can tell"),
	KEY("why", BC_TYPE_TEXT, BC_ONE, 1, "what takes so long, in one clause"));

static const struct bc_shape limited = SHAPE("what limits a call",
	KEY("arg", BC_TYPE_ARG, BC_ONE, 1, "the descriptor or handle, counted from 1"),
	WORD("by", bc_words_limit, BC_ONE_OR_MANY, 1, "limits of this kind, see 'limit'"));

static const struct bc_shape worst_case = SHAPE("a category's worst case",
	WORD("category", bc_words_category, BC_ONE, 1, "of the rules it is about"),
	WORD("bound", bc_words_bound, BC_ONE, 1, "of the rules it is about"),
	KEY("time", BC_TYPE_TIME, BC_ONE, 0, "as in a rule's worst case"),
	KEY("why", BC_TYPE_TEXT, BC_ONE, 1, "as in a rule's worst case"),
	MAP("provenance", provenance, BC_ONE, 1, "the source of these claims"));

static const struct bc_shape expectation = SHAPE("an expectation",
	KEY("rule", BC_TYPE_ID, BC_ONE, 1, "id of the rule that must report"),
	KEY("via", BC_TYPE_NAME, BC_ONE, 0, "the callback it must be reached from"),
	KEY("within", BC_TYPE_TIME, BC_ONE, 0, "the time limit that must be seen: 500ms"));

static const struct bc_shape test = SHAPE("a test",
	KEY("code", BC_TYPE_TEXT, BC_ONE, 1,
		"a C unit; the pack's headers are included, and ON_LOOP before a function makes it "
		"a callback"),
	{.name = "expect",
		.type = BC_TYPE_MAP,
		.many = BC_MANY,
		.may_be_empty = 1,
		.shape = &expectation,
		.doc = "what must be reported, and nothing else; without: nothing at all"});

static const struct bc_key blocking_keys[] = {
	KEY("id", BC_TYPE_ID, BC_ONE, BC_IN_PACKS,
		"name of the rule; a later pack overrides by it"),
	KEY("function", BC_TYPE_NAME, BC_ONE_OR_MANY, 1, "the functions that may block"),
	KEY("params", BC_TYPE_COUNT, BC_ONE, 0,
		"named parameters these functions have; others of the same name do not match"),
	KEY("args", BC_TYPE_NAME, BC_MANY, 0, "names of the parameters, for messages"),
	WORD("category", bc_words_category, BC_ONE, 1, "what is waited for"),
	{.name = "bound",
		.type = BC_TYPE_WORD_OR_MAP,
		.required = 1,
		.words = bc_words_bound,
		.shape = &bound,
		.doc = "how long: unbounded; data-sized: grows with the data; short: normally "
		       "below a millisecond; or {timeout: ...}"},
	MAP("nonblocking_when", condition, BC_ONE, 0, "the call does not block when this holds"),
	KEY("stream_only", BC_TYPE_BOOL, BC_ONE, 0, "waits on connection-oriented sockets only"),
	MAP("datagram_when", condition, BC_ONE, 0,
		"a datagram is sent when this holds, whatever is known of the socket"),
	KEY("ready_once", BC_TYPE_BOOL, BC_ONE, 0,
		"takes what one readiness event promises: the first such call after the event does "
		"not wait"),
	KEY("when_told", BC_TYPE_BOOL, BC_ONE, 0,
		"callbacks only call it when their loop says that there is something to take, as "
		"with accept(): once, it hardly waits, wherever the descriptor comes from"),
	KEY("promised_by", BC_TYPE_NAME, BC_ONE_OR_MANY, 0,
		"under a condition that calls one of these functions there is something to take"),
	KEY("promised_by_flag", BC_TYPE_NUMBER, BC_ONE, 0,
		"the same under a condition that tests this flag of a readiness event"),
	KEY("size_arg", BC_TYPE_ARG, BC_ONE, 0, "the argument that says how much is written"),
	KEY("stream_arg", BC_TYPE_ARG, BC_ONE, 0,
		"the stream; where it was opened decides what is waited for"),
	KEY("path_arg", BC_TYPE_ARG, BC_ONE, 0,
		"the path that is opened; that of a FIFO waits for the other end"),
	MAP("fifo_nonblocking_when", condition, BC_ONE, 0, "and does not when this holds"),
	WORD("severity", bc_words_severity, BC_ONE, 0,
		"instead of the one derived from category and bound"),
	TEXT("because", "one clause for people: waits for the resolver"),
	MAP("limited", limited, BC_ONE, 0,
		"a time limit that was set on an argument's descriptor or handle bounds the call"),
	MAP("worst", worst, BC_ONE, 0,
		"how long it takes when things go wrong; without: what is said of the category"),
	MAP("alternatives", alternative, BC_MANY, 0, "what to use on a loop instead"),
	MAP("provenance", provenance, BC_ONE, BC_IN_PACKS, "the source of these claims"),
	MAP("tests", test, BC_MANY, 0, "programs that show the rule at work"),
	END,
};

static const struct bc_shape blocking = {"a blocking rule", blocking_keys};
const struct bc_shape bc_shape_own_blocking = {"a blocking rule", blocking_keys};

static const struct bc_shape callback = SHAPE("a callback",
	KEY("arg", BC_TYPE_ARG, BC_ONE, 1, "the argument that is the callback, counted from 1"),
	WORD("thread", bc_words_context, BC_ONE, 1,
		"where it runs: loop; worker: another thread; child: a forked child; init: before "
		"the loop; fini: at exit; sync: at once, inside this very call"),
	KEY("fd_arg", BC_TYPE_ARG, BC_ONE, 0, "the registration's descriptor"),
	KEY("fd_param", BC_TYPE_ARG, BC_ONE, 0, "the callback's parameter that receives it"),
	KEY("queue_arg", BC_TYPE_ARG, BC_ONE, 0,
		"the queue it goes to, see 'queues' of a pack; null is the main one"),
	KEY("source_arg", BC_TYPE_ARG, BC_ONE, 0,
		"the source that carries it, which another call puts on a queue"),
	KEY("signal_arg", BC_TYPE_ARG, BC_ONE, 0, "the signal that it waits for"),
	MAP("signal_when", condition, BC_ONE, 0, "it waits for a signal at all"));

const struct bc_shape bc_shape_register = SHAPE("a registration",
	KEY("function", BC_TYPE_NAME, BC_ONE_OR_MANY, 1, "the functions that take a callback"),
	KEY("params", BC_TYPE_COUNT, BC_ONE, 0, "as in a blocking rule"),
	KEY("args", BC_TYPE_NAME, BC_MANY, 0, "names of the parameters, for messages"),
	MAP("callbacks", callback, BC_MANY, 1, "which arguments, and where they run"),
	MAP("when", condition, BC_ONE, 0, "registers only when this holds"));

static const struct bc_shape field = SHAPE("a callback field",
	KEY("type", BC_TYPE_RECORD, BC_ONE_OR_MANY, 1,
		"struct or typedef names; one * stands for any text"),
	KEY("field", BC_TYPE_FIELD, BC_ONE_OR_MANY, 1,
		"the callback; * at the end stands for any text"),
	WORD("thread", bc_words_context, BC_ONE, 1, "as in a callback"),
	KEY("signal_field", BC_TYPE_FIELD, BC_ONE, 0,
		"a field set beside it: the signal that the callback waits for"));

static const struct bc_shape wait = SHAPE("a wait",
	KEY("function", BC_TYPE_NAME, BC_ONE_OR_MANY, 1, "where a home-grown loop waits"),
	MAP("timeout", timeout, BC_ONE, 0, "the argument that limits the wait"),
	KEY("count_arg", BC_TYPE_ARG, BC_ONE, 0,
		"the number of descriptors; a constant 1 there makes it no event loop"));

static const struct bc_shape once_called = SHAPE("a call",
	KEY("function", BC_TYPE_NAME, BC_ONE_OR_MANY, 1, "functions that are called"),
	KEY("params", BC_TYPE_COUNT, BC_ONE, 0, "as in a blocking rule"),
	KEY("args", BC_TYPE_NAME, BC_MANY, 0, "names of the parameters, for messages"),
	MAP("when", condition, BC_ONE, 0, "the call only counts when this may hold"));

static const struct bc_shape loop = SHAPE("a loop",
	KEY("id", BC_TYPE_ID, BC_ONE, 1, "name of the loop; several packs may add to one"),
	KEY("requires", BC_TYPE_NAME, BC_MANY, 0,
		"the fields below count only in programs that call one of these functions"),
	MAP("unless", once_called, BC_ONE, 0,
		"neither fields nor registrations count in programs that make such a call, after "
		"which other threads may run the callbacks"),
	MAP("register", bc_shape_register, BC_MANY, 0, "functions that take callbacks"),
	MAP("fields", field, BC_MANY, 0, "struct fields that hold callbacks"),
	MAP("wait", wait, BC_MANY, 0, "functions that wait for events"),
	KEY("annotations", BC_TYPE_TEXT, BC_MANY, 0,
		"texts of annotate attributes that make a function a callback"));

static const struct bc_shape create = SHAPE("a creator",
	KEY("function", BC_TYPE_NAME, BC_ONE_OR_MANY, 1, "functions that make a descriptor"),
	WORD("kind", bc_words_fd_kind, BC_ONE, 1,
		"what it is; event: ready whenever the loop says so; file: has no mode; kernel: "
		"answered from memory"),
	KEY("out_arg", BC_TYPE_ARG, BC_ONE, 0,
		"the argument that points to it, or to an array of them; without: the result"),
	MAP("nonblocking_when", condition, BC_ONE, 0, "it starts non-blocking; without: blocking"),
	KEY("nonblocking", BC_TYPE_BOOL, BC_ONE, 0, "it always starts non-blocking"),
	MAP("datagram_when", condition, BC_ONE, 0, "it is a datagram socket"),
	MAP("kernel_when", condition, BC_ONE, 0,
		"it is a file that the kernel answers from memory, as in /proc"));

static const struct bc_shape set = SHAPE("a mode setter",
	KEY("function", BC_TYPE_NAME, BC_ONE_OR_MANY, 1, "functions that change a mode"),
	KEY("fd_arg", BC_TYPE_ARG, BC_ONE, 1, "the descriptor or handle"),
	MAP("when", condition, BC_ONE, 0, "the call changes the mode at all"),
	MAP("nonblocking_when", condition, BC_ONE, 0,
		"yes: to non-blocking; no: to blocking again; without: always to non-blocking"));

static const struct bc_shape limit = SHAPE("a setter of limits",
	KEY("function", BC_TYPE_NAME, BC_ONE_OR_MANY, 1, "functions that set a time limit"),
	KEY("fd_arg", BC_TYPE_ARG, BC_ONE, 0,
		"the descriptor or handle; without: what the call returns"),
	MAP("when", condition, BC_ONE, 0, "the call sets the limit at all"),
	MAP("timeout", timeout, BC_ONE, 1, "the argument that is the limit"),
	WORD("by", bc_words_limit, BC_ONE_OR_MANY, 1,
		"what it bounds: receive, send, connect; call: whatever one call does; lock: the "
		"wait for a lock, before the work itself"));

static const struct bc_shape lock = SHAPE("a lock",
	KEY("take", BC_TYPE_NAME, BC_ONE_OR_MANY, 1, "functions that take the lock, and may wait"),
	KEY("release", BC_TYPE_NAME, BC_ONE_OR_MANY, 1, "functions that release it"),
	KEY("arg", BC_TYPE_ARG, BC_ONE, 1, "the argument that is the lock, counted from 1"));

static const struct bc_shape watch = SHAPE("a watch",
	KEY("function", BC_TYPE_NAME, BC_ONE_OR_MANY, 1, "functions that have it watched"),
	KEY("fd_arg", BC_TYPE_ARG, BC_ONE, 1, "the descriptor"));

static const struct bc_shape queue = SHAPE("a function about queues",
	KEY("function", BC_TYPE_NAME, BC_ONE_OR_MANY, 1, "functions about queues"),
	WORD("use", bc_words_queue_use, BC_ONE, 1,
		"make: returns a new one; main: returns that of the main or of the calling "
		"thread; hand-on: returns what stands for the one in arg; run: "
		"the calling thread runs the one in arg; attach: puts source_arg on the one in "
		"arg; timer: returns a source that waits for time or idleness only; serve: has "
		"the calling thread's queue serve others"),
	KEY("arg", BC_TYPE_ARG, BC_ONE, 0, "the queue"),
	KEY("source_arg", BC_TYPE_ARG, BC_ONE, 0, "the source"));

static const struct bc_shape same = SHAPE("another name",
	KEY("function", BC_TYPE_NAME, BC_ONE_OR_MANY, 1,
		"functions whose result is another name for a descriptor or stream"),
	KEY("arg", BC_TYPE_ARG, BC_ONE, 1, "the descriptor or stream"));

static const struct bc_shape descriptors = SHAPE("the descriptors",
	MAP("watch", watch, BC_MANY, 0, "functions that have a descriptor watched by a loop"),
	MAP("create", create, BC_MANY, 0, "functions that make descriptors or handles"),
	MAP("same", same, BC_MANY, 0, "functions that give them another name"),
	MAP("set", set, BC_MANY, 0, "functions that change their mode"),
	MAP("limit", limit, BC_MANY, 0, "functions that set time limits on them"),
	KEY("would_block", BC_TYPE_NUMBER, BC_MANY, 0,
		"error numbers that only a non-blocking call gives"));

const struct bc_shape bc_shape_never = SHAPE("a never_blocks entry",
	KEY("function", BC_TYPE_NAME, BC_ONE_OR_MANY, 1, "functions that do not block"),
	KEY("reason", BC_TYPE_TEXT, BC_ONE, 1, "why"));

static const struct bc_shape phase = SHAPE("a phase",
	WORD("phase", bc_words_phase, BC_ONE, 1,
		"reload: because somebody asks for it; shutdown: on the way out; findings in "
		"either are a step less severe"),
	KEY("signals", BC_TYPE_NUMBER, BC_MANY, 0, "callbacks of these signals run in it"),
	KEY("ends_loop", BC_TYPE_NAME, BC_MANY, 0,
		"functions that end the loop: what surely runs together with such a call runs in "
		"it"),
	KEY("loops", BC_TYPE_NAME, BC_MANY, 0,
		"the functions whose loops those end; in a program with several calls of these, "
		"which loop ends is not known, and nothing is said"));

static const struct bc_shape handler = SHAPE("an installer of signal handlers",
	KEY("function", BC_TYPE_NAME, BC_ONE_OR_MANY, 1, "functions that install a signal handler"),
	KEY("signal_arg", BC_TYPE_ARG, BC_ONE, 1, "the signal"),
	KEY("handler_arg", BC_TYPE_ARG, BC_ONE, 0, "the handler; without: it is in a field"),
	KEY("fields", BC_TYPE_FIELD, BC_MANY, 0, "the fields that hold the handler: sa_handler"));

static const struct bc_shape about = SHAPE("the pack's description",
	KEY("name", BC_TYPE_ID, BC_ONE, 1, "the library"),
	TEXT("version", "the version whose headers and manuals were read"),
	TEXT("license", "licence of this pack"),
	KEY("headers", BC_TYPE_TEXT, BC_MANY, 0,
		"headers that declare the functions and constants, in the order of inclusion"),
	KEY("debian", BC_TYPE_PACKAGE, BC_ONE, 0,
		"the Debian package with these headers; none: Debian has no such package"),
	KEY("pkg_config", BC_TYPE_PACKAGE, BC_ONE, 0,
		"the pkg-config module that knows the compiler's flags"),
	KEY("defines", BC_TYPE_DEFINE, BC_MANY, 0,
		"macros that must be defined before these headers are included; WIDTH=8 for a "
		"value"),
	KEY("absent", BC_TYPE_RECORD, BC_MANY, 0,
		"functions and structs below that these headers lack: those of other systems, or "
		"of other releases"),
	TEXT("docs", "where the library is documented"));

const struct bc_shape bc_shape_pack = SHAPE("a rule pack",
	KEY("schema", BC_TYPE_TEXT, BC_ONE, 1, BC_SCHEMA_ID),
	MAP("pack", about, BC_ONE, 1, "what this pack is about"),
	KEY("constants", BC_TYPE_CONSTANTS, BC_ONE, 0,
		"values of constants where the analysed program's headers do not give them"),
	MAP("loops", loop, BC_MANY, 0, "who registers callbacks, and where these run"),
	MAP("blocking", blocking, BC_MANY, 0, "who blocks, when not, and what to use instead"),
	MAP("descriptors", descriptors, BC_ONE, 0, "who makes descriptors, and sets their mode"),
	MAP("locks", lock, BC_MANY, 0, "who takes and releases locks"),
	MAP("queues", queue, BC_MANY, 0,
		"who makes and runs objects that callbacks wait in, such as main contexts"),
	MAP("phases", phase, BC_MANY, 0, "what tells that the program reloads or ends"),
	MAP("signal_handlers", handler, BC_MANY, 0,
		"who installs signal handlers; a flag that only those of one phase set tells that "
		"it is on"),
	MAP("worst_cases", worst_case, BC_MANY, 0,
		"how long calls of a category take when things go wrong"),
	KEY("forks", BC_TYPE_NAME, BC_MANY, 0, "functions that return twice, like fork"),
	KEY("thread_identity", BC_TYPE_NAME, BC_MANY, 0,
		"functions that tell on which thread code runs; what stands under a condition on "
		"them may not run on the loop"),
	MAP("never_blocks", bc_shape_never, BC_MANY, 0,
		"functions known not to block; takes them out of the rules of earlier packs"),
	KEY("disable", BC_TYPE_ID, BC_MANY, 0, "ids of rules or loops of earlier packs to drop"),
	MAP("tests", test, BC_MANY, 0, "programs that show the pack at work"));

int bc_word_value(const struct bc_word *words, const char *text)
{
	for (; words->text; words++)
		if (!strcmp(words->text, text))
			return words->value;
	return -1;
}

const char *bc_word_text(const struct bc_word *words, int value)
{
	for (; words->text; words++)
		if (words->value == value)
			return words->text;
	return "?";
}
