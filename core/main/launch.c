/* SPDX-License-Identifier: MIT */
#include "launch.h"

#include "clock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { CHILD_FD = 3, ARGS_MAX = 24, CAPTURE_MAX = 64 << 20 };

static bool pipe_cloexec(int fds[2], struct err *err)
{
    if (pipe(fds) != 0) {
        return err_sys(err, "pipe");
    }
    for (int i = 0; i < 2; i++) {
        if (fds[i] <= CHILD_FD) { /* keep clear of the number the child gets */
            int moved = fcntl(fds[i], F_DUPFD, CHILD_FD + 1);
            if (moved < 0) {
                return err_sys(err, "pipe");
            }
            (void)close(fds[i]);
            fds[i] = moved;
        }
        (void)fcntl(fds[i], F_SETFD, FD_CLOEXEC);
    }
    return true;
}

/* child_fd becomes `as`. If that is stdout, stdin is ours (`--file -`); else both are /dev/null. */
static bool spawn(pid_t *pid, const char *const *argv, int child_fd, int as, struct err *err)
{
    posix_spawn_file_actions_t actions;
    int failed = posix_spawn_file_actions_init(&actions);
    if (failed == 0 && as != STDOUT_FILENO) {
        failed = posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    }
    if (failed == 0 && as != STDOUT_FILENO) {
        failed = posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    }
    if (failed == 0 && child_fd >= 0) {
        failed = posix_spawn_file_actions_adddup2(&actions, child_fd, as);
    }
    if (failed == 0) {
        failed =
            posix_spawnp(pid, argv[0], &actions, NULL, (char *const *)(uintptr_t)argv, environ);
    }
    (void)posix_spawn_file_actions_destroy(&actions);
    errno = failed;
    return failed == 0 || err_sys(err, "cannot start %s", argv[0]);
}

bool launch(struct launched *l, const char *const *argv, const char *life_arg, struct err *err)
{
    const char *full[ARGS_MAX + 3];
    size_t n = 0;
    int fds[2] = { -1, -1 };
    CHECK(argv[0] != NULL);
    while (argv[n] != NULL && n < ARGS_MAX) {
        full[n] = argv[n];
        n++;
    }
    *l = (struct launched){ .life_fd = -1 };
    if (life_arg != NULL) {
        full[n++] = life_arg;
        full[n++] = "3";
        if (!pipe_cloexec(fds, err)) {
            return false;
        }
    }
    full[n] = NULL;
    bool ok = spawn(&l->pid, full, fds[0], CHILD_FD, err);
    if (fds[0] >= 0) {
        (void)close(fds[0]);
    }
    if (!ok) {
        l->pid = 0;
        if (fds[1] >= 0) {
            (void)close(fds[1]);
        }
        return false;
    }
    l->life_fd = fds[1];
    return true;
}

bool launched_alive(struct launched *l)
{
    if (l->pid > 0 && waitpid(l->pid, NULL, WNOHANG) != 0) {
        l->pid = 0;
    }
    return l->pid > 0;
}

static bool gone_within(struct launched *l, int ms)
{
    struct mono until = mono_after_ms(clock_mono(), ms);
    while (launched_alive(l)) {
        if (mono_ms_until(clock_mono(), until) <= 0) {
            return false;
        }
        (void)poll(NULL, 0, 5);
    }
    return true;
}

void launched_stop(struct launched *l, int wait_ms)
{
    if (l->pid <= 0) {
        return;
    }
    if (l->life_fd >= 0) {
        (void)close(l->life_fd);
        l->life_fd = -1;
    } else {
        (void)kill(l->pid, SIGTERM);
    }
    if (!gone_within(l, wait_ms)) {
        (void)kill(l->pid, SIGTERM);
        if (!gone_within(l, 500)) {
            (void)kill(l->pid, SIGKILL);
            (void)gone_within(l, 5000);
        }
    }
}

static bool read_all(int fd, struct buf *out, struct err *err)
{
    for (;;) {
        char *room = buf_room(out, 65536);
        if (room == NULL) {
            return err_set(err, ERR_MEMORY, "more output than %zu bytes", out->max_bytes);
        }
        ssize_t n = read(fd, room, 65536);
        if (n == 0) {
            return true;
        }
        if (n < 0 && errno != EINTR) {
            return err_sys(err, "reading");
        }
        out->len += n > 0 ? (size_t)n : 0;
        out->data[out->len] = '\0';
    }
}

bool launch_pipe(pid_t *pid_out, int *fd_out, const char *const *argv, struct err *err)
{
    int fds[2];
    if (!pipe_cloexec(fds, err)) {
        return false;
    }
    bool ok = spawn(pid_out, argv, fds[1], STDOUT_FILENO, err);
    (void)close(fds[1]);
    if (!ok) {
        (void)close(fds[0]);
    }
    *fd_out = fds[0];
    return ok;
}

int launch_wait(pid_t pid, const char *name, struct err *err)
{
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    if (WIFSIGNALED(status)) {
        (void)err_set(err, ERR_SYSTEM, "%s was ended by signal %d", name, WTERMSIG(status));
        return -1;
    }
    return WEXITSTATUS(status);
}

int launch_capture(const char *const *argv, struct buf *out, struct err *err)
{
    pid_t pid;
    int fd;
    if (!launch_pipe(&pid, &fd, argv, err)) {
        return -1;
    }
    bool ok = read_all(fd, out, err);
    (void)close(fd);
    int status = launch_wait(pid, argv[0], ok ? err : NULL);
    return ok ? status : -1;
}
