/* SPDX-License-Identifier: MIT */
#include "backtest_label.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

enum { TOLD_MS = 60000 };

/* ".541", "-.05", "+2.4": short, since a line must hold them all. */
static const char *number(char out[16], const char *format, double x)
{
    char text[16];
    if (isnan(x)) {
        (void)snprintf(out, 16, "-");
        return out;
    }
    (void)snprintf(text, sizeof text, format, x);
    const char *from = text;
    size_t at = 0;
    if (*from == '-' || *from == '+') {
        out[at++] = *from++;
    }
    from += from[0] == '0' && from[1] == '.';
    (void)snprintf(out + at, 16 - at, "%s", from);
    return out;
}

static void put_interval(struct buf *out, const char *format, struct interval ci, double times)
{
    char lo[16], hi[16];
    buf_printf(out, "[%s,%s]", number(lo, format, ci.lo * times),
               number(hi, format, ci.hi * times));
}

/* Appends blanks until the line that begins at `from` is `column` long. */
static void pad(struct buf *out, size_t from, size_t column)
{
    do {
        buf_putc(out, ' ');
    } while (!out->failed && out->len - from < column);
}

static void put_trial(struct buf *out, const struct trial *t, double q, enum finding v)
{
    char a[16], c[16];
    size_t from = out->len;
    if (out->failed) {
        return;
    }
    buf_printf(out, " %" PRId64 "s", t->horizon_ms / 1000);
    pad(out, from, 6);
    buf_printf(out, "%zu", t->n);
    pad(out, from, 12);
    if (t->n == 0) {
        buf_puts(out, "nothing to look at\n");
        return;
    }
    buf_printf(out, "%s %s ", number(a, "%.3f", t->hit), number(c, "%.3f", t->base_hit));
    buf_printf(out, "%spp", number(a, "%+.1f", t->lift.value * 100));
    put_interval(out, "%+.1f", t->lift.ci, 100);
    pad(out, from, 42);
    buf_printf(out, "%s %s", number(a, "%+.2f", t->ticks.value), number(c, "%+.2f", t->net.value));
    pad(out, from, 56);
    buf_puts(out, number(a, "%.2f", t->ic.value));
    put_interval(out, "%.2f", t->ic.ci, 1);
    pad(out, from, 74);
    buf_puts(out, number(a, "%.4f", t->p));
    pad(out, from, 81);
    buf_puts(out, number(a, "%.3f", q));
    pad(out, from, 87);
    buf_printf(out, "%s\n", finding_name(v));
}

static void put_excluded(struct buf *out, const struct trial *t)
{
    bool any = false;
    buf_puts(out, "excluded:");
    for (int i = 0; i < EXCLUDED; i++) {
        if (t->excluded[i] > 0) {
            buf_printf(out, "%s %s %zu", any ? "," : "", excluded_name((enum excluded)i),
                       t->excluded[i]);
            any = true;
        }
    }
    buf_puts(out, any ? "" : " none");
}

static void put_rates(struct buf *out, const struct told_ticker *t, const struct group *g)
{
    double hours = course_hours(&t->course);
    if (!isnan(g->shuffled_per_h)) {
        bool often = g->shuffled_per_h >= (double)g->n / hours / 2 ||
                     g->noise_per_h >= (double)g->n / hours / 2;
        buf_printf(out, " %.1f/h live, %.1f/h shuffled, %.1f/h on noise%s;", (double)g->n / hours,
                   g->shuffled_per_h, g->noise_per_h,
                   often ? ": as often where there is nothing to find" : "");
    } else {
        buf_printf(out, " %.1f/h live;", (double)g->n / hours);
    }
}

/* One latency of a group; what is said below the rows is about one minute, or the horizon next to
 * it. */
