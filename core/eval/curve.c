/* SPDX-License-Identifier: MIT */
#include "curve.h"

#include "clock.h"
#include "rng.h"
#include "stat.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

const int32_t curve_seconds[CURVE_POINTS] = { 1,  2,  5,   10,  20,  30,  45,
                                              60, 90, 120, 180, 300, 450, 600 };

static uint32_t block_at(const struct bench *b, size_t day, int64_t t_ns)
{
    int64_t ns = t_ns - b->c->days[day].first_ns;
    return b->day_block[day] + (b->by_day ? 0 : (uint32_t)(ns / (1800 * NS_PER_S)));
}

static void add(const struct bench *b, const struct event *e, int64_t latency_ms, double *sums)
{
    const struct course *c = b->c;
    int64_t from_ns = e->confirmed_ns + latency_ms * NS_PER_MS;
    size_t day = course_day(c, from_ns);
    struct mid in, out;
    if (day == SIZE_MAX || course_mid(c, from_ns, &in) != MID_OK) {
        return;
    }
    double *row = sums + (size_t)block_at(b, day, from_ns) * 2;
    for (int k = 0; k < CURVE_POINTS; k++, row += 2 * b->n_blocks) {
        int64_t to_ns = from_ns + curve_seconds[k] * NS_PER_S;
        if (to_ns > c->days[day].last_ns || spans_touch(&c->gaps, from_ns, to_ns) ||
            spans_touch(&c->halts, from_ns, to_ns)) {
            return;
        }
        if (course_mid(c, to_ns, &out) == MID_OK) {
            row[0] += 1;
            row[1] += e->dir * (double)(out.sum_px - in.sum_px) / (2 * b->px_tick);
        }
    }
}

bool curve_run(const struct bench *b, const struct event *events, size_t n, int64_t latency_ms,
               const char *label, struct curve_point out[CURVE_POINTS], struct err *err)
{
    size_t nb = b->n_blocks;
    double *sums = calloc(CURVE_POINTS * nb * 2 + 1, sizeof *sums);
    double *split = malloc((2 * nb + BOOT_RESAMPLES) * sizeof *split);
    char text[256];
    bool ok = sums != NULL && split != NULL;
    for (size_t i = 0; ok && i < n; i++) {
        add(b, &events[i], latency_ms, sums);
    }
    (void)snprintf(text, sizeof text, "%s/curve", label);
    for (size_t k = 0; ok && k < CURVE_POINTS; k++) {
        double total = 0, count = 0, se;
        for (size_t i = 0; i < nb; i++) {
            split[i] = sums[(k * nb + i) * 2 + 1];
            split[nb + i] = sums[(k * nb + i) * 2];
            total += split[i];
            count += split[nb + i];
        }
        out[k] = (struct curve_point){ .n = (size_t)count, .ticks = total / count };
        out[k].ci = boot_ratio(split, split + nb, nb, rng_seed(b->seed, text), split + 2 * nb, &se);
    }
    free(sums);
    free(split);
    return ok || err_set(err, ERR_MEMORY, "out of memory for the statistics");
}

static struct interval wilson(double hit, double n)
{
    const double z = 1.959963984540054;
    double centre = (hit + z * z / (2 * n)) / (1 + z * z / n);
    double half = z * sqrt(hit * (1 - hit) / n + z * z / (4 * n * n)) / (1 + z * z / n);
    return (struct interval){ centre - half, centre + half };
}

size_t score_bins(const struct event *events, const struct sight *sights, size_t n,
                  struct score_bin out[SCORE_BINS], double *scratch)
{
    if (n < SCORE_BINS * 5) {
        return 0;
    }
    for (size_t i = 0; i < n; i++) {
        scratch[i] = events[sights[i].event].score;
    }
    stat_sort(scratch, n);
    for (size_t k = 0; k < SCORE_BINS; k++) {
        double lo = k == 0 ? -1 : stat_quantile(scratch, n, (double)k / SCORE_BINS);
        double hi = stat_quantile(scratch, n, (double)(k + 1) / SCORE_BINS);
        struct score_bin *b = &out[k];
        *b = (struct score_bin){ .score_lo = lo < 0 ? scratch[0] : lo, .score_hi = hi };
        for (size_t i = 0; i < n; i++) {
            double score = events[sights[i].event].score;
            if (score > lo && score <= hi) {
                b->n++;
                b->hit += sights[i].hit;
                b->ticks += sights[i].y;
            }
        }
        b->hit /= (double)b->n;
        b->ticks /= (double)b->n;
        b->hit_ci = wilson(b->hit, (double)b->n);
    }
    return SCORE_BINS;
}
