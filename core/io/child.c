/* SPDX-License-Identifier: MIT */
#if defined(__linux__) && !defined(_GNU_SOURCE)
#define _GNU_SOURCE /* syscall */
#endif
#include "child.h"

#include "cpu.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#if defined(__linux__)
#include <sys/prctl.h>
#include <sys/syscall.h>
#endif

enum { SIGNALS = 32, OPEN_MAX_GUESS = 65536 };

static const char *const ENVIRONMENT[] = { "PATH=/usr/local/bin:/usr/bin:/bin", "LANG=C",
                                           "LC_ALL=C", "TZ=UTC", NULL };

/* All that the new process needs, gathered before fork(): behind it only calls that are safe in a
 * signal handler. */
struct plan {
    const char *const *argv;
    const int *fds;
    int n_fds;
    int null_fd, out_fd, error_fd;
    pid_t parent;
    int open_max;
};

static void close_from(int first, int open_max)
{
#if defined(SYS_close_range)
    if (syscall(SYS_close_range, (unsigned)first, ~0U, 0U) == 0) {
        return;
    }
#endif
    for (int fd = first; fd < open_max; fd++) {
        (void)close(fd);
    }
}

/* Lays the descriptors out as 0, 1, 2, 3 ... Each is first moved above the final numbers, so that
 * none is overwritten before it was used. */
static bool arrange_fds(struct plan *p)
{
    int floor = CHILD_FIRST_FD + CHILD_FDS_MAX + 1;
    int from[CHILD_FIRST_FD + CHILD_FDS_MAX] = { p->null_fd, p->out_fd, p->out_fd };
    for (int i = 0; i < p->n_fds; i++) {
        from[CHILD_FIRST_FD + i] = p->fds[i];
    }
    p->error_fd = fcntl(p->error_fd, F_DUPFD_CLOEXEC, floor);
    if (p->error_fd < 0) {
        return false;
    }
    for (int i = 0; i < CHILD_FIRST_FD + p->n_fds; i++) {
        from[i] = fcntl(from[i], F_DUPFD_CLOEXEC, floor);
        if (from[i] < 0) {
            return false;
        }
    }
    for (int i = 0; i < CHILD_FIRST_FD + p->n_fds; i++) {
        if (dup2(from[i], i) < 0) {
            return false;
        }
    }
    int last = CHILD_FIRST_FD + p->n_fds;
    if (dup2(p->error_fd, last) < 0 || fcntl(last, F_SETFD, FD_CLOEXEC) != 0) {
        return false;
    }
    p->error_fd = last;
    close_from(last + 1, p->open_max);
    return true;
}

static void reset_signals(void)
{
    sigset_t none;
    (void)sigemptyset(&none);
    for (int sig = 1; sig < SIGNALS; sig++) {
        (void)signal(sig, SIG_DFL);
    }
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
}

static void die_with_parent(pid_t parent)
{
#if defined(__linux__)
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
    if (getppid() != parent) {
        _exit(1);
    }
}

static void become(struct plan *p)
{
    (void)setpgid(0, 0);
    die_with_parent(p->parent);
    if (arrange_fds(p)) {
        reset_signals();
        (void)execve(p->argv[0], (char *const *)(uintptr_t)p->argv,
                     (char *const *)(uintptr_t)ENVIRONMENT);
    }
    int error = errno;
    ssize_t ignored = write(p->error_fd, &error, sizeof error);
    (void)ignored;
    _exit(127);
}

/* The pipe closes by itself when the program starts; else it brings the reason why not. */
static bool executed(int error_fd, const char *path, struct err *err)
{
    int error = 0;
    ssize_t n;
    do {
        n = read(error_fd, &error, sizeof error);
    } while (n < 0 && errno == EINTR);
    if (n == (ssize_t)sizeof error) {
        errno = error;
        return err_sys(err, "cannot run %s", path);
    }
    return true;
}

static bool pipe_cloexec(int fds[2])
{
    if (pipe(fds) != 0) {
        fds[0] = -1;
        fds[1] = -1;
        return false;
    }
    return fcntl(fds[0], F_SETFD, FD_CLOEXEC) == 0 && fcntl(fds[1], F_SETFD, FD_CLOEXEC) == 0;
}

static void close_all(const int *fds, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (fds[i] >= 0) {
            (void)close(fds[i]);
        }
    }
}

static int open_max(void)
{
    long n = sysconf(_SC_OPEN_MAX);
    return n > 0 && n < OPEN_MAX_GUESS ? (int)n : OPEN_MAX_GUESS;
}

