/* SPDX-License-Identifier: MIT */
/* The firehose, turn by turn. */
#include "live.h"
#include "live_firehose.h"
#include "log.h"

enum {
    READING_MS = 500, /* of a backlog in one turn: each turn writes every ticker */
    AGAIN_MS = 50,    /* after a turn in which some boundaries were over */
    RETRY_MS = 25     /* after one in which none was, though it was time */
};

/* A read too early costs little: nothing is read twice. */
static const struct slack_rule slack_rule = { .min_ms = 8, .soon_ms = 16, .more = 4, .back = 16 };

/* A stream that was removed and made anew has younger ids; those read before are known by their
 * writers' numbers. */
static bool check(struct live *l, struct now now, struct err *err)
{
    struct live_firehose *f = &l->firehose;
    struct stream_id oldest, newest, last = firehose_last(f->reader);
    if (!f->drained || mono_ms_until(now.mono, f->checked_at) > 0) {
        return true;
    }
    f->checked_at = mono_after_ms(now.mono, l->cfg->feed_discover_ms);
    if (!firehose_ends(l->feed, f->key, &oldest, &newest, err)) {
        return false;
    }
    if (stream_id_compare(newest, last) < 0 && last.ms > (uint64_t)f->from_ms) {
        log_warn("firehose_anew", "key=%s hint=\"its ids have gone back: read from its beginning\"",
                 f->key);
        firehose_seek(f->reader, (struct stream_id){ 0, 0 });
    }
    return true;
}

static bool read_some(struct live *l, struct now now, struct err *err)
{
    struct live_firehose *f = &l->firehose;
    int64_t fetch_ns = redis_cpu_ns(l->feed);
    phases_lap(&l->phases, PHASE_OTHER);
    bool ok = (f->reader != NULL || live_firehose_start(l, err)) && check(l, now, err) &&
              live_firehose_take(l, now, err);
    phases_lap(&l->phases, PHASE_PARSE);
    phases_move(&l->phases, PHASE_PARSE, PHASE_FETCH, redis_cpu_ns(l->feed) - fetch_ns);
    live_note_pace(l);
    return ok;
}

/* An answer that is a refusal stops neither what else there is to do, nor the next try. */
static bool read_or_refused(struct live *l, struct now now, struct err *err)
{
    struct live_firehose *f = &l->firehose;
    bool ok = read_some(l, now, err), refused = !ok && err->code == ERR_REMOTE;
    if (refused && !f->refused) {
        log_warn("firehose_unreadable", "key=%s detail=\"%s\"", f->key, err->text);
    }
    f->refused = refused;
    f->drained = f->drained && ok;
    return ok || refused;
}

/* What is due of tickers that have new rows, or are to be looked at anyway. */
static bool take_due(struct live *l, struct now now, struct err *err)
{
    const struct live_firehose *f = &l->firehose;
    size_t n = 0;
    for (size_t i = 0; i < l->n_sources; i++) {
        struct live_source *s = &l->sources[i];
        s->zset.drained = f->drained;
        if (!s->off && (s->zset.fresh || mono_ms_until(now.mono, s->read_at) <= 0)) {
            l->reading[n++] = &s->zset;
        }
    }
    return live_take(l, 0, n, now, f->sent, err);
}

/* A boundary is over for one ticker after the other. The first read is to see the first of them:
 * how long after the time for late quotes that is, is learned. */
static int64_t learn_ms(struct live *l, int64_t wall_ms)
{
    struct live_firehose *f = &l->firehose;
    int64_t interval_ms = l->cfg->engine_interval_ms, most_ms = interval_ms / 2;
    int64_t settled_ms = wall_ms - l->cfg->engine_reorder_ms;
    int64_t due_ms = (settled_ms - f->slack.ms) / interval_ms * interval_ms;
    if (due_ms > f->awaited_ms) {
        f->awaited_ms = due_ms;
        f->awaits = true;
    }
    f->awaits = f->awaits && (l->took || settled_ms - f->awaited_ms < most_ms);
    if (f->awaits) {
        slack_learn(&f->slack, &slack_rule, l->took, most_ms);
    }
    if (l->took || f->awaits) {
        f->awaits = !l->took;
        return l->took ? AGAIN_MS : RETRY_MS;
    }
    return f->awaited_ms + interval_ms + f->slack.ms - settled_ms;
}

static struct mono next_look(struct live *l, struct now now)
{
    int64_t ms = live_cycle_ms(l->cfg);
    if (!l->event.on || !l->event.open) {
        int64_t learned_ms = learn_ms(l, now.wall_ns / NS_PER_MS);
        ms = learned_ms < ms ? learned_ms : ms;
    }
    return mono_after_ms(now.mono, ms);
}

bool live_firehose_read(struct live *l, struct now now, bool *more_out, struct err *err)
{
    struct live_firehose *f = &l->firehose;
    struct mono until = mono_after_ms(now.mono, READING_MS);
    *more_out = false;
    if (mono_ms_until(now.mono, f->read_at) > 0) {
        return take_due(l, now, err);
    }
    do {
        live_keep_lease(l);
        if (!read_or_refused(l, now, err)) {
            return false;
        }
        *more_out = !f->drained && !f->refused;
        l->portions.on = l->portions.on && !*more_out;
        if (!take_due(l, now, err)) {
            return false;
        }
    } while (*more_out && mono_ms_until(clock_mono(), until) > 0);
    f->read_at = *more_out ? now.mono : next_look(l, now);
    live_firehose_arm(l, now);
    return true;
}

void live_firehose_arm(struct live *l, struct now now)
{
    char id[STREAM_ID_MAX];
    if (l->event.bell != NULL && l->firehose.reader != NULL) {
        stream_id_print(firehose_last(l->firehose.reader), id);
        bell_arm(l->event.bell, id, now.mono);
    }
}
