/* SPDX-License-Identifier: MIT */
#include "zoo.h"

#include <math.h>
#include <stdlib.h>

static void expect_refused(const ofd_pattern *p)
{
    if (zoo_host->emit(zoo_host, p) != OFD_BAD_VALUE) {
        abort();
    }
}

static void mischief(const ofd_tick *t)
{
    ofd_value ok = { .field = 0, .f = 1 };
    ofd_value nan_value = { .field = 0, .f = NAN };
    ofd_value no_field = { .field = 2 };
    ofd_value twice[] = { { .field = 0 }, { .field = 0 } };
    ofd_value far_price = { .field = 1, .i = INT64_MAX };
    ofd_pattern good = { .size = sizeof good,
                         .ts_ns = t->now_ns,
                         .price = OFD_NO_PRICE,
                         .ev = &ok,
                         .n_ev = 1,
                         .ev_stride = sizeof ok };
#define REFUSED(change)       \
    do {                      \
        ofd_pattern p = good; \
        p.change;             \
        expect_refused(&p);   \
    } while (0)
    REFUSED(size = 8);
    REFUSED(kind = 1);
    REFUSED(side = 3);
    REFUSED(dir = 2);
    REFUSED(value = NAN);
    REFUSED(value = INFINITY);
    REFUSED(ts_ns = t->now_ns + 1);
    REFUSED(ts_ns = ofd_window_at(t, 0)->ts_ns[0] - 1);
    REFUSED(start_ns = t->now_ns + 1);
    REFUSED(price = 0);
    REFUSED(price = INT64_MAX);
    REFUSED(ev = &nan_value);
    REFUSED(ev = &no_field);
    REFUSED(ev = &far_price);
    REFUSED(ev = NULL);
    REFUSED(ev_stride = 8);
    REFUSED(n_ev = 1000);
    good.ev = twice;
    REFUSED(n_ev = 2);
    expect_refused(NULL);
}

ZOO_DETECTOR("bad_values")
