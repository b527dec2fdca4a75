/* SPDX-License-Identifier: MIT */
/* The texts of a row -> the values of a quote, or the cause why not. [feed/ only] Pure. */
#ifndef FEED_VALUE_H
#define FEED_VALUE_H

#include "feed.h"

#include "decimal.h"

struct text {
    const char *p; /* borrowed, not terminated */
    size_t n;
};

struct fault {
    enum malformed why;
    struct err err;
};

/* Notes the cause. Returns false. */
bool fault_set(struct fault *f, enum malformed why, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* The beginning of a text, fit for a message: one line, printable. */
enum { SHOWN_MAX = 44 };
const char *text_shown(struct text t, char out[SHOWN_MAX]);

/* Bid + ask of a book must fit 63 bits. */
#define VALUE_PX_MAX (INT64_MAX / 2)
#define VALUE_SZ_MAX 1e15

/* `name` is the field's, for messages. An empty text is 0: absent. */
MUST_CHECK bool value_px(const char *name, struct text t, int64_t *px_out, struct fault *f);
MUST_CHECK bool value_sz(const char *name, struct text t, double *sz_out, struct fault *f);
/* Milliseconds since 1970, whole or not, of the years 2000 to 2099. */
MUST_CHECK bool value_ts(struct text ms, int64_t *ts_ns_out, struct fault *f);
bool value_ms_in_range(int64_t ms); /* of these years */
MUST_CHECK bool value_seq(struct text t, uint64_t *seq_out, struct fault *f);

/* A side of which price or size is 0 becomes 0 altogether. */
void quote_clear_absent(struct quote *q);

/* The values of a quote as the broker writes them. */
enum { MS_TEXT_MAX = 32 };
struct quote_text {
    char timestamp[MS_TEXT_MAX];
    char bid_price[DECIMAL_MAX], bid_size[DECIMAL_MAX];
    char ask_price[DECIMAL_MAX], ask_size[DECIMAL_MAX];
    char mid_price[DECIMAL_MAX], spread[DECIMAL_MAX]; /* "0.0" when a side is absent */
};
void quote_print(const struct quote *q, struct quote_text *out);

#endif
