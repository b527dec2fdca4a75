/* SPDX-License-Identifier: MIT */
/* What the tests of eval/ share. */
#ifndef TESTS_UNIT_EVAL_UNIT_H
#define TESTS_UNIT_EVAL_UNIT_H

#include "clock.h"
#include "course.h"
#include "orderflow/detector.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>

#define CENT INT64_C(10000000)
#define S(x) ((int64_t)(x)*NS_PER_S)
#define NEAR(a, b) assert_true(fabs((a) - (b)) < 1e-9)

/* Prices in cents. */
static inline void push(struct course *c, int64_t ts_ns, int64_t bid, int64_t ask, uint32_t flags)
{
    struct err err;
    struct quote q = { .ts_ns = ts_ns,
                       .bid_px = bid * CENT,
                       .ask_px = ask * CENT,
                       .bid_sz = bid != 0 ? 100 : 0,
                       .ask_sz = ask != 0 ? 100 : 0,
                       .flags = flags };
    assert_true(course_push(c, &q, &err));
}

static inline void end(struct course *c)
{
    struct err err;
    assert_true(course_end(c, &err));
}

#endif
