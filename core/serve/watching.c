/* SPDX-License-Identifier: MIT */
#include "watching.h"

#include "clock.h"
#include "decimal.h"
#include "orderflow/detector.h"
#include "view.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { BAD_LOOKS = 2 };

/* ---- conditions ---- */

static bool bad_word(const char *word, struct err *err)
{
    return err_set(err, ERR_INVALID,
                   "condition \"%.40s\" is none: give one or several, separated by commas, of "
                   "pattern, pattern:TYPE (such as pattern:absorption), reversal, level, "
                   "level:PRICE (such as level:582.10), stale",
                   word);
}

static bool take_word(const char *word, struct watch_spec *s, struct err *err)
{
    static const char level[] = "level:", pattern[] = "pattern:";
    size_t n = strlen(word);
    if (strcmp(word, "pattern") == 0) {
        s->pattern = true;
    } else if (strncmp(word, pattern, sizeof pattern - 1) == 0 && n > sizeof pattern - 1 &&
               n - (sizeof pattern - 1) < sizeof s->type) {
        s->pattern = true;
        memcpy(s->type, word + sizeof pattern - 1, n - (sizeof pattern - 1) + 1);
    } else if (strcmp(word, "reversal") == 0) {
        s->reversal = true;
    } else if (strcmp(word, "level") == 0) {
        s->level = true;
    } else if (strncmp(word, level, sizeof level - 1) == 0) {
        size_t k = sizeof level - 1;
        s->level = s->has_price = true;
        return (decimal_parse_px(word + k, n - k, &s->price_px, NULL) && s->price_px > 0) ||
               bad_word(word, err);
    } else if (strcmp(word, "stale") == 0) {
        s->stale = true;
    } else {
        return bad_word(word, err);
    }
    return true;
}

bool watch_parse(const char *text, struct watch_spec *out, struct err *err)
{
    char copy[256], *rest = NULL;
    bool any = false;
    *out = (struct watch_spec){ .pattern = false };
    if (strlen(text) >= sizeof copy) {
        return bad_word(text, err);
    }
    memcpy(copy, text, strlen(text) + 1);
    for (char *word = strtok_r(copy, ", ", &rest); word != NULL;
         word = strtok_r(NULL, ", ", &rest)) {
        any = true;
        if (!take_word(word, out, err)) {
            return false;
        }
    }
    return any || bad_word(text, err);
}

/* ---- the start ---- */

static bool is_one_sided(enum pressure_state s)
{
    return s == PRESSURE_BUYING || s == PRESSURE_SELLING;
}

static enum pressure_state direction_of(const struct pressure *p)
{
    return is_one_sided(p->state)    ? p->state
           : is_one_sided(p->known)  ? p->known
           : is_one_sided(p->before) ? p->before
                                     : PRESSURE_UNKNOWN;
}

static int side_of(int64_t px, int64_t mid_px)
{
    return px > mid_px ? 1 : px < mid_px ? -1 : 0;
}

/* The nearest level on each side of the price. */
static int known_levels(const struct answer *a, struct watch_level out[2])
{
    struct level_view levels[VIEW_LEVELS_MAX];
    int64_t mid_px;
    int n = 0;
    for (int side = OFD_BID; side <= OFD_ASK && view_mid(a, &mid_px); side++) {
        if (view_levels(a, side, levels) > 0) {
            const struct level *l = levels[0].l;
            out[n++] = (struct watch_level){
                .px = l->px, .side = side_of(l->px, mid_px), .touches = l->touches, .held = l->held
            };
        }
    }
    return n;
}

bool watch_begin(struct watch_base *w, const struct watch_spec *spec, const struct answer *a,
                 struct err *err)
{
    int64_t mid_px;
    *w = (struct watch_base){ .spec = *spec, .direction = direction_of(&a->report.pressure) };
    if (spec->has_price) {
        w->levels[0] = (struct watch_level){ .px = spec->price_px };
        w->levels[0].side = view_mid(a, &mid_px) ? side_of(spec->price_px, mid_px) : 0;
    } else if (spec->level && known_levels(a, w->levels) == 0) {
        return err_set(err, ERR_NOT_FOUND,
                       "no level of %s is known yet: give one, such as level:582.10", a->ticker);
    }
    return true;
}

