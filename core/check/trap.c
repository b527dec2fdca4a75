/* SPDX-License-Identifier: MIT */
#if defined(__linux__) && !defined(_GNU_SOURCE)
#define _GNU_SOURCE /* syscall, MAP_ANONYMOUS */
#endif
#include "trap.h"

#include <stdio.h>
#include <string.h>

#if defined(__linux__) && (defined(__x86_64__) || defined(__aarch64__))
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#if defined(__x86_64__)
#define ARCH AUDIT_ARCH_X86_64
#else
#define ARCH AUDIT_ARCH_AARCH64
#endif

static const long memory_calls[] = { SYS_brk,          SYS_mmap,       SYS_munmap,
                                     SYS_mremap,       SYS_madvise,    SYS_futex,
                                     SYS_rt_sigreturn, SYS_exit_group, SYS_mprotect };
static const long loading_calls[] = { SYS_read,
                                      SYS_pread64,
                                      SYS_fstat,
                                      SYS_newfstatat,
                                      SYS_lseek,
                                      SYS_close,
                                      SYS_getrandom,
                                      SYS_clock_gettime,
                                      SYS_prlimit64,
                                      SYS_getpid,
                                      SYS_gettid,
                                      SYS_readlinkat,
                                      SYS_sched_getaffinity,
                                      SYS_sigaltstack,
                                      SYS_rt_sigprocmask,
#if defined(SYS_readlink)
                                      SYS_readlink,
#endif
#if defined(SYS_access)
                                      SYS_access,
#endif
#if defined(SYS_arch_prctl)
                                      SYS_arch_prctl,
#endif
                                      SYS_faccessat,
                                      SYS_nanosleep,
                                      SYS_clock_nanosleep };
static const long create_calls[] = { SYS_getrandom, SYS_sched_getaffinity, SYS_gettid,
                                     SYS_sigaltstack, SYS_rt_sigprocmask };
enum { FILTER_MAX = 80 };
static const unsigned PASS = 0x0fd0fd; /* sixth argument of a call that the handler makes itself */

/* What the handler writes to; shared with the process that waits. */
static struct trap_result *volatile kept;

static bool harmless_open(const char *path, long flags)
{
    const char *so = strstr(path, ".so");
    return (flags & (O_WRONLY | O_RDWR | O_CREAT | O_TRUNC)) == 0 && so != NULL &&
           (so[3] == '\0' || so[3] == '.');
}

static void on_trap(int sig, siginfo_t *info, void *context)
{
    ucontext_t *u = context;
    struct trap_result *r = kept;
    (void)sig;
#if defined(__x86_64__)
    greg_t *g = u->uc_mcontext.gregs;
    long a[4] = { (long)g[REG_RDI], (long)g[REG_RSI], (long)g[REG_RDX], (long)g[REG_R10] };
#else
    unsigned long long *g = u->uc_mcontext.regs;
    long a[4] = { (long)g[0], (long)g[1], (long)g[2], (long)g[3] };
#endif
    long answer = -EPERM;
    const char *path = info->si_syscall == SYS_openat ? (const char *)a[1] : NULL;
    if (path != NULL && harmless_open(path, a[2])) {
        answer = syscall(SYS_openat, a[0], a[1], a[2], a[3], 0, PASS);
        answer = answer < 0 ? -errno : answer;
    } else {
        if (path != NULL && r->path[0] == '\0') {
            for (size_t i = 0; i + 1 < sizeof r->path && path[i] != '\0'; i++) {
                r->path[i] = path[i];
            }
        }
        if (r->n < TRAP_CALLS_MAX) {
            r->calls[r->n] = info->si_syscall;
        }
        r->n++;
    }
#if defined(__x86_64__)
    g[REG_RAX] = answer;
#else
    g[0] = (unsigned long long)answer;
#endif
}

struct program {
    struct sock_filter code[FILTER_MAX];
    unsigned short n;
};

static void put(struct program *p, unsigned code, unsigned k, unsigned jt, unsigned jf)
{
    p->code[p->n++] = (struct sock_filter){
        .code = (unsigned short)code, .jt = (unsigned char)jt, .jf = (unsigned char)jf, .k = k
    };
}

static void allow(struct program *p, const long *calls, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        put(p, BPF_JMP | BPF_JEQ | BPF_K, (unsigned)calls[i], 0, 1);
        put(p, BPF_RET | BPF_K, SECCOMP_RET_ALLOW, 0, 0);
    }
}

