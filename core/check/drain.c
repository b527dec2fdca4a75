/* SPDX-License-Identifier: MIT */
#include "drain.h"

#include "run.h"

#include <errno.h>
#include <unistd.h>

/* Keeps the end of what was printed. */
static void keep(struct buf *b, const char *bytes, size_t n)
{
    buf_add(b, bytes, n);
    if (b->len > RUN_OUTPUT_MAX) {
        buf_drop(b, b->len - RUN_OUTPUT_MAX);
    }
}

bool drain(int fd, struct buf *to)
{
    char block[4096];
    for (;;) {
        ssize_t n = read(fd, block, sizeof block);
        if (n > 0) {
            keep(to, block, (size_t)n);
        } else if (n == 0) {
            return true;
        } else if (errno != EINTR) {
            return errno != EAGAIN;
        }
    }
}
