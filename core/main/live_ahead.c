/* SPDX-License-Identifier: MIT */
/* What writing the next tickers will look at: a turn comes to each of thousands once a second, and
 * nothing of it is near any more. What is behind a pointer can be asked for once the pointer is
 * here, so it goes by steps, each a ticker earlier than the next. */
#include "live.h"
#include "prefetch.h"

/* More are history. */
static size_t some_changes(const struct ticker *t)
{
    return t->changes.n < 16 ? t->changes.n : 0;
}

static void near_parts(const struct ticker *t)
{
    struct rows r = window_rows(&t->window);
    prefetch_bytes(t->judging, t->n_judging * sizeof *t->judging);
    prefetch_bytes(t->changes.items, some_changes(t) * sizeof *t->changes.items);
    level_book_expect_read(t->levels, 1);
    prefetch(stream_counts(t->stream));
    if (r.n > 0) {
        rows_expect(&r, r.n - 1);
    }
}

static void trackers_expect(const struct ticker *t, int step)
{
    for (size_t i = 0; i < t->n_judging; i++) {
        if (t->judging[i].tracker != NULL) {
            tracker_expect(t->judging[i].tracker, step);
        }
    }
}

enum { STEPS = 5 };

static void look(const struct live *l, uint32_t id, int step)
{
    const struct ticker *t = l->engine.tickers[id];
    switch (step) {
    case 0:
        prefetch_bytes(t, sizeof *t);
        prefetch(&l->sources[id].place);
        break;
    case 1:
        near_parts(t);
        break;
    case 2:
        trackers_expect(t, 1);
        level_book_expect_read(t->levels, 2);
        break;
    case 3:
        trackers_expect(t, 2);
        sink_expect(l->sink, l->sources[id].place);
        break;
    default:
        trackers_expect(t, 3);
        for (size_t i = 0; i < some_changes(t); i++) {
            sink_expect_pattern(l->sink, l->sources[id].place, t->changes.items[i].id);
        }
        break;
    }
}

void live_ahead(const struct live *l, const uint32_t *ids, size_t n, size_t i)
{
    for (int step = 0; step < STEPS; step++) {
        size_t at = i + STEPS - (size_t)step;
        if (at < n) {
            look(l, ids[at], step);
        }
    }
}

void live_ahead_begin(const struct live *l, const uint32_t *ids, size_t n)
{
    for (int step = 0; step < STEPS; step++) {
        for (size_t i = 0; i < n && i < (size_t)(STEPS - step); i++) {
            look(l, ids[i], step);
        }
    }
}
