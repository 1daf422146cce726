/*
 * Annotations: what only the author of a function knows, said where the function is declared.
 *
 *	#include <blockcheck/annotate.h>
 *
 *	BLOCKCHECK_CALLBACK     void on_timer(void *data);
 *	BLOCKCHECK_WORKER       void compress(struct job *job);
 *	BLOCKCHECK_NONBLOCKING  int cache_get(struct cache *cache, const char *key);
 *	BLOCKCHECK_BLOCKING_ON("network") int db_query(struct db *db, const char *sql);
 *	BLOCKCHECK_ALLOW("runs once, before the first client") static void read_config(void);
 *
 * They stand before a declaration or a definition of a function; once is enough, best in the
 * header. blockcheck reads the program with clang, whatever compiler builds it; to that other
 * compiler they are nothing. They cost no code, and this header needs nothing: copy it into your
 * tree if you like. It is C89 and C++.
 *
 * Of clang's own attributes, nonblocking and blocking mean the same as the two below.
 */
#ifndef BLOCKCHECK_ANNOTATE_H
#define BLOCKCHECK_ANNOTATE_H

/* Define it to nothing beforehand, as BLOCKCHECK_ANNOTATE(text), to turn all annotations off. */
#ifndef BLOCKCHECK_ANNOTATE
#if defined(__clang__)
#define BLOCKCHECK_ANNOTATE(text) __attribute__((annotate("blockcheck:" text)))
#else
#define BLOCKCHECK_ANNOTATE(text)
#endif
#endif

/* An event loop calls this function: whatever it reaches must not block. For callbacks whose
 * registration blockcheck does not see; those it does see need no annotation. */
#define BLOCKCHECK_CALLBACK BLOCKCHECK_ANNOTATE("loop")

/*
 * A call of this function may block, without limit. It is reported itself, and not looked into.
 * The category is one of sleep dns network disk process lock ipc nested-loop cpu device logging;
 * without one it is lock.
 */
#define BLOCKCHECK_BLOCKING BLOCKCHECK_ANNOTATE("blocking")
#define BLOCKCHECK_BLOCKING_ON(category) BLOCKCHECK_ANNOTATE("blocking:" category)

/*
 * This function does not block. Calls of it are not followed; in return its body is checked, and
 * what blocks in it, or below it, is reported once as a broken promise (rule BC306).
 */
#define BLOCKCHECK_NONBLOCKING BLOCKCHECK_ANNOTATE("nonblocking")

/* This function runs on a thread of its own: nothing in it, or below it, stalls a loop. */
#define BLOCKCHECK_WORKER BLOCKCHECK_ANNOTATE("worker")

/* The blocking calls that this function itself makes are known and accepted. The reason is kept
 * with them; without one they stay findings. */
#define BLOCKCHECK_ALLOW(reason) BLOCKCHECK_ANNOTATE("allow:" reason)

#endif