/* pipes: [0, 1] what it prints, [2, 3] why it could not start, [4] /dev/null. */
static bool start_with(struct child *c, struct plan *p, int pipes[5], struct err *err)
{
    if (!pipe_cloexec(pipes) || !pipe_cloexec(pipes + 2) ||
        fcntl(pipes[0], F_SETFL, O_NONBLOCK) != 0) {
        return err_sys(err, "pipe");
    }
    pipes[4] = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (pipes[4] < 0) {
        return err_sys(err, "/dev/null");
    }
    p->out_fd = pipes[1];
    p->error_fd = pipes[3];
    p->null_fd = pipes[4];
    pid_t pid = fork();
    if (pid < 0) {
        return err_sys(err, "fork");
    }
    if (pid == 0) {
        become(p);
    }
    (void)setpgid(pid, pid);
    (void)close(pipes[3]);
    pipes[3] = -1;
    c->pid = (int)pid;
    return executed(pipes[2], p->argv[0], err);
}

bool child_start(struct child *c, const char *const *argv, const int *fds, size_t n_fds,
                 struct err *err)
{
    CHECK(n_fds <= CHILD_FDS_MAX);
    *c = (struct child){ .out_fd = -1 };
    struct plan plan = {
        .argv = argv, .fds = fds, .n_fds = (int)n_fds, .parent = getpid(), .open_max = open_max()
    };
    int pipes[5] = { -1, -1, -1, -1, -1 };
    bool ok = start_with(c, &plan, pipes, err);
    if (ok) {
        c->out_fd = pipes[0];
        pipes[0] = -1;
    }
    close_all(pipes, sizeof pipes / sizeof pipes[0]);
    if (!ok) {
        child_fini(c);
    }
    return ok;
}

static bool ended(const struct child *c, int options, int *status_out)
{
    siginfo_t info;
    int rc;
    info.si_pid = 0;
    do {
        rc = waitid(P_PID, (id_t)c->pid, &info, WEXITED | options);
    } while (rc != 0 && errno == EINTR);
    if (rc != 0 || info.si_pid != c->pid) {
        return false;
    }
    /* waitid() tells status and kind apart; the classic word joins them: code << 8, or signal. */
    *status_out = info.si_code == CLD_EXITED ? info.si_status << 8 : info.si_status;
    return true;
}

bool child_ended(const struct child *c, int *status_out)
{
    return c->pid > 0 && ended(c, WNOHANG | WNOWAIT, status_out);
}

void child_end(struct child *c, int *status_out)
{
    *status_out = 0;
    if (c->pid > 0) {
        (void)kill(-c->pid, SIGKILL);
        (void)kill(c->pid, SIGKILL);
        (void)ended(c, 0, status_out);
        c->pid = 0;
    }
}

void child_fini(struct child *c)
{
    int status;
    child_end(c, &status);
    if (c->out_fd >= 0) {
        (void)close(c->out_fd);
        c->out_fd = -1;
    }
}

bool child_cpu_ns(const struct child *c, int64_t *ns_out)
{
    clockid_t id;
    return c->pid > 0 && clock_getcpuclockid(c->pid, &id) == 0 && cpu_clock_ns(id, ns_out);
}

void child_limit_cpu(const struct child *c, int64_t seconds)
{
#if defined(__linux__)
    struct rlimit limit = { .rlim_cur = (rlim_t)seconds, .rlim_max = RLIM_INFINITY };
    if (c->pid > 0) {
        (void)prlimit(c->pid, RLIMIT_CPU, &limit, NULL);
    }
#else
    (void)c;
    (void)seconds;
#endif
}

static const char *signal_name(int sig)
{
    static const struct {
        int sig;
        const char *name;
    } names[] = { { SIGSEGV, "SIGSEGV" }, { SIGABRT, "SIGABRT" }, { SIGBUS, "SIGBUS" },
                  { SIGFPE, "SIGFPE" },   { SIGILL, "SIGILL" },   { SIGKILL, "SIGKILL" },
                  { SIGTERM, "SIGTERM" }, { SIGTRAP, "SIGTRAP" }, { SIGSYS, "SIGSYS" },
                  { SIGPIPE, "SIGPIPE" }, { SIGXCPU, "SIGXCPU" }, { SIGXFSZ, "SIGXFSZ" },
                  { SIGINT, "SIGINT" },   { SIGHUP, "SIGHUP" },   { SIGQUIT, "SIGQUIT" },
                  { SIGALRM, "SIGALRM" }, { SIGUSR1, "SIGUSR1" }, { SIGUSR2, "SIGUSR2" } };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (names[i].sig == sig) {
            return names[i].name;
        }
    }
    return NULL;
}

void child_end_text(char out[CHILD_END_MAX], int status)
{
    if (WIFEXITED(status)) {
        (void)snprintf(out, CHILD_END_MAX, "exit(%d)", WEXITSTATUS(status));
        return;
    }
    int sig = WTERMSIG(status);
    const char *name = signal_name(sig);
    if (name != NULL) {
        (void)snprintf(out, CHILD_END_MAX, "%s", name);
    } else {
        (void)snprintf(out, CHILD_END_MAX, "signal %d", sig);
    }
}
