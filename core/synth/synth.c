/* SPDX-License-Identifier: MIT */
#include "synth.h"

#include "plant.h"
#include "random.h"

#include <inttypes.h>
#include <stdlib.h>

enum { LEAD_S = 120, DAY_MS = 86400000, TRUTHS_MAX = 1 << 24 };

static const struct {
    const char *word, *type;
    int64_t per_h, busy_s, quiet_s;
} table[PLANTS] = {
#define PLANT(name, word, type, per_h, seconds, quiet) { word, type, per_h, seconds, quiet },
#include "plants.def"
#undef PLANT
};

/* What is to be planted when, within the session. */
struct slot {
    enum synth_kind kind;
    int64_t at_ms;
};

struct synth {
    struct synth_config cfg;
    struct market market;
    struct slot *slots; /* owned; of one session */
    size_t n_slots, next_slot;
    struct plant plant;
    bool planting;
    int64_t act_ms; /* when the plant acts next, within the session */
    int64_t now_ms; /* within the session; -1: before its first quote */
    int64_t day;
    int64_t push_ms, push_every_ms, pushes; /* of the effect: next, apart, left */
    int push_dir;
    struct synth_truth *truths; /* owned */
    size_t n_truths, cap_truths;
};

const char *synth_word(enum synth_kind k)
{
    return table[k].word;
}

const char *synth_type(enum synth_kind k)
{
    return table[k].type;
}

int64_t synth_default_per_h(enum synth_kind k)
{
    return table[k].per_h;
}

static bool foretells(const struct synth_config *c, enum synth_kind k)
{
    return c->effect_ticks > 0 && (k == PLANT_ABSORPTION || k == PLANT_STACKING);
}

static int64_t length_ms(const struct synth_config *c, enum synth_kind k)
{
    return 1000 * (table[k].busy_s + table[k].quiet_s + (foretells(c, k) ? c->effect_s : 0));
}

static size_t count_of(const struct synth_config *c, enum synth_kind k)
{
    return (size_t)((c->per_h[k] * c->seconds + 1800) / 3600);
}

/* Kinds in random order; each has an equal share of what is left of the session, and begins at a
 * random place in it. */
static void plan(struct synth *s, int64_t free_ms)
{
    uint64_t *random = &s->market.random;
    for (size_t i = s->n_slots; i > 1; i--) {
        size_t k = (size_t)random_range(random, 0, (int64_t)i - 1);
        enum synth_kind kept = s->slots[i - 1].kind;
        s->slots[i - 1].kind = s->slots[k].kind;
        s->slots[k].kind = kept;
    }
    int64_t at_ms = LEAD_S * 1000;
    for (size_t i = 0; i < s->n_slots; i++) {
        int64_t share = free_ms / (int64_t)s->n_slots;
        s->slots[i].at_ms = at_ms + random_range(random, 0, share);
        at_ms += share + length_ms(&s->cfg, s->slots[i].kind);
    }
    s->next_slot = 0;
}

static int64_t busy_ms(const struct synth_config *c)
{
    int64_t sum = LEAD_S * 1000;
    for (int k = 0; k < PLANTS; k++) {
        sum += (int64_t)count_of(c, (enum synth_kind)k) * length_ms(c, (enum synth_kind)k);
    }
    return sum;
}

static void open_session(struct synth *s)
{
    if (s->n_slots > 0) {
        plan(s, s->cfg.seconds * 1000 - busy_ms(&s->cfg));
    }
    s->planting = false;
    s->pushes = 0;
    s->now_ms = -1;
}

struct synth *synth_create(const struct synth_config *cfg, struct err *err)
{
    size_t n = 0;
    for (int k = 0; k < PLANTS; k++) {
        n += count_of(cfg, (enum synth_kind)k);
    }
    if (n > 0 && busy_ms(cfg) > cfg->seconds * 1000) {
        (void)err_set(err, ERR_INVALID,
                      "what is to be planted takes %" PRId64 " s, a session has %" PRId64
                      ": ask for less of it, or for a longer one",
                      busy_ms(cfg) / 1000, cfg->seconds);
        return NULL;
    }
    struct synth *s = calloc(1, sizeof *s);
    struct slot *slots = calloc(n + 1, sizeof *slots);
    if (s == NULL || slots == NULL) {
        free(s);
        free(slots);
        (void)err_set(err, ERR_MEMORY, "out of memory");
        return NULL;
    }
    *s = (struct synth){ .cfg = *cfg, .slots = slots };
    for (int k = 0; k < PLANTS; k++) {
        for (size_t i = 0; i < count_of(cfg, (enum synth_kind)k); i++) {
            s->slots[s->n_slots++].kind = (enum synth_kind)k;
        }
    }
    market_init(&s->market, cfg->seed, cfg->px / cfg->px_tick, cfg->mean_sz / cfg->lot,
                ((uint64_t)cfg->rate << 32) / 1000);
    open_session(s);
    return s;
}

