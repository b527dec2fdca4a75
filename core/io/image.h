/* SPDX-License-Identifier: MIT */
/* Bytes that another program can load as a file and nobody can change any more: on Linux a sealed
 * memfd, which is gone with its last descriptor; elsewhere a file of our own, mode 0400 in a folder
 * of mode 0700. [engine creates, worker loads] */
#ifndef IO_IMAGE_H
#define IO_IMAGE_H

#include "err.h"

#include <stddef.h>

enum { IMAGE_PATH_MAX = 128 };

struct image {
    int fd;                    /* read-only; close-on-exec; -1: none */
    char path[IMAGE_PATH_MAX]; /* "": reached through the descriptor alone */
};

/* name: what debuggers show; its first 60 bytes count. */
MUST_CHECK bool image_create(struct image *im, const char *name, const void *bytes, size_t n,
                             struct err *err);
void image_destroy(struct image *im); /* after image_create(), whatever it said; {.fd = -1} */
/* The path at which a process that has it as descriptor fd opens it. */
void image_path(const struct image *im, int fd, char out[IMAGE_PATH_MAX]);

#endif
