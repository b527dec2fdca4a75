/* SPDX-License-Identifier: MIT */
/* A detector's explanation of itself, in the host's own memory and as text. [any] Pure. */
#ifndef MARKET_CONDITION_H
#define MARKET_CONDITION_H

#include "buf.h"
#include "pattern.h"

enum { CONDITIONS_MAX = 64, UNIT_MAX = 16 };

/* One ofd_condition, copied and checked; see orderflow/explain.h. */
struct condition {
    uint32_t kind;
    int32_t side, dir;
    int32_t op; /* OFD_ABOVE ... OFD_AT_MOST */
    int32_t holds;
    int32_t param, field; /* -1: none */
    char key[DETECTOR_ID_MAX], unit[UNIT_MAX];
    double value, threshold; /* value NaN: there is none */
};

/* NULL when c is as d declares; else what is wrong, in words. */
const char *condition_fault(const struct declaration *d, const struct condition *c);

const char *condition_op_text(int32_t op); /* ">" ">=" "<" "<=" */

/* {"type","side","dir","key","unit","value","op","threshold","holds","param","field"}; what there
 * is none of is left out, value is null then. */
void condition_put(const struct condition *c, const struct declaration *d, struct buf *out);

#endif
