/* SPDX-License-Identifier: MIT */
/* Many tickers at once: which ones somebody means, and what is stored of each. [front] */
#ifndef SERVE_TICKERS_H
#define SERVE_TICKERS_H

#include "names.h"

enum { TICKERS_NAMED_MAX = 10000 };

/* The tickers of a list ("SPY,QQQ") or of globs ("*", "X*"), in any case, that have quotes.
 * *missing: names of the list that have none (globs miss nothing), separated by ", ". False: Redis,
 * or the list is none. */
MUST_CHECK bool tickers_resolve(struct query *q, const char *list, struct names *out,
                                char missing[200], struct err *err);

/* Calls each() with what is stored of every ticker's state (windows, levels and patterns apart) and
 * its newest quote, in order, a few hundred to a round trip. The answer is borrowed. */
typedef void tickers_each_fn(void *ctx, const struct answer *a);
MUST_CHECK bool tickers_each(struct query *q, const struct names *names, tickers_each_fn *each,
                             void *ctx, struct err *err);

/* Is there an engine? If not, one is started, when the front may. *engine_out says what came of it,
 * note[] why it is none. */
MUST_CHECK bool tickers_engine(struct query *q, enum engine_view *engine_out, bool *started_out,
                               char note[200], struct err *err);

#endif