static bool install(enum trap_rules rules)
{
    struct program p = { .n = 0 };
    put(&p, BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch), 0, 0);
    put(&p, BPF_JMP | BPF_JEQ | BPF_K, ARCH, 1, 0);
    put(&p, BPF_RET | BPF_K, SECCOMP_RET_ALLOW, 0, 0);
    put(&p, BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr), 0, 0);
    allow(&p, memory_calls, sizeof memory_calls / sizeof *memory_calls);
    if (rules == TRAP_CREATE) {
        allow(&p, create_calls, sizeof create_calls / sizeof *create_calls);
    }
    if (rules == TRAP_LOADING) {
        allow(&p, loading_calls, sizeof loading_calls / sizeof *loading_calls);
        put(&p, BPF_JMP | BPF_JEQ | BPF_K, SYS_openat, 0, 3);
        put(&p, BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[5]), 0, 0);
        put(&p, BPF_JMP | BPF_JEQ | BPF_K, PASS, 0, 1);
        put(&p, BPF_RET | BPF_K, SECCOMP_RET_ALLOW, 0, 0);
    }
    put(&p, BPF_RET | BPF_K, SECCOMP_RET_TRAP, 0, 0);
    struct sock_fprog program = { .len = p.n, .filter = p.code };
    struct sigaction action = { .sa_sigaction = on_trap, .sa_flags = SA_SIGINFO | SA_NODEFER };
    (void)sigemptyset(&action.sa_mask);
    return sigaction(SIGSYS, &action, NULL) == 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

enum { NO_FILTER = 77 };

static void run_trapped(enum trap_rules rules, trap_fn *prepare, trap_fn *code, void *context)
{
    probe_catch_none();
    if (prepare != NULL) {
        prepare(context);
    }
    if (!install(rules)) {
        _exit(NO_FILTER);
    }
    code(context);
    kept->done = true;
    _exit(0);
}

bool trap_run(struct probe *p, enum trap_rules rules, trap_fn *prepare, trap_fn *code,
              void *context, struct trap_result *out, struct err *err)
{
    int status = 0;
    (void)p;
    void *shared =
        mmap(NULL, sizeof *kept, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED) {
        return err_sys(err, "memory");
    }
    kept = shared;
    pid_t pid = fork();
    if (pid == 0) {
        run_trapped(rules, prepare, code, context);
    }
    if (pid < 0 || waitpid(pid, &status, 0) != pid) {
        return err_sys(err, "fork");
    }
    *out = *kept;
    kept = NULL;
    (void)munmap(shared, sizeof *kept);
    return !(WIFEXITED(status) && WEXITSTATUS(status) == NO_FILTER) ||
           err_set(err, ERR_SYSTEM, "this system allows no system call filter");
}

void trap_call_name(long call, char *out, size_t n)
{
    static const struct {
        long call;
        const char *name;
    } names[] = {
        { SYS_openat, "openat" },
        { SYS_socket, "socket" },
        { SYS_connect, "connect" },
        { SYS_write, "write" },
        { SYS_read, "read" },
        { SYS_clone, "clone" },
        { SYS_execve, "execve" },
        { SYS_kill, "kill" },
        { SYS_getppid, "getppid" },
        { SYS_getpid, "getpid" },
        { SYS_unlinkat, "unlinkat" },
        { SYS_fstat, "fstat" },
        { SYS_newfstatat, "newfstatat" },
        { SYS_clock_gettime, "clock_gettime" },
        { SYS_nanosleep, "nanosleep" },
        { SYS_clock_nanosleep, "clock_nanosleep" },
        { SYS_getrandom, "getrandom" },
        { SYS_rt_sigaction, "rt_sigaction" },
        { SYS_gettimeofday, "gettimeofday" },
#if defined(SYS_open)
        { SYS_open, "open" },
        { SYS_fork, "fork" },
        { SYS_time, "time" },
        { SYS_getdents, "getdents" },
#endif
#if defined(SYS_clone3)
        { SYS_clone3, "clone3" },
#endif
        { SYS_writev, "writev" },
        { SYS_close, "close" },
        { SYS_ioctl, "ioctl" },
        { SYS_sched_yield, "sched_yield" },
        { SYS_prctl, "prctl" },
        { SYS_setrlimit, "setrlimit" }
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (names[i].call == call) {
            (void)snprintf(out, n, "%s", names[i].name);
            return;
        }
    }
    (void)snprintf(out, n, "system call number %ld", call);
}

#else

bool trap_run(struct probe *p, enum trap_rules rules, trap_fn *prepare, trap_fn *code,
              void *context, struct trap_result *out, struct err *err)
{
    (void)p;
    (void)rules;
    (void)prepare;
    (void)code;
    (void)context;
    *out = (struct trap_result){ 0 };
    return err_set(err, ERR_SYSTEM, "system calls can be watched on Linux only");
}

void trap_call_name(long call, char *out, size_t n)
{
    (void)snprintf(out, n, "system call number %ld", call);
}

#endif
