/* SPDX-License-Identifier: MIT */
/* What the bytes of a file tell before any of its code runs. [engine, orderflow] */
#ifndef DETECT_SCAN_ELF_H
#define DETECT_SCAN_ELF_H

#include "err.h"

#include <stddef.h>

enum { SCAN_FILE_MAX_BYTES = 64 << 20 };

struct scan_bytes {
    unsigned char *data; /* malloc'ed; the caller frees it, whatever scan_read() said */
    size_t n;
};

/* The first `most` bytes of an open file, copied so that nobody can shorten them under us. */
MUST_CHECK bool scan_read(int fd, size_t most, struct scan_bytes *out, struct err *err);

/* True when the bytes are a shared object for the machine that worker_path is built for and export
 * ofd_entry_v1. Else the reason: not ELF, truncated, another architecture, not a plugin, built for
 * another major of the ABI. Where programs are not ELF it only looks whether there are any. */
MUST_CHECK bool scan_elf_bytes(const struct scan_bytes *file, const char *worker_path,
                               struct err *err);
/* The same of a file, which must be a regular one. */
MUST_CHECK bool scan_elf(const char *so_path, const char *worker_path, struct err *err);

#endif
