/* SPDX-License-Identifier: MIT */
#include "harness.h"

#include <dlfcn.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const int64_t SECOND_NS = 1000000000;

/* Keeps the first failure. Always false. */
static bool fail(struct harness *h, const char *format, ...)
{
    if (h->why[0] == '\0') {
        va_list args;
        va_start(args, format);
        (void)vsnprintf(h->why, sizeof h->why, format, args);
        va_end(args);
    }
    return false;
}

static const void *element(const void *table, uint32_t stride, uint32_t i)
{
    return (const char *)table + (size_t)stride * i;
}

const ofd_field *harness_field(const struct harness *h, uint32_t i)
{
    return element(h->plugin->fields, h->plugin->field_stride, i);
}

const ofd_kind *harness_kind(const struct harness *h, uint32_t i)
{
    return element(h->plugin->kinds, h->plugin->kind_stride, i);
}

const ofd_param *harness_param(const struct harness *h, uint32_t i)
{
    return element(h->plugin->params, h->plugin->param_stride, i);
}

/* ---- life ---------------------------------------------------------------------------------- */

/* dlopen() looks for a name without a slash elsewhere than in the current folder. */
static void *library_open(const char *path)
{
    if (strchr(path, '/') != NULL) {
        return dlopen(path, RTLD_NOW | RTLD_LOCAL);
    }
    size_t bytes = strlen(path) + sizeof "./";
    char *here = malloc(bytes);
    if (here == NULL) {
        return dlopen(path, RTLD_NOW | RTLD_LOCAL);
    }
    (void)snprintf(here, bytes, "./%s", path);
    void *library = dlopen(here, RTLD_NOW | RTLD_LOCAL);
    free(here);
    return library;
}

bool harness_open(struct harness *h, const char *path, uint32_t index)
{
    *h = (struct harness){ .library = library_open(path) };
    if (h->library == NULL) {
        return fail(h, "%s", dlerror());
    }
    const ofd_plugin *(*entry)(uint32_t, uint32_t) = NULL;
    void *symbol = dlsym(h->library, "ofd_entry_v1");
    if (symbol == NULL) {
        return fail(h, "%s: exports no ofd_entry_v1", path);
    }
    memcpy(&entry, &symbol, sizeof entry);
    h->plugin = entry(OFD_MINOR, index);
    if (h->plugin == NULL) {
        return fail(h, "%s: has no detector number %u", path, index);
    }
    if (h->plugin->n_params > HARNESS_PARAMS_MAX || h->plugin->n_fields > HARNESS_EVIDENCE_MAX) {
        return fail(h, "%s: too many parameters or fields", path);
    }
    harness_set_defaults(h);
    return true;
}

void harness_end(struct harness *h)
{
    if (h->self != NULL) {
        h->plugin->destroy(h->self);
        h->self = NULL;
    }
}

void harness_close(struct harness *h)
{
    harness_end(h);
    free(h->found);
    if (h->library != NULL) {
        (void)dlclose(h->library);
    }
    *h = (struct harness){ 0 };
}

void harness_set_defaults(struct harness *h)
{
    for (uint32_t i = 0; i < h->plugin->n_params; i++) {
        h->params[i] = harness_param(h, i)->def;
    }
}

static bool value_of(const ofd_param *p, const char *text, double *out)
{
    for (uint32_t i = 0; p->type == OFD_CHOICE && i < p->n_choices; i++) {
        if (strcmp(p->choices[i], text) == 0) {
            *out = i;
            return true;
        }
    }
    char *end = NULL;
    *out = strtod(text, &end);
    return p->type != OFD_CHOICE && end != text && *end == '\0' && *out >= p->min &&
           *out <= p->max && (p->type != OFD_INT || *out == floor(*out));
}

bool harness_set(struct harness *h, const char *key, const char *text)
{
    for (uint32_t i = 0; i < h->plugin->n_params; i++) {
        const ofd_param *p = harness_param(h, i);
        if (strcmp(p->key, key) == 0) {
            return value_of(p, text, &h->params[i]) || fail(h, "%s: bad value '%s'", key, text);
        }
    }
    return fail(h, "unknown parameter '%s'", key);
}

/* ---- what the detector calls ----------------------------------------------------------------- */

static bool is_new_row_time(const ofd_window *w, int64_t ts_ns)
{
    for (uint64_t i = w->first_new; i < w->n; i++) {
        if (w->ts_ns[i] == ts_ns) {
            return true;
        }
    }
    return false;
}

static bool value_is_good(struct harness *h, const ofd_value *v)
{
    if (v->field >= h->plugin->n_fields) {
        return fail(h, "emit: there is no field number %u", v->field);
    }
    const ofd_field *f = harness_field(h, v->field);
    if (f->type == OFD_CHOICE && (v->i < 0 || v->i >= f->n_choices)) {
        return fail(h, "emit: %s has no choice number %lld", f->key, (long long)v->i);
    }
    return f->type != OFD_REAL || isfinite(v->f) || fail(h, "emit: %s is not finite", f->key);
}

