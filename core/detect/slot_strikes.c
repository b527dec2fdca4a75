/* SPDX-License-Identifier: MIT */
/* From strikes to quarantine, and out of it. */
#include "log.h"
#include "quarantine.h"
#include "shm.h"
#include "slot.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { LOOK_MS = 500 };

/* What is written down beside the strikes themselves. */
struct evidence_of {
    struct frame_ticker ticker;
    struct rows rows;
    const void *base;
};

static bool has_dir(const struct slot *s)
{
    return s->cfg->quarantine_dir != NULL && s->cfg->quarantine_dir[0] != '\0' &&
           s->pub.sha256[0] != '\0';
}

static void take_ticker(const struct slot *s, uint32_t ticker, struct evidence_of *e,
                        struct quarantine_case *c)
{
    if (ticker >= s->tickers_cap || s->tickers[ticker].frame == NULL) {
        return;
    }
    memcpy(&e->ticker, s->tickers[ticker].frame, s->tickers[ticker].bytes);
    c->ticker = e->ticker.name;
    c->params = e->ticker.params;
}

static void take_rows(const struct slot *s, const struct job *job, struct evidence_of *e,
                      struct quarantine_case *c)
{
    c->boundary_ns = job->now_ns;
    c->px_tick = job->px_tick;
    if (shm_map_ro(s->cfg->window_fd, s->cfg->window_bytes, &e->base, NULL) &&
        window_map(e->base, s->cfg->window_bytes, &job->ref, &e->rows)) {
        c->rows = &e->rows;
    }
}

static void write_down(struct slot *s, int64_t wall_ns, const struct death *d)
{
    struct err err = { 0 };
    char file[4096];
    struct evidence_of e = { .base = NULL };
    struct quarantine_case c = { .decl = &s->pub.decl,
                                 .path = s->pub.path,
                                 .sha256 = s->pub.sha256,
                                 .strikes = &s->strikes,
                                 .signal = d->signal,
                                 .phase = crumb_phase_text(d->crumb->phase),
                                 .wall_ns = wall_ns };
    if (d->job != NULL) {
        take_ticker(s, d->job->ticker, &e, &c);
        take_rows(s, d->job, &e, &c);
    } else if (d->crumb->phase == CRUMB_CREATE || d->crumb->phase == CRUMB_DESTROY) {
        take_ticker(s, d->crumb->ticker, &e, &c);
    }
    if (quarantine_write(s->cfg->quarantine_dir, &c, file, &err)) {
        log_error("detector_quarantined", "detector=%s file=%s", s->pub.decl.id, file);
    } else {
        s->held_here = true;
        log_error("detector_quarantined", "detector=%s reason=\"not kept: %s\"", s->pub.decl.id,
                  err.text);
    }
    shm_unmap_ro(e.base, s->cfg->window_bytes);
}

static void put_reason(struct slot *s, const char *since, const char *cause)
{
    char text[sizeof s->pub.reason];
    (void)snprintf(text, sizeof text, "in quarantine since %.30s: %.200s", since, cause);
    memcpy(s->pub.reason, text, sizeof text);
}

/* An heir is given up by the pool: who runs keeps running. */
static void hold(struct slot *s, struct now now, const struct death *d)
{
    char since[CLOCK_ISO_MAX];
    if (has_dir(s)) {
        write_down(s, now.wall_ns, d);
    } else {
        s->held_here = true;
        log_error("detector_quarantined", "detector=%s reason=\"%s\"", s->pub.decl.id,
                  s->pub.reason);
    }
    (void)clock_print_iso(since, now.wall_ns);
    put_reason(s, since, s->strikes.items[s->strikes.n - 1].text);
    s->strikes.n = 0;
    s->held_at = now.mono;
    if (s->pub.heir_of == NO_DETECTOR) {
        s->pub.state = DETECTOR_QUARANTINED;
    }
}

void slot_strike(struct slot *s, struct mono now, const struct death *d)
{
    struct now both = { .wall_ns = clock_now().wall_ns, .mono = now };
    s->pub.strikes++;
    if (s->cfg->strikes_max > 0 && strikes_add(&s->strikes, both, s->cfg->strikes_within_ms,
                                               s->pub.reason) >= s->cfg->strikes_max) {
        hold(s, both, d);
    }
}

bool slot_held(struct slot *s)
{
    struct quarantined q;
    if (s->held_here) {
        return true;
    }
    if (s->cfg->strikes_max == 0 || !has_dir(s) ||
        !quarantine_find(s->cfg->quarantine_dir, s->pub.decl.id, s->pub.sha256, &q)) {
        return false;
    }
    put_reason(s, q.since, q.reason);
    return true;
}

bool slot_look_released(struct slot *s, struct mono now)
{
    if (mono_ms_until(mono_after_ms(s->held_at, LOOK_MS), now) < 0) {
        return false;
    }
    s->held_at = now;
    if (slot_held(s)) {
        return false;
    }
    log_info("detector_released", "detector=%s", s->pub.decl.id);
    s->pub.reason[0] = '\0';
    return true;
}
