/* SPDX-License-Identifier: MIT */
/*
 * What rows add to metrics, in a form that can be added up: the sums of a stretch of rows, followed
 * by the sums of the next stretch, are the sums of both. [engine] Pure.
 *
 * A row counts in two ways. Its events (a price rose, size was added) come from comparing it with
 * the rows before it, of which struct carry remembers what matters. Its hold is the time for which
 * it was in force: until the next row or, when that one comes after a gap, for the shortest silence
 * that may be a gap.
 */
#ifndef MARKET_METRICS_SUMS_H
#define MARKET_METRICS_SUMS_H

#include "metrics.h"
#include "orderflow/detector.h"

enum count {
    N_QUOTES,
    N_STATES,
    N_BIDS, /* rows that have this side */
    N_ASKS,
    N_MIDS,    /* rows with a mid */
    N_SPREADS, /* rows with ask above bid */
    N_BID_LIFTS,
    N_BID_DROPS,
    N_ASK_LIFTS,
    N_ASK_DROPS,
    N_MID_UPS,
    N_MID_DOWNS,
    N_LARGE_BIDS,
    N_LARGE_ASKS,
    N_FLICKERS,
    COUNTS
};

enum time_in {             /* ns in force */
               NS_COVERED, /* two-sided, not crossed */
               NS_LOCKED,  /* of it */
               NS_CROSSED,
               NS_ONE_SIDED,
               NS_BID,
               NS_ASK,
               NS_LARGE_BID,
               NS_LARGE_ASK,
               TIMES
};

enum total { /* SZ: shares; S: times seconds in force */
             SZ_BID,
             SZ_ASK,
             SZ_BID_ADD,
             SZ_BID_REM,
             SZ_ASK_ADD,
             SZ_ASK_REM,
             PX_SPREAD,
             S_BID_SZ,
             S_ASK_SZ,
             S_DEPTH_SZ, /* (bid + ask size) / 2 while covered */
             S_IMBALANCE,
             S_SPREAD_PX,
             S_SPREAD_BPS,
             TOTALS
};

/* The book as far as it is known. 0: not known. */
struct book {
    int64_t bid_px, ask_px, mid2_px; /* mid2_px: bid + ask, when not crossed */
    double bid_sz, ask_sz;
};

/* What *known does not know is taken from row i, or from the other. */
void book_add_row(struct book *known, const struct rows *r, size_t i);
void book_add_book(struct book *known, const struct book *other);

/* Four cache lines: a window adds up dozens of them, which have long been out of the cache. */
struct sums {
    uint32_t n[COUNTS];
    int64_t ns[TIMES];
    double total[TOTALS];
    int64_t min_spread_px, max_spread_px; /* valid when N_SPREADS > 0 */
    uint64_t jump_seq;                    /* 1 + number of the last row with a size_jump; 0: none */
};

void sums_add(struct sums *into, const struct sums *next);

struct side_carry {
    int64_t px; /* last price of this side; 0: none, or a gap since */
    double sz;
    int64_t ts_ns;
    int64_t left_px, left_ns; /* the price before, and when it was left; 0: none */
    int64_t large_px;         /* where a large order stands that has been counted; 0: none */
    int64_t fresh;            /* 1: the row just before had this side */
};

struct carry {
    struct side_carry bid, ask;
    int64_t mid2_px, mid_ts_ns; /* 0: none */
    int64_t mid_fresh;          /* 1: the row just before had one */
};

/* Events of row i, given what the rows before it left in *c; *c then includes row i. */
void sums_add_row(struct sums *s, struct carry *c, const struct metrics_config *cfg,
                  const struct rows *r, size_t i);

/* Row i was in force for hold_ns. */
void sums_add_hold(struct sums *s, const struct metrics_config *cfg, const struct rows *r, size_t i,
                   int64_t hold_ns);

/* The jump of a row that sums_add_row() has noted as one, seen again; of both sides in one row, the
 * bid's. None when the row it jumped from is not there any more. */
struct size_jump sums_jump_at(const struct metrics_config *cfg, const struct rows *r, size_t i);

/* End of the time in force of a row at ts_ns whose successor comes at next_ns. */
int64_t hold_end_ns(const struct metrics_config *cfg, int64_t ts_ns, int64_t next_ns,
                    uint32_t next_flags);

/* bid + ask of row i, or 0 when a side is absent, they cross, or the sum is beyond int64_t. */
int64_t row_mid2_px(const struct rows *r, size_t i);

#endif
