/* SPDX-License-Identifier: MIT */
/* Sorted sets as the source of quotes: Redis looks for the next ones while the last are taken. */
#include "clock.h"
#include "live.h"

static size_t collect_due(struct live *l, struct now now)
{
    size_t n = 0;
    for (size_t i = 0; i < l->n_sources; i++) {
        if (!l->sources[i].off && mono_ms_until(now.mono, l->sources[i].read_at) <= 0) {
            l->reading[n++] = &l->sources[i].zset;
        }
    }
    return n;
}

/* A read under way, of l->reading[from .. from + n). */
struct reading {
    size_t from, n, n_due;
    struct mono sent;
    int64_t wall_ms;
};

static bool begin_read(struct live *l, struct reading *r, size_t from, struct err *err)
{
    size_t left = r->n_due - from;
    r->from = from;
    r->n = left < ZSET_PIPELINE ? left : ZSET_PIPELINE;
    r->sent = clock_mono();
    return r->n == 0 || zset_start(l->feed, &l->keys, l->reading + from, r->n, r->wall_ms, err);
}

/* The rows of one read; the next one is under way then. *done_out: what came. */
static bool end_read(struct live *l, struct reading *r, struct reading *done_out, struct err *err)
{
    int64_t fetch_ns = redis_cpu_ns(l->feed);
    phases_lap(&l->phases, PHASE_OTHER);
    *done_out = *r;
    bool ok = zset_finish(l->feed, &l->keys, l->reading + r->from, r->n, r->wall_ms, err) &&
              begin_read(l, r, r->from + r->n, err);
    phases_lap(&l->phases, PHASE_PARSE);
    phases_move(&l->phases, PHASE_PARSE, PHASE_FETCH, redis_cpu_ns(l->feed) - fetch_ns);
    live_note_pace(l);
    return ok;
}

static bool any_left(const struct live *l, const struct reading *done)
{
    for (size_t i = done->from; i < done->from + done->n; i++) {
        if (!l->reading[i]->drained && !l->reading[i]->failed) {
            return true;
        }
    }
    return false;
}

bool live_zset_read(struct live *l, struct now now, bool *more_out, struct err *err)
{
    struct reading r = { .n_due = collect_due(l, now), .wall_ms = now.wall_ns / NS_PER_MS }, done;
    phases_lap(&l->phases, PHASE_OTHER);
    bool ok = begin_read(l, &r, 0, err);
    phases_lap(&l->phases, PHASE_FETCH);
    while (ok && r.n > 0) {
        live_keep_lease(l);
        ok = end_read(l, &r, &done, err) && live_take(l, done.from, done.n, now, done.sent, err);
        *more_out = *more_out || any_left(l, &done);
    }
    redis_abandon(l->feed);
    return ok;
}
