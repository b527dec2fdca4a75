/* SPDX-License-Identifier: MIT */
#include "redis_bell.h"

#include "keys.h"
#include "redis_codec.h"
#include "resp_skip.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    BUFFER_BYTES = 1 << 16,
    BUFFER_MAX_BYTES = 4 << 20,
    BLOCK_MS = 1000, /* XREAD says nothing for at most so long */
    READS_MAX = 64,  /* of one step: whoever floods us is not listened to for ever */
    QUIET_MS = 15000,
    RETRY_MS = 200,
    REFUSED_MS = 5000
};

struct bell {
    struct redis *redis; /* owned; connects and greets, then its socket is ours */
    int64_t timeout_ms;
    int64_t quiet_ms;      /* after which a sign of life is asked for */
    const char *verb;      /* SUBSCRIBE, PSUBSCRIBE */
    char pattern[KEY_MAX]; /* or channel; "": a stream's */
    char key[KEY_MAX];
    int fd;     /* -1: not connected */
    bool armed; /* an XREAD is under way */
    bool asked; /* a PING is */
    struct mono heard, retry_at;
    char *bytes; /* owned; what was received and not yet understood */
    size_t n, cap;
};

static struct bell *create(const struct redis_config *cfg, const char *verb, const char *pattern,
                           const char *key)
{
    struct bell *b = malloc(sizeof *b);
    if (b == NULL) {
        return NULL;
    }
    *b = (struct bell){ .fd = -1,
                        .verb = verb,
                        .quiet_ms = BLOCK_MS,
                        .timeout_ms = cfg->timeout_ms,
                        .cap = BUFFER_BYTES };
    (void)snprintf(b->pattern, sizeof b->pattern, "%s", pattern);
    (void)snprintf(b->key, sizeof b->key, "%s", key);
    b->redis = redis_create(cfg);
    b->bytes = malloc(b->cap);
    if (b->redis == NULL || b->bytes == NULL) {
        bell_destroy(b);
        return NULL;
    }
    return b;
}

struct bell *bell_on_channels(const struct redis_config *cfg, const char *pattern)
{
    return create(cfg, "PSUBSCRIBE", pattern, "");
}

struct bell *bell_on_stream(const struct redis_config *cfg, const char *key)
{
    return create(cfg, "", "", key);
}

struct bell *bell_on_channel(const struct redis_config *cfg, const char *channel)
{
    struct bell *b = create(cfg, "SUBSCRIBE", channel, "");
    if (b != NULL) {
        b->quiet_ms = QUIET_MS;
    }
    return b;
}

static void hang_up(struct bell *b)
{
    if (b->fd >= 0) {
        (void)close(b->fd);
    }
    b->fd = -1;
    b->n = 0;
    b->armed = false;
    b->asked = false;
}

void bell_destroy(struct bell *b)
{
    if (b != NULL) {
        hang_up(b);
        redis_destroy(b->redis);
        free(b->bytes);
        free(b);
    }
}

int bell_fd(const struct bell *b)
{
    return b->fd;
}

/* Commands are small and rare: what the socket does not take at once is a lost connection. */
static bool say(struct bell *b, int argc, const char *const *argv)
{
    struct buf out;
    buf_init(&out, 4096);
    command_put(&out, argc, argv, NULL);
    bool ok = !out.failed && send(b->fd, out.data, out.len, MSG_NOSIGNAL) == (ssize_t)out.len;
    buf_fini(&out);
    return ok;
}

static bool open_line(struct bell *b, struct mono now, struct err *err)
{
    const struct reply *r;
    if (mono_ms_until(now, b->retry_at) > 0 || redis_backoff_ms(b->redis) > 0 ||
        !redis_call(b->redis, &r, err, "PING")) {
        return false;
    }
    b->fd = redis_take_socket(b->redis);
    b->heard = now;
    if (b->pattern[0] != '\0' && !say(b, 2, (const char *const[]){ b->verb, b->pattern })) {
        hang_up(b);
        return err_set(err, ERR_CONNECTION, "the connection was lost");
    }
    return true;
}

/* ---- what comes ---- */

static bool make_room(struct bell *b, struct err *err)
{
    if (b->n < b->cap) {
        return true;
    }
    char *grown = b->cap < BUFFER_MAX_BYTES ? realloc(b->bytes, b->cap * 2) : NULL;
    if (grown == NULL) {
        return err_set(err, ERR_PROTOCOL, "a message of more than %zu bytes", b->cap);
    }
    b->bytes = grown;
    b->cap *= 2;
    return true;
}

