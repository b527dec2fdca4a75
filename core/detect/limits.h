/* SPDX-License-Identifier: MIT */
/* What a worker gives up before it loads foreign code. [worker] */
#ifndef DETECT_LIMITS_H
#define DETECT_LIMITS_H

#include "err.h"

#include <stdint.h>

/* No core files, no bytes into files, no further processes (root is not held by that), few
 * descriptors, 8 MB of stack, memory_mb of private memory above what is in use now (where
 * limits_memory_holds()). */
MUST_CHECK bool limits_apply(int64_t memory_mb, struct err *err);
/* On Linux; not under AddressSanitizer, whose shadow would count. */
bool limits_memory_holds(void);

#endif
