/* SPDX-License-Identifier: MIT */
#include "ticker.h"

#include "bind.h"
#include "clock.h"
#include "decimal.h"
#include "orderflow/detector.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LONG_BACKLOG = 4096, QUEUE_MAX = 1 << 17, QUEUE_KEPT = 32 }; /* boundaries */

static int64_t configured_tick_px(const struct settings *cfg, const char *name)
{
    const char *text = settings_ticker_value(cfg, name, "tick");
    int64_t px = 0;
    return text != NULL && decimal_parse_px(text, strlen(text), &px, NULL) ? px : 0;
}

struct ticker *ticker_create(const struct ticker_env *env, const char *name, uint32_t id,
                             int64_t stored_px_tick, struct err *err)
{
    struct ticker *t = calloc(1, sizeof *t);
    if (t == NULL) {
        (void)err_set(err, ERR_MEMORY, "ticker %s: out of memory", name);
        return NULL;
    }
    memcpy(t->name, name, strlen(name) + 1);
    t->id = id;
    t->marks[0].lost = t->marks[1].lost = env->lost;
    t->backfill_end = UINT64_MAX;
    t->stream = stream_create(env->cfg->engine_reorder_ms * NS_PER_MS);
    t->meter = meter_create(&env->metrics, env->longest_window_ns);
    t->levels = level_book_create();
    if (t->stream == NULL || t->meter == NULL || t->levels == NULL ||
        !ticker_reserve(t, env->n_detectors)) {
        (void)err_set(err, ERR_MEMORY, "ticker %s: out of memory", name);
        ticker_destroy(t);
        return NULL;
    }
    if (!window_init(&t->window, env->arena, err)) {
        (void)err_wrap(err, "ticker %s", name);
        ticker_destroy(t);
        return NULL;
    }
    tick_size_init(&t->tick, configured_tick_px(env->cfg, name), stored_px_tick);
    const char *unit = settings_ticker_value(env->cfg, name, "size_unit");
    (void)snprintf(t->size_unit, sizeof t->size_unit, "%s", unit != NULL ? unit : "");
    return t;
}

bool ticker_reserve(struct ticker *t, size_t n)
{
    struct judging *judging =
        n <= t->n_judging ? t->judging : realloc(t->judging, n * sizeof *judging);
    if (judging == NULL) {
        return n == 0;
    }
    t->judging = judging;
    for (; t->n_judging < n; t->n_judging++) {
        t->judging[t->n_judging] = (struct judging){ 0 };
    }
    return true;
}

void ticker_destroy(struct ticker *t)
{
    if (t == NULL) {
        return;
    }
    for (size_t i = 0; t->judging != NULL && i < t->n_judging; i++) {
        tracker_destroy(t->judging[i].tracker);
    }
    changes_clear(&t->changes);
    free(t->changes.items);
    free(t->changes.detector);
    free(t->judging);
    free(t->scores);
    free(t->queue);
    level_book_destroy(t->levels);
    meter_destroy(t->meter);
    stream_destroy(t->stream);
    window_fini(&t->window);
    free(t);
}

/* ---- boundaries ---- */

const struct boundary *ticker_boundary(const struct ticker *t, uint64_t number)
{
    return number >= t->queue_first && number - t->queue_first < t->n_queue
               ? &t->queue[number - t->queue_first]
               : NULL;
}

uint64_t ticker_queue_end(const struct ticker *t)
{
    return t->queue_first + t->n_queue;
}

bool ticker_may_be_judged(const struct ticker *t)
{
    return t->backfill_end != UINT64_MAX || t->n_queue >= LONG_BACKLOG;
}

uint64_t ticker_behind(const struct ticker *t, size_t i)
{
    return t->judging[i].tracker == NULL ? 0 : ticker_queue_end(t) - t->judging[i].next;
}

/* ---- letting go ---- */

static uint64_t first_needed(const struct ticker *t)
{
    uint64_t first = ticker_queue_end(t);
    for (size_t i = 0; i < t->n_judging; i++) {
        if (t->judging[i].tracker != NULL && t->judging[i].next < first) {
            first = t->judging[i].next;
        }
    }
    return first;
}

/* A late detector may hold boundaries and their rows back, but not at the cost of others. */
static bool is_crowded(const struct ticker_env *env, const struct ticker *t)
{
    return t->n_queue > QUEUE_MAX || env->arena->used_bytes > env->arena->bytes / 4 * 3;
}

static void skip_oldest(struct ticker *t, struct judging *j, int64_t before_ns)
{
    const struct boundary *b;
    while ((b = ticker_boundary(t, j->next)) != NULL && b->ns < before_ns) {
        j->last_end_seq = b->end_seq;
        j->last_ns = b->ns;
        j->next++;
        j->skipped++;
        j->needs_priming = true;
    }
}

/* Memory that history needed is given back. */
static void shrink_queue(struct ticker *t)
{
    if (t->cap_queue > QUEUE_KEPT && t->n_queue <= QUEUE_KEPT / 4) {
        struct boundary *queue = realloc(t->queue, QUEUE_KEPT * sizeof *queue);
        t->queue = queue != NULL ? queue : t->queue;
        t->cap_queue = queue != NULL ? QUEUE_KEPT : t->cap_queue;
    }
}

void ticker_prune(const struct ticker_env *env, struct ticker *t)
{
    for (size_t i = 0; i < t->n_judging && is_crowded(env, t); i++) {
        if (t->judging[i].tracker != NULL) {
            skip_oldest(t, &t->judging[i], t->taken_ns - env->keep_ns);
        }
    }
    uint64_t first = first_needed(t);
    const struct boundary *oldest = ticker_boundary(t, first);
    int64_t judged_ns = oldest == NULL ? t->taken_ns : oldest->ns - NS_PER_S;
    window_evict(&t->window, judged_ns - env->keep_ns);
    size_t drop = (size_t)(first - t->queue_first);
    if (drop > 0) {
        memmove(t->queue, t->queue + drop, (t->n_queue - drop) * sizeof *t->queue);
        t->queue_first += drop;
        t->n_queue -= drop;
    }
    shrink_queue(t);
}

size_t ticker_count_episodes(const struct ticker *t)
{
    size_t n = 0;
    for (size_t i = 0; i < t->n_judging; i++) {
        n += t->judging[i].tracker == NULL ? 0 : tracker_count(t->judging[i].tracker);
    }
    return n;
}