/* ---- a look ---- */

static const struct watch_level *broken(struct watch_base *w, const struct answer *a)
{
    int64_t mid_px;
    for (int i = 0; i < 2 && w->spec.level && view_mid(a, &mid_px); i++) {
        struct watch_level *l = &w->levels[i];
        int side = l->px != 0 ? side_of(l->px, mid_px) : 0;
        if (l->side == 0) {
            l->side = side;
        } else if (side == -l->side) {
            return l;
        }
    }
    return NULL;
}

static bool reversed(struct watch_base *w, const struct answer *a)
{
    enum pressure_state now = view_pressure(a);
    if (!w->spec.reversal || !is_one_sided(now)) {
        return false;
    }
    if (w->direction == PRESSURE_UNKNOWN) {
        w->direction = now;
    }
    return now != w->direction;
}

enum watch_event watch_look(struct watch_base *w, const struct answer *a,
                            const struct watch_level **level_out)
{
    *level_out = NULL;
    if (strcmp(answer_state(a), "OK") != 0) {
        return ++w->bad >= BAD_LOOKS ? WATCH_STALE : WATCH_NONE;
    }
    w->bad = 0;
    if (reversed(w, a)) {
        return WATCH_REVERSAL;
    }
    *level_out = broken(w, a);
    return *level_out != NULL ? WATCH_LEVEL : WATCH_NONE;
}

/* ---- as JSON ---- */

const char *watch_event_name(enum watch_event e)
{
    switch (e) {
    case WATCH_NONE:
        return "none";
    case WATCH_PATTERN:
        return "pattern";
    case WATCH_REVERSAL:
        return "reversal";
    case WATCH_LEVEL:
        return "level";
    case WATCH_STALE:
        return "stale";
    case WATCH_TIMEOUT:
        return "timeout";
    }
    return "none";
}

void watch_put_reversal(struct jput *o, const struct watch_base *w, const struct answer *a)
{
    const struct pressure *p = &a->report.pressure;
    jput_text(o, "from", pressure_state_name(w->direction));
    jput_text(o, "to", pressure_state_name(p->state));
    jput_int(o, "since_ms", p->since_ns / NS_PER_MS);
    struct jput ofi = jput_array(o, "ofi_n");
    for (int i = 0; i < PRESSURE_WINDOWS; i++) {
        jput_real(&ofi, NULL, p->windows[i].ofi_n);
    }
    jput_close(&ofi);
    struct jput net = jput_array(o, "net_t");
    for (int i = 0; i < PRESSURE_WINDOWS; i++) {
        jput_int(&net, NULL, p->windows[i].net_ticks);
    }
    jput_close(&net);
}

void watch_put_level(struct jput *o, const struct watch_level *l, const struct answer *a)
{
    jput_px(o, "level", l->px, view_decimals(a));
    jput_text(o, "broke", l->side > 0 ? "up" : "down");
    if (l->touches > 0) {
        jput_int(o, "touches", l->touches);
        jput_int(o, "held", l->held);
    }
}

void watch_put_now(struct jput *root, const struct answer *a)
{
    int64_t mid_px;
    enum pressure_state state = view_pressure(a);
    struct jput o = jput_object(root, "now");
    jput_text(&o, "state", answer_state(a));
    if (view_quote_age_ms(a) >= 0) {
        jput_int(&o, "quote_age_ms", view_quote_age_ms(a));
    }
    if (view_mid(a, &mid_px)) {
        jput_px(&o, "mid", mid_px, view_decimals(a));
    }
    jput_text(&o, "pressure", pressure_state_name(state));
    if (state != PRESSURE_UNKNOWN) {
        char signs[PRESSURE_WINDOWS + 1];
        pressure_signs(&a->report.pressure, signs);
        jput_int(&o, "since_s", (a->now_ns - a->report.pressure.since_ns) / NS_PER_S);
        jput_text(&o, "windows", signs);
    }
    jput_close(&o);
}
