/* SPDX-License-Identifier: MIT */
#if defined(__linux__) && !defined(_GNU_SOURCE)
#define _GNU_SOURCE /* syscall, ucontext registers */
#endif
#include "seccomp.h"

#include <stddef.h>

#if defined(__linux__) && (defined(__x86_64__) || (defined(__aarch64__) && !defined(__AARCH64EB__)))
#define HAS_SECCOMP 1
#endif

#if defined(HAS_SECCOMP)

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#if defined(__x86_64__)
#define MACHINE AUDIT_ARCH_X86_64
#define ANSWER(uc) ((uc)->uc_mcontext.gregs[REG_RAX])
#else
#define MACHINE AUDIT_ARCH_AARCH64
#define ANSWER(uc) ((uc)->uc_mcontext.regs[0])
#endif

/* Younger than the oldest headers we build with. */
#if !defined(SYS_clone3)
#define SYS_clone3 435
#endif

enum {
    PROGRAM_MAX = 1024,
    OTHER_ABI = 0x40000000, /* x32 calls on x86_64 */
    OPEN_LARGE = 0100000    /* O_LARGEFILE as the kernel sees it */
};

/* ---- which calls ---------------------------------------------------------------------------- */

static const uint32_t always[] = {
#define CALL(name) SYS_##name,
#define LOAD(name)
#define NOTE(name)
#include "seccomp_calls.def"
#undef CALL
#undef LOAD
#undef NOTE
#if defined(__x86_64__)
    SYS_poll,        SYS_select, SYS_pause, SYS_time, SYS_getrlimit,
#endif
#if defined(SYS_rseq)
    SYS_rseq,
#endif
#if defined(SYS_close_range)
    SYS_close_range,
#endif
};

static const uint32_t loading[] = {
#define CALL(name)
#define LOAD(name) SYS_##name,
#define NOTE(name)
#include "seccomp_calls.def"
#undef CALL
#undef LOAD
#undef NOTE
#if defined(__x86_64__)
    SYS_stat,       SYS_lstat, SYS_access, SYS_readlink, SYS_arch_prctl,
#endif
#if defined(SYS_statx)
    SYS_statx,
#endif
#if defined(SYS_faccessat2)
    SYS_faccessat2,
#endif
};

/* Refused, and noted: what a plugin has no business with. */
static const struct {
    uint32_t call;
    const char *name;
} noted[] = {
#define CALL(name)
#define LOAD(name)
#define NOTE(name) { SYS_##name, #name },
#include "seccomp_calls.def"
#undef CALL
#undef LOAD
#undef NOTE
#if defined(__x86_64__)
    { SYS_open, "open" },           { SYS_creat, "creat" },   { SYS_unlink, "unlink" },
    { SYS_mkdir, "mkdir" },         { SYS_rename, "rename" }, { SYS_link, "link" },
    { SYS_chmod, "chmod" },         { SYS_chown, "chown" },   { SYS_dup2, "dup2" },
    { SYS_pipe, "pipe" },           { SYS_fork, "fork" },     { SYS_vfork, "vfork" },
    { SYS_alarm, "alarm" },
#endif
#if defined(SYS_renameat2)
    { SYS_renameat2, "renameat2" },
#endif
#if defined(SYS_openat2)
    { SYS_openat2, "openat2" },
#endif
};

const char *seccomp_call_name(uint32_t call)
{
    for (size_t i = 0; i < sizeof noted / sizeof noted[0]; i++) {
        if (noted[i].call == call) {
            return noted[i].name;
        }
    }
    return "a system call";
}

/* ---- the filter ----------------------------------------------------------------------------- */

struct program {
    struct sock_filter code[PROGRAM_MAX];
    size_t n;
};

static void add(struct program *p, uint16_t code, uint8_t if_true, uint8_t if_false, uint32_t k)
{
    CHECK(p->n < PROGRAM_MAX);
    p->code[p->n++] = (struct sock_filter){ code, if_true, if_false, k };
}

static void load_call(struct program *p)
{
    add(p, BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(struct seccomp_data, nr));
}

static void answer(struct program *p, uint32_t action)
{
    add(p, BPF_RET | BPF_K, 0, 0, action);
}

