/* SPDX-License-Identifier: MIT */
/* What a pattern must be before anybody uses it. The worker asks, to answer the plugin; the engine
 * asks again, because a worker is only as honest as the plugin in it. [engine, worker] Pure. */
#ifndef DETECT_EMISSION_H
#define DETECT_EMISSION_H

#include "pattern.h"

/* In 1e-9 currency units: as much as a quote may have. */
#define EMISSION_PRICE_MAX INT64_C(9223372036000000000)

/* NULL when e is as d declares, its numbers are finite and its times lie in [oldest_ns, now_ns];
 * else what is wrong, in words. */
const char *emission_fault(const struct declaration *d, const struct emission *e, int64_t oldest_ns,
                           int64_t now_ns);

/* No row that a detector sees at now_ns is older than this. */
int64_t emission_oldest_ns(const struct declaration *d, int64_t now_ns);

#endif
