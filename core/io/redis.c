/* SPDX-License-Identifier: MIT */
#include "redis.h"

#include "redis_codec.h"
#include "redis_socket.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    MIB = 1024 * 1024,
    QUEUE_MAX_BYTES = 256 * MIB,
    REPLY_MAX_BYTES = 256 * MIB,
    ELEMENTS_MAX = 4 * MIB,
    RECEIVE_BYTES = 32 * 1024,
    BACKOFF_FIRST_MS = 100,
    BACKOFF_LAST_MS = 5000
};

struct redis {
    struct redis_config cfg;
    char url[400]; /* for messages: without user and password */
    int fd;        /* -1: not connected */
    uint64_t n_connects;
    int64_t slowest_ms;      /* exchange since redis_slowest_ms() */
    struct decoder *decoder; /* owned */
    struct buf queue;        /* encoded commands */
    size_t n_queued;
    struct buf flight; /* commands between redis_start() and redis_finish() */
    size_t n_flight, sent;
    struct command begun; /* between redis_begin() and redis_end() */
    struct buf word;      /* scratch of redis_queuef() */
    int failures;         /* since the last call that succeeded, */
    struct err last;      /* and what the last of them was */
    struct mono retry_at;
    int64_t cpu_ns;
    uint64_t random;
    const atomic_bool *cancel; /* borrowed */
};

struct redis *redis_create(const struct redis_config *cfg)
{
    struct redis *r = malloc(sizeof *r);
    if (!r) {
        return NULL;
    }
    *r = (struct redis){ .cfg = *cfg, .fd = -1 };
    r->decoder = decoder_create(cfg->max_reply_bytes ? cfg->max_reply_bytes : REPLY_MAX_BYTES,
                                cfg->max_elements ? cfg->max_elements : ELEMENTS_MAX);
    if (!r->decoder) {
        free(r);
        return NULL;
    }
    redis_print_url(cfg, r->url, sizeof r->url);
    buf_init(&r->queue, QUEUE_MAX_BYTES);
    buf_init(&r->flight, QUEUE_MAX_BYTES);
    buf_init(&r->word, QUEUE_MAX_BYTES);
    r->random = (uint64_t)clock_mono().ns ^ ((uint64_t)getpid() << 32) ^ (uintptr_t)r;
    return r;
}

static void disconnect(struct redis *r)
{
    if (r->fd >= 0) {
        close(r->fd);
        r->fd = -1;
    }
}

static void drop_queue(struct redis *r)
{
    buf_clear(&r->queue);
    r->n_queued = 0;
}

static void end_flight(struct redis *r)
{
    buf_clear(&r->flight);
    r->n_flight = 0;
}

bool redis_sent(const struct redis *r)
{
    return r->n_flight == 0 || r->sent == r->flight.len;
}

void redis_abandon(struct redis *r)
{
    if (r->n_flight > 0) {
        disconnect(r);
        end_flight(r);
    }
}

void redis_unqueue(struct redis *r)
{
    drop_queue(r);
}

void redis_destroy(struct redis *r)
{
    if (!r) {
        return;
    }
    disconnect(r);
    decoder_destroy(r->decoder);
    buf_fini(&r->queue);
    buf_fini(&r->flight);
    buf_fini(&r->word);
    free(r);
}

bool redis_connected(const struct redis *r)
{
    return r->fd >= 0;
}

bool redis_usable(const struct redis *r)
{
    return r->fd >= 0 && !socket_stale(r->fd);
}

uint64_t redis_connects(const struct redis *r)
{
    return r->n_connects;
}

int64_t redis_slowest_ms(struct redis *r)
{
    int64_t ms = r->slowest_ms;
    r->slowest_ms = 0;
    return ms;
}

void redis_reset(struct redis *r)
{
    disconnect(r);
    drop_queue(r);
    end_flight(r);
    r->failures = 0;
}

void redis_set_cancel(struct redis *r, const atomic_bool *cancel)
{
    r->cancel = cancel;
}

/* ---- backoff ---- */

