/* SPDX-License-Identifier: MIT */
#include "zset_known.h"

#include <string.h>

enum { WARY_READS = 64 };

void zset_known_begin(struct zset_known *k, double from, double to, int64_t n)
{
    int wary = k->wary > 0 ? k->wary - 1 : 0;
    *k = (struct zset_known){ .valid = true, .from = from, .to = from, .wary = wary };
    zset_known_add(k, to, n);
}

void zset_known_add(struct zset_known *k, double to, int64_t n)
{
    if (!k->valid || to <= k->to) {
        return;
    }
    if (k->n_spans == ZSET_SPANS) {
        k->spans[ZSET_SPANS - 1].n += n;
    } else {
        k->spans[k->n_spans++].n = n;
    }
    k->spans[k->n_spans - 1].end = to;
    k->to = to;
}

void zset_known_trim(struct zset_known *k, double from)
{
    while (k->n_spans > 1 && k->spans[0].end <= from) {
        k->from = k->spans[0].end;
        k->n_spans--;
        memmove(k->spans, k->spans + 1, (size_t)k->n_spans * sizeof k->spans[0]);
    }
}

void zset_known_distrust(struct zset_known *k)
{
    *k = (struct zset_known){ .wary = WARY_READS };
}

bool zset_known_covers(const struct zset_known *k, double from)
{
    return k->valid && k->wary == 0 && k->from <= from && from <= k->to;
}

int64_t zset_known_count(const struct zset_known *k)
{
    int64_t n = 0;
    for (int i = 0; i < k->n_spans; i++) {
        n += k->spans[i].n;
    }
    return n;
}
