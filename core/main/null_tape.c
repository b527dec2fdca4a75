/* SPDX-License-Identifier: MIT */
#include "null_tape.h"

#include "check_options.h"
#include "clock.h"
#include "options.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SHUFFLES = 3, NOISE_ROWS_MAX = 200000, NOISE_S = 3600, RATE_MAX = 500 };
enum { TEXT_MAX_BYTES = 1 << 20 };

/* What one recorded tape gave. */
struct measured {
    struct null_count real, shuffled, noise;
    double minutes, rate, mean_size;
};

static void look(const struct reel *t, struct measured *m)
{
    double sum = 0, seconds = (double)(t->ts_ns[t->n - 1] - t->ts_ns[0]) / (double)NS_PER_S;
    for (size_t i = 0; i < t->n; i++) {
        sum += t->bid_sz[i] + t->ask_sz[i];
    }
    m->minutes = seconds / 60;
    m->rate = (double)t->n / seconds;
    m->mean_size = sum / (2 * (double)t->n);
}

/* As long and as dense as the tape, but an hour if that is not too many rows. */
static bool run_noise(const struct null_bed *b, const struct reel *real, uint64_t seed,
                      struct measured *m, struct err *err)
{
    struct reel t;
    double rate = m->rate < 1 ? 1 : m->rate > RATE_MAX ? RATE_MAX : nearbyint(m->rate);
    double seconds = m->minutes * 60 > NOISE_S ? m->minutes * 60 : NOISE_S;
    double rows = rate * seconds < NOISE_ROWS_MAX ? rate * seconds : NOISE_ROWS_MAX;
    if (!reel_noise(&t, (size_t)rows, seed, m->mean_size, (unsigned)rate, real->bid_px[0],
                    real->px_tick, err)) {
        return false;
    }
    bool ok = null_bed_run(b, &t, &m->noise, err);
    reel_fini(&t);
    return ok;
}

static bool measure(const struct null_bed *b, const struct reel *real, uint64_t seed,
                    struct measured *m, struct err *err)
{
    look(real, m);
    bool ok = null_bed_run(b, real, &m->real, err);
    for (uint64_t i = 0; ok && i < SHUFFLES; i++) {
        struct reel t = { 0 };
        ok = reel_shuffle(&t, real, seed + i, NS_PER_S, err) &&
             null_bed_run(b, &t, &m->shuffled, err);
        reel_fini(&t);
    }
    return ok && run_noise(b, real, seed, m, err);
}

static unsigned count_of(const struct null_count *c, const char *kind)
{
    for (size_t i = 0; i < c->n_kinds; i++) {
        if (strcmp(c->kinds[i], kind) == 0) {
            return c->episodes[i];
        }
    }
    return 0;
}

/* Compared with real quotes: clearly rarer, at least half as often, or between the two. */
enum verdict { RARER, TOO_FEW, AS_OFTEN };

/* By two deviations of the counts. */
static enum verdict compare(unsigned real, double real_h, unsigned null, double null_h)
{
    double deviation = sqrt(real / (real_h * real_h) + null / (null_h * null_h));
    double real_rate = real / real_h, null_rate = null / null_h;
    return null_rate < real_rate - 2 * deviation    ? RARER
           : null > 0 && null_rate >= real_rate / 2 ? AS_OFTEN
                                                    : TOO_FEW;
}

static const char *verdict_text(enum verdict by_shuffle, enum verdict by_noise)
{
    return by_noise == AS_OFTEN                           ? "  warning: as often on noise"
           : by_shuffle == AS_OFTEN                       ? "  warning: as often when shuffled"
           : by_noise == TOO_FEW || by_shuffle == TOO_FEW ? "  too few episodes to tell"
                                                          : "";
}

