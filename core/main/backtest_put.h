/* SPDX-License-Identifier: MIT */
/*
 * Parts of the JSON document of a backtest. [orderflow] What is not known is null, or left out.
 *
 *   {"format": "orderflow-backtest", "version": 1, "orderflow", "seed", "latencies_ms": [],
 *    "horizons_ms": [], "resamples", "baseline_draws",
 *    "family": {"size", "this_run", "log", "fdr"},
 *    "tickers": [{"ticker", "files": [], "px_tick", "quotes", "hours", "gaps", "halts",
 *      "blocks": "day" | "half hour", "days": [{"first_ms", "last_ms"}],
 *      "price_step_ms", "price": [[ms, mid, lowest, highest], ...],
 *      "engine": FRAME_END of backtest_frame.h,
 *      "groups": [{"detector", "kind", "side", "thr", "episodes", "directed", "per_h",
 *        "shuffled_per_h", "noise_per_h", "lift_over_shuffled", "lift_over_noise",
 *        "trials": [{backtest_put_trial(), "calibration": [{"n", "score_lo", "score_hi", "hit",
 *          "hit_ci": [lo, hi], "ticks"}: fifths by score]}: by latency, then horizon],
 *        "curves": [{"latency_ms", "points": [{"s", "n", "ticks", "ci": [lo, hi]}]}]}],
 *      "episodes": [{"group": index, "score", "known_value", "known_dir", "pattern": as a live
 *        engine stores it}: by confirmed_ms]}]}
 *
 * An estimate is {"value", "se", "ci": [lo, hi]}.
 */
#ifndef MAIN_BACKTEST_PUT_H
#define MAIN_BACKTEST_PUT_H

#include "backtest.h"
#include "jput.h"

/* Eight digits, enough to be compared with what others compute; null when it is not finite. */
void backtest_put_real(struct jput *in, const char *key, double x);
void backtest_put_interval(struct jput *in, const char *key, struct interval ci); /* [lo, hi] */
/* latency_ms horizon_ms n excluded{} verdict; unless n is 0: days blocks matched_wider hit base,
 * estimates lift ticks lift_ticks net_ticks ic, bps mfe_ticks mae_ticks p_shift shifts shift_stat
 * q_bh, regression{rows, and b se se_cluster of constant episode prior_return ofi_z qi}, redundant,
 * detectable_80, power[{lift, power}]. m: size of the family. */
void backtest_put_trial(struct jput *in, const struct trial *t, double q, enum finding v, double m);
/* Members that tell of the quotes: counts, days, and the price, thinned. */
void backtest_put_course(struct jput *in, const struct told_ticker *t);

#endif
