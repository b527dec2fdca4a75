/* SPDX-License-Identifier: MIT */
/* watch_order_flow: looks at what is stored a few times a second, and says nothing until then. */
#include "clock.h"
#include "episodes.h"
#include "tickers.h"
#include "tools.h"
#include "view.h"
#include "watching.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { LOOK_MS = 200, HISTORY_S = 300, KNOWN_MAX = 256, KNOWN_S = 60 };

struct watcher {
    const struct tool_env *env;
    struct names names; /* the ticker */
    struct watch_base base;
    struct cursor cursor;
    struct episodes known; /* patterns there were at the start */
    struct answer *last;   /* owned; the newest look */
    struct found_episode *pattern;
    const struct watch_level *level;
    struct mono began, deadline;
};

static void take_look(void *ctx, const struct answer *a)
{
    struct watcher *w = ctx;
    *w->last = *a;
}

static void wait_ms(int64_t ms)
{
    (void)nanosleep(&(struct timespec){ .tv_nsec = ms * NS_PER_MS }, NULL);
}

/* ---- the start ---- */

static bool resolve(struct watcher *w, const char *ticker, struct err *err)
{
    char missing[200];
    if (!tickers_resolve(w->env->query, ticker, &w->names, missing, err)) {
        return false;
    }
    return w->names.n == 1 ||
           err_set(err, ERR_NOT_FOUND,
                   w->names.n == 0
                       ? "ticker \"%.40s\": no quotes under that name; scan_order_flow lists those "
                         "there are"
                       : "ticker \"%.40s\": give one, not several",
                   ticker);
}

/* The first look that can be compared with; data that is not current is one for `stale` alone. */
static bool first_look(struct watcher *w, const struct watch_spec *spec, struct err *err)
{
    struct answer a;
    bool ok = query_answer(w->env->query, w->names.items[0], HISTORY_S * NS_PER_S, 0, &a, err);
    if (ok) {
        ok = watch_begin(&w->base, spec, &a, err);
        *w->last = a;
        w->last->patterns = NULL;
        w->last->detectors = NULL;
        w->last->n_detectors = 0;
    }
    answer_fini(&a);
    return ok;
}

static bool note_patterns(struct watcher *w, struct err *err)
{
    struct episode_filter any = { .active = true,
                                  .ended = true,
                                  .from_ns = clock_now().wall_ns - KNOWN_S * NS_PER_S };
    if (!w->base.spec.pattern) {
        return true;
    }
    if (!episodes_newest(w->env->query, &w->names, &any, KNOWN_MAX, &w->known, err)) {
        return false;
    }
    w->cursor = w->known.next;
    return true;
}

/* ---- each look ---- */

static bool was_known(const struct watcher *w, const struct episode *e)
{
    for (size_t i = 0; i < w->known.n; i++) {
        if (strcmp(w->known.items[i].p.e.id, e->id) == 0) {
            return true;
        }
    }
    /* older than what was noted: an update of an old one */
    return e->onset_ns < w->last->now_ns - 2 * KNOWN_S * NS_PER_S;
}

static bool look_for_pattern(struct watcher *w, bool *found_out, struct err *err)
{
    struct episode_filter f = { .active = true, .ended = true };
    struct episodes changed = { .n = 0 };
    memcpy(f.type, w->base.spec.type, sizeof f.type);
    *found_out = false;
    if (!w->base.spec.pattern) {
        return true;
    }
    bool ok = episodes_changed(w->env->query, &w->names, &f, &w->cursor, KNOWN_MAX, &changed, err);
    for (size_t i = 0; ok && i < changed.n && !*found_out; i++) {
        if (!was_known(w, &changed.items[i].p.e)) {
            *w->pattern = changed.items[i];
            *found_out = true;
        }
    }
    w->cursor = ok ? changed.next : w->cursor;
    episodes_fini(&changed);
    return ok;
}

