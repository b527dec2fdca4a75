/* SPDX-License-Identifier: MIT */
/* Which files this process may still reach: none but those named, and those only to read. Linux
 * with Landlock; elsewhere there is none. [worker] */
#ifndef IO_LANDLOCK_H
#define IO_LANDLOCK_H

#include "err.h"

#include <stdbool.h>
#include <stddef.h>

/* What the kernel knows: 0 nothing, 1 files, 4 and TCP ports, 6 and signals and abstract sockets of
 * others. */
int landlock_version(void);

/* Takes effect at once and for good. Files and folders that do not exist are left out. Needs
 * no-new-privileges. ERR_SYSTEM when the kernel has none. */
MUST_CHECK bool landlock_enter(const char *const *readable, size_t n, struct err *err);

#endif
