/* SPDX-License-Identifier: MIT */
/* How the settings in force do, and what they missed nearly. */
#include "bind.h"
#include "calibrate.h"
#include "clock.h"
#include "decimal.h"
#include "orderflow/detector.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SILENT_PER_DAY = 3 };

static const struct declaration *declared(const struct calibrate *c, const char *id)
{
    for (size_t i = 0; i < c->listing.n; i++) {
        if (c->listing.items[i].ok && strcmp(c->listing.items[i].decl.id, id) == 0) {
            return &c->listing.items[i].decl;
        }
    }
    return NULL;
}

static void look_in_force(const struct calibrate *c, const struct calibrate_ticker *t, int which,
                          struct in_force *now)
{
    const struct declaration *d = declared(c, c->tuned[which].detector);
    const struct settings *s = &c->program->settings;
    struct bound b;
    now->threshold = NAN;
    if (d == NULL || !bind_detector(s, d, t->name, &b, NULL)) {
        return;
    }
    (void)snprintf(now->thr, sizeof now->thr, "%s", b.calibrated ? s->thr : "fixed");
    double value = NAN;
    for (uint32_t i = 0; i < d->n_params; i++) {
        if (strcmp(d->params[i].key, "mode") == 0) {
            (void)snprintf(now->mode, sizeof now->mode, "%s",
                           d->params[i].choices[(size_t)b.params[i]]);
        } else if (strcmp(d->params[i].key, c->tuned[which].key) == 0) {
            value = b.params[i];
        }
    }
    if ((strcmp(now->mode, "flow") == 0) == c->o.flow && value > 0) {
        now->threshold = value;
    }
    if (!b.enabled) {
        (void)snprintf(now->mode, sizeof now->mode, "off");
    }
}

bool calibrate_in_force(struct calibrate *c, struct calibrate_ticker *t, struct err *err)
{
    struct dial *scratch = calloc(TUNED, sizeof *scratch);
    struct dial_level *to[TUNED];
    struct told_ticker run = { .n_files = 0 };
    if (scratch == NULL) {
        return err_set(err, ERR_MEMORY, "out of memory");
    }
    for (int i = 0; i < TUNED; i++) {
        to[i] = &scratch[i].levels[0];
    }
    bool ok = calibrate_count(c, t, NULL, to, &run, err);
    if (ok) {
        calibrate_take_hours(t, &run);
    }
    for (int i = 0; ok && i < TUNED; i++) {
        struct in_force *now = &t->of[i].now;
        memcpy(scratch[i].hours, t->of[i].dial.hours, sizeof scratch[i].hours);
        scratch[i].day_hours = c->o.day_hours;
        now->rate = dial_rate(&scratch[i], 0, 0, t->of[i].dial.days);
        now->active = dial_active(&scratch[i], 0, 0, t->of[i].dial.days);
        look_in_force(c, t, i, now);
    }
    told_ticker_fini(&run);
    free(scratch);
    return ok;
}

/* ---- nearest misses ---- */

static double field_of(const struct told_episode *e, const char *name)
{
    cJSON *root = cJSON_Parse(e->json);
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(root, name);
    double x = cJSON_IsNumber(item)   ? item->valuedouble
               : cJSON_IsString(item) ? strtod(item->valuestring, NULL)
                                      : NAN;
    cJSON_Delete(root);
    return x;
}

static void put_miss(struct in_force *now, const struct miss *m)
{
    size_t at = now->n_misses;
    while (at > 0 && now->misses[at - 1].short_by > m->short_by) {
        at--;
    }
    if (at == MISSES_MAX) {
        return;
    }
    size_t kept = now->n_misses < MISSES_MAX ? now->n_misses : MISSES_MAX - 1;
    memmove(now->misses + at + 1, now->misses + at, (kept - at) * sizeof *m);
    now->misses[at] = *m;
    now->n_misses = kept + 1;
}

void calibrate_misses(const struct calibrate *c, struct calibrate_ticker *t,
                      const struct told_ticker *run)
{
    for (size_t i = 0; i < run->n_episodes; i++) {
        const struct told_episode *e = &run->episodes[i];
        int which = calibrate_which(c, e);
        struct in_force *now = which >= 0 ? &t->of[which].now : NULL;
        if (now == NULL || !(now->rate < SILENT_PER_DAY) || isnan(now->threshold)) {
            continue;
        }
        const struct tuned *d = &c->tuned[which];
        double x = field_of(e, d->field), missing = (now->threshold - x) / now->threshold;
        struct miss m = { .short_by = d->sample == SAMPLE_NONE ? -missing : missing };
        char clock[32], px[DECIMAL_MAX] = "";
        time_t second = (time_t)(e->onset_ns / NS_PER_S);
        struct tm utc;
        (void)strftime(clock, sizeof clock, "%Y-%m-%d %H:%M:%S", gmtime_r(&second, &utc));
        if (e->price != OFD_NO_PRICE) {
            (void)decimal_print_px(px, e->price, 1);
        }
        (void)snprintf(m.text, sizeof m.text, "%s %s %s: %s %.6g, threshold %.6g", clock,
                       group_side(e), px, d->field, x, now->threshold);
        if (m.short_by > 0) {
            put_miss(now, &m);
        }
    }
}
