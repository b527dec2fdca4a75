/* SPDX-License-Identifier: MIT */
#include "boot.h"

#include "rng.h"
#include "stat.h"

#include <math.h>

static struct interval of(double *values, size_t n)
{
    stat_sort(values, n);
    if (n < BOOT_RESAMPLES / 2) {
        return (struct interval){ NAN, NAN };
    }
    return (struct interval){ stat_quantile(values, n, 0.025), stat_quantile(values, n, 0.975) };
}

static double deviation(const double *v, size_t n)
{
    double mean = 0, sum = 0;
    for (size_t i = 0; i < n; i++) {
        mean += v[i] / (double)n;
    }
    for (size_t i = 0; i < n; i++) {
        sum += (v[i] - mean) * (v[i] - mean);
    }
    return n > 1 ? sqrt(sum / (double)(n - 1)) : NAN;
}

enum { BLOCKS_MIN = 5 };

struct interval boot_ratio(const double *num, const double *den, size_t n_blocks, uint64_t seed,
                           double *scratch, double *se_out)
{
    size_t n = 0, filled = 0;
    for (size_t i = 0; i < n_blocks; i++) {
        filled += den[i] > 0;
    }
    for (uint64_t r = 0; filled >= BLOCKS_MIN && r < BOOT_RESAMPLES; r++) {
        double a = 0, b = 0;
        for (uint64_t k = 0; k < n_blocks; k++) {
            uint32_t i = rng_below(seed, r * n_blocks + k, n_blocks);
            a += num[i];
            b += den[i];
        }
        if (b > 0) {
            scratch[n++] = a / b;
        }
    }
    *se_out = deviation(scratch, n);
    return of(scratch, n);
}

struct interval boot_correlation(const struct moments *m, size_t n_blocks, uint64_t seed,
                                 double *scratch)
{
    size_t n = 0, filled = 0;
    for (size_t i = 0; i < n_blocks; i++) {
        filled += m[i].n > 0;
    }
    for (uint64_t r = 0; filled >= BLOCKS_MIN && r < BOOT_RESAMPLES; r++) {
        struct moments s = { 0 };
        for (uint64_t k = 0; k < n_blocks; k++) {
            const struct moments *b = &m[rng_below(seed, r * n_blocks + k, n_blocks)];
            s.n += b->n;
            s.x += b->x;
            s.y += b->y;
            s.xx += b->xx;
            s.yy += b->yy;
            s.xy += b->xy;
        }
        double vx = s.xx - s.x * s.x / s.n, vy = s.yy - s.y * s.y / s.n;
        if (s.n > 1 && vx > 1e-12 * s.xx && vy > 1e-12 * s.yy) {
            scratch[n++] = (s.xy - s.x * s.y / s.n) / sqrt(vx * vy);
        }
    }
    return of(scratch, n);
}
