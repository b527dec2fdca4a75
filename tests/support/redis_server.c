/* SPDX-License-Identifier: MIT */
#include "redis_server.h"

#include "clock.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

enum { START_MS = 60000, LOOK_MS = 10, OWN_ARGS = 12 };

static void exec_server(const struct redis_server *s)
{
#ifdef __linux__
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
    const char *argv[OWN_ARGS + REDIS_SERVER_ARGS_MAX] = {
        "redis-server", "--port", "0", "--unixsocket", s->socket_path, "--dir",
        s->dir,         "--save", "",  "--appendonly", "no",
    };
    int n = OWN_ARGS - 1;
    for (int i = 0; i < REDIS_SERVER_ARGS_MAX && s->args[i]; i++) {
        argv[n++] = s->args[i];
    }
    int log = open(s->log_path, O_WRONLY | O_CREAT | O_APPEND, 0600);
    int nothing = open("/dev/null", O_RDONLY);
    if (log >= 0 && nothing >= 0 && dup2(nothing, 0) == 0 && dup2(log, 1) == 1 &&
        dup2(log, 2) == 2) {
        execvp(argv[0], (char *const *)argv);
    }
    _exit(127);
}

static int connect_to(const char *path)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    CHECK(strlen(path) < sizeof address.sun_path);
    memcpy(address.sun_path, path, strlen(path) + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof address) < 0) {
        close(fd);
        return -1;
    }
    return fd;
}

/* Any answer but -LOADING will do: one that wants a password says so. */
static bool answers(const char *path)
{
    int fd = connect_to(path);
    if (fd < 0) {
        return false;
    }
    char text[64] = { 0 };
    struct pollfd pfd = { .fd = fd, .events = POLLIN };
    bool ok = send(fd, "PING\r\n", 6, MSG_NOSIGNAL) == 6 && poll(&pfd, 1, 1000) == 1 &&
              recv(fd, text, sizeof text - 1, 0) > 0 && strncmp(text, "-LOADING", 8) != 0;
    close(fd);
    return ok;
}

static bool wait_ready(struct redis_server *s, struct err *err)
{
    struct mono deadline = mono_after_ms(clock_mono(), START_MS);
    while (mono_ms_until(clock_mono(), deadline) > 0) {
        if (answers(s->socket_path)) {
            return true;
        }
        if (waitpid(s->pid, NULL, WNOHANG) == s->pid) {
            s->pid = 0;
            return err_set(err, ERR_SYSTEM, "redis-server ended at once, see %s", s->log_path);
        }
        (void)poll(NULL, 0, LOOK_MS);
    }
    return err_set(err, ERR_TIMEOUT, "redis-server does not answer, see %s", s->log_path);
}

bool redis_server_restart(struct redis_server *s, struct err *err)
{
    redis_server_kill(s);
    (void)unlink(s->socket_path);
    s->pid = fork();
    if (s->pid < 0) {
        s->pid = 0;
        return err_sys(err, "fork");
    }
    if (s->pid == 0) {
        exec_server(s);
    }
    return wait_ready(s, err);
}

bool redis_server_start(struct redis_server *s, const char *const *extra, struct err *err)
{
    *s = (struct redis_server){ .dir = "/tmp/orderflow-test-XXXXXX" };
    for (int i = 0; extra && extra[i]; i++) {
        CHECK(i < REDIS_SERVER_ARGS_MAX - 1);
        s->args[i] = extra[i];
    }
    if (!mkdtemp(s->dir)) {
        s->dir[0] = '\0';
        return err_sys(err, "mkdtemp");
    }
    (void)snprintf(s->socket_path, sizeof s->socket_path, "%s/redis.sock", s->dir);
    (void)snprintf(s->url, sizeof s->url, "unix://%s", s->socket_path);
    (void)snprintf(s->log_path, sizeof s->log_path, "%s/redis.log", s->dir);
    return redis_server_restart(s, err);
}

void redis_server_kill(struct redis_server *s)
{
    if (s->pid > 0) {
        (void)kill(s->pid, SIGKILL);
        while (waitpid(s->pid, NULL, 0) < 0 && errno == EINTR) {
        }
        s->pid = 0;
    }
}

void redis_server_stop(struct redis_server *s)
{
    redis_server_kill(s);
    if (s->dir[0]) {
        (void)unlink(s->socket_path);
        (void)unlink(s->log_path);
        (void)rmdir(s->dir);
        s->dir[0] = '\0';
    }
}

int redis_server_free_port(void)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t n = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    int port = 0;
    if (fd >= 0 && bind(fd, (const struct sockaddr *)&address, n) == 0 &&
        getsockname(fd, (struct sockaddr *)&address, &n) == 0) {
        port = ntohs(address.sin_port);
    }
    if (fd >= 0) {
        close(fd);
    }
    return port;
}
