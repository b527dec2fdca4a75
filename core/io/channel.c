/* SPDX-License-Identifier: MIT */
#include "channel.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct head {
    uint32_t bytes, type;
};

enum {
    READ_BYTES = 1 << 16,
    NOTHING = 0 /* type of a frame that only wakes */
};

static bool prepare(int fd)
{
    int flags = fcntl(fd, F_GETFL);
    return flags >= 0 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0 &&
           fcntl(fd, F_SETFD, FD_CLOEXEC) == 0;
}

bool channel_pair(int fds_out[2], struct err *err)
{
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds_out) != 0) {
        return err_sys(err, "socketpair");
    }
    if (!prepare(fds_out[0]) || !prepare(fds_out[1])) {
        (void)err_sys(err, "preparing a socket pair");
        (void)close(fds_out[0]);
        (void)close(fds_out[1]);
        return false;
    }
    return true;
}

void channel_init(struct channel *c, int fd, size_t frame_max_bytes, size_t out_max_bytes)
{
    *c = (struct channel){ .fd = fd, .frame_max_bytes = frame_max_bytes };
    buf_init(&c->in, sizeof(struct head) + frame_max_bytes + READ_BYTES + MAILBOX_BYTES);
    buf_init(&c->out, out_max_bytes);
}

void channel_fini(struct channel *c)
{
    if (c->fd >= 0) {
        (void)close(c->fd);
        c->fd = -1;
    }
    buf_fini(&c->in);
    buf_fini(&c->out);
    c->in_pos = 0;
    c->out_pos = 0;
    c->in_box = NULL;
    c->out_box = NULL;
}

void channel_trim(struct channel *c)
{
    buf_drop(&c->in, c->in_pos);
    c->in_pos = 0;
    buf_trim(&c->in);
    buf_trim(&c->out);
}

bool channel_put(struct channel *c, uint32_t type, const void *data, size_t n, struct err *err)
{
    if (n > c->frame_max_bytes) {
        return err_set(err, ERR_INVALID, "a frame of %zu bytes is too long", n);
    }
    size_t before = c->out.len;
    struct head head = { .bytes = (uint32_t)n, .type = type };
    buf_add(&c->out, &head, sizeof head);
    buf_add(&c->out, data, n);
    if (c->out.failed) {
        c->out.failed = false;
        c->out.len = before;
        return err_set(err, ERR_MEMORY, "the peer does not read: %zu bytes wait for it",
                       channel_pending(c));
    }
    return true;
}

size_t channel_pending(const struct channel *c)
{
    return c->out.len - c->out_pos;
}

static bool would_block(void)
{
    return errno == EAGAIN || errno == EWOULDBLOCK;
}

/* ---- the box --------------------------------------------------------------------------------- */

void channel_share(struct channel *c, struct mailbox *in, struct mailbox *out)
{
    if (!mailbox_works()) {
        return;
    }
    atomic_store(&in->got, c->got);
    atomic_store(&out->sent, c->sent);
    c->in_box = in;
    c->out_box = out;
}

void channel_look(struct channel *c, bool looks)
{
    if (c->in_box != NULL) {
        atomic_store(&c->in_box->reader, looks ? READER_LOOKS : READER_AT_SOCKET);
    }
}

/* How many bytes lie in the box that are the next of the stream. */
static size_t in_box(const struct channel *c)
{
    uint32_t n = c->in_box != NULL ? atomic_load(&c->in_box->n) : 0;
    return n <= MAILBOX_BYTES && n > 0 && atomic_load(&c->in_box->at) == c->got ? n : 0;
}

/* Puts what lies in the box before the `behind` bytes that were received after it, and counts it
 * all. False: no memory. */
static bool receive(struct channel *c, size_t behind)
{
    size_t n = in_box(c);
    char *room = buf_room(&c->in, n + behind);
    if (room == NULL) {
        return false;
    }
    if (n > 0) {
        memmove(room + n, room, behind);
        memcpy(room, c->in_box->bytes, n);
    }
    c->in.len += n + behind;
    c->got += n + behind;
    if (c->in_box != NULL) {
        atomic_store(&c->in_box->got, c->got);
    }
    return true;
}

static bool has_room(const struct channel *c, size_t n)
{
    return c->in.len + n <= c->in.max_bytes;
}

bool channel_take(struct channel *c)
{
    if (in_box(c) == 0) {
        return false;
    }
    buf_drop(&c->in, c->in_pos);
    c->in_pos = 0;
    return has_room(c, MAILBOX_BYTES) && receive(c, 0);
}

/* The reader has got all that was sent, so nothing can be overtaken. */
static bool box_is_open(const struct channel *c)
{
    const struct mailbox *m = c->out_box;
    return m != NULL && c->out_pos == 0 && channel_pending(c) <= MAILBOX_BYTES &&
           atomic_load(&m->reader) != READER_AT_SOCKET && atomic_load(&m->got) == c->sent;
}

static void ring(struct channel *c)
{
    if (c->out_box != NULL) {
        atomic_store(&c->out_box->sent, c->sent);
        if (atomic_load(&c->out_box->reader) == READER_AT_BELL) {
            mailbox_ring(c->out_box);
        }
    }
}

