/* SPDX-License-Identifier: MIT */
#include "calibrate.h"
#include "clock.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ITEMS_OF_ONE = 4, VALUE_BYTES = 32 };
static const double STRONG = 1.5; /* of absorption's mean size: as 12000 to 8000 */

double calibrate_rounded(double value)
{
    char text[VALUE_BYTES];
    (void)snprintf(text, sizeof text, "%.6g", value);
    return strtod(text, NULL);
}

/* The items of a section; values are in text. */
struct section_items {
    struct setting items[ITEMS_OF_ONE];
    char text[ITEMS_OF_ONE][VALUE_BYTES];
    size_t n;
};

static void put(struct section_items *s, const struct tuned *d, const char *ticker, const char *key,
                const char *value)
{
    (void)snprintf(s->text[s->n], VALUE_BYTES, "%s", value);
    s->items[s->n] = (struct setting){ .section_id = (char *)(uintptr_t)d->detector,
                                       .ticker = (char *)(uintptr_t)ticker,
                                       .key = (char *)(uintptr_t)key,
                                       .value = s->text[s->n] };
    s->n++;
}

static void put_number(struct section_items *s, const struct tuned *d, const char *ticker,
                       const char *key, double value)
{
    char text[VALUE_BYTES];
    (void)snprintf(text, sizeof text, "%.6g", value);
    put(s, d, ticker, key, text);
}

static void fill(const struct calibrate *c, const struct written *w, int which,
                 struct section_items *s)
{
    const struct tuned *d = &c->tuned[which];
    s->n = 0;
    put(s, d, w->ticker, "mode", c->o.flow ? "flow" : "quantile");
    put_number(s, d, w->ticker, "sessions", (double)w->sessions);
    put_number(s, d, w->ticker, d->key, w->value[which]);
    if (strcmp(d->key, "avg_size") == 0) {
        put_number(s, d, w->ticker, "strong", w->value[which] * STRONG);
    }
}

size_t calibrate_sessions(const struct calibrate_ticker *t)
{
    size_t n = 0;
    for (size_t i = 0; i < t->of[0].dial.days; i++) {
        n += t->of[0].dial.hours[i] >= CALIBRATE_HOURS_MIN;
    }
    return n;
}

static void put_remark(const struct calibrate_ticker *t, int which, struct buf *out)
{
    const struct calibrated *k = &t->of[which];
    char line[240], null[80] = "";
    if (!isnan(k->noise_per_h)) {
        (void)snprintf(null, sizeof null, ", shuffled %.2f, noise %.2f", k->shuffled_per_h,
                       k->noise_per_h);
    }
    (void)snprintf(line, sizeof line,
                   "# %.1f a day over %zu days (wanted %g to %g); per hour %.2f%s\n",
                   dial_rate(&k->dial, k->level, 0, k->dial.days), k->dial.days, k->dial.least,
                   k->dial.most, k->real_per_h, null);
    buf_puts(out, line);
}

void calibrate_write(const struct calibrate *c, const struct written *all, size_t n,
                     struct buf *out)
{
    struct section_items *s = calloc(n * TUNED + 1, sizeof *s);
    struct setting *items = calloc(n * TUNED * ITEMS_OF_ONE + 1, sizeof *items);
    size_t n_items = 0;
    if (s == NULL || items == NULL) {
        out->failed = true;
    }
    for (size_t i = 0; s != NULL && items != NULL && i < n * TUNED; i++) {
        int which = (int)(i % TUNED);
        if (!isnan(all[i / TUNED].value[which])) {
            fill(c, &all[i / TUNED], which, &s[i]);
            memcpy(items + n_items, s[i].items, s[i].n * sizeof *items);
            n_items += s[i].n;
        }
    }
    buf_printf(out,
               "# Written by orderflow calibrate. [plugins] thresholds = this file\n"
               "[calibration]\nhash = %016" PRIx64 "\n",
               items != NULL ? settings_hash_items(items, n_items) : 0);
    for (size_t i = 0; s != NULL && i < n * TUNED; i++) {
        const struct written *w = &all[i / TUNED];
        if (s[i].n == 0) {
            continue;
        }
        buf_puts(out, "\n");
        if (w->of != NULL) {
            put_remark(w->of, (int)(i % TUNED), out);
        }
        buf_printf(out, "[detector:%s@%s]\n", s[i].items[0].section_id, w->ticker);
        for (size_t k = 0; k < s[i].n; k++) {
            buf_printf(out, "%s = %s\n", s[i].items[k].key, s[i].items[k].value);
        }
    }
    free(items);
    free(s);
}
