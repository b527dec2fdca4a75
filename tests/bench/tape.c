/* SPDX-License-Identifier: MIT */
/*
 * What clients say to a Redis, written down and said again.
 *
 *   tape record FILE UPSTREAM FEED_SOCK ENGINE_SOCK    until SIGTERM
 *   tape replay FILE UPSTREAM PID FROM_MS TO_MS
 *
 * record listens at two Unix sockets and passes all on to the one of the Redis, and its replies
 * back. replay says the same to another Redis, which should be empty, as fast as that takes it:
 * the feed's bytes of each 100 ms in one go, then the engine's. It prints the CPU time of the Redis
 * for what was said between two moments (epoch ms), of feed and engine apart. Connections that
 * subscribe are left out.
 */
#include "clock.h"
#include "resp_skip.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { CONNECTIONS = 64, PIECE = 1 << 16, GROUP_MS = 100 };
enum source { FEED, ENGINE, SOURCES };

struct record {
    int64_t ms; /* since 1970 */
    uint32_t connection, source;
    uint64_t n; /* bytes that follow */
};

static void fail(const char *what)
{
    (void)fprintf(stderr, "tape: %s: %s\n", what, strerror(errno));
    exit(1);
}

static struct sockaddr_un address(const char *path)
{
    struct sockaddr_un at = { .sun_family = AF_UNIX };
    if (strlen(path) >= sizeof at.sun_path) {
        errno = ENAMETOOLONG;
        fail(path);
    }
    memcpy(at.sun_path, path, strlen(path) + 1);
    return at;
}

static int connect_to(const char *path)
{
    struct sockaddr_un at = address(path);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (fd < 0 || connect(fd, (const struct sockaddr *)&at, sizeof at) != 0) {
        fail(path);
    }
    return fd;
}

static int listen_at(const char *path)
{
    struct sockaddr_un at = address(path);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (fd < 0 || bind(fd, (const struct sockaddr *)&at, sizeof at) != 0 || listen(fd, 16) != 0) {
        fail(path);
    }
    return fd;
}

/* ---- record ---- */

static volatile sig_atomic_t stopped;

static void on_stop(int signal_number)
{
    (void)signal_number;
    stopped = 1;
}

/* One direction: what was read and is not yet passed on. */
struct pipe {
    int from, to;
    size_t at, n;
    char bytes[PIECE];
};

struct relay {
    FILE *tape;
    const char *upstream;
    int listening[SOURCES];
    struct pipe *pipes[2 * CONNECTIONS]; /* of connection i: 2 i up, 2 i + 1 down; NULL: none */
    uint32_t source[CONNECTIONS];
    int n;
};

static void accept_one(struct relay *r, enum source source)
{
    int client = accept(r->listening[source], NULL, NULL);
    if (client < 0 || r->n == CONNECTIONS) {
        fail("accept");
    }
    int server = connect_to(r->upstream);
    for (int i = 0; i < 2; i++) {
        struct pipe *p = calloc(1, sizeof *p);
        if (p == NULL) {
            fail("memory");
        }
        p->from = i == 0 ? client : server;
        p->to = i == 0 ? server : client;
        r->pipes[2 * r->n + i] = p;
    }
    r->source[r->n++] = source;
}

static void close_pair(struct relay *r, int i)
{
    int pair = i / 2 * 2;
    (void)close(r->pipes[pair]->from);
    (void)close(r->pipes[pair]->to);
    for (int k = pair; k < pair + 2; k++) {
        free(r->pipes[k]);
        r->pipes[k] = NULL;
    }
}

