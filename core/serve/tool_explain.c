/* SPDX-License-Identifier: MIT */
/* explain_pattern */
#include "ask.h"
#include "clock.h"
#include "episodes.h"
#include "orderflow/detector.h"
#include "tickers.h"
#include "tools.h"
#include "verdict.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REPLY_BYTES_MAX = 1 << 20, ID_DIGITS_MIN = 6, DECIMALS = 2 };

struct asked {
    char ticker[64], detector[64], id[32];
    bool past; /* by id */
    struct found_episode found;
};

static bool read_args(const struct tool_args *args, struct asked *a, struct err *err)
{
    if (!tool_word(args, "ticker", "", a->ticker, sizeof a->ticker, err) ||
        !tool_word(args, "detector", "", a->detector, sizeof a->detector, err) ||
        !tool_word(args, "id", "", a->id, sizeof a->id, err)) {
        return false;
    }
    a->past = a->id[0] != '\0';
    size_t n = strlen(a->id);
    if (a->past &&
        (n < ID_DIGITS_MIN || n >= EPISODE_ID_MAX || strspn(a->id, "0123456789abcdef") != n)) {
        return err_set(
            err, ERR_INVALID,
            "id \"%s\" is none: a pattern's id is 16 hex digits, or at least its first 6", a->id);
    }
    if (!a->past && (a->ticker[0] == '\0' || a->detector[0] == '\0')) {
        return err_set(err, ERR_INVALID,
                       "give a ticker and a detector (list_detectors names them), or the id of a "
                       "pattern");
    }
    return true;
}

static bool find_ticker_name(struct query *q, struct asked *a, struct names *names, struct err *err)
{
    char missing[200];
    if (!tickers_resolve(q, a->ticker[0] != '\0' ? a->ticker : "*", names, missing, err)) {
        return false;
    }
    if (a->ticker[0] != '\0' && names->n != 1) {
        return err_set(err, ERR_NOT_FOUND, "ticker \"%.40s\": %s", a->ticker,
                       names->n == 0
                           ? "no quotes under that name; scan_order_flow lists those there "
                             "are"
                           : "give one, not several");
    }
    return true;
}

static bool find_pattern(struct query *q, struct asked *a, const struct names *names,
                         struct err *err)
{
    size_t n;
    if (!episodes_find(q, names, a->id, &a->found, &n, err)) {
        return false;
    }
    if (n != 1) {
        return err_set(err, ERR_NOT_FOUND,
                       n == 0
                           ? "no stored pattern has an id that begins with %s: get_patterns lists "
                             "them; they are kept for an hour"
                           : "several patterns have an id that begins with %s: give more digits",
                       a->id);
    }
    (void)snprintf(a->ticker, sizeof a->ticker, "%s", a->found.ticker);
    (void)snprintf(a->detector, sizeof a->detector, "%s", a->found.p.e.detector);
    return true;
}

/* ---- the reply ---- */

static void copy_member(const struct json *j, const char *key, struct jput *root)
{
    const struct json_value *v = json_get(j, j->v, key);
    if (v != NULL) {
        jput_raw(root, key, json_raw(j, v), v->len);
    }
}

static const char *note_of(const struct asked *a, const char *status)
{
    if (strcmp(status, "ok") == 0) {
        return a->past ? "values are those of the pattern's peak, thresholds those in force now"
                       : "";
    }
    if (strcmp(status, "cannot_explain") == 0) {
        return a->past ? "this detector cannot explain itself: compare evidence and params"
                       : "this detector cannot explain itself; its params are what decides";
    }
    return a->past ? "the detector could not be asked: evidence is as stored"
                   : "the detector does not run: that it says nothing means nothing";
}

