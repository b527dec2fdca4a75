/* SPDX-License-Identifier: MIT */
/* Parts of the JSON document of a backtest. [orderflow] */
#ifndef MAIN_BACKTEST_PUT_H
#define MAIN_BACKTEST_PUT_H

#include "backtest.h"
#include "jput.h"

/* Eight digits, enough to be compared with what others compute; null when it is not finite. */
void backtest_put_real(struct jput *in, const char *key, double x);
void backtest_put_interval(struct jput *in, const char *key, struct interval ci); /* [lo, hi] */
/* Members of one trial. m: size of the family. */
void backtest_put_trial(struct jput *in, const struct trial *t, double q, enum finding v, double m);
/* Members that tell of the quotes: counts, days, and the price, thinned. */
void backtest_put_course(struct jput *in, const struct told_ticker *t);

#endif