static bool pattern_is_good(struct harness *h, const ofd_pattern *p)
{
    if (h->window == NULL) {
        return fail(h, "emit: called outside detect()");
    }
    if (!OFD_HAS(p, ofd_pattern, ev_stride) || p->kind >= h->plugin->n_kinds) {
        return fail(h, "emit: bad size or kind");
    }
    if (p->side < OFD_NO_SIDE || p->side > OFD_ASK || p->dir < -1 || p->dir > 1) {
        return fail(h, "emit: side %d, dir %d", p->side, p->dir);
    }
    if (!isfinite(p->value) || p->n_ev > HARNESS_EVIDENCE_MAX) {
        return fail(h, "emit: value not finite, or too much evidence");
    }
    if (!is_new_row_time(h->window, p->ts_ns) || p->start_ns > p->ts_ns) {
        return fail(h, "emit: ts_ns is no new row's, or start_ns lies after it");
    }
    for (uint32_t i = 0; i < p->n_ev; i++) {
        if (!value_is_good(h, element(p->ev, p->ev_stride, i))) {
            return false;
        }
    }
    return true;
}

static int32_t on_emit(const ofd_host *host, const ofd_pattern *p)
{
    struct harness *h = host->ctx;
    if (!pattern_is_good(h, p)) {
        return -1;
    }
    if (h->n_found == h->cap_found) {
        size_t cap = h->cap_found == 0 ? 64 : 2 * h->cap_found;
        struct harness_found *grown = realloc(h->found, cap * sizeof *grown);
        if (grown == NULL) {
            (void)fail(h, "out of memory");
            return -1;
        }
        h->found = grown;
        h->cap_found = cap;
    }
    struct harness_found *f = &h->found[h->n_found++];
    *f = (struct harness_found){ .row = h->n_fed - 1,
                                 .kind = p->kind,
                                 .n_ev = p->n_ev,
                                 .side = p->side,
                                 .dir = p->dir,
                                 .ts_ns = p->ts_ns,
                                 .start_ns = p->start_ns,
                                 .price = p->price,
                                 .value = p->value };
    for (uint32_t i = 0; i < p->n_ev; i++) {
        f->ev[i] = *(const ofd_value *)element(p->ev, p->ev_stride, i);
    }
    return 0;
}

static void on_log(const ofd_host *host, uint32_t level, const char *text)
{
    const struct harness *h = host->ctx;
    (void)fprintf(stderr, "%s: log %u: %s\n", h->plugin->id, level, text);
}

static const void *on_ext(const ofd_host *host, const char *id)
{
    (void)host;
    (void)id;
    return NULL;
}

const ofd_value *harness_evidence(const struct harness *h, const struct harness_found *f,
                                  const char *key)
{
    for (uint32_t i = 0; i < f->n_ev; i++) {
        if (strcmp(harness_field(h, f->ev[i].field)->key, key) == 0) {
            return &f->ev[i];
        }
    }
    return NULL;
}

/* ---- feeding --------------------------------------------------------------------------------- */

bool harness_begin(struct harness *h, const struct harness_row *rows, size_t n_rows, size_t n_seen,
                   int64_t px_tick)
{
    harness_end(h);
    h->rows = rows;
    h->n_rows = n_rows;
    h->n_fed = n_seen;
    h->px_tick = px_tick;
    h->tick_seq = h->n_found = 0;
    h->why[0] = '\0';
    h->host = (ofd_host){ .size = sizeof h->host,
                          .minor = OFD_MINOR,
                          .ctx = h,
                          .emit = on_emit,
                          .log = on_log,
                          .ext = on_ext };
    const ofd_config config = { .size = sizeof config,
                                .n_params = h->plugin->n_params,
                                .params = h->params,
                                .ticker = "TEST" };
    h->self = h->plugin->create(&h->host, &config);
    return h->self != NULL || fail(h, "create() failed");
}

struct columns {
    int64_t *ts_ns, *bid_px, *ask_px;
    double *bid_sz, *ask_sz;
    uint32_t *flags;
};

static void columns_free(struct columns *c)
{
    free(c->ts_ns);
    free(c->bid_px);
    free(c->ask_px);
    free(c->bid_sz);
    free(c->ask_sz);
    free(c->flags);
}

