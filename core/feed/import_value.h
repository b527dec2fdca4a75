/* SPDX-License-Identifier: MIT */
/* Times and prices as the formats of others write them. [feed/ only] Pure. */
#ifndef FEED_IMPORT_VALUE_H
#define FEED_IMPORT_VALUE_H

#include "eastern.h"
#include "value.h"

enum time_form {
    TIME_MS, /* since 1970, whole or not */
    TIME_US, /* whole */
    TIME_NS, /* whole */
    TIME_NS_OR_ISO,
    TIME_ANY,    /* s, ms, us or ns by its size, or ISO */
    TIME_EASTERN /* of a day in New York: HHMMSS and decimals, or H:MM:SS.decimals */
};

/* All are of the years 2000 to 2099. `date` is for TIME_EASTERN. */
MUST_CHECK bool import_time(enum time_form form, struct text t, struct civil date,
                            int64_t *ts_ns_out, struct fault *f);
MUST_CHECK bool import_time_ns(uint64_t ns, int64_t *ts_ns_out, struct fault *f);
/* 2024-08-08T13:30:00.123456789Z, or with an offset +hh:mm; a space for the T is fine. */
MUST_CHECK bool import_time_iso(struct text t, int64_t *ts_ns_out, struct fault *f);
/* Seconds since midnight in New York, with decimals. */
MUST_CHECK bool import_time_midnight(struct text t, struct civil date, int64_t *ts_ns_out,
                                     struct fault *f);

/* 1e-9 units. INT64_MAX: none. */
MUST_CHECK bool import_px(const char *name, int64_t px, int64_t *px_out, struct fault *f);
/* With a decimal point: a decimal. Without: whole 1e-9 units. Empty: none. */
MUST_CHECK bool import_px_fixed(const char *name, struct text t, int64_t *px_out, struct fault *f);

/* All of the text as digits. */
bool import_u64(struct text t, uint64_t *out);

#endif
