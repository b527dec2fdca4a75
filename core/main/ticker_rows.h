/* SPDX-License-Identifier: MIT */
/* The inside of a ticker: rows into its window, boundaries into its queue. [engine; ticker_*.c] */
#ifndef MAIN_TICKER_ROWS_H
#define MAIN_TICKER_ROWS_H

#include "ticker.h"

MUST_CHECK bool ticker_enqueue(const struct ticker_env *env, struct ticker *t,
                               const struct boundary *b, struct err *err);
/* Rows up to that time leave the stream; what comes for it afterwards is late. Where the price step
 * gets finer, or too many rows for one job come, a boundary of their own is queued for the rows
 * before. */
MUST_CHECK bool ticker_take_rows(const struct ticker_env *env, struct ticker *t, int64_t to_ns,
                                 struct err *err);
/* One row, which is the newest. */
MUST_CHECK bool ticker_take_row(const struct ticker_env *env, struct ticker *t,
                                const struct quote *q, struct err *err);
/* A boundary, or (event mode) a cut at the newest row, behind the rows taken and those up to it
 * that the stream still has. */
MUST_CHECK bool ticker_take_boundary(const struct ticker_env *env, struct ticker *t, int64_t ns,
                                     bool at_end, struct err *err);
MUST_CHECK bool ticker_take_cut(const struct ticker_env *env, struct ticker *t, int64_t to_ns,
                                struct err *err);
/* The price step is known: boundaries that waited for it may be judged. */
void ticker_settle_tick(struct ticker *t);
/* At ns, for all rows there are. */
struct boundary ticker_boundary_at(const struct ticker_env *env, const struct ticker *t,
                                   int64_t ns);
uint64_t ticker_end_seq_of(const struct ticker *t);
int64_t ticker_gap_limit_now(const struct ticker_env *env, const struct ticker *t);

#endif
