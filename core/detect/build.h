/* SPDX-License-Identifier: MIT */
/* The contents of a plugin file at one moment: judged before any of its code runs, named by its
 * hash, and copied, so that whatever happens to the file later happens to the file alone.
 * [engine, orderflow] */
#ifndef DETECT_BUILD_H
#define DETECT_BUILD_H

#include "err.h"
#include "image.h"
#include "sha256.h"

#include <stdint.h>

/* What stat(2) says of a file: equal as long as nobody has touched it. */
struct stamp {
    uint64_t dev, ino;
    int64_t bytes, mtime_ns, ctime_ns;
};

bool stamp_equal(const struct stamp *a, const struct stamp *b);
/* False when there is no such name. Does not follow a symbolic link. */
MUST_CHECK bool stamp_read(const char *path, struct stamp *out);

struct build {
    int users; /* build_hold() */
    char sha256[SHA256_HEX_MAX];
    struct stamp stamp; /* of the file, before and after it was read */
    struct image image;
};

/* NULL, with the reason (it does not repeat the path), unless path is a regular file and no
 * symbolic link, belongs to root or to us, can be written by its owner alone, lies in a folder of
 * which the same is true, stays as it is while it is read, and is a plugin by scan_elf.h. One user:
 * the caller. */
struct build *build_take(const char *path, const char *worker_path, struct err *err);
struct build *build_hold(struct build *b); /* one user more; returns b */
void build_drop(struct build *b);          /* one less; the last one ends it; NULL is fine */

#endif