static void draw(const struct asked *a, const struct json *j, struct told_conditions *c,
                 struct buf *out)
{
    char status[24] = "";
    struct jput doc = { .out = out };
    struct jput root = jput_object(&doc, NULL);
    (void)!json_text(j, json_get(j, j->v, "status"), status, sizeof status, NULL);
    told_read(j, json_get(j, j->v, "conditions"), c);
    jput_text(&root, "ticker", a->ticker);
    jput_text(&root, "detector", a->detector);
    if (!a->past) {
        copy_member(j, "tick_ms", &root);
    }
    if (strcmp(status, "ok") != 0) {
        jput_text(&root, "status", status);
        copy_member(j, "reason", &root);
    }
    if (a->past) {
        struct jput o = jput_object(&root, "pattern");
        episode_put(&o, &a->found, DECIMALS, false, NULL);
        jput_close(&o);
        told_of_pattern(&a->found.p, c);
    }
    verdicts_put(&root, c);
    if (json_get(j, j->v, "params") != NULL) {
        copy_member(j, "params", &root);
    } else {
        struct jput none = jput_object(&root, "params");
        jput_close(&none);
    }
    if (note_of(a, status)[0] != '\0') {
        jput_text(&root, "note", note_of(a, status));
    }
    jput_close(&root);
}

/* Nobody to ask, and nothing stored to show either. */
static bool is_askable(const struct asked *a, enum engine_view engine, bool started,
                       const char *note, struct err *err)
{
    if (a->past || started || engine == ENGINE_SERVING) {
        return true;
    }
    return err_set(err, ERR_NOT_FOUND, "no engine serves, so no detector can be asked%s%.120s",
                   note[0] != '\0' ? ": " : "", note);
}

static bool no_detector(struct query *q, const struct asked *a, struct err *err)
{
    struct names names = { .n = 0 };
    char list[160] = "";
    if (query_detector_names(q, &names, err)) {
        for (size_t i = 0; i < names.n; i++) {
            size_t n = strlen(list);
            (void)snprintf(list + n, sizeof list - n, "%s%s", i > 0 ? ", " : "", names.items[i]);
        }
        (void)err_set(err, ERR_NOT_FOUND, "no detector is called \"%.32s\"; there are: %s",
                      a->detector, list);
    }
    names_fini(&names);
    return false;
}

static bool answer(struct query *q, const struct asked *a, const struct buf *reply, struct buf *out,
                   struct err *err)
{
    struct json j = { .max_values = 8192 };
    struct told_conditions *c = malloc(sizeof *c);
    bool ok = c != NULL && json_parse(&j, reply->data, reply->len) == JSON_FINE &&
              json_is(j.v, JSON_OBJECT);
    if (!ok) {
        (void)err_set(err, ERR_PROTOCOL, "the engine's reply cannot be read");
    } else if (!a->past && json_equals(&j, json_get(&j, j.v, "status"), "no_detector")) {
        ok = no_detector(q, a, err);
    } else if (!a->past && json_equals(&j, json_get(&j, j.v, "status"), "no_ticker")) {
        ok = err_set(err, ERR_NOT_FOUND,
                     "the engine does not serve %s: its [feed] tickers may leave "
                     "it out",
                     a->ticker);
    } else {
        draw(a, &j, c, out);
    }
    json_fini(&j);
    free(c);
    return ok;
}

/* Nobody to ask: of a past pattern there is still what was stored. */
static bool ask(struct query *q, const struct asked *a, struct buf *reply, struct err *err)
{
    struct err why = { 0 };
    if (query_ask(q, a->ticker, a->detector, reply, &why)) {
        return true;
    }
    if (!a->past || why.code != ERR_TIMEOUT) {
        *err = why;
        return false;
    }
    buf_puts(reply, "{\"status\":\"not_asked\",\"reason\":");
    buf_json(reply, why.text, strlen(why.text));
    buf_putc(reply, '}');
    return true;
}

bool tool_explain(const struct tool_env *env, const struct tool_args *args, struct buf *text,
                  struct buf *structured, struct err *err)
{
    struct asked a = { .past = false };
    struct names names = { .n = 0 };
    struct buf reply;
    enum engine_view engine;
    char note[200];
    bool started;
    (void)text;
    buf_init(&reply, REPLY_BYTES_MAX);
    bool ok = read_args(args, &a, err) && find_ticker_name(env->query, &a, &names, err) &&
              tickers_engine(env->query, &engine, &started, note, err) &&
              is_askable(&a, engine, started, note, err) &&
              (!a.past || find_pattern(env->query, &a, &names, err));
    if (ok && !a.past) {
        (void)snprintf(a.ticker, sizeof a.ticker, "%s", names.items[0]);
    }
    ok = ok && ask(env->query, &a, &reply, err) && answer(env->query, &a, &reply, structured, err);
    buf_fini(&reply);
    names_fini(&names);
    return ok;
}