static bool columns_copy(struct columns *c, const struct harness_row *rows, size_t n)
{
    if (n == 0) {
        *c = (struct columns){ 0 };
        return true;
    }
    *c = (struct columns){ .ts_ns = malloc(n * sizeof *c->ts_ns),
                           .bid_px = malloc(n * sizeof *c->bid_px),
                           .ask_px = malloc(n * sizeof *c->ask_px),
                           .bid_sz = malloc(n * sizeof *c->bid_sz),
                           .ask_sz = malloc(n * sizeof *c->ask_sz),
                           .flags = malloc(n * sizeof *c->flags) };
    if (c->ts_ns == NULL || c->bid_px == NULL || c->ask_px == NULL || c->bid_sz == NULL ||
        c->ask_sz == NULL || c->flags == NULL) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        c->ts_ns[i] = rows[i].ts_ns;
        c->bid_px[i] = rows[i].bid_px;
        c->ask_px[i] = rows[i].ask_px;
        c->bid_sz[i] = rows[i].bid_sz;
        c->ask_sz[i] = rows[i].ask_sz;
        c->flags[i] = rows[i].flags;
    }
    return true;
}

/* First of rows [0, n) later than t. */
static size_t row_after(const struct harness_row *rows, size_t n, int64_t t)
{
    size_t i = n;
    while (i > 0 && rows[i - 1].ts_ns > t) {
        i--;
    }
    return i;
}

/* What one call shows: rows [from, from + n), of which those from n_old on are new. */
struct view {
    struct columns columns;
    size_t from, n, n_old;
    int64_t now_ns;
};

/* A view reaches back from its first new row: a batch may be longer than the windows are. */
static bool view_open(struct view *v, const struct harness *h, size_t n_old, int64_t now_ns)
{
    const ofd_plugin *p = h->plugin;
    int64_t reach_s = p->memory_s == 0 ? 600 : p->memory_s;
    uint32_t longest_s = 0;
    for (uint32_t i = 0; i < p->n_windows; i++) {
        longest_s = p->window_s[i] > longest_s ? p->window_s[i] : longest_s;
    }
    reach_s += longest_s;
    int64_t first_new_ns = n_old < h->n_fed ? h->rows[n_old].ts_ns : now_ns;
    size_t from = row_after(h->rows, n_old, first_new_ns - reach_s * SECOND_NS);
    *v = (struct view){ .from = from, .n = h->n_fed - from, .n_old = n_old, .now_ns = now_ns };
    return v->n == 0 || columns_copy(&v->columns, h->rows + from, v->n);
}

static ofd_window window_of(const struct view *v, const struct harness *h, uint32_t seconds)
{
    int64_t start_ns = v->now_ns - seconds * SECOND_NS;
    size_t begin = row_after(h->rows, h->n_fed, start_ns);
    return (ofd_window){ .size = sizeof(ofd_window),
                         .seconds = seconds,
                         .n = v->n,
                         .begin = begin > v->from ? begin - v->from : 0,
                         .first_new = v->n_old - v->from,
                         .first_seq = v->from,
                         .ts_ns = v->columns.ts_ns,
                         .bid_px = v->columns.bid_px,
                         .ask_px = v->columns.ask_px,
                         .bid_sz = v->columns.bid_sz,
                         .ask_sz = v->columns.ask_sz,
                         .flags = v->columns.flags };
}

static bool call(struct harness *h, const struct view *v)
{
    const ofd_plugin *p = h->plugin;
    ofd_window *windows = calloc(p->n_windows, sizeof *windows);
    if (windows == NULL) {
        return fail(h, "out of memory");
    }
    for (uint32_t i = 0; i < p->n_windows; i++) {
        windows[i] = window_of(v, h, p->window_s[i]);
    }
    const ofd_tick tick = { .size = sizeof tick,
                            .now_ns = v->now_ns,
                            .px_tick = h->px_tick,
                            .seq = h->tick_seq++,
                            .n_windows = p->n_windows,
                            .window_stride = sizeof *windows,
                            .windows = windows };
    h->window = windows;
    int32_t status = p->detect(h->self, &tick);
    h->window = NULL;
    bool ok = status >= 0 || fail(h, "detect() answered %d", status);
    for (uint32_t i = 0; i < p->n_windows; i++) {
        windows[i].first_new = windows[i].n;
    }
    ok = ok && (v->n == 0 || v->n_old + 1 != h->n_fed ||
                harness_explains(h, &tick, h->why, sizeof h->why));
    free(windows);
    return ok;
}

bool harness_feed(struct harness *h, size_t n, int64_t now_ns)
{
    size_t n_old = h->n_fed, left = h->n_rows - h->n_fed;
    h->n_fed += n < left ? n : left;
    int64_t newest_ns = h->n_fed > 0 ? h->rows[h->n_fed - 1].ts_ns : 0;
    struct view v;
    bool ok = view_open(&v, h, n_old, now_ns > newest_ns ? now_ns : newest_ns) ||
              fail(h, "out of memory");
    ok = ok && call(h, &v);
    columns_free(&v.columns);
    return ok && h->why[0] == '\0';
}
