/* SPDX-License-Identifier: MIT */
#include "tape_options.h"

#include "clock.h"
#include "decimal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { LIST_MAX = 512, SEED_MAX_DIGITS = 18 };

static bool whole(const char *option, const char *text, int64_t lo, int64_t hi, int64_t *out,
                  struct err *err)
{
    bool ok = decimal_parse_i64(text, strlen(text), out, NULL) && *out >= lo && *out <= hi;
    return ok || err_set(err, ERR_INVALID, "%s is a whole number from %" PRId64 " to %" PRId64,
                         option, lo, hi);
}

static bool price(const char *option, const char *text, int64_t *out, struct err *err)
{
    bool ok = decimal_parse_px(text, strlen(text), out, NULL) && *out > 0;
    return ok || err_set(err, ERR_INVALID, "%s is a price above 0, such as 0.01", option);
}

static bool start(const char *text, int64_t *ms_out, struct err *err)
{
    int64_t ns = 0;
    if (clock_parse_iso(text, &ns)) {
        *ms_out = ns / NS_PER_MS;
    } else if (!decimal_parse_i64(text, strlen(text), ms_out, NULL)) {
        *ms_out = 0;
    }
    int64_t latest_ms = INT64_MAX / NS_PER_MS / 2;
    return (*ms_out > 0 && *ms_out < latest_ms) ||
           err_set(err, ERR_INVALID,
                   "--start is a time in ms since 1970, or UTC such as "
                   "2026-01-05T14:30:00Z");
}

/* "name=value,name=value": calls put() for each. */
typedef bool put_fn(struct synth_config *c, const char *name, const char *value, struct err *err);

static bool each(const char *list, struct synth_config *c, put_fn *put, struct err *err)
{
    char text[LIST_MAX];
    if (snprintf(text, sizeof text, "%s", list) >= LIST_MAX) {
        return err_set(err, ERR_INVALID, "a list of more than %d characters", LIST_MAX - 1);
    }
    for (char *at = text; at != NULL;) {
        char *end = strchr(at, ',');
        if (end != NULL) {
            *end++ = '\0';
        }
        char *value = strchr(at, '=');
        if (value != NULL) {
            *value++ = '\0';
        }
        if (!put(c, at, value != NULL ? value : "", err)) {
            return false;
        }
        at = end;
    }
    return true;
}

static bool put_plant(struct synth_config *c, const char *name, const char *value, struct err *err)
{
    char words[200] = "";
    for (int k = 0; k < PLANTS; k++) {
        const char *word = synth_word((enum synth_kind)k);
        if (strcmp(word, name) == 0) {
            char option[40];
            (void)snprintf(option, sizeof option, "--plant %s", word);
            return whole(option, value, 0, 3600, &c->per_h[k], err);
        }
        size_t n = strlen(words);
        (void)snprintf(words + n, sizeof words - n, "%s%s", k > 0 ? " " : "", word);
    }
    return err_set(err, ERR_INVALID, "--plant: no %.40s; there are %s", name, words);
}

static bool put_effect(struct synth_config *c, const char *name, const char *value, struct err *err)
{
    int64_t part_px = 0;
    if (strcmp(name, "ticks") == 0) {
        return whole("--drift-effect ticks", value, 1, 1000, &c->effect_ticks, err);
    }
    if (strcmp(name, "seconds") == 0) {
        return whole("--drift-effect seconds", value, 1, 3600, &c->effect_s, err);
    }
    if (strcmp(name, "p") == 0) {
        bool ok = decimal_parse_px(value, strlen(value), &part_px, NULL) && part_px > 0 &&
                  part_px <= PX_ONE;
        c->effect_ppm = part_px / 1000;
        return ok || err_set(err, ERR_INVALID, "--drift-effect p is above 0 and at most 1");
    }
    return err_set(err, ERR_INVALID, "--drift-effect is a list like ticks=2,seconds=60,p=0.7");
}

static bool sizes(const struct synth_config *c, struct err *err)
{
    if (c->mean_sz % c->lot != 0 || c->mean_sz < 5 * c->lot) {
        return err_set(err, ERR_INVALID, "--size is a multiple of --lot, and at least five of it");
    }
    if (c->px % c->px_tick != 0 || c->px / c->px_tick < 1000 ||
        c->px / c->px_tick > INT64_C(1000000000)) {
        return err_set(err, ERR_INVALID, "--price is a multiple of --tick, 1000 of it or more");
    }
    return true;
}

bool tape_options(const struct tape_texts *t, bool noise, struct synth_config *out, struct err *err)
{
    struct synth_config c = { .effect_s = 60, .effect_ppm = 1000000 };
    int64_t seed = 0, seed_max = INT64_C(999999999999999999);
    bool ok = whole("--seconds", t->seconds, 1, 86400, &c.seconds, err) &&
              whole("--days", t->days, 1, 1000, &c.days, err) &&
              whole("--rate", t->rate, 1, 200, &c.rate, err) &&
              whole("--seed", t->seed, 0, seed_max, &seed, err) &&
              whole("--size", t->size, 1, 1000000000, &c.mean_sz, err) &&
              whole("--lot", t->lot, 1, 1000000, &c.lot, err) &&
              price("--tick", t->tick, &c.px_tick, err) && price("--price", t->price, &c.px, err) &&
              start(t->start, &c.start_ms, err) && sizes(&c, err);
    for (int k = 0; ok && k < PLANTS; k++) {
        c.per_h[k] = noise || t->plant != NULL ? 0 : synth_default_per_h((enum synth_kind)k);
    }
    ok = ok && (t->plant == NULL || each(t->plant, &c, put_plant, err)) &&
         (t->effect == NULL || each(t->effect, &c, put_effect, err));
    if (ok && t->effect != NULL && c.effect_ticks == 0) {
        ok = err_set(err, ERR_INVALID, "--drift-effect needs ticks=N");
    }
    c.seed = (uint64_t)seed;
    *out = c;
    return ok;
}
