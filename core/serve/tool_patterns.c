/* SPDX-License-Identifier: MIT */
/* get_patterns */
#include "clock.h"
#include "episodes.h"
#include "jput.h"
#include "orderflow/detector.h"
#include "tickers.h"
#include "tools.h"
#include "view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct asked {
    char tickers[4096];
    struct episode_filter filter;
    bool has_cursor;
    struct cursor after;
    size_t limit;
};

static bool read_state_word(const struct tool_args *args, struct episode_filter *f, struct err *err)
{
    char state[16], side[8];
    if (!tool_word(args, "state", "any", state, sizeof state, err) ||
        !tool_word(args, "side", "", side, sizeof side, err)) {
        return false;
    }
    f->active = strcmp(state, "ended") != 0;
    f->ended = strcmp(state, "active") != 0;
    f->side = strcmp(side, "bid") == 0 ? OFD_BID : strcmp(side, "ask") == 0 ? OFD_ASK : OFD_NO_SIDE;
    return true;
}

static bool read_args(const struct tool_env *env, const struct tool_args *args, struct asked *a,
                      struct err *err)
{
    char since[64], cursor[CURSOR_MAX];
    int64_t since_ns;
    *a = (struct asked){ .limit = (size_t)tool_int(args, "limit", 20) };
    if (!tool_tickers(args, a->tickers, sizeof a->tickers, err) ||
        !tool_word(args, "type", "", a->filter.type, sizeof a->filter.type, err) ||
        !read_state_word(args, &a->filter, err) ||
        !tool_word(args, "since", "5mins", since, sizeof since, err) ||
        !tool_word(args, "cursor", "", cursor, sizeof cursor, err) ||
        !history_parse(since, env->history_max_s, &since_ns, err)) {
        return false;
    }
    a->filter.from_ns = clock_now().wall_ns - since_ns;
    a->has_cursor = cursor[0] != '\0';
    return !a->has_cursor || cursor_parse(cursor, &a->after, err);
}

/* What the answer's tickers are worth now. */
struct ticker_state {
    char ticker[TICKER_MAX];
    const char *state;
    int decimals, n_scores;
    struct score *scores; /* owned */
};

struct states {
    struct ticker_state *items; /* owned */
    size_t n;
    bool scored; /* one has scores */
};

static void states_fini(struct states *s)
{
    for (size_t i = 0; i < s->n; i++) {
        free(s->items[i].scores);
    }
    free(s->items);
}

static void add_state(void *ctx, const struct answer *a)
{
    struct states *s = ctx;
    struct ticker_state *t = &s->items[s->n++];
    memcpy(t->ticker, a->ticker, sizeof t->ticker);
    t->state = answer_state(a);
    t->decimals = view_decimals(a);
    size_t bytes = (size_t)a->report.n_scores * sizeof *t->scores;
    t->scores = bytes > 0 ? malloc(bytes) : NULL;
    if (t->scores != NULL) {
        memcpy(t->scores, a->report.scores, bytes);
        t->n_scores = a->report.n_scores;
        s->scored = true;
    }
}

static bool read_states(struct query *q, const struct episodes *e, struct states *out,
                        struct err *err)
{
    struct names names = { .items = calloc(e->n + 1, sizeof names.items[0]) };
    *out = (struct states){ .items = calloc(e->n + 1, sizeof *out->items) };
    bool ok = names.items != NULL && out->items != NULL;
    for (size_t i = 0; ok && i < e->n; i++) {
        size_t k = 0;
        while (k < names.n && strcmp(names.items[k], e->items[i].ticker) != 0) {
            k++;
        }
        if (k == names.n) {
            (void)snprintf(names.items[names.n++], sizeof names.items[0], "%s", e->items[i].ticker);
        }
    }
    ok = ok ? tickers_each(q, &names, add_state, out, err)
            : err_set(err, ERR_MEMORY, "out of memory");
    names_fini(&names);
    return ok;
}

static const struct ticker_state *state_of(const struct states *s, const char *ticker)
{
    static const struct ticker_state none = { .state = "WARMING", .decimals = 1 };
    for (size_t i = 0; i < s->n; i++) {
        if (strcmp(s->items[i].ticker, ticker) == 0) {
            return &s->items[i];
        }
    }
    return &none;
}