static void take_message(struct bell *b, size_t n, bell_rung_fn *rung, void *ctx)
{
    struct resp_string part[4];
    if (b->pattern[0] == '\0') {
        b->armed = false;
        if (b->bytes[1] != '-') { /* not the nil of a wait that was in vain */
            rung(ctx, NULL, 0);
        }
    } else if (resp_strings(b->bytes, n, part, 4) == 4 && part[0].n == 8 &&
               memcmp(part[0].p, "pmessage", 8) == 0) {
        rung(ctx, part[2].p, part[2].n);
    } else if (resp_strings(b->bytes, n, part, 3) == 3 && part[0].n == 7 &&
               memcmp(part[0].p, "message", 7) == 0) {
        rung(ctx, part[1].p, part[1].n);
    }
}

/* Whole messages leave the buffer. */
static bool understand(struct bell *b, bell_rung_fn *rung, void *ctx, struct err *err)
{
    char *all = b->bytes;
    size_t at = 0, length = 0;
    enum resp read = RESP_PART;
    bool ok = true;
    while (ok && at < b->n && (read = resp_length(all + at, b->n - at, &length)) == RESP_WHOLE) {
        b->bytes = all + at;
        if (*b->bytes == '-') {
            int shown = (int)(length > 150 ? 150 : length - 2);
            ok = err_set(err, ERR_REMOTE, "refused: %.*s", shown - 1, b->bytes + 1);
        } else {
            take_message(b, length, rung, ctx);
        }
        at += length;
    }
    b->bytes = all;
    memmove(all, all + at, b->n - at);
    b->n -= at;
    return ok && (read != RESP_BROKEN || err_set(err, ERR_PROTOCOL, "this is no Redis"));
}

static bool listen_now(struct bell *b, struct mono now, bell_rung_fn *rung, void *ctx,
                       struct err *err)
{
    for (int i = 0; i < READS_MAX; i++) {
        if (!make_room(b, err)) {
            return false;
        }
        ssize_t k = recv(b->fd, b->bytes + b->n, b->cap - b->n, 0);
        if (k == 0) {
            return err_set(err, ERR_CONNECTION, "the server closed the connection");
        }
        if (k < 0) {
            return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ||
                   err_set(err, ERR_CONNECTION, "receive: %s", strerror(errno));
        }
        b->n += (size_t)k;
        b->heard = now;
        b->asked = false;
        if (!understand(b, rung, ctx, err)) {
            return false;
        }
    }
    return true;
}

/* A line that is quiet is asked for a sign of life. */
static bool is_alive(struct bell *b, struct mono now, struct err *err)
{
    int64_t quiet_ms = mono_ms_until(b->heard, now);
    bool waits = b->pattern[0] != '\0' || b->armed;
    if (waits && quiet_ms > b->quiet_ms + 2 * b->timeout_ms) {
        return err_set(err, ERR_TIMEOUT, "nothing was heard for %lld ms", (long long)quiet_ms);
    }
    if (b->pattern[0] == '\0' || b->asked || quiet_ms < b->quiet_ms) {
        return true;
    }
    b->asked = true;
    return say(b, 1, (const char *const[]){ "PING" }) ||
           err_set(err, ERR_CONNECTION, "the connection was lost");
}

enum bell_news bell_step(struct bell *b, struct mono now, bell_rung_fn *rung, void *ctx,
                         struct err *err)
{
    if (b->fd < 0) {
        return open_line(b, now, err) ? BELL_OPENED : BELL_AWAY;
    }
    if (listen_now(b, now, rung, ctx, err) && is_alive(b, now, err)) {
        return BELL_QUIET;
    }
    hang_up(b);
    b->retry_at = mono_after_ms(now, err->code == ERR_REMOTE ? REFUSED_MS : RETRY_MS);
    return BELL_AWAY;
}

void bell_arm(struct bell *b, const char *id, struct mono now)
{
    char block[16];
    (void)snprintf(block, sizeof block, "%d", BLOCK_MS);
    if (b->fd < 0 || b->armed || b->key[0] == '\0') {
        return;
    }
    b->heard = now;
    b->armed =
        say(b, 8,
            (const char *const[]){ "XREAD", "COUNT", "1", "BLOCK", block, "STREAMS", b->key, id });
    if (!b->armed) {
        hang_up(b);
    }
}
