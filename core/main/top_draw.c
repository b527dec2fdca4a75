/* SPDX-License-Identifier: MIT */
#include "phases.h"
#include "top.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

double top_sane(double x)
{
    return fabs(x) < 1e15 ? x : 0;
}

double top_number(const struct top_sample *s, const char *field)
{
    for (size_t i = 0; i < s->n_fields; i++) {
        if (strcmp(s->fields[i].name, field) == 0) {
            return top_sane(strtod(s->fields[i].text, NULL));
        }
    }
    return 0;
}

static double change(const struct top_sample *before, const struct top_sample *now,
                     const char *field)
{
    double x = top_number(now, field) - top_number(before, field);
    return x > 0 ? x : 0; /* another engine counts from 0 */
}

static double per(double x, double n)
{
    return n > 0 ? x / n : 0;
}

static void draw_head(const struct top_sample *b, const struct top_sample *n, double seconds,
                      struct buf *out)
{
    buf_printf(out, "engine %.0f  tickers %.0f  detectors %.0f  rows held %.0f  windows %.1f MiB\n",
               top_number(n, "pid"), top_number(n, "tickers"), top_number(n, "detectors"),
               top_number(n, "rows_held"), top_number(n, "memory_used") / 1048576);
    buf_printf(out,
               "quotes/s %.0f  read again %.0f  ticks/s %.0f  late quotes %.0f  malformed %.0f  "
               "failures %.0f\n",
               per(change(b, n, "quotes_read"), seconds),
               per(change(b, n, "quotes_repeated"), seconds),
               per(change(b, n, "reports_written"), seconds), top_number(n, "quotes_late"),
               top_number(n, "quotes_malformed"), top_number(n, "failures"));
    buf_printf(out, "turn ms  p50 %.0f  p99 %.0f  max %.0f  turns late %.0f of %.0f\n\n",
               top_number(n, "turn_ms_p50"), top_number(n, "turn_ms_p99"),
               top_number(n, "turn_ms_max"), top_number(n, "turns_late"), top_number(n, "turns"));
}

static void draw_phases(const struct top_sample *b, const struct top_sample *n, double seconds,
                        struct buf *out)
{
    static const char *const fields[PHASES] = {
#define PHASE(name, text) [PHASE_##name] = "cpu_us_" text,
        PHASES_OF(PHASE)
#undef PHASE
    };
    double ticks = change(b, n, "reports_written"), all = 0;
    buf_puts(out, "CPU           us/s  us/ticker+tick\n");
    for (int i = 0; i < PHASES; i++) {
        double us = change(b, n, fields[i]);
        all += us;
        buf_printf(out, "  %-8s %9.0f  %14.1f\n", fields[i] + strlen("cpu_us_"), per(us, seconds),
                   per(us, ticks));
    }
    buf_printf(out, "  %-8s %9.0f  %14.1f\n\n", "all", per(all, seconds), per(all, ticks));
}

static const struct top_detector *find(const struct top_sample *s, const char *id)
{
    for (size_t i = 0; i < s->n_detectors; i++) {
        if (strcmp(s->detectors[i].id, id) == 0) {
            return &s->detectors[i];
        }
    }
    return NULL;
}

static void draw_detectors(const struct top_sample *b, const struct top_sample *n, double seconds,
                           struct buf *out)
{
    buf_puts(out, "DETECTOR         STATE       JOBS/S  EMIT/S   US/JOB  BEHIND   LATE  SKIPPED  "
                  "STRIKES  RESTARTS\n");
    for (size_t i = 0; i < n->n_detectors; i++) {
        const struct top_detector *d = &n->detectors[i], *was = find(b, d->id);
        double jobs = was != NULL && d->jobs >= was->jobs ? d->jobs - was->jobs : 0;
        double cpu = was != NULL && d->cpu_us >= was->cpu_us ? d->cpu_us - was->cpu_us : 0;
        double emitted = was != NULL ? fmax(d->emitted - was->emitted, 0) : 0;
        buf_printf(out, "%-16.16s %-10.10s %7.0f %7.0f %8.2f %7.0f %6.0f %8.0f %8.0f %9.0f  %s\n",
                   d->id, d->state, per(jobs, seconds), per(emitted, seconds), per(cpu, jobs),
                   d->behind, d->late, d->skipped, d->strikes, d->restarts, d->reason);
    }
    buf_putc(out, '\n');
}

/* How many tickers fit below what is there, with their title and the line that tells of others. */
static size_t fitting(const struct top_screen *screen, const struct buf *above)
{
    size_t used = 3; /* these two, and the cursor's */
    for (size_t i = 0; i < above->len; i++) {
        used += above->data[i] == '\n';
    }
    size_t fit = screen->lines > used ? screen->lines - used : 1;
    return screen->lines == 0 || fit > screen->rows ? screen->rows : fit;
}

/* Lines and columns beyond the screen are taken off what begins at `from`. */
static void crop(struct buf *b, size_t from, const struct top_screen *screen)
{
    size_t at = from, line = 0, column = 0;
    bool kept = true;
    for (size_t i = from; i < b->len && (screen->lines == 0 || line + 1 < screen->lines); i++) {
        bool ends = b->data[i] == '\n', goes_on = ((unsigned char)b->data[i] & 0xc0) == 0x80;
        if (!goes_on) { /* the first byte of a character decides for all of it */
            kept = ends || screen->columns == 0 || column < screen->columns;
            column = ends ? 0 : column + 1;
        }
        if (kept) {
            b->data[at++] = b->data[i];
        }
        line += ends;
    }
    if (b->data != NULL) {
        b->data[at] = '\0';
    }
    b->len = at;
}

static void draw_tickers(const struct top_sample *n, size_t rows, struct buf *out)
{
    buf_puts(out, "TICKER             QUOTES/S   LAG MS  ACTIVE  PRESSURE\n");
    for (size_t i = 0; i < n->n_tickers && i < rows; i++) {
        const struct top_ticker *t = &n->tickers[i];
        buf_printf(out, "%-16.16s %10.1f %8.0f %7.0f  %s%s\n", t->name, t->rate, t->lag_ms,
                   t->active, t->pressure, t->stale ? " (stale)" : "");
    }
    if (n->n_tickers > rows) {
        buf_printf(out, "and %zu more%s\n", n->n_tickers - rows,
                   n->n_tickers == TOP_TICKERS_MAX ? " at least" : "");
    }
}

/* What stands above the tickers. */
static void draw_engine(const struct top_sample *before, const struct top_sample *now, bool phases,
                        struct buf *out)
{
    double seconds = change(before, now, "updated_ms") / 1000;
    draw_head(before, now, seconds, out);
    if (phases) {
        draw_phases(before, now, seconds, out);
    }
    draw_detectors(before, now, seconds, out);
}

static void draw_served(const struct top_sample *before, const struct top_sample *now,
                        const struct top_screen *screen, struct buf *out)
{
    enum { SOME = 4 };
    size_t from = out->len;
    draw_engine(before, now, true, out);
    if (fitting(screen, out) < (screen->rows < SOME ? screen->rows : SOME)) {
        out->len = from;
        draw_engine(before, now, false, out);
    }
    draw_tickers(now, fitting(screen, out), out);
}

void top_draw(const struct top_sample *before, const struct top_sample *now,
              const struct top_screen *screen, struct buf *out)
{
    size_t from = out->len;
    if (now->served) {
        draw_served(before, now, screen, out);
    } else {
        buf_puts(out, "no engine serves this Redis\n");
    }
    crop(out, from, screen);
}
