/* SPDX-License-Identifier: MIT */
#include "asof_take.h"

#include "asof_settings.h"
#include "ticker_rows.h"

#include <stdlib.h>

enum { ROWS_AT_ONCE = 4096 };

/* ---- settings ------------------------------------------------------------------------------- */

static bool take_config(struct asof *a, const struct record_config *c, struct err *err)
{
    if (a->has_cfg && a->cfg->hash == c->hash) {
        return true;
    }
    struct settings next;
    if (!asof_settings(c, &next, err)) {
        return false;
    }
    if (!a->has_cfg) {
        *a->cfg = next;
        a->has_cfg = true;
        a->begun = true;
        return pass_start(&a->pass, a->cfg, a->paths, false, err);
    }
    if (a->pass.ticker != NULL && !pass_judge(&a->pass, err)) {
        settings_fini(&next);
        return false;
    }
    struct settings old = *a->cfg;
    *a->cfg = next;
    bool ok = engine_resettle(&a->pass.engine, &old, err);
    settings_fini(&old);
    return ok;
}

/* ---- the ticker ----------------------------------------------------------------------------- */

static int by_time(const void *x, const void *y)
{
    const struct stored_pattern *a = x, *b = y;
    return (a->e.last_ns > b->e.last_ns) - (a->e.last_ns < b->e.last_ns);
}

/* Episodes come back in the order of their scores, as from Redis. */
static bool resume(struct asof *a, struct err *err)
{
    if (a->n_patterns > 0) {
        qsort(a->patterns, a->n_patterns, sizeof *a->patterns, by_time);
    }
    return engine_resume(&a->pass.engine, a->pass.ticker, &a->resume, a->patterns, a->n_patterns,
                         err);
}

static bool take_ticker(struct asof *a, const struct record_ticker *t, struct err *err)
{
    if (a->pass.ticker != NULL) {
        a->skip = t->follows;
        return true;
    }
    a->resume = (struct resume){ .history_ns = t->history_ns,
                                 .has_older = t->has_older,
                                 .judged_ns = t->judged_ns,
                                 .pressure = t->pressure };
    a->patterns_left = t->follows;
    return pass_add(&a->pass, a->place.name, t->px_tick, err) && (t->follows > 0 || resume(a, err));
}

static bool take_pattern(struct asof *a, struct record_text text, struct err *err)
{
    if (a->n_patterns == a->cap_patterns) {
        size_t cap = a->cap_patterns == 0 ? 16 : a->cap_patterns * 2;
        struct stored_pattern *grown = realloc(a->patterns, cap * sizeof *grown);
        if (grown == NULL) {
            return err_set(err, ERR_MEMORY, "out of memory");
        }
        a->patterns = grown;
        a->cap_patterns = cap;
    }
    if (!report_get_pattern(&a->patterns[a->n_patterns], text.at, text.n, err)) {
        return err_wrap(err, "journal: a pattern");
    }
    a->n_patterns++;
    return true;
}

/* The first record that is no pattern ends them. */
static bool end_patterns(struct asof *a, const struct record *r, struct err *err)
{
    if (a->patterns_left == 0) {
        return true;
    }
    if (r->type == RECORD_PATTERN && --a->patterns_left > 0) {
        return take_pattern(a, r->pattern, err);
    }
    if (r->type == RECORD_PATTERN && !take_pattern(a, r->pattern, err)) {
        return false;
    }
    a->patterns_left = 0;
    return resume(a, err);
}

static bool take_of_ticker(struct asof *a, const struct record *r, struct err *err)
{
    struct ticker *t = a->pass.ticker;
    const struct ticker_env *env = &a->pass.engine.env;
    switch (r->type) {
    case RECORD_ROW:
        a->waiting++;
        return ticker_take_row(env, t, &r->row, err);
    case RECORD_BOUNDARY:
        a->waiting++;
        if (!ticker_take_boundary(env, t, r->ns, false, err)) {
            return false;
        }
        break;
    case RECORD_CUT:
        if (!ticker_take_cut(env, t, r->ns, err)) {
            return false;
        }
        break;
    default:
        return true;
    }
    if (a->waiting < ROWS_AT_ONCE) {
        return true;
    }
    a->waiting = 0;
    return pass_judge(&a->pass, err);
}

bool asof_take(struct asof *a, const struct record *r, struct err *err)
{
    if (r->type == RECORD_CONFIG) {
        return take_config(a, &r->config, err);
    }
    if (r->type == RECORD_END || r->ticker != a->place.ticker) {
        return true;
    }
    if (r->type == RECORD_TICKER) {
        return take_ticker(a, &r->added, err);
    }
    if (a->skip > 0) {
        a->skip--;
        return true;
    }
    return a->pass.ticker == NULL || (end_patterns(a, r, err) && take_of_ticker(a, r, err));
}
