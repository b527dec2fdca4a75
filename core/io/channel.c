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

enum { READ_BYTES = 1 << 16 };

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
    buf_init(&c->in, sizeof(struct head) + frame_max_bytes + READ_BYTES);
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

bool channel_flush(struct channel *c, struct err *err)
{
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
    size_t total = 0;
    while (c->in.len + READ_BYTES <= c->in.max_bytes) {
        char *room = buf_room(&c->in, READ_BYTES);
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
        c->in.len += (size_t)n;
        total += (size_t)n;
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
    size_t have = c->in.len - c->in_pos;
    if (have < sizeof head) {
        return 0;
    }
    const unsigned char *at = (const unsigned char *)c->in.data + c->in_pos;
    memcpy(&head, at, sizeof head);
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
        if (!wait_for(c->fd, POLLIN, timeout_ms, err) || !channel_fill(c, &more, err)) {
            return false;
        }
    }
}
