/* SPDX-License-Identifier: MIT */
/* The document of an offline engine. */
#include "collect.h"
#include "decimal.h"
#include "query.h"

#include <stdlib.h>
#include <string.h>

struct doc {
    struct json j;
    char *scratch; /* owned: room for any decoded string of the document */
    size_t cap;
};

/* The text of a value: what stands in a string, or the value as it is written. */
static bool text_of(struct doc *d, const struct json_value *v, const char **text_out, size_t *n_out,
                    struct err *err)
{
    if (v->type != JSON_STRING) {
        *text_out = json_raw(&d->j, v);
        *n_out = v->len;
        return true;
    }
    if (!json_text(&d->j, v, d->scratch, d->cap, n_out)) {
        return err_set(err, ERR_PROTOCOL, "report: a text holds U+0000");
    }
    *text_out = d->scratch;
    return true;
}

static bool name_of(const struct doc *d, const struct json_value *key, char *out, size_t cap,
                    struct err *err)
{
    return json_text(&d->j, key, out, cap, NULL) ||
           err_set(err, ERR_PROTOCOL, "report: a name is too long");
}

static bool read_state(struct doc *d, struct answer *a, struct err *err)
{
    const struct json_value *obj = json_get(&d->j, d->j.v, "state");
    if (!json_is(obj, JSON_OBJECT)) {
        return err_set(err, ERR_PROTOCOL, "report: no \"state\"");
    }
    const struct json_value *key = json_first(obj);
    for (uint32_t i = 0; i < obj->n; i++, key = json_next(key + 1)) {
        char name[64];
        const char *text;
        size_t n;
        if (!name_of(d, key, name, sizeof name, err) || !text_of(d, key + 1, &text, &n, err) ||
            !report_get_state(&a->report, name, text, n, err)) {
            return err_wrap(err, "report: state");
        }
    }
    return true;
}

static bool read_window(struct doc *d, struct answer *a, const char *name,
                        const struct json_value *obj, struct err *err)
{
    struct report_window *w = collect_window(&a->report, name);
    if (w == NULL || !json_is(obj, JSON_OBJECT)) {
        return true;
    }
    const struct json_value *key = json_first(obj);
    for (uint32_t i = 0; i < obj->n; i++, key = json_next(key + 1)) {
        char field[64];
        const char *text;
        size_t n;
        if (!name_of(d, key, field, sizeof field, err) || !text_of(d, key + 1, &text, &n, err) ||
            !report_get_metrics(w, &a->report.behaviors, field, text, n, err)) {
            return err_wrap(err, "report: metrics %s", name);
        }
    }
    return true;
}

static bool read_metrics(struct doc *d, struct answer *a, struct err *err)
{
    const struct json_value *obj = json_get(&d->j, d->j.v, "metrics");
    if (!json_is(obj, JSON_OBJECT)) {
        return true;
    }
    const struct json_value *key = json_first(obj);
    for (uint32_t i = 0; i < obj->n; i++, key = json_next(key + 1)) {
        char name[WINDOW_NAME_MAX];
        if (!name_of(d, key, name, sizeof name, err) || !read_window(d, a, name, key + 1, err)) {
            return false;
        }
    }
    return true;
}

static bool read_levels(struct doc *d, struct answer *a, struct err *err)
{
    static const char *const sides[] = { "bid", "ask" };
    const struct json_value *levels = json_get(&d->j, d->j.v, "levels");
    for (int side = 0; side < 2; side++) {
        const struct json_value *list = json_get(&d->j, levels, sides[side]);
        const struct json_value *v = json_is(list, JSON_ARRAY) ? json_first(list) : NULL;
        for (uint32_t i = 0; v != NULL && i < list->n; i++, v = json_next(v)) {
            const char *text;
            size_t n;
            if (!text_of(d, v, &text, &n, err) || !collect_level(&a->report, side, text, n, err)) {
                return err_wrap(err, "report");
            }
        }
    }
    return true;
}

static bool read_patterns(struct doc *d, struct answer *a, struct err *err)
{
    const struct json_value *list = json_get(&d->j, d->j.v, "patterns");
    const struct json_value *v = json_is(list, JSON_ARRAY) ? json_first(list) : NULL;
    for (uint32_t i = 0; v != NULL && i < list->n; i++, v = json_next(v)) {
        const char *text;
        size_t n;
        if (!text_of(d, v, &text, &n, err) || !collect_pattern(a, text, n, err)) {
            return err_wrap(err, "report");
        }
    }
    return true;
}