/* Leaves a frame to be sent when the reader has gone to the socket in the same moment. */
static void post(struct channel *c)
{
    struct mailbox *m = c->out_box;
    size_t n = channel_pending(c);
    memcpy(m->bytes, c->out.data, n);
    atomic_store(&m->n, (uint32_t)n);
    atomic_store(&m->at, c->sent);
    c->sent += n;
    buf_clear(&c->out);
    ring(c);
    if (atomic_load(&m->reader) == READER_AT_SOCKET) {
        bool put = channel_put(c, NOTHING, NULL, 0, NULL);
        (void)put; /* there is room: the buffer has just been emptied */
    }
}

/* ---- both ------------------------------------------------------------------------------------ */

bool channel_flush(struct channel *c, struct err *err)
{
    if (channel_pending(c) > 0 && box_is_open(c)) {
        post(c);
    }
    while (channel_pending(c) > 0) {
        ssize_t n = send(c->fd, c->out.data + c->out_pos, channel_pending(c), MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0 && would_block()) {
            return true;
        }
        if (n < 0) {
            return err_set(err, ERR_CONNECTION, "the peer is gone: %s", strerror(errno));
        }
        c->out_pos += (size_t)n;
        c->sent += (size_t)n;
        ring(c);
    }
    buf_clear(&c->out);
    c->out_pos = 0;
    return true;
}

bool channel_fill(struct channel *c, bool *more_out, struct err *err)
{
    buf_drop(&c->in, c->in_pos);
    c->in_pos = 0;
    *more_out = false;
    size_t total = c->in.len;
    if (in_box(c) > 0 && has_room(c, MAILBOX_BYTES) && !receive(c, 0)) {
        return err_set(err, ERR_MEMORY, "no memory to read a frame");
    }
    total = c->in.len - total;
    while (has_room(c, READ_BYTES + MAILBOX_BYTES)) {
        char *room = buf_room(&c->in, READ_BYTES + MAILBOX_BYTES);
        if (room == NULL) {
            return err_set(err, ERR_MEMORY, "no memory to read a frame");
        }
        ssize_t n = recv(c->fd, room, READ_BYTES, 0);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0 && would_block()) {
            return true;
        }
        if (n <= 0) {
            *more_out = total > 0;
            return total > 0 || err_set(err, ERR_CONNECTION, "the peer is gone");
        }
        total += (size_t)n;
        if (!receive(c, (size_t)n)) {
            return err_set(err, ERR_MEMORY, "no memory to read a frame");
        }
        if ((size_t)n < READ_BYTES) {
            return true; /* that was all */
        }
    }
    *more_out = true;
    return true;
}

int channel_next(struct channel *c, struct channel_frame *out, struct err *err)
{
    struct head head;
    size_t have;
    const unsigned char *at;
    do {
        have = c->in.len - c->in_pos;
        if (have < sizeof head) {
            return 0;
        }
        at = (const unsigned char *)c->in.data + c->in_pos;
        memcpy(&head, at, sizeof head);
        c->in_pos += head.type == NOTHING && head.bytes == 0 ? sizeof head : 0;
    } while (head.type == NOTHING && head.bytes == 0);
    if (head.bytes > c->frame_max_bytes) {
        (void)err_set(err, ERR_PROTOCOL, "a frame of %lu bytes", (unsigned long)head.bytes);
        return -1;
    }
    if (have - sizeof head < head.bytes) {
        return 0;
    }
    *out =
        (struct channel_frame){ .type = head.type, .bytes = head.bytes, .data = at + sizeof head };
    c->in_pos += sizeof head + head.bytes;
    return 1;
}

static bool wait_for(int fd, short events, int timeout_ms, struct err *err)
{
    struct pollfd p = { .fd = fd, .events = events };
    int n;
    do {
        n = poll(&p, 1, timeout_ms);
    } while (n < 0 && errno == EINTR);
    if (n < 0) {
        return err_sys(err, "poll");
    }
    return n > 0 || err_set(err, ERR_TIMEOUT, "no answer within %d ms", timeout_ms);
}

bool channel_flush_all(struct channel *c, struct err *err)
{
    while (channel_flush(c, err)) {
        if (channel_pending(c) == 0) {
            return true;
        }
        if (!wait_for(c->fd, POLLOUT, -1, err)) {
            return false;
        }
    }
    return false;
}

bool channel_wait(struct channel *c, int timeout_ms, struct channel_frame *out, struct err *err)
{
    for (;;) {
        int got = channel_next(c, out, err);
        bool more;
        if (got != 0) {
            return got > 0;
        }
        if (timeout_ms < 0 && c->in_box != NULL) {
            mailbox_wait(c->in_box, c->got);
            if (channel_take(c)) {
                continue;
            }
            /* Not there, so it is to come by the socket; what is put into the box now wakes us. */
            channel_look(c, false);
            if (channel_take(c)) {
                continue;
            }
        }
        if (!wait_for(c->fd, POLLIN, timeout_ms, err) || !channel_fill(c, &more, err)) {
            return false;
        }
    }
}
