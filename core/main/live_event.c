/* SPDX-License-Identifier: MIT */
#include "live_event.h"

#include "live.h"
#include "log.h"

#include <string.h>

/* Quotes of one time come within about a ms of each other. A tape that is written faster than it
 * was recorded, or a broker that lags, has wider seams; and there nobody counts ms. */
enum { HOLD_MIN_MS = 1, HOLD_MAX_MS = 50, HOLD_SHARE = 16 };

void live_event_begin(struct live *l, const struct redis_config *rc)
{
    l->event.redis = *rc;
    l->event.on = strcmp(l->cfg->engine_trigger, "event") == 0;
}

static bool put_up(struct live *l)
{
    char pattern[KEY_MAX];
    if (l->event.on && l->event.bell == NULL) {
        key_channel(&l->keys, pattern, "*");
        l->event.bell = l->firehose.on ? bell_on_stream(&l->event.redis, l->firehose.key)
                                       : bell_on_channels(&l->event.redis, pattern);
    }
    return l->event.bell != NULL;
}

void live_event_end(struct live *l)
{
    bell_destroy(l->event.bell);
    l->event.bell = NULL;
    l->event.open = false;
}

void live_event_wake(struct live *l, bool on)
{
    if (l->event.bell != NULL && l->engine.pool != NULL) {
        pool_wake_on(l->engine.pool, WAKE_QUOTES, on ? bell_fd(l->event.bell) : -1);
    }
}

static void on_ring(void *ctx, const char *channel, size_t n)
{
    struct live *l = ctx;
    char name[TICKER_MAX];
    l->event.rings++;
    if (l->firehose.on) {
        l->firehose.read_at = (struct mono){ 0 };
        l->event.rung = true;
        return;
    }
    if (!key_channel_ticker(&l->keys, channel, n, name, sizeof name)) {
        return;
    }
    const struct ticker *t = engine_find(&l->engine, name);
    if (t != NULL) {
        l->sources[t->id].read_at = (struct mono){ 0 };
        l->event.rung = true;
    }
}

/* What was said while nobody listened is in Redis. */
static void read_all(struct live *l)
{
    for (size_t i = 0; i < l->n_sources; i++) {
        l->sources[i].read_at = (struct mono){ 0 };
    }
    l->firehose.read_at = (struct mono){ 0 };
    l->event.rung = true;
}

bool live_event_listen(struct live *l, struct now now)
{
    struct live_event *e = &l->event;
    struct err err = { 0 };
    if (!put_up(l)) {
        return false;
    }
    enum bell_news news = bell_step(e->bell, now.mono, on_ring, l, &err);
    if (news == BELL_OPENED) {
        e->opened++;
        read_all(l);
        log_info("event_bell", "state=open");
    } else if (news == BELL_AWAY && e->open) {
        log_warn("event_bell", "state=away hint=\"quotes are looked for meanwhile\" detail=\"%s\"",
                 err.text);
    }
    e->open = news != BELL_AWAY;
    bool rung = e->rung;
    e->rung = false;
    if (!rung) {
        live_firehose_arm(l, now);
    }
    return rung;
}

int64_t live_event_complete_ns(struct live_hold *h, int64_t newest_ns, struct now now)
{
    if (newest_ns != h->ts_ns) {
        int64_t hold_ms = (now.wall_ns - newest_ns) / NS_PER_MS / HOLD_SHARE;
        hold_ms = hold_ms < HOLD_MIN_MS ? HOLD_MIN_MS : hold_ms;
        hold_ms = hold_ms > HOLD_MAX_MS ? HOLD_MAX_MS : hold_ms;
        h->ts_ns = newest_ns;
        h->until = mono_after_ms(now.mono, hold_ms);
        h->holds = true;
    }
    if (h->holds && live_event_is_over(h, now.mono)) {
        h->holds = false;
    }
    return h->holds ? newest_ns - 1 : newest_ns;
}

bool live_event_is_over(const struct live_hold *h, struct mono now)
{
    return h->holds && mono_ms_until(now, h->until) <= 0;
}
