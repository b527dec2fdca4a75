/* SPDX-License-Identifier: MIT */
#include "calibrate.h"
#include "clock.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { SILENT_PER_DAY = 3, CHATTY_TIMES = 2 };

static void put(struct buf *out, const char *format, ...) PRINTF_LIKE(2, 3);

/* buf_printf() knows no %f. */
static void put(struct buf *out, const char *format, ...)
{
    char line[400];
    va_list ap;
    va_start(ap, format);
    (void)vsnprintf(line, sizeof line, format, ap);
    va_end(ap);
    buf_puts(out, line);
}

static void put_rate(double x, struct buf *out)
{
    if (isnan(x)) {
        put(out, " %8s", "-");
    } else {
        put(out, " %8.2f", x);
    }
}

static void put_chosen(const struct calibrate *c, const struct calibrate_ticker *t, int i,
                       struct buf *out)
{
    const struct calibrated *k = &t->of[i];
    const struct dial *d = &k->dial;
    const struct tuned *x = &c->tuned[i];
    double rate = dial_rate(d, k->level, 0, d->days);
    double active = dial_active(d, k->level, 0, d->days);
    char value[32] = "-";
    if (!t->too_few) {
        (void)snprintf(value, sizeof value, "%.6g", d->levels[k->level].value);
    }
    put(out, "  %-15s %-9s %-12s %6.1f %3g-%-4g %6.1f%% ", x->detector, x->key, value, rate,
        d->least, d->most, active * 100);
    if (isnan(k->walked)) {
        put(out, "%12s", "-");
    } else {
        put(out, "%6.1f %2.0f/%-2.0f", k->walked, k->fitted_days, k->walked_days);
    }
    put_rate(k->real_per_h, out);
    put_rate(k->shuffled_per_h, out);
    put_rate(k->noise_per_h, out);
    put(out, "  %s\n",
        t->too_few                            ? "TOO FEW quotes"
        : k->verdict == NULL_AS_OFTEN         ? "REFUSED: as often without information"
        : !(rate > 0)                         ? "NONE: no threshold makes it fire"
        : !dial_fits(d, k->level, 0, d->days) ? "nearest there is"
        : k->verdict == NULL_UNPROVEN         ? "ok, unproven: too few to tell from noise"
                                              : "ok");
}

static void put_in_force(const struct calibrate *c, const struct calibrate_ticker *t, int i,
                         struct buf *out)
{
    const struct in_force *now = &t->of[i].now;
    const struct dial *d = &t->of[i].dial;
    const struct tuned *x = &c->tuned[i];
    bool silent = now->rate < SILENT_PER_DAY, off = strcmp(now->mode, "off") == 0;
    bool chatty = now->rate > CHATTY_TIMES * d->most || now->active > DIAL_ACTIVE_MAX;
    put(out, "  %-15s mode=%s thr=%s: %.1f a day%s, active %.1f%% of the time%s\n", x->detector,
        now->mode, now->thr, now->rate, x->per_side ? " and side" : "", now->active * 100,
        off      ? ""
        : silent ? "  ALARM silent"
        : chatty ? "  ALARM chatty"
                 : "");
    if (off || !silent) {
        return;
    }
    for (size_t k = 0; k < now->n_misses; k++) {
        put(out, "    missed by %.1f%%: %s\n", now->misses[k].short_by * 100, now->misses[k].text);
    }
    if (now->n_misses == 0 && isnan(now->threshold)) {
        put(out, "    nearest misses: calibrate with %s\n",
            c->o.flow && strcmp(now->mode, "flow") != 0 ? "--mode quantile"
            : c->o.flow                                 ? "a threshold of its own in force"
                                                        : "--mode flow");
    } else if (now->n_misses == 0) {
        put(out,
            "    even with %s %.6g it fires %.1f times a day: another condition fails; ask "
            "explain_pattern\n",
            x->key, d->levels[0].value, now->loose_rate);
    }
}

static void put_by_time(const struct calibrate_ticker *t, struct buf *out)
{
    static const char *const names[SAMPLES] = { "touch size", "change", "removed", "r_break" };
    put(out, "  quantiles .5 .9 .99 by half hour (UTC)\n");
    for (int i = 0; i < HALF_HOURS; i++) {
        for (int s = 0; s < SAMPLES; s++) {
            const struct sketch *k = &t->samples[i][s];
            if (k->n > 0) {
                put(out, "  %02d:%02d %-10s %10" PRIu64 " %10.6g %10.6g %10.6g\n", i / 2,
                    i % 2 * 30, names[s], k->n, sketch_quantile(k, 0.5), sketch_quantile(k, 0.9),
                    sketch_quantile(k, 0.99));
            }
        }
    }
}

static void put_day(int64_t number, struct buf *out)
{
    char text[32];
    time_t at = (time_t)(number * 86400);
    struct tm utc;
    (void)strftime(text, sizeof text, "%Y-%m-%d", gmtime_r(&at, &utc));
    buf_puts(out, text);
}

void calibrate_text(const struct calibrate *c, const struct calibrate_ticker *t, struct buf *out)
{
    double hours = 0;
    for (size_t i = 0; i < t->of[0].dial.days; i++) {
        hours += t->of[0].dial.hours[i];
    }
    put(out, "%s, mode %s: %zu days with %.2f h of quotes, from ", t->name,
        c->o.flow ? "flow" : "quantile", t->of[0].dial.days, hours);
    put_day(t->days[t->first_day].number, out);
    put(out, " on; a day is %g h\n", c->o.day_hours);
    if (t->seam[0] != '\0') {
        put(out, "  SEAM before ");
        put_day(t->days[t->first_day].number, out);
        put(out, ": %s. Days before it are left out, and thresholds made from them are void.\n",
            t->seam);
    }
    if (t->too_few) {
        put(out,
            "  TOO FEW: %" PRIu64 " quotes, %zu days with an hour of them; the least is one such "
            "day and %d quotes. No threshold is proposed.\n",
            t->rows, calibrate_sessions(t), (int)CALIBRATE_ROWS_MIN);
    }
    put(out, "  %-15s %-9s %-12s %6s %-8s %7s %12s %8s %8s %8s\n", "", "threshold", "", "a day",
        "wanted", "active", "walk-forward", "per hour", "shuffled", "noise");
    for (int i = 0; i < TUNED; i++) {
        put_chosen(c, t, i, out);
    }
    put(out, "  in force now:\n");
    for (int i = 0; i < TUNED; i++) {
        put_in_force(c, t, i, out);
    }
    if (c->o.by_time) {
        put_by_time(t, out);
    }
    buf_puts(out, "\n");
}
