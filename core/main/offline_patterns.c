/* SPDX-License-Identifier: MIT */
/* The episodes of a report, in the order in which Redis gives them. */
#include "offline.h"

#include <stdlib.h>
#include <string.h>

enum { REPORT_TEXTS_MAX = 64 << 20 };

struct told {
    int64_t last_ns;
    size_t at, n; /* of its text */
};

struct telling {
    struct buf texts;
    struct told *items; /* owned */
    size_t n;
};

static void tell_patterns(const struct engine *e, const struct ticker *t, struct telling *out)
{
    for (size_t i = 0; i < e->n_detectors; i++) {
        const struct tracker *tracker = t->judging[i].tracker;
        size_t n = tracker == NULL ? 0 : tracker_count(tracker);
        for (size_t k = 0; k < n; k++) {
            const struct episode *ep = tracker_get(tracker, k);
            struct told *told = &out->items[out->n++];
            *told = (struct told){ .last_ns = ep->last_ns, .at = out->texts.len };
            report_put_episode(ep, &pool_get(e->pool, i)->decl, &out->texts);
            told->n = out->texts.len - told->at;
            buf_putc(&out->texts, '\0');
        }
    }
}

static int by_time(const void *x, const void *y)
{
    const struct told *a = x, *b = y;
    return (a->last_ns > b->last_ns) - (a->last_ns < b->last_ns);
}

/* Those of one time stand as Redis orders members. */
static void sort_told(struct telling *w)
{
    qsort(w->items, w->n, sizeof *w->items, by_time);
    for (size_t i = 1; i < w->n; i++) {
        struct told one = w->items[i];
        size_t k = i;
        while (k > 0 && w->items[k - 1].last_ns == one.last_ns &&
               strcmp(w->texts.data + w->items[k - 1].at, w->texts.data + one.at) > 0) {
            w->items[k] = w->items[k - 1];
            k--;
        }
        w->items[k] = one;
    }
}

void offline_patterns(const struct engine *e, const struct ticker *t, struct buf *out)
{
    struct telling w = { .n = 0 };
    size_t most = ticker_count_episodes(t);
    buf_init(&w.texts, REPORT_TEXTS_MAX);
    w.items = calloc(most + 1, sizeof *w.items);
    if (w.items == NULL) {
        out->failed = true;
        return;
    }
    tell_patterns(e, t, &w);
    sort_told(&w);
    buf_puts(out, ",\"patterns\":[");
    for (size_t i = 0; i < w.n; i++) {
        buf_puts(out, i > 0 ? "," : "");
        buf_add(out, w.texts.data + w.items[i].at, w.items[i].n);
    }
    buf_putc(out, ']');
    out->failed = out->failed || w.texts.failed;
    buf_fini(&w.texts);
    free(w.items);
}