static bool put_kind(const struct measured *m, const char *kind, bool json, struct buf *out)
{
    static const char *const names[] = { "rarer", "too few to tell", "as often" };
    unsigned real = count_of(&m->real, kind);
    unsigned shuffled = count_of(&m->shuffled, kind), noise = count_of(&m->noise, kind);
    enum verdict by_shuffle = compare(real, m->real.hours, shuffled, m->shuffled.hours);
    enum verdict by_noise = compare(real, m->real.hours, noise, m->noise.hours);
    const char *format = json
                             ? "{\"kind\": \"%s\", \"real_per_h\": %.1f, \"shuffled_per_h\": %.1f, "
                               "\"noise_per_h\": %.1f"
                             : "  %-24s %10.1f %10.1f %10.1f";
    char line[240];
    (void)snprintf(line, sizeof line, format, kind, real / m->real.hours,
                   shuffled / m->shuffled.hours, noise / m->noise.hours);
    buf_puts(out, line);
    if (json) {
        buf_printf(out, ", \"episodes\": %u, \"shuffled\": \"%s\", \"noise\": \"%s\"}", real,
                   names[by_shuffle], names[by_noise]);
    } else {
        buf_printf(out, "%s\n", verdict_text(by_shuffle, by_noise));
    }
    return by_shuffle == AS_OFTEN || by_noise == AS_OFTEN;
}

/* All kinds that were found on any tape. True if one fires as often without information. */
static bool put_kinds(const struct measured *m, bool json, struct buf *out)
{
    const struct null_count *const lists[] = { &m->real, &m->shuffled, &m->noise };
    bool warned = false, any = false;
    for (int l = 0; l < 3; l++) {
        for (size_t i = 0; i < lists[l]->n_kinds; i++) {
            const char *kind = lists[l]->kinds[i];
            bool seen =
                (l > 0 && count_of(lists[0], kind) > 0) || (l > 1 && count_of(lists[1], kind) > 0);
            if (!seen) {
                buf_puts(out, json && any ? ", " : "");
                warned = put_kind(m, kind, json, out) || warned;
                any = true;
            }
        }
    }
    if (!any && !json) {
        buf_puts(out, "  it found nothing on any of the three\n");
    }
    return warned;
}

static bool put_tape(const char *path, const struct measured *m, bool json, struct buf *out)
{
    if (json) {
        buf_puts(out, "{\"tape\": ");
        buf_json(out, path, strlen(path));
        buf_printf(out,
                   ", \"minutes\": %.1f, \"quotes_per_s\": %.1f, \"mean_size\": %.0f, \"kinds\": [",
                   m->minutes, m->rate, m->mean_size);
    } else {
        buf_printf(out, "%s: %.1f min, %.1f quotes/s, mean size %.0f\n  %-24s %10s %10s %10s\n",
                   path, m->minutes, m->rate, m->mean_size, "episodes per hour", "real", "shuffled",
                   "noise");
    }
    bool warned = put_kinds(m, json, out);
    buf_puts(out, json ? "]}" : "");
    return warned;
}

int null_tape(const struct check_options *o, const struct paths *paths, const char *plugin)
{
    char *tapes[NULL_TAPES_MAX] = { NULL };
    struct plugin_told told;
    struct null_bed bed;
    struct err err = { 0 };
    struct buf out;
    bool warned = false;
    run_ask(&o->run, plugin, 0, &told);
    size_t n = null_tape_list(o->tape, paths, tapes);
    bool ok = null_bed_open(&bed, paths, plugin, told.detector, &err) &&
              (n > 0 || err_set(&err, ERR_NOT_FOUND, "no sample quotes; give --tape FILE"));
    buf_init(&out, TEXT_MAX_BYTES);
    buf_printf(&out,
               o->json ? "{\"detector\": \"%s\", \"seed\": %" PRIu64 ", \"tapes\": ["
                       : "%s, seed %" PRIu64 "\n",
               told.detector, o->run.seed);
    for (size_t i = 0; ok && i < n; i++) {
        struct reel t = { 0 };
        struct measured m = { 0 };
        ok = null_tape_read(tapes[i], &(struct import_options){ .lot = 0 }, &t, &err) &&
             measure(&bed, &t, o->run.seed, &m, &err);
        buf_puts(&out, o->json && i > 0 ? ",\n " : "");
        warned = (ok && put_tape(tapes[i], &m, o->json, &out)) || warned;
        reel_fini(&t);
    }
    buf_puts(&out, o->json ? "]}\n" : "");
    null_bed_close(&bed);
    for (size_t i = 0; i < n; i++) {
        free(tapes[i]);
    }
    if (!ok) {
        (void)fprintf(stderr, "orderflow check: %s: %s\n", plugin, err.text);
    } else {
        ok = !out.failed && print_out(out.data, out.len);
    }
    buf_fini(&out);
    return ok && !(warned && o->strict) ? 0 : 1;
}