static uint64_t next_random(uint64_t *state)
{
    *state += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t x = (*state ^ (*state >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    return x ^ (x >> 31);
}

/* Between half and the whole of first x 2^failures, so that many clients do not come at once. */
static int64_t backoff_delay_ms(int failures, uint64_t random)
{
    int64_t most_ms = BACKOFF_FIRST_MS;
    for (int i = 1; i < failures && most_ms < BACKOFF_LAST_MS; i++) {
        most_ms *= 2;
    }
    most_ms = most_ms < BACKOFF_LAST_MS ? most_ms : BACKOFF_LAST_MS;
    return most_ms / 2 + (int64_t)(random % (uint64_t)(most_ms / 2 + 1));
}

/* One that was cancelled says nothing about the server. */
static void note_failure(struct redis *r, const struct err *why)
{
    disconnect(r);
    if (r->cancel != NULL && atomic_load(r->cancel)) {
        return;
    }
    r->last = why != NULL ? *why : (struct err){ .text = "away" };
    if (r->failures < INT16_MAX) {
        r->failures++;
    }
    r->retry_at =
        mono_after_ms(clock_mono(), backoff_delay_ms(r->failures, next_random(&r->random)));
}

int redis_take_socket(struct redis *r)
{
    int fd = r->fd;
    r->fd = -1;
    return fd;
}

int64_t redis_backoff_ms(const struct redis *r)
{
    if (r->fd >= 0 || r->failures == 0) {
        return 0;
    }
    int64_t left_ms = mono_ms_until(clock_mono(), r->retry_at);
    return left_ms > 0 ? left_ms : 0;
}

/* ---- the exchange ---- */

static bool would_block(void)
{
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

static bool send_some(int fd, const char *bytes, size_t n, size_t *sent, struct err *err)
{
    ssize_t k = send(fd, bytes + *sent, n - *sent, MSG_NOSIGNAL);
    if (k < 0) {
        return would_block() || err_set(err, ERR_CONNECTION, "send: %s", strerror(errno));
    }
    *sent += (size_t)k;
    return true;
}

static bool receive_some(int fd, struct decoder *d, struct err *err)
{
    char bytes[RECEIVE_BYTES];
    ssize_t k = recv(fd, bytes, sizeof bytes, 0);
    if (k < 0) {
        return would_block() || err_set(err, ERR_CONNECTION, "receive: %s", strerror(errno));
    }
    if (k == 0) {
        return err_set(err, ERR_CONNECTION, "the server closed the connection");
    }
    return decoder_feed(d, bytes, (size_t)k, err);
}

/* Sends and receives at the same time: a server that cannot get rid of replies reads no commands.
 */
static bool exchange_from(int fd, struct decoder *d, const struct buf *out, size_t sent,
                          const struct patience *p, struct err *err)
{
    if (sent < out->len && !send_some(fd, out->data, out->len, &sent, err)) {
        return false;
    }
    while (sent < out->len || !decoder_done(d)) {
        short events = sent < out->len ? POLLIN | POLLOUT : POLLIN;
        short revents;
        if (!socket_wait(fd, events, p, &revents, err)) {
            return false;
        }
        if ((revents & ~POLLOUT) && !receive_some(fd, d, err)) {
            return false;
        }
        if ((revents & POLLOUT) && !send_some(fd, out->data, out->len, &sent, err)) {
            return false;
        }
    }
    return true;
}

static bool exchange(int fd, struct decoder *d, const struct buf *out, const struct patience *p,
                     struct err *err)
{
    return exchange_from(fd, d, out, 0, p, err);
}

static void note_wait(struct redis *r, struct mono since)
{
    int64_t took_ms = mono_ms_until(since, clock_mono());
    r->slowest_ms = took_ms > r->slowest_ms ? took_ms : r->slowest_ms;
}

static bool run_queue(struct redis *r, const struct patience *p, struct err *err)
{
    struct mono sent = clock_mono();
    bool ok = decoder_expect(r->decoder, r->n_queued, err) &&
              exchange(r->fd, r->decoder, &r->queue, p, err);
    note_wait(r, sent);
    return ok;
}

/* ---- connecting ---- */

static void put_greeting(struct redis *r, struct buf *out, size_t *n_out)
{
    const struct redis_config *cfg = &r->cfg;
    if (cfg->username[0]) {
        command_put(out, 3, (const char *const[]){ "AUTH", cfg->username, cfg->password }, NULL);
    } else if (cfg->password[0]) {
        command_put(out, 2, (const char *const[]){ "AUTH", cfg->password }, NULL);
    }
    *n_out = cfg->username[0] || cfg->password[0] ? 2 : 1;
    if (cfg->db) {
        char db[16];
        snprintf(db, sizeof db, "%d", cfg->db);
        command_put(out, 2, (const char *const[]){ "SELECT", db }, NULL);
        *n_out += 1;
    }
    command_put(out, 1, (const char *const[]){ "PING" }, NULL);
}

static bool is_error(const struct reply *reply, const char *code)
{
    return reply->type == REPLY_ERROR && strncmp(reply->str, code, strlen(code)) == 0;
}

/* The server's text; of one that repeats the password (an unknown command does) only the code. */
static bool refused(const struct redis *r, const struct reply *reply, struct err *err)
{
    const char *secret = r->cfg.password;
    int n = (int)reply->len;
    if (secret[0] && strstr(reply->str, secret)) {
        n = (int)strcspn(reply->str, " ");
    }
    return err_set(err, ERR_REMOTE, "refused: %.*s", n, reply->str);
}

/* The first refusal among the replies to the greeting. A user who may not PING may do the rest. */
static const struct reply *find_refusal(const struct redis *r, size_t n)
{
    const struct reply *replies = decoder_replies(r->decoder);
    for (size_t i = 0; i < decoder_count(r->decoder); i++) {
        if (replies[i].type == REPLY_ERROR && !(i == n - 1 && is_error(&replies[i], "NOPERM"))) {
            return &replies[i];
        }
    }
    return NULL;
}

/* AUTH, SELECT and PING: a server that is loading, wants a password or is no Redis at all is found
 * out here. One that has no room for us says so and hangs up: its words count, not the hanging up.
 */
static bool greet(struct redis *r, int fd, const struct patience *p, struct err *err)
{
    struct buf out;
    buf_init(&out, 4096);
    size_t n;
    put_greeting(r, &out, &n);
    bool ready = (!out.failed || err_set(err, ERR_MEMORY, "out of memory")) &&
                 decoder_reset(r->decoder, err) && decoder_expect(r->decoder, n, err);
    bool ok = ready && exchange(fd, r->decoder, &out, p, err);
    const struct reply *refusal = ready ? find_refusal(r, n) : NULL;
    buf_fini(&out);
    return refusal ? refused(r, refusal, err) : ok;
}

static bool connect_now(struct redis *r, const struct patience *p, struct err *err)
{
    int fd = socket_connect(&r->cfg, p, err);
    if (fd < 0) {
        return false;
    }
    if (!greet(r, fd, p, err)) {
        close(fd);
        return false;
    }
    r->fd = fd;
    r->n_connects++;
    return true;
}

static struct patience patience_of(const struct redis *r)
{
    return (struct patience){ .deadline = mono_after_ms(clock_mono(), r->cfg.timeout_ms),
                              .cancel = r->cancel };
}

/* Another connection than the last one only if not `same`. */
static bool have_connection(struct redis *r, bool same, const struct patience *p, struct err *err)
{
    if (r->fd >= 0 && socket_stale(r->fd)) {
        disconnect(r);
    }
    if (r->fd < 0 && same) {
        return err_set(err, ERR_CONNECTION, "the connection was lost");
    }
    if (r->fd >= 0) {
        return true;
    }
    struct mono begun = clock_mono();
    bool ok = connect_now(r, p, err);
    note_wait(r, begun);
    return ok;
}

static bool not_yet(const struct redis *r, int64_t wait_ms, struct err *err)
{
    return err_set(err, ERR_CONNECTION, "%.200s; next try in %lld ms", r->last.text,
                   (long long)wait_ms);
}

static bool exec(struct redis *r, bool same, const struct reply **replies_out, size_t *n_out,
                 struct err *err)
{
    *replies_out = NULL;
    *n_out = 0;
    if (r->n_queued == 0) {
        return true;
    }
    CHECK(r->n_flight == 0);
    size_t n = r->n_queued;
    int64_t wait_ms = redis_backoff_ms(r);
    bool ok = wait_ms == 0 || not_yet(r, wait_ms, err);
    int64_t began_ns = clock_cpu_ns();
    if (ok) {
        struct patience p = patience_of(r);
        ok = have_connection(r, same, &p, err) && run_queue(r, &p, err);
        if (ok) {
            r->failures = 0;
            *replies_out = decoder_replies(r->decoder);
            *n_out = n;
        } else {
            note_failure(r, err);
        }
    }
    drop_queue(r);
    r->cpu_ns += clock_cpu_ns() - began_ns;
    return ok || err_wrap(err, "%s", r->url);
}

static bool start(struct redis *r, bool same, struct err *err)
{
    CHECK(r->n_flight == 0 && r->n_queued > 0);
    struct patience p = patience_of(r);
    int64_t began_ns = clock_cpu_ns(), wait_ms = redis_backoff_ms(r);
    struct buf queue = r->queue;
    r->queue = r->flight;
    r->flight = queue;
    r->n_flight = r->n_queued;
    r->n_queued = 0;
    r->sent = 0;
    bool tries = wait_ms == 0 || not_yet(r, wait_ms, err);
    bool ok = tries && have_connection(r, same, &p, err) &&
              decoder_expect(r->decoder, r->n_flight, err) &&
              send_some(r->fd, r->flight.data, r->flight.len, &r->sent, err);
    if (!ok) {
        if (tries) {
            note_failure(r, err);
        }
        end_flight(r);
    }
    r->cpu_ns += clock_cpu_ns() - began_ns;
    return ok || err_wrap(err, "%s", r->url);
}

bool redis_start(struct redis *r, struct err *err)
{
    return start(r, false, err);
}

bool redis_start_same(struct redis *r, struct err *err)
{
    return start(r, true, err);
}

void redis_pump(struct redis *r)
{
    if (r->n_flight > 0 && r->fd >= 0 && r->sent < r->flight.len) {
        int64_t began_ns = clock_cpu_ns();
        (void)send_some(r->fd, r->flight.data, r->flight.len, &r->sent, NULL); /* finish() tells */
        r->cpu_ns += clock_cpu_ns() - began_ns;
    }
}

bool redis_finish(struct redis *r, const struct reply **replies_out, size_t *n_out, struct err *err)
{
    struct patience p = patience_of(r);
    struct mono asked = clock_mono();
    int64_t began_ns = clock_cpu_ns();
    bool ok =
        (r->n_flight > 0 && r->fd >= 0) || err_set(err, ERR_CONNECTION, "the connection was lost");
    ok = ok && exchange_from(r->fd, r->decoder, &r->flight, r->sent, &p, err);
    note_wait(r, asked);
    if (ok) {
        r->failures = 0;
        *replies_out = decoder_replies(r->decoder);
        *n_out = r->n_flight;
    } else {
        note_failure(r, err);
        drop_queue(r);
    }
    end_flight(r);
    r->cpu_ns += clock_cpu_ns() - began_ns;
    return ok || err_wrap(err, "%s", r->url);
}

int64_t redis_cpu_ns(const struct redis *r)
{
    return r->cpu_ns;
}

bool redis_exec(struct redis *r, const struct reply **replies_out, size_t *n_out, struct err *err)
{
    return exec(r, false, replies_out, n_out, err);
}

bool redis_exec_same(struct redis *r, const struct reply **replies_out, size_t *n_out,
                     struct err *err)
{
    return exec(r, true, replies_out, n_out, err);
}

/* ---- queueing ---- */

static bool queued(struct redis *r, struct err *err)
{
    if (r->queue.failed) {
        drop_queue(r);
        return err_set(err, ERR_MEMORY, "%s: no memory to queue commands", r->url);
    }
    r->n_queued++;
    return true;
}

bool redis_queue(struct redis *r, int argc, const char *const *argv, const size_t *lens,
                 struct err *err)
{
    command_put(&r->queue, argc, argv, lens);
    return queued(r, err);
}

bool redis_queuef(struct redis *r, struct err *err, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    command_vput(&r->queue, &r->word, fmt, ap);
    va_end(ap);
    return queued(r, err);
}

void redis_begin(struct redis *r)
{
    command_begin(&r->begun, &r->queue);
}

void redis_word(struct redis *r, const char *bytes, size_t n)
{
    command_word(&r->begun, &r->queue, bytes, n);
}

void redis_pair(struct redis *r, const char *name, const char *bytes, size_t n)
{
    command_pair(&r->begun, &r->queue, name, bytes, n);
}

bool redis_end(struct redis *r, struct err *err)
{
    command_end(&r->begun, &r->queue);
    return queued(r, err);
}

void redis_undo(struct redis *r)
{
    command_undo(&r->begun, &r->queue);
}

bool redis_call(struct redis *r, const struct reply **out, struct err *err, const char *fmt, ...)
{
    CHECK(r->n_queued == 0);
    va_list ap;
    va_start(ap, fmt);
    command_vput(&r->queue, &r->word, fmt, ap);
    va_end(ap);
    const struct reply *replies;
    size_t n;
    if (!queued(r, err) || !redis_exec(r, &replies, &n, err)) {
        return false;
    }
    CHECK(replies && n == 1);
    if (replies[0].type == REPLY_ERROR) {
        return err_set(err, ERR_REMOTE, "%s: %s", r->url, replies[0].str);
    }
    *out = &replies[0];
    return true;
}
