/* SPDX-License-Identifier: MIT */
#include "collect.h"

#include "clock.h"
#include "decimal.h"
#include "flat.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int64_t seconds_of(const char *name)
{
    int64_t n = 0;
    size_t digits = strspn(name, "0123456789");
    if (digits > 6 || !decimal_parse_i64(name, digits, &n, NULL)) {
        return 0;
    }
    return strcmp(name + digits, "min") == 0 ? n * 60 : n;
}

struct report_window *collect_window(struct report *r, const char *name)
{
    for (int i = 0; i < r->n_windows; i++) {
        if (strcmp(r->windows[i].name, name) == 0) {
            return &r->windows[i];
        }
    }
    if (r->n_windows == REPORT_WINDOWS_MAX) {
        return NULL;
    }
    struct report_window *w = &r->windows[r->n_windows++];
    report_window_init(w, name, seconds_of(name));
    return w;
}

/* Where that level was announced with its strength, else behind the last; NULL: no room. */
static struct level *place_of(struct report *r, int side, int64_t px)
{
    int n = r->n_levels[side];
    for (int i = 0; i < n; i++) {
        if (r->levels[side][i].px == px && r->levels[side][i].last_ns == 0) {
            return &r->levels[side][i];
        }
    }
    if (n == LEVELS_MAX) {
        return NULL;
    }
    r->n_levels[side]++;
    r->levels[side][n] = (struct level){ .strength = NAN };
    return &r->levels[side][n];
}

bool collect_level(struct report *r, int side, const char *text, size_t n, struct err *err)
{
    struct level l;
    if (!report_get_level(&l, text, n, err)) {
        return err_wrap(err, "stored level");
    }
    struct level *place = place_of(r, side, l.px);
    if (place != NULL) {
        l.strength = isnan(l.strength) ? place->strength : l.strength;
        *place = l;
    }
    return true;
}

/* Of equal ones the later, then the lower: an order that does not rest on how they came. */
static int stronger_first(const void *x, const void *y)
{
    const struct level *a = x, *b = y;
    if (a->strength != b->strength) {
        return a->strength > b->strength ? -1 : 1;
    }
    if (a->last_ns != b->last_ns) {
        return a->last_ns > b->last_ns ? -1 : 1;
    }
    return (a->px > b->px) - (a->px < b->px);
}

static int drop_unknown(struct level *levels, int n)
{
    int kept = 0;
    for (int i = 0; i < n; i++) {
        if (levels[i].last_ns != 0 && !isnan(levels[i].strength)) {
            levels[kept++] = levels[i];
        }
    }
    return kept;
}

void collect_sort_levels(struct report *r)
{
    for (int side = 0; side < 2; side++) {
        r->n_levels[side] = drop_unknown(r->levels[side], r->n_levels[side]);
        qsort(r->levels[side], (size_t)r->n_levels[side], sizeof r->levels[side][0],
              stronger_first);
    }
}

/* Room for one more element; capacities are powers of two, so n alone tells when to grow. */
static bool grow(void **items, size_t n, size_t size, struct err *err)
{
    if ((n & (n - 1)) == 0) {
        void *more = realloc(*items, (n == 0 ? 1 : n * 2) * size);
        if (more == NULL) {
            return err_set(err, ERR_MEMORY, "out of memory");
        }
        *items = more;
    }
    return true;
}

bool collect_pattern(struct answer *a, const char *text, size_t n, struct err *err)
{
    void *items = a->patterns;
    bool ok = grow(&items, a->n_patterns, sizeof *a->patterns, err);
    a->patterns = items;
    if (!ok) {
        return false;
    }
    struct stored_pattern *p = &a->patterns[a->n_patterns];
    *p = (struct stored_pattern){ 0 };
    if (!report_get_pattern(p, text, n, err)) {
        return err_wrap(err, "stored pattern");
    }
    a->n_patterns++;
    return true;
}

/* As much of the text as fits; none if there is none. */
static void copy_text(const struct json *j, const struct json_value *v, char *out, size_t cap)
{
    char text[1024];
    bool ok = json_text(j, v, text, sizeof text, NULL);
    (void)snprintf(out, cap, "%.*s", (int)cap - 1, ok ? text : "");
}

/* The same of an object that the quick reader took. */
static void copy_flat(struct flat *f, const char *name, char *out, size_t cap)
{
    const struct flat_item *item = flat_get(f, name);
    bool ok = item != NULL && item->kind == FLAT_TEXT && item->raw_n < 1024;
    (void)snprintf(out, cap, "%.*s", ok ? (int)item->raw_n : 0, ok ? item->raw : "");
}

static void read_detector(struct answer_detector *d, const char *text, size_t n)
{
    struct flat f;
    struct json j = { 0 };
    if (flat_object(&f, text, n)) {
        copy_flat(&f, "state", d->state, sizeof d->state);
        copy_flat(&f, "reason", d->reason, sizeof d->reason);
    } else if (json_parse(&j, text, n) == JSON_FINE && json_is(j.v, JSON_OBJECT)) {
        copy_text(&j, json_get(&j, j.v, "state"), d->state, sizeof d->state);
        copy_text(&j, json_get(&j, j.v, "reason"), d->reason, sizeof d->reason);
    } else {
        (void)snprintf(d->state, sizeof d->state, "%.*s", (int)(n < 64 ? n : 64), text);
    }
    json_fini(&j);
}