static void put_states(struct jput *root, const struct states *s)
{
    size_t n = 0;
    for (size_t i = 0; i < s->n; i++) {
        n += strcmp(s->items[i].state, "OK") != 0;
    }
    if (n == 0) {
        return;
    }
    struct jput o = jput_object(root, "not_current");
    for (size_t i = 0; i < s->n; i++) {
        if (strcmp(s->items[i].state, "OK") != 0) {
            jput_text(&o, s->items[i].ticker, s->items[i].state);
        }
    }
    jput_close(&o);
}

static void put_unavailable(struct jput *root, const struct answer *a)
{
    int n = 0;
    struct jput o = { .out = root->out };
    for (size_t i = 0; i < a->n_detectors; i++) {
        const struct answer_detector *d = &a->detectors[i];
        if (!view_detector_missing(d)) {
            continue;
        }
        if (n++ == 0) {
            o = jput_object(root, "unavailable");
        }
        jput_text(&o, d->id, d->reason[0] != '\0' ? d->reason : d->state);
    }
    if (n > 0) {
        jput_close(&o);
    }
}

struct drawing {
    const struct asked *asked;
    const struct episodes *episodes;
    const struct states *states;
    const struct answer *detectors;
    const char *missing, *note;
};

static void draw(const struct drawing *d, struct buf *out)
{
    char cursor[CURSOR_MAX];
    const struct episodes *e = d->episodes;
    struct jput doc = { .out = out };
    struct jput root = jput_object(&doc, NULL);
    jput_int(&root, "now_ms", clock_now().wall_ns / NS_PER_MS);
    struct jput list = jput_array(&root, "patterns");
    for (size_t i = 0; i < e->n; i++) {
        const struct ticker_state *t = state_of(d->states, e->items[i].ticker);
        const struct episode *of = &e->items[i].p.e;
        char hist[VIEW_HIST_MAX];
        view_hist(score_find(t->scores, t->n_scores, of->detector, of->kind, of->side, of->dir),
                  hist);
        struct jput o = jput_object(&list, NULL);
        episode_put(&o, &e->items[i], t->decimals, strcmp(t->state, "OK") != 0,
                    d->states->scored ? hist : NULL);
        jput_close(&o);
    }
    jput_close(&list);
    cursor_print(&e->next, cursor);
    jput_text(&root, "cursor", cursor);
    if (e->total > e->n) {
        jput_int(&root, d->asked->has_cursor ? "more" : "older", (int64_t)(e->total - e->n));
    }
    if (e->reset) {
        jput_bool(&root, "reset", true);
    }
    if (e->n > 0 && !d->states->scored) {
        jput_text(&root, "hist", "uncalibrated");
    }
    put_states(&root, d->states);
    put_unavailable(&root, d->detectors);
    if (d->missing[0] != '\0') {
        jput_text(&root, "no_quotes", d->missing);
    }
    if (d->note[0] != '\0') {
        jput_text(&root, "note", d->note);
    }
    jput_close(&root);
}

bool tool_patterns(const struct tool_env *env, const struct tool_args *args, struct buf *text,
                   struct buf *structured, struct err *err)
{
    struct asked asked;
    struct names names = { .n = 0 };
    struct episodes e = { .n = 0 };
    struct states states = { .n = 0 };
    struct answer detectors = { .found = false };
    char missing[200] = "", note[200];
    enum engine_view engine;
    bool started;
    (void)text;
    if (!read_args(env, args, &asked, err)) {
        return false;
    }
    bool ok = tickers_resolve(env->query, asked.tickers, &names, missing, err) &&
              tickers_engine(env->query, &engine, &started, note, err);
    if (ok && names.n == 0) {
        ok = err_set(err, ERR_NOT_FOUND,
                     "no ticker with quotes is \"%.60s\"; * names all there are", asked.tickers);
    }
    ok = ok &&
         (asked.has_cursor
              ? episodes_changed(env->query, &names, &asked.filter, &asked.after, asked.limit, &e,
                                 err)
              : episodes_newest(env->query, &names, &asked.filter, asked.limit, &e, err)) &&
         read_states(env->query, &e, &states, err) && query_detectors(env->query, &detectors, err);
    if (ok) {
        draw(&(struct drawing){ &asked, &e, &states, &detectors, missing, note }, structured);
    }
    names_fini(&names);
    episodes_fini(&e);
    states_fini(&states);
    answer_fini(&detectors);
    return ok;
}