static void on_call(struct program *p, uint32_t call, uint32_t action)
{
    add(p, BPF_JMP | BPF_JEQ | BPF_K, 0, 1, call);
    answer(p, action);
}

/* One condition on an argument's low half: (argument & mask) == value. */
struct condition {
    uint32_t argument, mask, value;
};

enum { CONDITION_CODES = 3 };

static void test(struct program *p, const struct condition *c, uint8_t skip)
{
    add(p, BPF_LD | BPF_W | BPF_ABS, 0, 0,
        (uint32_t)(offsetof(struct seccomp_data, args) + c->argument * sizeof(uint64_t)));
    add(p, BPF_ALU | BPF_AND | BPF_K, 0, 0, c->mask);
    add(p, BPF_JMP | BPF_JEQ | BPF_K, 0, skip, c->value);
}

/* The action if all conditions hold; else the next rule is asked. */
static void on_call_if(struct program *p, uint32_t call, const struct condition *c, size_t n,
                       uint32_t action)
{
    size_t codes = n * CONDITION_CODES + 1;
    add(p, BPF_JMP | BPF_JEQ | BPF_K, 0, (uint8_t)codes, call);
    for (size_t i = 0; i < n; i++) {
        codes -= CONDITION_CODES;
        test(p, &c[i], (uint8_t)codes);
    }
    answer(p, action);
    load_call(p);
}

static void allow_if(struct program *p, uint32_t call, const struct condition *c, size_t n)
{
    on_call_if(p, call, c, n, SECCOMP_RET_ALLOW);
}

/* A pointer that is NULL: both halves. The low one is argument `at`; the high one lies behind it.
 */
static void allow_if_null(struct program *p, uint32_t call, uint32_t at)
{
    size_t half = offsetof(struct seccomp_data, args) + at * sizeof(uint64_t);
    add(p, BPF_JMP | BPF_JEQ | BPF_K, 0, 5, call);
    add(p, BPF_LD | BPF_W | BPF_ABS, 0, 0, (uint32_t)half);
    add(p, BPF_JMP | BPF_JEQ | BPF_K, 0, 3, 0);
    add(p, BPF_LD | BPF_W | BPF_ABS, 0, 0, (uint32_t)(half + sizeof(uint32_t)));
    add(p, BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0);
    answer(p, SECCOMP_RET_ALLOW);
    load_call(p);
}

/* abort() and raise(), but not the signals by which others end us: those would hide who did it. */
static void allow_own_signals(struct program *p)
{
    static const int signals[] = { SIGABRT, SIGSEGV, SIGBUS,  SIGFPE, SIGILL,
                                   SIGTRAP, SIGSYS,  SIGUSR1, SIGUSR2 };
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) {
        const struct condition own[] = { { 0, UINT32_MAX, (uint32_t)getpid() },
                                         { 2, UINT32_MAX, (uint32_t)signals[i] } };
        allow_if(p, SYS_tgkill, own, 2);
    }
}

static void allow_with_conditions(struct program *p, enum seccomp_stage stage)
{
    const uint32_t harmless = O_CLOEXEC | OPEN_LARGE | O_NOFOLLOW | O_DIRECTORY | O_NONBLOCK;
    const struct condition no_code = { 2, PROT_EXEC, 0 };
    const struct condition read_at = { 2, ~harmless, O_RDONLY };
    const struct condition empty_path = { 3, AT_EMPTY_PATH, AT_EMPTY_PATH };
    const struct condition get_fd = { 1, UINT32_MAX, F_GETFD };
    const struct condition get_flags = { 1, UINT32_MAX, F_GETFL };
    const struct condition thread_name = { 0, UINT32_MAX, PR_SET_NAME };
    allow_own_signals(p);
    allow_if_null(p, SYS_sendto, 4);
    allow_if_null(p, SYS_prlimit64, 2);
    allow_if(p, SYS_fcntl, &get_fd, 1);
    allow_if(p, SYS_fcntl, &get_flags, 1);
    allow_if(p, SYS_prctl, &thread_name, 1);
    if (stage == SECCOMP_DETECTING) {
        allow_if(p, SYS_mmap, &no_code, 1);
        allow_if(p, SYS_mprotect, &no_code, 1);
        allow_if(p, SYS_newfstatat, &empty_path, 1);
        return;
    }
    allow_if(p, SYS_openat, &read_at, 1);
#if defined(SYS_open)
    const struct condition read_only = { 1, ~harmless, O_RDONLY };
    allow_if(p, SYS_open, &read_only, 1);
#endif
}