static void put_block(struct buf *out, const struct backtest *b, const struct told_ticker *t,
                      const struct group *g, size_t l)
{
    char least_text[16];
    const struct trial *row = g->trials + l * b->o.n_horizons, *last = row;
    buf_printf(out, "detector=%s%s%s side=%s tk=%s thr=%s days=%zu n=%zu lat=%" PRId64 "s\n",
               g->detector, strcmp(g->kind, g->detector) != 0 ? " type=" : "",
               strcmp(g->kind, g->detector) != 0 ? g->kind : "", g->side, t->name, g->thr,
               t->course.n_days, g->n, row->latency_ms / 1000);
    if (!g->directed) {
        buf_puts(out, " says nothing about the direction: not tried\n");
        return;
    }
    buf_puts(out, " h    used  hit  base  lift[95% CI]           ticks net     IC[CI]            "
                  "p_shift q_BH  verdict\n");
    for (size_t h = 0; h < b->o.n_horizons; h++) {
        size_t k = l * b->o.n_horizons + h;
        put_trial(out, &g->trials[k], g->q[k], g->verdict[k]);
        bool nearer = last->horizon_ms < TOLD_MS || g->trials[k].horizon_ms <= TOLD_MS;
        last = g->trials[k].n > 0 && (last->n == 0 || nearer) ? &g->trials[k] : last;
    }
    put_rates(out, t, g);
    buf_printf(out, " at %" PRId64 "s: redundant with ofi_z: %s;", last->horizon_ms / 1000,
               !last->has_ols    ? "unknown"
               : last->redundant ? "yes"
                                 : "no");
    double least = finding_detectable(0.8, last->lift.se, (double)b->family.size);
    buf_printf(out, " detectable %spp; ",
               number(least_text, "%.1f", last->n > 0 ? 100 * least : (double)NAN));
    put_excluded(out, last);
    buf_putc(out, '\n');
}

/* Rows of the files that were not judged. */
static void put_left_out(struct buf *out, const cJSON *end)
{
    static const char *const causes[][2] = {
        { "malformed", "malformed" },
        { "late", "out of order: sort by time, name files in the order of their days" },
        { "tied", "of the same ms as the next: --keep-ties counts them" },
        { "truncated", "dropped, memory full" },
    };
    bool any = false;
    for (size_t i = 0; i < sizeof causes / sizeof *causes; i++) {
        double n = cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(end, causes[i][0]));
        if (n > 0) {
            buf_printf(out, "%s %" PRIu64 " %s", any ? ";" : "  rows left out:", (uint64_t)n,
                       causes[i][1]);
            any = true;
        }
    }
    buf_puts(out, any ? "\n" : "");
}

static void put_ticker(struct buf *out, const struct backtest *b, const struct told_ticker *t)
{
    buf_printf(out, "%s: %" PRIu64 " quotes, %zu days, %.2f h, %zu gaps, %zu episodes\n", t->name,
               t->course.n_rows, t->course.n_days, course_hours(&t->course), t->course.gaps.n,
               t->n_episodes);
    put_left_out(out, t->end);
    for (size_t i = 0; i < t->n_groups; i++) {
        for (size_t l = 0; l < (t->groups[i].directed ? b->o.n_latencies : 1); l++) {
            put_block(out, b, t, &t->groups[i], l);
        }
    }
    buf_putc(out, '\n');
}

static void put_sum(struct buf *out, const struct backtest *b)
{
    size_t count[FINDINGS] = { 0 }, n = b->o.n_latencies * b->o.n_horizons;
    for (size_t k = 0; k < b->n_tickers; k++) {
        for (size_t i = 0; i < b->tickers[k].n_groups; i++) {
            for (size_t j = 0; b->tickers[k].groups[i].directed && j < n; j++) {
                count[b->tickers[k].groups[i].verdict[j]]++;
            }
        }
    }
    buf_puts(out, "verdicts:");
    for (int v = 0; v < FINDINGS; v++) {
        buf_printf(out, "%s %s %zu", v == 0 ? "" : ",", finding_name((enum finding)v), count[v]);
    }
    buf_printf(out, "; family m=%zu (%zu of this run%s%s)\n", b->family.size, b->family.here,
               b->family.log[0] != '\0' ? "; log " : "; not logged", b->family.log);
}

void backtest_text(const struct backtest *b, struct buf *out)
{
    for (size_t i = 0; i < b->n_tickers; i++) {
        put_ticker(out, b, &b->tickers[i]);
    }
    if (b->labels != NULL) {
        labels_text(b->labels, out);
    }
    put_sum(out, b);
}
