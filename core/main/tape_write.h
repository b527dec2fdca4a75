/* SPDX-License-Identifier: MIT */
/* Made tapes as files; "-" is standard output. [orderflow] */
#ifndef MAIN_TAPE_WRITE_H
#define MAIN_TAPE_WRITE_H

#include "reel.h"
#include "synth.h"

/* All quotes, as CSV: ts_ms,bid_price,bid_size,ask_price,ask_size. */
MUST_CHECK bool tape_write_synth(struct synth *s, const struct synth_config *c, const char *path,
                                 struct err *err);
/* start_ms: time of the first row. */
MUST_CHECK bool tape_write_reel(const struct reel *t, int64_t start_ms, const char *path,
                                struct err *err);
/* What was planted, one thing a line: README.md tells the fields. After the quotes. */
MUST_CHECK bool tape_write_truth(const struct synth *s, const struct synth_config *c,
                                 const char *path, struct err *err);

#endif