/* A thread cannot be noted: the library blocks all signals while it asks for one. */
static void refuse_with_conditions(struct program *p)
{
    const struct condition thread = { 0, CLONE_VM, CLONE_VM };
    const struct condition of_notes = { 0, UINT32_MAX, SIGSYS };
    on_call_if(p, SYS_clone, &thread, 1, SECCOMP_RET_ERRNO | EAGAIN);
    on_call(p, SYS_clone3, SECCOMP_RET_ERRNO | ENOSYS); /* clone() is tried next */
    on_call_if(p, SYS_rt_sigaction, &of_notes, 1, SECCOMP_RET_ERRNO | EINVAL);
    on_call(p, SYS_rt_sigaction, SECCOMP_RET_ALLOW);
    on_call(p, SYS_ioctl, SECCOMP_RET_ERRNO | ENOTTY);
}

static void write_program(struct program *p, enum seccomp_stage stage)
{
    add(p, BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(struct seccomp_data, arch));
    add(p, BPF_JMP | BPF_JEQ | BPF_K, 1, 0, MACHINE);
    answer(p, SECCOMP_RET_ERRNO | EPERM);
    load_call(p);
    add(p, BPF_JMP | BPF_JGE | BPF_K, 0, 1, OTHER_ABI);
    answer(p, SECCOMP_RET_ERRNO | EPERM);
    for (size_t i = 0; i < sizeof always / sizeof always[0]; i++) {
        on_call(p, always[i], SECCOMP_RET_ALLOW);
    }
    for (size_t i = 0; i < sizeof loading / sizeof loading[0] && stage == SECCOMP_LOADING; i++) {
        on_call(p, loading[i], SECCOMP_RET_ALLOW);
    }
    allow_with_conditions(p, stage);
    refuse_with_conditions(p);
    for (size_t i = 0; i < sizeof noted / sizeof noted[0]; i++) {
        on_call(p, noted[i].call, SECCOMP_RET_TRAP);
    }
    answer(p, SECCOMP_RET_ERRNO | EPERM);
}

/* ---- notes ---------------------------------------------------------------------------------- */

/* A signal handler is told nothing but the signal. Written once, before the first can come. */
static struct seccomp_note *notebook;

static void on_refused(int sig, siginfo_t *info, void *context)
{
    ucontext_t *uc = context;
    (void)sig;
    notebook->call = (uint32_t)info->si_syscall;
    notebook->n++;
    ANSWER(uc) = -EPERM;
}

static bool take_notes(struct seccomp_note *note, struct err *err)
{
    struct sigaction act = { .sa_sigaction = on_refused, .sa_flags = SA_SIGINFO | SA_NODEFER };
    (void)sigemptyset(&act.sa_mask);
    notebook = note;
    return sigaction(SIGSYS, &act, NULL) == 0 || err_sys(err, "a handler for refused calls");
}

bool seccomp_available(void)
{
    uint32_t action = SECCOMP_RET_TRAP;
    return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0U, &action) == 0;
}

bool seccomp_enter(enum seccomp_stage stage, struct seccomp_note *note, struct err *err)
{
    struct program p = { .n = 0 };
    write_program(&p, stage);
    struct sock_fprog prog = { .len = (unsigned short)p.n, .filter = p.code };
    if (stage == SECCOMP_LOADING && !take_notes(note, err)) {
        return false;
    }
    return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0U, &prog) == 0 ||
           err_sys(err, "the filter of system calls");
}

#else

bool seccomp_available(void)
{
    return false;
}

bool seccomp_enter(enum seccomp_stage stage, struct seccomp_note *note, struct err *err)
{
    (void)stage;
    (void)note;
    return err_set(err, ERR_SYSTEM, "no filter of system calls on this system");
}

const char *seccomp_call_name(uint32_t call)
{
    (void)call;
    return "a system call";
}

#endif