/* In the order of ids: what they come from, a hash of Redis, has none that lasts. */
static struct answer_detector *insert_detector(struct answer *a, const char *id)
{
    size_t at = a->n_detectors++;
    while (at > 0 && strcmp(a->detectors[at - 1].id, id) > 0) {
        a->detectors[at] = a->detectors[at - 1];
        at--;
    }
    a->detectors[at] = (struct answer_detector){ 0 };
    return &a->detectors[at];
}

bool collect_detector(struct answer *a, const char *id, const char *text, size_t n, struct err *err)
{
    void *items = a->detectors;
    bool ok = grow(&items, a->n_detectors, sizeof *a->detectors, err);
    a->detectors = items;
    if (!ok) {
        return false;
    }
    struct answer_detector *d = insert_detector(a, id);
    (void)snprintf(d->id, sizeof d->id, "%s", id);
    read_detector(d, text, n);
    return true;
}

static void tell_refused(struct answer *a, const char *refused)
{
    if (refused[0] != '\0') {
        (void)snprintf(a->note, sizeof a->note, "the changed settings file was refused: %s",
                       refused);
    }
}

void collect_config(struct answer *a, const struct json *j, const struct json_value *obj)
{
    char refused[160];
    copy_text(j, json_get(j, obj, "config"), a->config_path, sizeof a->config_path);
    copy_text(j, json_get(j, obj, "hash"), a->config_hash, sizeof a->config_hash);
    copy_text(j, json_get(j, obj, "refused"), refused, sizeof refused);
    tell_refused(a, refused);
}

void collect_lease(struct answer *a, const char *text, size_t n)
{
    struct flat f;
    struct json j = { .max_values = 1024 };
    if (flat_object(&f, text, n)) {
        char refused[160];
        copy_flat(&f, "config", a->config_path, sizeof a->config_path);
        copy_flat(&f, "hash", a->config_hash, sizeof a->config_hash);
        copy_flat(&f, "refused", refused, sizeof refused);
        tell_refused(a, refused);
    } else if (json_parse(&j, text, n) == JSON_FINE) {
        collect_config(a, &j, j.v);
    }
    json_fini(&j);
}

/* A number, or the same in a string, as its decimal text. */
static bool number_text(const struct json *j, const struct json_value *obj, const char *key,
                        char out[64])
{
    const struct json_value *v = json_get(j, obj, key);
    if (json_is(v, JSON_NUMBER) && v->len < 64) {
        memcpy(out, json_raw(j, v), v->len);
        out[v->len] = '\0';
        return true;
    }
    return json_text(j, v, out, 64, NULL);
}

/* A stored quote, read by either. */
struct quote_text {
    bool quick;
    struct flat flat;
    struct json json;
};

static bool quote_number(struct quote_text *q, const char *key, char out[64])
{
    if (!q->quick) {
        return number_text(&q->json, q->json.v, key, out);
    }
    const struct flat_item *item = flat_get(&q->flat, key);
    bool ok =
        item != NULL && (item->kind == FLAT_NUMBER || item->kind == FLAT_TEXT) && item->raw_n < 64;
    (void)snprintf(out, 64, "%.*s", ok ? (int)item->raw_n : 0, ok ? item->raw : "");
    return ok;
}

static bool read_side(struct quote_text *q, const char *px_key, const char *sz_key, int64_t *px_out,
                      double *sz_out)
{
    char px[64], sz[64];
    if (!quote_number(q, px_key, px) || !quote_number(q, sz_key, sz) ||
        !decimal_parse_px(px, strlen(px), px_out, NULL) ||
        !decimal_parse_double(sz, strlen(sz), sz_out, NULL)) {
        return false;
    }
    if (*px_out <= 0 || *sz_out <= 0) {
        *px_out = 0;
        *sz_out = 0;
    }
    return true;
}

bool collect_quote(const char *text, size_t n, struct quote *out)
{
    struct quote_text q;
    char ms[64];
    double ts_ms = 0;
    *out = (struct quote){ 0 };
    q.json = (struct json){ .max_values = 256 };
    q.quick = flat_object(&q.flat, text, n);
    bool ok = (q.quick || json_parse(&q.json, text, n) == JSON_FINE) &&
              quote_number(&q, "timestamp", ms) &&
              decimal_parse_double(ms, strlen(ms), &ts_ms, NULL) && ts_ms > 0 && ts_ms < 9e12 &&
              read_side(&q, "bid_price", "bid_size", &out->bid_px, &out->bid_sz) &&
              read_side(&q, "ask_price", "ask_size", &out->ask_px, &out->ask_sz);
    out->ts_ns = ok ? (int64_t)ts_ms * NS_PER_MS : 0;
    json_fini(&q.json);
    return ok;
}