static bool read_detectors(struct doc *d, struct answer *a, struct err *err)
{
    const struct json_value *list = json_get(&d->j, d->j.v, "detectors");
    const struct json_value *v = json_is(list, JSON_ARRAY) ? json_first(list) : NULL;
    for (uint32_t i = 0; v != NULL && i < list->n; i++, v = json_next(v)) {
        char id[1024]; /* a file's name has at most 255 bytes */
        if (!json_text(&d->j, json_get(&d->j, v, "id"), id, sizeof id, NULL)) {
            return err_set(err, ERR_PROTOCOL, "report: a detector without id");
        }
        if (!collect_detector(a, id, json_raw(&d->j, v), v->len, err)) {
            return err_wrap(err, "report");
        }
    }
    return true;
}

static double size_of(const struct doc *d, const struct json_value *v)
{
    double x = 0;
    return json_is(v, JSON_NUMBER) && decimal_parse_double(json_raw(&d->j, v), v->len, &x, NULL)
               ? x
               : 0;
}

/* What an answer of that time had besides. */
static void read_live(const struct doc *d, struct answer *a)
{
    const struct json_value *root = d->j.v, *q = json_get(&d->j, root, "newest");
    struct quote newest = { .bid_sz = size_of(d, json_get(&d->j, q, "bid_sz")),
                            .ask_sz = size_of(d, json_get(&d->j, q, "ask_sz")) };
    a->now_ns = a->report.tick_ns;
    if (!json_i64(&d->j, json_get(&d->j, root, "now_ns"), &a->now_ns)) {
        return;
    }
    a->engine =
        json_is(json_get(&d->j, root, "serving"), JSON_TRUE) ? ENGINE_SERVING : ENGINE_ABSENT;
    if (json_i64(&d->j, json_get(&d->j, q, "ts_ns"), &newest.ts_ns) &&
        json_i64(&d->j, json_get(&d->j, q, "bid_px"), &newest.bid_px) &&
        json_i64(&d->j, json_get(&d->j, q, "ask_px"), &newest.ask_px)) {
        a->newest = newest;
    }
}

static bool read_all(struct doc *d, struct answer *a, bool include_patterns, struct err *err)
{
    const struct json_value *root = d->j.v;
    if (!json_text(&d->j, json_get(&d->j, root, "ticker"), a->ticker, sizeof a->ticker, NULL)) {
        return err_set(err, ERR_PROTOCOL, "report: no \"ticker\"");
    }
    if (!read_state(d, a, err) || !read_metrics(d, a, err) || !read_levels(d, a, err) ||
        (include_patterns && !read_patterns(d, a, err)) || !read_detectors(d, a, err)) {
        return false;
    }
    if (!json_i64(&d->j, json_get(&d->j, root, "history_quotes"), &a->history_quotes)) {
        a->history_quotes = -1;
    }
    collect_config(a, &d->j, root);
    read_live(d, a);
    collect_sort_levels(&a->report);
    memcpy(a->report.ticker, a->ticker, sizeof a->ticker);
    if (a->newest.ts_ns <= a->report.quote.ts_ns) {
        a->newest = a->report.quote;
    }
    a->found = a->newest.ts_ns != 0;
    return true;
}

bool query_report_json(const char *json, size_t n, int64_t history_ns, bool include_patterns,
                       struct answer *out, struct err *err)
{
    *out = (struct answer){ .history_ns = history_ns,
                            .patterns_max = include_patterns ? ANSWER_ALL_PATTERNS : 0,
                            .engine = ENGINE_OFFLINE };
    report_init(&out->report);
    struct doc d = { .j = { .max_values = 1 << 24 }, .scratch = malloc(n + 1), .cap = n + 1 };
    if (d.scratch == NULL) {
        return err_set(err, ERR_MEMORY, "out of memory");
    }
    enum json_fault fault = json_parse(&d.j, json, n);
    bool ok = fault == JSON_FINE ? read_all(&d, out, include_patterns, err)
                                 : err_set(err, ERR_PROTOCOL, "report: %s", json_fault_text(fault));
    json_fini(&d.j);
    free(d.scratch);
    return ok;
}