void synth_destroy(struct synth *s)
{
    if (s != NULL) {
        free(s->truths);
        free(s->slots);
        free(s);
    }
}

static int64_t clock_ms(const struct synth *s)
{
    return s->cfg.start_ms + s->day * DAY_MS + s->now_ms;
}

static bool room_for_truths(struct synth *s, struct err *err)
{
    if (s->n_truths + PLANT_TRUTHS <= s->cap_truths) {
        return true;
    }
    size_t cap = s->cap_truths == 0 ? 256 : 2 * s->cap_truths;
    struct synth_truth *more =
        cap > TRUTHS_MAX ? NULL : realloc(s->truths, cap * sizeof *s->truths);
    if (more == NULL) {
        return err_set(err, ERR_MEMORY, "no memory for %zu plants", cap);
    }
    s->truths = more;
    s->cap_truths = cap;
    return true;
}

/* The plant is over: its truths are kept, and what it foretells begins. */
static bool harvest(struct synth *s, struct err *err)
{
    struct plant *p = &s->plant;
    if (!room_for_truths(s, err)) {
        return false;
    }
    if (foretells(&s->cfg, p->kind)) {
        /* what still stands there would foretell something, too */
        market_set(&s->market, BID, market_fresh(&s->market));
        market_set(&s->market, ASK, market_fresh(&s->market));
    }
    if (foretells(&s->cfg, p->kind) &&
        random_range(&s->market.random, 0, 999999) < s->cfg.effect_ppm) {
        s->push_dir = p->truths[0].dir;
        s->pushes = s->cfg.effect_ticks;
        s->push_every_ms = s->cfg.effect_s * 1000 / s->cfg.effect_ticks;
        s->push_ms = s->now_ms + s->push_every_ms / 2;
        p->truths[0].effect_ticks = s->push_dir * s->cfg.effect_ticks;
    }
    for (size_t i = 0; i < p->n_truths; i++) {
        struct synth_truth *t = &s->truths[s->n_truths++];
        *t = p->truths[i];
        t->px *= s->cfg.px_tick;
        t->px_to *= s->cfg.px_tick;
    }
    s->planting = false;
    return true;
}

/* Whatever is due at now_ms besides the market's own orders. */
static bool act(struct synth *s, bool *changed, struct err *err)
{
    bool narrow = s->market.ticks[ASK] - s->market.ticks[BID] == 1;
    if (!s->planting && narrow && s->next_slot < s->n_slots &&
        s->now_ms >= s->slots[s->next_slot].at_ms) {
        plant_begin(&s->plant, s->slots[s->next_slot++].kind, &s->market);
        s->planting = true;
        s->act_ms = s->now_ms;
    }
    if (s->planting && s->now_ms >= s->act_ms) {
        int64_t wait_ms = plant_act(&s->plant, &s->market, clock_ms(s));
        s->act_ms = s->now_ms + wait_ms;
        *changed = true;
        return wait_ms >= 0 || harvest(s, err);
    }
    if (s->pushes > 0 && s->now_ms >= s->push_ms) {
        market_push(&s->market, s->push_dir);
        s->pushes--;
        s->push_ms += s->push_every_ms;
        *changed = true;
    }
    return true;
}

static bool next_session(struct synth *s)
{
    if (++s->day >= s->cfg.days) {
        return false;
    }
    market_reopen(&s->market);
    open_session(s);
    return true;
}

bool synth_next(struct synth *s, struct synth_quote *out, struct err *err)
{
    bool changed = false;
    while (!changed) {
        if (s->day >= s->cfg.days || (s->now_ms + 1 >= s->cfg.seconds * 1000 && !next_session(s))) {
            return false;
        }
        changed = ++s->now_ms == 0;
        if (!act(s, &changed, err)) {
            return false;
        }
        changed = market_step(&s->market) || changed;
    }
    const struct market *m = &s->market;
    *out = (struct synth_quote){ .ts_ms = clock_ms(s),
                                 .bid_px = m->ticks[BID] * s->cfg.px_tick,
                                 .ask_px = m->ticks[ASK] * s->cfg.px_tick,
                                 .bid_sz = m->lots[BID] * s->cfg.lot,
                                 .ask_sz = m->lots[ASK] * s->cfg.lot };
    return true;
}

const struct synth_truth *synth_truths(const struct synth *s, size_t *n_out)
{
    *n_out = s->n_truths;
    return s->truths;
}
