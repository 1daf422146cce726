#include "harness/collect/run.h"

#include <string.h>

/* What a culprit is replaced by, in words that hold for every loop, and per library where there is
 * a function made for it. */
const char *bc_run_advice(const char *culprit, const char *library)
{
	static const struct {
		const char *functions, *libuv, *libevent, *any;
	} advice[] = {
		{" sleep usleep nanosleep clock_nanosleep thrd_sleep ", "use uv_timer_start()",
			"use a timer: evtimer_add()", "use a timer of the loop"},
		{" getaddrinfo getnameinfo gethostbyname gethostbyname2 gethostbyname_r "
		 "gethostbyname2_r gethostbyaddr gethostbyaddr_r res_query res_search ",
			"use uv_getaddrinfo() with a callback", "use evdns_getaddrinfo()",
			"resolve in a thread, or with getaddrinfo_a() or c-ares"},
		{" fsync fdatasync sync syncfs msync sync_file_range ",
			"use uv_fs_fsync() with a callback, or uv_queue_work()",
			"sync in a worker thread", "sync in a worker thread"},
		{" open openat creat fopen stat lstat statx access rename unlink readdir opendir "
		 "scandir glob truncate ftruncate fallocate ",
			"use uv_fs_*() with a callback", "do it in a worker thread",
			"do it in a worker thread"},
		{" read readv pread recv recvfrom recvmsg accept accept4 connect write writev send "
		 "sendto sendmsg fread fgets getline ",
			"make the descriptor non-blocking and use uv_read_start(), uv_write() or "
			"uv_poll_start()",
			"make the descriptor non-blocking and wait for it with event_add()",
			"make the descriptor non-blocking and wait for it in the loop"},
		{" wait wait3 wait4 waitpid waitid system popen pclose ",
			"use uv_spawn() with an exit callback",
			"wait for SIGCHLD with evsignal_add(), then use WNOHANG",
			"start the child without waiting, and reap it on SIGCHLD"},
		{" pthread_mutex_lock pthread_rwlock_rdlock pthread_rwlock_wrlock mtx_lock "
		 "pthread_spin_lock ",
			NULL, NULL,
			"hold this lock for shorter elsewhere, or try it and come back later"},
		{" pthread_cond_wait pthread_cond_timedwait sem_wait sem_timedwait pthread_join "
		 "pthread_barrier_wait cnd_wait thrd_join ",
			"let the other thread wake the loop with uv_async_send()",
			"let the other thread wake the loop with event_active()",
			"let the other thread wake the loop through a descriptor"},
		{" poll ppoll select pselect epoll_wait epoll_pwait ", "use uv_poll_start()",
			"use event_add()", "let the loop wait for this descriptor, too"},
	};
	char word[64] = " ";
	const char *special = NULL;

	if (strlen(culprit) > sizeof(word) - 3 || !*culprit)
		return NULL;
	strcat(word, culprit);
	strcat(word, " ");
	for (size_t i = 0; i < sizeof(advice) / sizeof(advice[0]); i++) {
		if (!strstr(advice[i].functions, word))
			continue;
		if (!strcmp(library, "libuv"))
			special = advice[i].libuv;
		else if (!strcmp(library, "libevent"))
			special = advice[i].libevent;
		return special ? special : advice[i].any;
	}
	return NULL;
}