/* Reads when it holds nothing, else writes. False: the connection has ended. */
static bool move(struct relay *r, int i)
{
    struct pipe *p = r->pipes[i];
    if (p->n > 0) {
        ssize_t wrote = send(p->to, p->bytes + p->at, p->n, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (wrote < 0) {
            return errno == EAGAIN || errno == EINTR;
        }
        p->at += (size_t)wrote;
        p->n -= (size_t)wrote;
        return true;
    }
    ssize_t got = recv(p->from, p->bytes, sizeof p->bytes, MSG_DONTWAIT);
    if (got <= 0) {
        return got < 0 && (errno == EAGAIN || errno == EINTR);
    }
    p->at = 0;
    p->n = (size_t)got;
    if (i % 2 == 0) {
        struct record record = { .ms = clock_now().wall_ns / NS_PER_MS,
                                 .connection = (uint32_t)(i / 2),
                                 .source = r->source[i / 2],
                                 .n = p->n };
        if (fwrite(&record, sizeof record, 1, r->tape) != 1 ||
            fwrite(p->bytes, p->n, 1, r->tape) != 1) {
            fail("tape");
        }
    }
    return true;
}

static void relay_once(struct relay *r)
{
    struct pollfd fds[SOURCES + 2 * CONNECTIONS];
    int whose[SOURCES + 2 * CONNECTIONS], n = 0;
    for (int s = 0; s < SOURCES; s++) {
        whose[n] = s;
        fds[n++] = (struct pollfd){ .fd = r->listening[s], .events = POLLIN };
    }
    for (int i = 0; i < 2 * r->n; i++) {
        const struct pipe *p = r->pipes[i];
        if (p != NULL) {
            whose[n] = i;
            fds[n++] = p->n > 0 ? (struct pollfd){ .fd = p->to, .events = POLLOUT }
                                : (struct pollfd){ .fd = p->from, .events = POLLIN };
        }
    }
    if (poll(fds, (nfds_t)n, 1000) <= 0) {
        return;
    }
    for (int k = 0; k < n; k++) {
        if (fds[k].revents == 0) {
            continue;
        }
        if (k < SOURCES) {
            accept_one(r, (enum source)k);
        } else if (r->pipes[whose[k]] != NULL && !move(r, whose[k])) {
            close_pair(r, whose[k]);
        }
    }
}

static int record(const char *file, const char *upstream, const char *feed, const char *engine)
{
    static struct relay r;
    struct sigaction stop = { .sa_handler = on_stop };
    (void)sigaction(SIGTERM, &stop, NULL);
    r.tape = fopen(file, "wb");
    if (r.tape == NULL) {
        fail(file);
    }
    r.upstream = upstream;
    r.listening[FEED] = listen_at(feed);
    r.listening[ENGINE] = listen_at(engine);
    while (!stopped) {
        relay_once(&r);
    }
    return fclose(r.tape) == 0 ? 0 : 1;
}

/* ---- replay ---- */

struct bytes {
    char *data;
    size_t n, cap;
};

static void add(struct bytes *b, const char *data, size_t n)
{
    if (b->n + n > b->cap) {
        b->cap = 2 * (b->n + n);
        b->data = realloc(b->data, b->cap);
        if (b->data == NULL) {
            fail("memory");
        }
    }
    memcpy(b->data + b->n, data, n);
    b->n += n;
}

struct client {
    int fd; /* 0: none yet; -1: left out */
    uint32_t source;
    struct bytes said, heard;  /* not yet sent; not yet a whole reply */
    struct bytes half;         /* of a command */
    int64_t commands, replies; /* complete ones */
};

struct replay {
    const char *upstream;
    struct client clients[CONNECTIONS];
    int64_t errors;
    pid_t server;
};

/* Counts what is whole and keeps the rest. */
static int64_t take_whole(struct bytes *b, int64_t *errors)
{
    size_t at = 0, length;
    int64_t n = 0;
    while (at < b->n && resp_length(b->data + at, b->n - at, &length) == RESP_WHOLE) {
        *errors += b->data[at] == '-';
        at += length;
        n++;
    }
    memmove(b->data, b->data + at, b->n - at);
    b->n -= at;
    return n;
}

static bool subscribes(const char *data, size_t n)
{
    static const char word[] = "SUBSCRIBE\r\n";
    for (size_t i = 0; i + sizeof word - 1 <= n; i++) {
        if (memcmp(data + i, word, sizeof word - 1) == 0) {
            return true;
        }
    }
    return false;
}

static void say(struct replay *r, const struct record *record, const char *data)
{
    struct client *c = &r->clients[record->connection];
    int64_t none = 0;
    if (c->fd == 0) {
        c->fd = connect_to(r->upstream);
        c->source = record->source;
    }
    if (c->fd > 0 && record->source == ENGINE && subscribes(data, record->n)) {
        (void)close(c->fd);
        c->fd = -1;
    }
    if (c->fd < 0) {
        return;
    }
    add(&c->said, data, record->n);
    add(&c->half, data, record->n);
    c->commands += take_whole(&c->half, &none);
}

static void hear(struct replay *r, struct client *c)
{
    char bytes[PIECE];
    ssize_t got = recv(c->fd, bytes, sizeof bytes, MSG_DONTWAIT);
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) {
        fail("replay: receive");
    }
    if (got > 0) {
        add(&c->heard, bytes, (size_t)got);
        c->replies += take_whole(&c->heard, &r->errors);
    }
}

static int64_t server_cpu_ns(pid_t pid)
{
    char path[64];
    long long ns = 0;
    (void)snprintf(path, sizeof path, "/proc/%d/schedstat", (int)pid);
    FILE *f = fopen(path, "r");
    if (f == NULL || fscanf(f, "%lld", &ns) != 1) {
        fail(path);
    }
    (void)fclose(f);
    return ns;
}

