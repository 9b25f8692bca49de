/*
 * Put before the C library of Debian's user-mode kernel (6.1), which sets the vector registers of its processes with a
 * buffer of a fixed 2696 bytes. Since Linux 5.17 the host takes nothing but the whole of what its processor has, and
 * says EFAULT: with AMX that is 11 KB. Here the rest is added, in its state of a fresh process: no program that runs
 * in there uses AMX.
 *
 * The layout is XSAVE's standard one (Intel SDM vol. 1, 13.4): 512 bytes of FXSAVE, then a header of 64 bytes whose
 * first eight tell which parts are not in their initial state.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define HEADER 512
/* x87, SSE, AVX, AVX-512's three, PKRU: what 2696 bytes hold. */
#define HELD ((uint64_t)0x2e7)

static char all[1 << 16] __attribute__((aligned(64)));
static size_t size;

static long kernel(int request, pid_t pid, void *address, void *data)
{
	return syscall(SYS_ptrace, request, pid, address, data);
}

static long get_vectors(pid_t pid, void *address, struct iovec *wanted)
{
	struct iovec whole = { all, sizeof(all) };
	long result = kernel(PTRACE_GETREGSET, pid, address, &whole);

	if (result < 0)
		return result;
	size = whole.iov_len;
	if (wanted->iov_len > size)
		wanted->iov_len = size;
	memcpy(wanted->iov_base, all, wanted->iov_len);
	return result;
}

static long set_vectors(pid_t pid, void *address, const struct iovec *given)
{
	struct iovec whole = { all, size };
	uint64_t parts;

	if (given->iov_len >= size)
		return kernel(PTRACE_SETREGSET, pid, address, (void *)given);
	memcpy(all, given->iov_base, given->iov_len);
	memset(all + given->iov_len, 0, size - given->iov_len);
	memcpy(&parts, all + HEADER, sizeof(parts));
	parts &= HELD;
	memcpy(all + HEADER, &parts, sizeof(parts));
	return kernel(PTRACE_SETREGSET, pid, address, &whole);
}

long ptrace(enum __ptrace_request request, ...)
{
	va_list rest;
	pid_t pid;
	void *address, *data;
	long word, result;

	va_start(rest, request);
	pid = va_arg(rest, pid_t);
	address = va_arg(rest, void *);
	data = va_arg(rest, void *);
	va_end(rest);

	switch ((int)request) {
	case PTRACE_GETREGSET:
		if ((long)address == NT_X86_XSTATE)
			return get_vectors(pid, address, data);
		break;
	case PTRACE_SETREGSET:
		if ((long)address == NT_X86_XSTATE && size > 0)
			return set_vectors(pid, address, data);
		break;
	case PTRACE_PEEKTEXT:
	case PTRACE_PEEKDATA:
	case PTRACE_PEEKUSER:
		/* The C library's way: the word is the result, and errno tells an error from it. */
		result = kernel(request, pid, address, &word);
		if (result < 0)
			return -1;
		errno = 0;
		return word;
	}
	return kernel(request, pid, address, data);
}
