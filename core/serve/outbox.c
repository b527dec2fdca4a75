/* SPDX-License-Identifier: MIT */
#include "outbox.h"

#include "clock.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { PENDING_BYTES_MAX = 1 << 30, PIECE_BYTES = 4096 }; /* a pipe that polls ready takes a page */

bool outbox_init(struct outbox *o, int fd, int broken_fd, struct err *err)
{
    *o = (struct outbox){ .fd = fd, .broken_fd = broken_fd };
    pthread_condattr_t monotonic;
    buf_init(&o->pending, PENDING_BYTES_MAX);
    if (pthread_condattr_init(&monotonic) != 0) {
        return err_set(err, ERR_MEMORY, "out of memory");
    }
    bool ok = pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC) == 0 &&
              pthread_mutex_init(&o->lock, NULL) == 0 &&
              pthread_cond_init(&o->changed, &monotonic) == 0;
    (void)pthread_condattr_destroy(&monotonic);
    return ok || err_set(err, ERR_SYSTEM, "no mutex");
}

static void give_up(struct outbox *o)
{
    if (!o->broken) {
        o->broken = true;
        buf_clear(&o->pending);
        (void)!write(o->broken_fd, "!", 1);
    }
    (void)pthread_cond_broadcast(&o->changed);
}

static bool ready(int fd, int timeout_ms)
{
    struct pollfd p = { .fd = fd, .events = POLLOUT };
    return poll(&p, 1, timeout_ms) == 1;
}

/* Writes a piece. False: the other side is gone. */
static bool write_piece(int fd, const char *bytes, size_t n, size_t *done)
{
    ssize_t wrote = write(fd, bytes, n < PIECE_BYTES ? n : PIECE_BYTES);
    if (wrote > 0) {
        *done += (size_t)wrote;
    }
    return wrote >= 0 || errno == EINTR || errno == EAGAIN;
}

static void *write_pending(void *ctx)
{
    struct outbox *o = ctx;
    (void)pthread_mutex_lock(&o->lock);
    for (;;) {
        while (o->pending.len == 0 && !o->closing) {
            (void)pthread_cond_wait(&o->changed, &o->lock);
        }
        if (o->closing) {
            break;
        }
        struct buf taken = o->pending;
        buf_init(&o->pending, PENDING_BYTES_MAX);
        o->writing = taken.len;
        (void)pthread_mutex_unlock(&o->lock);
        bool ok = true;
        for (size_t done = 0; ok && done < taken.len;) {
            (void)ready(o->fd, -1);
            ok = write_piece(o->fd, taken.data + done, taken.len - done, &done);
        }
        buf_fini(&taken);
        (void)pthread_mutex_lock(&o->lock);
        o->writing = 0;
        if (!ok) {
            give_up(o);
        }
        (void)pthread_cond_broadcast(&o->changed);
    }
    (void)pthread_mutex_unlock(&o->lock);
    return NULL;
}

static void leave_to_writer(struct outbox *o, const char *bytes, size_t n)
{
    buf_add(&o->pending, bytes, n);
    if (!o->has_writer) {
        o->has_writer = pthread_create(&o->writer, NULL, write_pending, o) == 0;
    }
    if (o->pending.failed || !o->has_writer) {
        give_up(o);
    }
    (void)pthread_cond_broadcast(&o->changed);
}

/* Under the lock. */
static void put_bytes(struct outbox *o, const char *bytes, size_t n)
{
    size_t done = 0;
    bool ok = !o->broken;
    while (ok && done < n && o->pending.len == 0 && o->writing == 0 && ready(o->fd, 0)) {
        ok = write_piece(o->fd, bytes + done, n - done, &done);
    }
    if (!ok) {
        give_up(o);
    } else if (done < n) {
        leave_to_writer(o, bytes + done, n - done);
    }
}

void outbox_put(struct outbox *o, struct batch *batch, const struct buf *text)
{
    (void)pthread_mutex_lock(&o->lock);
    if (batch != NULL) {
        buf_putc(&batch->answers, batch->answers.len == 0 ? '[' : ',');
        buf_add(&batch->answers, text->data, text->len);
    } else {
        struct buf line;
        buf_init(&line, PENDING_BYTES_MAX);
        buf_add(&line, text->data, text->len);
        buf_putc(&line, '\n');
        put_bytes(o, line.data, line.len);
        buf_fini(&line);
    }
    (void)pthread_mutex_unlock(&o->lock);
}

bool outbox_wait(struct outbox *o, size_t max_bytes, int64_t limit_ms)
{
    int64_t until_ns = clock_mono().ns + limit_ms * NS_PER_MS;
    struct timespec until = { .tv_sec = (time_t)(until_ns / NS_PER_S),
                              .tv_nsec = (long)(until_ns % NS_PER_S) };
    (void)pthread_mutex_lock(&o->lock);
    bool fits;
    int rc = 0;
    while (!(fits = o->broken || o->pending.len + o->writing <= max_bytes) && rc == 0) {
        rc = pthread_cond_timedwait(&o->changed, &o->lock, &until);
    }
    (void)pthread_mutex_unlock(&o->lock);
    return fits;
}

bool outbox_fini(struct outbox *o)
{
    (void)pthread_mutex_lock(&o->lock);
    o->closing = true;
    bool stuck = o->writing != 0;
    (void)pthread_cond_broadcast(&o->changed);
    (void)pthread_mutex_unlock(&o->lock);
    if (stuck) {
        return false;
    }
    if (o->has_writer) {
        (void)pthread_join(o->writer, NULL);
    }
    buf_fini(&o->pending);
    (void)pthread_cond_destroy(&o->changed);
    (void)pthread_mutex_destroy(&o->lock);
    return true;
}

struct batch *batch_create(void)
{
    struct batch *b = calloc(1, sizeof *b);
    if (b != NULL) {
        buf_init(&b->answers, PENDING_BYTES_MAX);
        b->open = 1;
    }
    return b;
}

void batch_hold(struct outbox *o, struct batch *b)
{
    (void)pthread_mutex_lock(&o->lock);
    b->open++;
    (void)pthread_mutex_unlock(&o->lock);
}

void batch_release(struct outbox *o, struct batch *b)
{
    if (b == NULL) {
        return;
    }
    (void)pthread_mutex_lock(&o->lock);
    bool last = --b->open == 0;
    if (last && b->answers.len > 0) {
        buf_puts(&b->answers, "]\n");
        put_bytes(o, b->answers.data, b->answers.len);
    }
    (void)pthread_mutex_unlock(&o->lock);
    if (last) {
        buf_fini(&b->answers);
        free(b);
    }
}
