/* SPDX-License-Identifier: MIT */
/* The lease, and whether Redis is there at all. */
#include "clock.h"
#include "live.h"
#include "log.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { REFUSAL_MS = 60000 };

struct sink_config live_sink_config(const struct settings *s, struct now started, const char *note)
{
    struct sink_config c = {
        .lease_ms = s->engine_lease_ms,
        .ttl_10s_s = s->results_ttl_10s_s,
        .ttl_1min_s = s->results_ttl_1min_s,
        .ttl_5min_s = s->results_ttl_5min_s,
        .ttl_patterns_s = s->results_ttl_patterns_s,
        .ttl_levels_s = s->results_ttl_levels_s,
        .ttl_state_s = s->results_ttl_state_s,
    };
    keys_from(s, &c.keys);
    (void)snprintf(c.engine_id, sizeof c.engine_id, "%d-%" PRIx64, (int)getpid(),
                   (uint64_t)started.wall_ns);
    struct buf text;
    buf_init(&text, sizeof c.lease_text);
    buf_printf(&text,
               "{\"id\":\"%s\",\"pid\":%d,\"hash\":\"%016" PRIx64 "\",\"config\":", c.engine_id,
               (int)getpid(), s->hash);
    buf_json(&text, s->path, strnlen(s->path, 120));
    if (note[0] != '\0') {
        buf_puts(&text, ",\"refused\":");
        buf_json(&text, note, strnlen(note, 150));
    }
    buf_putc(&text, '}');
    (void)snprintf(c.lease_text, sizeof c.lease_text, "%s", text.data);
    buf_fini(&text);
    return c;
}

/* Redis answered, but not what it should: said at once, and again every minute. The commands that
 * are refused take turns, so several texts are remembered. */
static void note_refusal(struct live *l, const struct err *err)
{
    struct mono now = clock_mono();
    struct refusal *slot = &l->refusals[0];
    for (size_t i = 0; i < sizeof l->refusals / sizeof l->refusals[0]; i++) {
        struct refusal *r = &l->refusals[i];
        if (strcmp(err->text, r->text) == 0) {
            slot = r;
            break;
        }
        slot = mono_ms_until(slot->again_at, r->again_at) < 0 ? r : slot;
    }
    if (strcmp(err->text, slot->text) == 0 && mono_ms_until(now, slot->again_at) > 0) {
        return;
    }
    log_warn("redis_refused", "url=%s detail=\"%s\"", l->url, err->text);
    (void)snprintf(slot->text, sizeof slot->text, "%s", err->text);
    slot->again_at = mono_after_ms(now, REFUSAL_MS);
}

void live_note_redis(struct live *l, bool up, const struct err *err)
{
    bool there = up || (redis_connected(l->redis) && redis_backoff_ms(l->feed) == 0);
    l->failures += !up;
    if (there && !up) {
        note_refusal(l, err);
    }
    if (there != l->redis_up) {
        if (there) {
            log_info("redis_up", "url=%s", l->url);
        } else {
            log_warn("redis_down", "url=%s detail=\"%s\"", l->url, err->text);
        }
    }
    l->redis_up = there;
}

enum lease live_hold(struct live *l, struct now now)
{
    struct err err = { 0 };
    char other[256] = "";
    enum lease lease = sink_hold(l->sink, other, &err);
    live_note_redis(l, lease != LEASE_UNKNOWN, &err);
    if (lease == LEASE_OTHER && strcmp(other, l->holder) != 0) {
        memcpy(l->holder, other, sizeof l->holder);
        log_info("engine_lease_held", "by=\"%s\"", other);
    }
    l->lease_at = mono_after_ms(now.mono, l->cfg->engine_lease_ms / 4);
    return lease;
}

void live_keep_lease(struct live *l)
{
    struct now now = clock_now();
    if (mono_ms_until(now.mono, l->lease_at) <= 0) {
        (void)live_hold(l, now);
    }
}
