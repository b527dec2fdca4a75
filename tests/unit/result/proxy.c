/* SPDX-License-Identifier: MIT */
#include "proxy.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { LOOK_MS = 20, CHUNK_BYTES = 65536 };

static int connect_server(const char *path)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    memcpy(address.sun_path, path, strlen(path) + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) < 0) {
        close(fd);
        return -1;
    }
    return fd;
}

/* EXEC and the look that follows it end the bytes of a call. */
static bool has_exec(const char *bytes, size_t n)
{
    static const char exec[] = "$4\r\nEXEC\r\n";
    size_t len = sizeof exec - 1;
    for (size_t at = 0; at + len <= n; at++) {
        if (memcmp(bytes + at, exec, len) == 0) {
            return true;
        }
    }
    return false;
}

static void say(const char *path, const char *command)
{
    char answer[256];
    int fd = connect_server(path);
    if (fd >= 0 && send(fd, command, strlen(command), MSG_NOSIGNAL) > 0) {
        (void)recv(fd, answer, sizeof answer, 0);
    }
    close(fd);
}

/* Passes on what the client says. False: one of them is gone, or the answer is to be lost. */
static bool pass_command(struct proxy *p, int client, int server)
{
    char bytes[CHUNK_BYTES];
    ssize_t n = recv(client, bytes, sizeof bytes, 0);
    bool exec = n > 0 && has_exec(bytes, (size_t)n);
    const char *command = exec ? atomic_exchange(&p->say, NULL) : NULL;
    if (command) {
        say(p->server_path, command);
    }
    if (n <= 0 || send(server, bytes, (size_t)n, MSG_NOSIGNAL) != n) {
        return false;
    }
    if (exec && atomic_exchange(&p->lose, false)) {
        (void)recv(server, bytes, sizeof bytes, 0);
        return false;
    }
    return true;
}

static bool pass_answer(int server, int client)
{
    char bytes[CHUNK_BYTES];
    ssize_t n = recv(server, bytes, sizeof bytes, 0);
    return n > 0 && send(client, bytes, (size_t)n, MSG_NOSIGNAL) == n;
}

static void relay(struct proxy *p, int client, int server)
{
    bool open = true;
    while (open && !atomic_load(&p->stop)) {
        struct pollfd pfd[2] = { { .fd = client, .events = POLLIN },
                                 { .fd = server, .events = POLLIN } };
        (void)poll(pfd, 2, LOOK_MS);
        if (pfd[0].revents) {
            open = pass_command(p, client, server);
        }
        if (open && pfd[1].revents) {
            open = pass_answer(server, client);
        }
    }
}

static void *run(void *proxy)
{
    struct proxy *p = proxy;
    while (!atomic_load(&p->stop)) {
        struct pollfd pfd = { .fd = p->listener, .events = POLLIN };
        if (poll(&pfd, 1, LOOK_MS) != 1) {
            continue;
        }
        int client = accept(p->listener, NULL, NULL);
        int server = connect_server(p->server_path);
        if (client >= 0 && server >= 0) {
            relay(p, client, server);
        }
        close(client);
        close(server);
    }
    return NULL;
}

static bool listen_anywhere(struct proxy *p)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t n = sizeof address;
    p->listener = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(p->listener, (struct sockaddr *)&address, n) < 0 || listen(p->listener, 4) < 0 ||
        getsockname(p->listener, (struct sockaddr *)&address, &n) < 0) {
        return false;
    }
    p->port = ntohs(address.sin_port);
    return true;
}

struct proxy *proxy_create(const char *server_path)
{
    struct proxy *p = calloc(1, sizeof *p);
    if (!p) {
        return NULL;
    }
    p->server_path = server_path;
    if (!listen_anywhere(p) || pthread_create(&p->thread, NULL, run, p) != 0) {
        close(p->listener);
        free(p);
        return NULL;
    }
    return p;
}

void proxy_lose_next_exec(struct proxy *p)
{
    atomic_store(&p->lose, true);
}

void proxy_say_before_next_exec(struct proxy *p, const char *command)
{
    atomic_store(&p->say, command);
}

void proxy_destroy(struct proxy *p)
{
    atomic_store(&p->stop, true);
    pthread_join(p->thread, NULL);
    close(p->listener);
    free(p);
}