static bool look(struct watcher *w, enum watch_event *event_out, struct err *err)
{
    bool found;
    if (!tickers_each(w->env->query, &w->names, take_look, w, err)) {
        return false;
    }
    *event_out = watch_look(&w->base, w->last, &w->level);
    if (*event_out != WATCH_NONE) {
        return true;
    }
    if (!look_for_pattern(w, &found, err)) {
        return false;
    }
    *event_out = found ? WATCH_PATTERN : WATCH_NONE;
    return true;
}

static double waited_s(const struct watcher *w)
{
    return (double)mono_ms_until(w->began, clock_mono()) / 1000;
}

/* A Redis that is away for a while is waited for: only then is it an error. */
static bool watch(struct watcher *w, double timeout_s, enum watch_event *event_out, struct err *err)
{
    struct err trouble = { 0 };
    bool reached = true;
    *event_out = WATCH_NONE;
    while (*event_out == WATCH_NONE) {
        if (tool_cancelled(w->env)) {
            return err_set(err, ERR_CANCELLED, "cancelled");
        }
        if (mono_ms_until(clock_mono(), w->deadline) <= 0) {
            *event_out = WATCH_TIMEOUT;
            break;
        }
        trouble = (struct err){ 0 };
        reached = look(w, event_out, &trouble);
        if (!reached && trouble.code == ERR_CANCELLED) {
            *err = trouble;
            return false;
        }
        tool_progress(w->env, waited_s(w), timeout_s, NULL);
        if (*event_out == WATCH_NONE) {
            wait_ms(LOOK_MS);
        }
    }
    *err = trouble;
    return reached;
}

/* ---- the answer ---- */

static void draw(const struct watcher *w, enum watch_event event, struct buf *out)
{
    struct jput doc = { .out = out };
    struct jput root = jput_object(&doc, NULL);
    jput_text(&root, "event", watch_event_name(event));
    jput_text(&root, "ticker", w->names.items[0]);
    jput_real(&root, "waited_s", round(waited_s(w) * 10) / 10);
    struct jput o = { .out = out };
    if (event == WATCH_PATTERN) {
        char hist[VIEW_HIST_MAX];
        view_hist(view_score(w->last, &w->pattern->p), hist);
        o = jput_object(&root, "pattern");
        episode_put(&o, w->pattern, view_decimals(w->last), false, hist);
        jput_close(&o);
    } else if (event == WATCH_REVERSAL) {
        o = jput_object(&root, "reversal");
        watch_put_reversal(&o, &w->base, w->last);
        jput_close(&o);
    } else if (event == WATCH_LEVEL) {
        o = jput_object(&root, "level");
        watch_put_level(&o, w->level, w->last);
        jput_close(&o);
    }
    watch_put_now(&root, w->last);
    jput_close(&root);
}

static bool start(struct watcher *w, const struct tool_args *args, double timeout_s,
                  struct err *err)
{
    char ticker[64], condition[256], note[200];
    struct watch_spec spec;
    enum engine_view engine;
    bool started;
    w->began = clock_mono();
    w->deadline = mono_after_ms(w->began, (int64_t)timeout_s * 1000);
    w->last = calloc(1, sizeof *w->last);
    w->pattern = calloc(1, sizeof *w->pattern);
    if (w->last == NULL || w->pattern == NULL) {
        return err_set(err, ERR_MEMORY, "out of memory");
    }
    return tool_word(args, "ticker", "", ticker, sizeof ticker, err) &&
           tool_word(args, "condition", "reversal", condition, sizeof condition, err) &&
           watch_parse(condition, &spec, err) && resolve(w, ticker, err) &&
           tickers_engine(w->env->query, &engine, &started, note, err) &&
           first_look(w, &spec, err) && note_patterns(w, err);
}

bool tool_watch(const struct tool_env *env, const struct tool_args *args, struct buf *text,
                struct buf *structured, struct err *err)
{
    struct watcher w = { .env = env };
    enum watch_event event;
    double timeout_s = (double)tool_int(args, "timeout_s", 60);
    (void)text;
    bool ok = start(&w, args, timeout_s, err) && watch(&w, timeout_s, &event, err);
    if (ok) {
        draw(&w, event, structured);
    }
    names_fini(&w.names);
    episodes_fini(&w.known);
    free(w.pattern);
    free(w.last);
    return ok;
}
