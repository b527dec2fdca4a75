/* SPDX-License-Identifier: MIT */
/* What holds a plugin in on this machine, tried out by a worker without one. [orderflow] */
#ifndef DETECT_FENCE_PROBE_H
#define DETECT_FENCE_PROBE_H

#include "fence.h"

/* *bits_out: enum fence_bit. False: the worker could not be started or may not run so. */
MUST_CHECK bool fence_probe(const char *worker_path, const struct fence_config *c,
                            uint32_t *bits_out, struct err *err);

#endif
