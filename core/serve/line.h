/* SPDX-License-Identifier: MIT */
/* Lines of bytes from a descriptor, with a cap and a way to be woken. [front] */
#ifndef SERVE_LINE_H
#define SERVE_LINE_H

#include "buf.h"

enum { LINE_BYTES_MAX = 16 * 1024 * 1024 };

struct line_reader {
    int fd;
    int wake_fd; /* readable: give up waiting */
    struct buf bytes;
    size_t start, scanned;
    bool skipping; /* inside a line that was too long */
    bool ended;
};

enum line {
    LINE_OK,
    LINE_TOO_LONG, /* more than LINE_BYTES_MAX: dropped; the next line is read as usual */
    LINE_END,      /* end of input, or it cannot be read */
    LINE_WOKEN
};

void line_init(struct line_reader *r, int fd, int wake_fd);
void line_fini(struct line_reader *r);
/* The next line without its LF or CRLF; at the end of input also one without. *text_out is borrowed
 * until the next call. */
enum line line_next(struct line_reader *r, const char **text_out, size_t *n_out);

#endif
