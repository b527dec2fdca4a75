/* SPDX-License-Identifier: MIT */
/*
 * What detectors ask of a row and the one before it. It is code of the plugin, compiled into it,
 * and no part of the ABI. Pure; C11 and C++11 and later.
 */
#ifndef ORDERFLOW_ROWS_H
#define ORDERFLOW_ROWS_H

#include <orderflow/detector.h>

/* True when what was known before row i of the window says nothing of it: no row is before it, or
 * a gap, or a silence of pause_s seconds. */
static inline int ofd_row_anew(const ofd_window *w, uint64_t i, int64_t pause_s)
{
    return i == 0 || (w->flags[i] & OFD_ROW_GAP) != 0 ||
           w->ts_ns[i] - w->ts_ns[i - 1] >= pause_s * 1000000000;
}

/* True when row i shows a bid and an ask. */
static inline int ofd_row_two_sided(const ofd_window *w, uint64_t i)
{
    return w->bid_px[i] > 0 && w->ask_px[i] > 0;
}

/* What row i > 0 adds to the order-flow imbalance: size that came to the bid or went from the ask,
 * less the reverse. 0 if it or the row before lacks a side. */
static inline double ofd_row_imbalance(const ofd_window *w, uint64_t i)
{
    int64_t bid = w->bid_px[i], ask = w->ask_px[i];
    int64_t was_bid = w->bid_px[i - 1], was_ask = w->ask_px[i - 1];
    double e = 0;
    if (!ofd_row_two_sided(w, i) || !ofd_row_two_sided(w, i - 1)) {
        return 0;
    }
    e += bid >= was_bid ? w->bid_sz[i] : 0;
    e -= bid <= was_bid ? w->bid_sz[i - 1] : 0;
    e -= ask <= was_ask ? w->ask_sz[i] : 0;
    e += ask >= was_ask ? w->ask_sz[i - 1] : 0;
    return e;
}

#endif
