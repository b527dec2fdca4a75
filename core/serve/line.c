/* SPDX-License-Identifier: MIT */
#include "line.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

enum { CHUNK_BYTES = 64 * 1024 };

void line_init(struct line_reader *r, int fd, int wake_fd)
{
    *r = (struct line_reader){ .fd = fd, .wake_fd = wake_fd };
    buf_init(&r->bytes, (size_t)LINE_BYTES_MAX + 2 * CHUNK_BYTES);
}

void line_fini(struct line_reader *r)
{
    buf_fini(&r->bytes);
}

static enum line take(struct line_reader *r, size_t end, size_t next, const char **text_out,
                      size_t *n_out)
{
    const char *text = r->bytes.data + r->start;
    size_t n = end - r->start;
    r->start = r->scanned = next;
    if (r->skipping || n > LINE_BYTES_MAX) {
        r->skipping = false;
        return LINE_TOO_LONG;
    }
    *text_out = text;
    *n_out = n > 0 && text[n - 1] == '\r' ? n - 1 : n;
    return LINE_OK;
}

/* Waits for bytes and appends them. False: woken. */
static bool fill(struct line_reader *r)
{
    struct pollfd fds[] = { { .fd = r->fd, .events = POLLIN },
                            { .fd = r->wake_fd, .events = POLLIN } };
    if (poll(fds, 2, -1) < 0) {
        return true;
    }
    if (fds[1].revents != 0) {
        return false;
    }
    char *room = buf_room(&r->bytes, CHUNK_BYTES);
    ssize_t n = room != NULL ? read(r->fd, room, CHUNK_BYTES) : 0;
    if (n > 0) {
        r->bytes.len += (size_t)n;
    } else if (n == 0 || (errno != EINTR && errno != EAGAIN)) {
        r->ended = true;
    }
    return true;
}

enum line line_next(struct line_reader *r, const char **text_out, size_t *n_out)
{
    for (;;) {
        size_t left = r->bytes.len - r->scanned;
        const char *from = left > 0 ? r->bytes.data + r->scanned : NULL;
        const char *lf = left > 0 ? memchr(from, '\n', left) : NULL;
        if (lf != NULL) {
            size_t end = (size_t)(lf - r->bytes.data);
            return take(r, end, end + 1, text_out, n_out);
        }
        r->scanned = r->bytes.len;
        if (r->ended) {
            return r->skipping || r->bytes.len > r->start
                       ? take(r, r->bytes.len, r->bytes.len, text_out, n_out)
                       : LINE_END;
        }
        if (r->bytes.len - r->start > LINE_BYTES_MAX) {
            r->skipping = true;
        }
        size_t done = r->skipping ? r->bytes.len : r->start;
        buf_drop(&r->bytes, done);
        r->scanned -= done;
        r->start = 0;
        if (!fill(r)) {
            return LINE_WOKEN;
        }
    }
}