/* Sends all that this source has to say and hears all replies; CPU time of the server. */
static int64_t let_speak(struct replay *r, enum source source)
{
    int64_t before_ns = server_cpu_ns(r->server);
    size_t sent[CONNECTIONS] = { 0 };
    for (;;) {
        struct pollfd fds[CONNECTIONS];
        int whose[CONNECTIONS], n = 0;
        for (int i = 0; i < CONNECTIONS; i++) {
            const struct client *c = &r->clients[i];
            bool more = sent[i] < c->said.n;
            if (c->fd > 0 && c->source == source && (more || c->replies < c->commands)) {
                whose[n] = i;
                fds[n++] =
                    (struct pollfd){ .fd = c->fd, .events = more ? POLLIN | POLLOUT : POLLIN };
            }
        }
        if (n == 0) {
            break;
        }
        if (poll(fds, (nfds_t)n, 30000) <= 0) {
            fail("replay: no reply for 30 s");
        }
        for (int k = 0; k < n; k++) {
            struct client *c = &r->clients[whose[k]];
            if ((fds[k].revents & ~POLLOUT) != 0) {
                hear(r, c);
            }
            if ((fds[k].revents & POLLOUT) != 0) {
                size_t *at = &sent[whose[k]];
                ssize_t wrote =
                    send(c->fd, c->said.data + *at, c->said.n - *at, MSG_NOSIGNAL | MSG_DONTWAIT);
                *at += wrote > 0 ? (size_t)wrote : 0;
            }
        }
    }
    for (int i = 0; i < CONNECTIONS; i++) {
        r->clients[i].said.n = r->clients[i].source == source ? 0 : r->clients[i].said.n;
    }
    return server_cpu_ns(r->server) - before_ns;
}

struct sums {
    int64_t ns[SOURCES], commands; /* the engine's */
};

/* What was said in one stretch of time: the feed's first, so that the engine finds it. */
static void end_group(struct replay *r, struct sums *sums, bool counts)
{
    for (enum source s = FEED; s < SOURCES; s++) {
        int64_t cpu_ns = let_speak(r, s);
        sums->ns[s] += counts ? cpu_ns : 0;
    }
    for (int i = 0; i < CONNECTIONS; i++) {
        struct client *c = &r->clients[i];
        sums->commands += counts && c->source == ENGINE ? c->commands : 0;
        c->replies -= c->commands;
        c->commands = 0;
    }
}

static bool next(FILE *tape, struct record *record, char data[PIECE])
{
    if (fread(record, sizeof *record, 1, tape) != 1) {
        return false;
    }
    if (record->n > PIECE || record->connection >= CONNECTIONS ||
        fread(data, record->n, 1, tape) != 1) {
        fail("a broken tape");
    }
    return true;
}

static int replay(const char *file, struct replay *r, int64_t from_ms, int64_t to_ms)
{
    static char data[PIECE];
    struct record record;
    struct sums sums = { .commands = 0 };
    int64_t group_ms = 0;
    FILE *tape = fopen(file, "rb");
    if (tape == NULL) {
        fail(file);
    }
    while (next(tape, &record, data)) {
        if (record.ms >= group_ms + GROUP_MS) {
            end_group(r, &sums, group_ms >= from_ms && group_ms < to_ms);
            group_ms = record.ms / GROUP_MS * GROUP_MS;
        }
        say(r, &record, data);
    }
    end_group(r, &sums, false);
    (void)fclose(tape);
    (void)printf("{\"feed_us\": %.1f, \"engine_us\": %.1f, \"commands\": %" PRId64
                 ", \"errors\": %" PRId64 "}\n",
                 (double)sums.ns[FEED] / 1e3, (double)sums.ns[ENGINE] / 1e3, sums.commands,
                 r->errors);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 6 && strcmp(argv[1], "record") == 0) {
        return record(argv[2], argv[3], argv[4], argv[5]);
    }
    if (argc == 7 && strcmp(argv[1], "replay") == 0) {
        static struct replay r;
        r.upstream = argv[3];
        r.server = (pid_t)strtol(argv[4], NULL, 10);
        return replay(argv[2], &r, strtoll(argv[5], NULL, 10), strtoll(argv[6], NULL, 10));
    }
    (void)fprintf(stderr, "usage: tape record FILE UPSTREAM FEED_SOCK ENGINE_SOCK\n"
                          "       tape replay FILE UPSTREAM PID FROM_MS TO_MS\n");
    return 2;
}
