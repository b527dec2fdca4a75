/* SPDX-License-Identifier: MIT */
/* What a worker gives up before it loads foreign code. [worker] */
#ifndef DETECT_LIMITS_H
#define DETECT_LIMITS_H

#include "err.h"

#include <stdint.h>

/* No core files, few descriptors, memory_mb of private memory above what is in use now (on Linux;
 * not under AddressSanitizer, whose shadow would count), no new privileges. */
MUST_CHECK bool limits_apply(int64_t memory_mb, struct err *err);

#endif
