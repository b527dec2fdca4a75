/* SPDX-License-Identifier: MIT */
#include "redis_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { CANCEL_MS = 50 };

bool socket_wait(int fd, short events, const struct patience *p, short *revents_out,
                 struct err *err)
{
    for (;;) {
        if (p->cancel && atomic_load(p->cancel)) {
            return err_set(err, ERR_CANCELLED, "cancelled");
        }
        int64_t left_ms = mono_ms_until(clock_mono(), p->deadline);
        if (left_ms <= 0) {
            return err_set(err, ERR_TIMEOUT, "timed out");
        }
        int64_t slice_ms = p->cancel && left_ms > CANCEL_MS ? CANCEL_MS : left_ms;
        struct pollfd pfd = { .fd = fd, .events = events };
        int n = poll(&pfd, 1, (int)slice_ms);
        if (n > 0) {
            *revents_out = pfd.revents;
            return true;
        }
        if (n < 0 && errno != EINTR) {
            return err_sys(err, "poll");
        }
    }
}

bool socket_stale(int fd)
{
    struct pollfd pfd = { .fd = fd, .events = POLLIN };
    return poll(&pfd, 1, 0) > 0;
}

static int open_socket(int family, struct err *err)
{
    int fd = socket(family, SOCK_STREAM, 0);
    if (fd < 0) {
        err_sys(err, "socket");
        return -1;
    }
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 ||
        fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0) {
        err_sys(err, "fcntl");
        close(fd);
        return -1;
    }
    if (family != AF_UNIX) {
        /* Without it a pipeline in several writes waits for acknowledgements; it is no error. */
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int));
    }
    return fd;
}

static bool finish_connect(int fd, const struct patience *p, struct err *err)
{
    short revents;
    if (!socket_wait(fd, POLLOUT, p, &revents, err)) {
        return false;
    }
    int failure = 0;
    socklen_t n = sizeof failure;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &failure, &n) < 0) {
        failure = errno;
    }
    return failure == 0 || err_set(err, ERR_CONNECTION, "cannot connect: %s", strerror(failure));
}

static int connect_address(const struct sockaddr *address, socklen_t n, const struct patience *p,
                           struct err *err)
{
    int fd = open_socket(address->sa_family, err);
    if (fd < 0) {
        return -1;
    }
    bool ok = connect(fd, address, n) == 0;
    if (!ok && (errno == EINPROGRESS || errno == EINTR)) {
        ok = finish_connect(fd, p, err);
    } else if (!ok) {
        err_set(err, ERR_CONNECTION, "cannot connect: %s", strerror(errno));
    }
    if (!ok) {
        close(fd);
        return -1;
    }
    return fd;
}

/* The time left, divided among the addresses still to try. */
static struct patience share(const struct patience *p, int n_left)
{
    struct mono now = clock_mono();
    int64_t left_ms = mono_ms_until(now, p->deadline);
    return (struct patience){ .deadline = mono_after_ms(now, left_ms / n_left),
                              .cancel = p->cancel };
}

static int connect_list(const struct addrinfo *list, const struct patience *p, struct err *err)
{
    int n_left = 0;
    for (const struct addrinfo *a = list; a; a = a->ai_next) {
        n_left++;
    }
    int fd = -1;
    for (const struct addrinfo *a = list; a && fd < 0; a = a->ai_next) {
        struct patience part = share(p, n_left--);
        fd = connect_address(a->ai_addr, a->ai_addrlen, &part, err);
    }
    return fd;
}

static int connect_host(const char *host, int port, const struct patience *p, struct err *err)
{
    char service[16];
    snprintf(service, sizeof service, "%d", port);
    struct addrinfo hints = { .ai_family = AF_UNSPEC,
                              .ai_socktype = SOCK_STREAM,
                              .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV };
    struct addrinfo *list = NULL;
    int failure = getaddrinfo(host, service, &hints, &list);
    if (failure == EAI_NONAME) {
        hints.ai_flags = AI_NUMERICSERV;
        failure = getaddrinfo(host, service, &hints, &list);
    }
    if (failure) {
        err_set(err, ERR_CONNECTION, "cannot find the host: %s", gai_strerror(failure));
        return -1;
    }
    int fd = connect_list(list, p, err);
    freeaddrinfo(list);
    return fd;
}

static int connect_unix(const char *path, const struct patience *p, struct err *err)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    if (strlen(path) >= sizeof address.sun_path) {
        err_set(err, ERR_INVALID, "the path of the socket is too long");
        return -1;
    }
    memcpy(address.sun_path, path, strlen(path) + 1);
    return connect_address((const struct sockaddr *)&address, sizeof address, p, err);
}

/* Without a resolver. When both fail, the usual address says why. */
static int connect_localhost(int port, const struct patience *p, struct err *err)
{
    struct patience half = share(p, 2);
    struct err first = { 0 };
    int fd = connect_host("127.0.0.1", port, &half, &first);
    if (fd < 0) {
        fd = connect_host("::1", port, p, NULL);
    }
    if (fd < 0 && err) {
        *err = first;
    }
    return fd;
}

int socket_connect(const struct redis_config *cfg, const struct patience *p, struct err *err)
{
    if (cfg->unix_path[0]) {
        return connect_unix(cfg->unix_path, p, err);
    }
    if (strcmp(cfg->host, "localhost") == 0) {
        return connect_localhost(cfg->port, p, err);
    }
    return connect_host(cfg->host, cfg->port, p, err);
}
