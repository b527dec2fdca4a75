/* SPDX-License-Identifier: MIT */
/* What the live engine writes into its journal, beside rows and boundaries (ticker_*.c). [engine]
 * All of it does nothing where no journal is kept; what goes wrong with it is logged and told in
 * the status, and stops nothing. */
#ifndef MAIN_LIVE_JOURNAL_H
#define MAIN_LIVE_JOURNAL_H

#include "live.h"
#include "resume.h"

void live_journal_open(struct live *l, struct now now);
void live_journal_close(struct live *l, struct now now);
/* Before quotes are read: a new segment, if it is time for one. */
void live_journal_turn(struct live *l, struct now now);
/* What has come since is on its way to the disk. Before results are sent. */
void live_journal_flush(struct live *l, struct now now);

void live_journal_settings(struct live *l, int64_t wall_ns);
/* A ticker has just been added, and knows what it is to know of before. */
void live_journal_added(struct live *l, const struct ticker *t, int64_t px_tick,
                        const struct resume *r);
/* Where a ticker stands, at the beginning of a segment. */
void live_journal_standing(struct live *l, const struct ticker *t);
/* A tick is about to be written. */
void live_journal_report(struct live *l, const struct ticker *t, const struct report *r);

#endif
