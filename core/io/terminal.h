/* SPDX-License-Identifier: MIT */
/* The terminal that a program draws on. [any] */
#ifndef IO_TERMINAL_H
#define IO_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>

struct terminal_size {
    size_t lines, columns; /* 0: not known */
};

/* False: fd is no terminal. */
bool terminal_at(int fd, struct terminal_size *out);

#endif
