#include "harness/collect/stop.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>

#include "harness/collect/collector.h"

#ifdef __x86_64__

/* ---- stopped, and on again ---- */

/* Somebody waits for the end of what has ended: for others than our child, that is us. */
static int bury(pid_t tid, int is_child)
{
	if (!is_child)
		waitpid(tid, NULL, __WALL | WNOHANG);
	return -1;
}

/* A thread that runs stops within microseconds, and for as long as we take to notice. */
static int wait_for_change(pid_t tid, siginfo_t *info)
{
	enum { LOOKS = 200, WHAT = WSTOPPED | WEXITED | WNOWAIT | __WALL };

	info->si_pid = 0;
	for (int i = 0; i < LOOKS && info->si_pid != tid; i++)
		if (waitid(P_PID, (id_t)tid, info, WHAT | WNOHANG) < 0)
			return -1;
	while (info->si_pid != tid)
		if (waitid(P_PID, (id_t)tid, info, WHAT) < 0 && errno != EINTR)
			return -1;
	return 0;
}

/* The signal that the thread was about to get, 0 for none; -1 when it has ended. */
static int wait_for_stop(pid_t tid, int is_child)
{
	siginfo_t info;

	if (wait_for_change(tid, &info) < 0)
		return -1;
	if (info.si_code != CLD_TRAPPED && info.si_code != CLD_STOPPED)
		return bury(tid, is_child);
	if (waitid(P_PID, (id_t)tid, &info, WSTOPPED | WNOHANG | __WALL) < 0)
		return -1;
	return info.si_status >> 8 == PTRACE_EVENT_STOP ? 0 : info.si_status & 0x7f;
}

static void let_go(pid_t tid, int is_child, int signal)
{
	if (ptrace(PTRACE_DETACH, tid, NULL, (void *)(long)signal) < 0)
		bury(tid, is_child); /* killed while it was stopped */
}

/* ---- a system call that was cut short ---- */

static uint64_t read_set(const char *status, const char *name)
{
	const char *at = strstr(status, name);

	return at ? strtoull(at + strlen(name), NULL, 16) : 0;
}

/* A signal that waits for the thread may be why its call failed. */
static int has_signal(pid_t pid, pid_t tid)
{
	char status[4096];

	if (!bc_task_read((uint32_t)pid, (uint32_t)tid, "status", status, sizeof(status)))
		return 1;
	return ((read_set(status, "SigPnd:") | read_set(status, "ShdPnd:")) &
		       ~read_set(status, "SigBlk:")) != 0;
}

static int is_after_syscall(pid_t pid, uint64_t pc)
{
	static const uint8_t instruction[2] = {0x0f, 0x05};
	uint8_t bytes[2];

	return bc_watch_stack((uint32_t)pid, pc - 2, bytes, 2) == 2 &&
	       !memcmp(bytes, instruction, 2);
}

/*
 * Between a look at it and the stop a thread may begin to wait. The kernel goes on with most calls
 * by itself after that, but epoll_wait() and some others fail; these begin anew.
 */
static void mend_call(pid_t pid, pid_t tid, struct user_regs_struct *registers)
{
	if ((long)registers->orig_rax < 0 || (long)registers->rax != -EINTR ||
		has_signal(pid, tid) || !is_after_syscall(pid, registers->rip))
		return;
	registers->rax = registers->orig_rax;
	registers->rip -= 2;
	ptrace(PTRACE_SETREGS, tid, NULL, registers);
}

/* ---- the sample ---- */

/* In DWARF's order. */
static void copy_registers(const struct user_regs_struct *from, uint64_t *to)
{
	const uint64_t all[BC_PERF_REGISTERS] = {from->rax, from->rdx, from->rcx, from->rbx,
		from->rsi, from->rdi, from->rbp, from->rsp, from->r8, from->r9, from->r10,
		from->r11, from->r12, from->r13, from->r14, from->r15, from->rip};

	memcpy(to, all, sizeof(all));
}

int bc_stop_sample(pid_t pid, pid_t tid, int is_child, struct bc_perf_sample *sample)
{
	struct user_regs_struct registers;
	int signal, ok;

	if (ptrace(PTRACE_SEIZE, tid, NULL, NULL) < 0)
		return -errno;
	ptrace(PTRACE_INTERRUPT, tid, NULL, NULL);
	signal = wait_for_stop(tid, is_child);
	if (signal < 0)
		return -ESRCH;
	ok = ptrace(PTRACE_GETREGS, tid, NULL, &registers) == 0;
	if (ok) {
		copy_registers(&registers, sample->registers);
		sample->size = bc_watch_stack(
			(uint32_t)pid, registers.rsp, sample->stack, sizeof(sample->stack));
		if (!signal)
			mend_call(pid, tid, &registers);
	}
	let_go(tid, is_child, signal);
	return ok && sample->size ? 0 : -ESRCH;
}

#else

int bc_stop_sample(pid_t pid, pid_t tid, int is_child, struct bc_perf_sample *sample)
{
	(void)pid;
	(void)tid;
	(void)is_child;
	(void)sample;
	return -EPERM;
}

#endif
