/* SPDX-License-Identifier: MIT */
#include "rig.h"

#include "clock.h"
#include "cpu.h"
#include "describe.h"
#include "loader.h"
#include "param_text.h"
#include "rig_view.h"
#include "utf8.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_BATCH = 5, STRIDE_MAX = 4096, LOG_MAX = 4096 };

/* ---- the plugin ---------------------------------------------------------------------------- */

static const void *element(const void *table, uint32_t stride, uint32_t i)
{
    return (const char *)table + (size_t)stride * i;
}

const ofd_param *plug_param(const struct plug *g, uint32_t i)
{
    return element(g->plugin->params, g->plugin->param_stride, i);
}

const ofd_field *plug_field(const struct plug *g, uint32_t i)
{
    return element(g->plugin->fields, g->plugin->field_stride, i);
}

const ofd_kind *plug_kind(const struct plug *g, uint32_t i)
{
    return element(g->plugin->kinds, g->plugin->kind_stride, i);
}

static bool walkable(const void *table, uint32_t n, uint32_t stride, size_t bytes, uint32_t most)
{
    return n == 0 || (table != NULL && n <= most && stride >= bytes && stride <= STRIDE_MAX &&
                      stride % 8 == 0);
}

const char *plug_fault(const ofd_plugin *p)
{
    if (!OFD_HAS(p, ofd_plugin, ext)) {
        return "ofd_plugin.size is less than that of ABI 1.0";
    }
    if (p->create == NULL || p->destroy == NULL || p->detect == NULL) {
        return "create, destroy or detect is NULL";
    }
    if (p->n_windows == 0 || p->n_windows > RIG_WINDOWS_MAX || p->window_s == NULL) {
        return "window_s declares no windows, or too many";
    }
    if (!walkable(p->params, p->n_params, p->param_stride, OFD_UP_TO(ofd_param, reserved0),
                  RIG_PARAMS_MAX)) {
        return "the table of parameters cannot be walked";
    }
    if (!walkable(p->fields, p->n_fields, p->field_stride, OFD_UP_TO(ofd_field, reserved0),
                  RIG_PARAMS_MAX)) {
        return "the table of fields cannot be walked";
    }
    return walkable(p->kinds, p->n_kinds, p->kind_stride, OFD_UP_TO(ofd_kind, help), RIG_PARAMS_MAX)
               ? NULL
               : "the table of kinds cannot be walked";
}

static bool refuse(struct probe *p, bool mine, const char *why, const char *other)
{
    if (mine) {
        probe_fail(p, "%s", why);
    } else {
        probe_skip(p, "%s; see %s", why, other);
    }
    return false;
}

static const ofd_explain *find_explain(const struct plug *g)
{
    const ofd_explain *e = NULL;
    if (g->plugin->ext != NULL) {
        g->probe->phase = "ext()";
        e = g->plugin->ext(OFD_EXPLAIN_ID);
        g->probe->phase = NULL;
    }
    return e != NULL && e->size >= sizeof *e && e->explain != NULL ? e : NULL;
}

bool plug_load(struct plug *g, struct probe *p, const char *path, bool mine)
{
    struct err err = { 0 };
    *g = (struct plug){ .probe = p };
    p->phase = "loading";
    g->entry = loader_open(path, &p->crumb, &err);
    p->phase = "ofd_entry_v1()";
    g->plugin = g->entry != NULL ? g->entry(OFD_MINOR, p->index) : NULL;
    p->phase = NULL;
    if (g->entry == NULL) {
        return refuse(p, mine, err.text, "elf-needed");
    }
    if (g->plugin == NULL) {
        return refuse(p, mine, "it has no detector of that index", "entry-index");
    }
    if (plug_fault(g->plugin) != NULL) {
        return refuse(p, mine, plug_fault(g->plugin), "table-size");
    }
    g->explain = find_explain(g);
    g->memory_ns = (g->plugin->memory_s != 0 ? g->plugin->memory_s : 600) * NS_PER_S;
    for (uint32_t i = 0; i < g->plugin->n_windows; i++) {
        int64_t ns = g->plugin->window_s[i] * NS_PER_S;
        g->longest_ns = ns > g->longest_ns ? ns : g->longest_ns;
    }
    return true;
}

/* ---- what it says -------------------------------------------------------------------------- */

static void fault(struct rig *r, enum fault_kind kind, const char *what)
{
    struct faults *f = &r->faults[kind];
    if (f->n++ == 0) {
        (void)snprintf(f->first, sizeof f->first, "tick %" PRIu64 ": %s", r->calls, what);
    }
}

static void judge_value(struct rig *r, const ofd_value *v)
{
    char what[160];
    if (v->field >= r->plug->plugin->n_fields) {
        (void)snprintf(what, sizeof what, "evidence for field %u; it declares %u",
                       (unsigned)v->field, (unsigned)r->plug->plugin->n_fields);
        fault(r, FAULT_FIELDS, what);
        return;
    }
    const ofd_field *f = plug_field(r->plug, v->field);
    const char *key = f->key != NULL ? f->key : "?";
    bool real = f->type == OFD_REAL;
    if (real ? v->i != 0 && fpclassify(v->f) == FP_ZERO
             : fpclassify(v->f) != FP_ZERO && v->i == 0) {
        (void)snprintf(what, sizeof what, "field %.40s is %s, but the value stands in .%s", key,
                       real ? "a real" : "no real", real ? "i" : "f");
        fault(r, FAULT_FIELDS, what);
    } else if (f->type == OFD_CHOICE && (v->i < 0 || v->i >= (int64_t)f->n_choices)) {
        (void)snprintf(what, sizeof what, "field %.40s has no choice number %lld", key,
                       (long long)v->i);
        fault(r, FAULT_FIELDS, what);
    } else if (real && !isfinite(v->f)) {
        (void)snprintf(what, sizeof what, "field %.40s is not a finite number", key);
        fault(r, FAULT_NUMBERS, what);
    } else if (f->type == OFD_PRICE && (v->i == INT64_MIN || v->i == INT64_MAX)) {
        (void)snprintf(what, sizeof what, "field %.40s is no possible price", key);
        fault(r, FAULT_TIMES, what);
    }
}

static const ofd_value *value_at(const ofd_pattern *p, uint32_t i)
{
    return element(p->ev, p->ev_stride, i);
}

/* False: the evidence cannot be read. */
static bool judge_evidence(struct rig *r, const ofd_pattern *p)
{
    if (p->n_ev > EVIDENCE_MAX) {
        fault(r, FAULT_FIELDS, "more than 24 pieces of evidence");
        return false;
    }
    if (p->n_ev > 0 &&
        (p->ev == NULL || p->ev_stride < OFD_UP_TO(ofd_value, f) || p->ev_stride % 8 != 0)) {
        fault(r, FAULT_FIELDS, "ev is NULL or ev_stride is not sizeof(ofd_value)");
        return false;
    }
    for (uint32_t i = 0; i < p->n_ev; i++) {
        for (uint32_t k = 0; k < i; k++) {
            if (value_at(p, i)->field == value_at(p, k)->field) {
                fault(r, FAULT_FIELDS, "evidence twice for one field");
            }
        }
        judge_value(r, value_at(p, i));
    }
    return true;
}

static bool time_of_new_row(const ofd_tick *t, int64_t ts_ns)
{
    for (uint32_t k = 0; k < t->n_windows; k++) {
        const ofd_window *w = ofd_window_at(t, k);
        for (uint64_t i = w->first_new; i < w->n; i++) {
            if (w->ts_ns[i] == ts_ns) {
                return true;
            }
        }
    }
    return ts_ns == t->now_ns;
}

static void find_range(struct rig *r)
{
    r->low_px = INT64_MAX;
    r->high_px = INT64_MIN;
    for (uint32_t k = 0; k < r->tick->n_windows; k++) {
        const ofd_window *w = ofd_window_at(r->tick, k);
        for (uint64_t i = 0; i < w->n; i++) {
            int64_t low = w->bid_px[i] < w->ask_px[i] ? w->bid_px[i] : w->ask_px[i];
            int64_t high = w->bid_px[i] > w->ask_px[i] ? w->bid_px[i] : w->ask_px[i];
            r->low_px = low < r->low_px ? low : r->low_px;
            r->high_px = high > r->high_px ? high : r->high_px;
        }
    }
}

static void judge_pattern(struct rig *r, const ofd_pattern *p)
{
    if (p->kind >= r->plug->plugin->n_kinds) {
        fault(r, FAULT_FIELDS, "a kind that is not declared");
    }
    if (p->side < OFD_NO_SIDE || p->side > OFD_ASK || p->dir < -1 || p->dir > 1) {
        fault(r, FAULT_NUMBERS, "side is not 0, 1 or 2, or dir is not -1, 0 or 1");
    }
    if (!isfinite(p->value)) {
        fault(r, FAULT_NUMBERS, "value is not a finite number");
    }
    if (!time_of_new_row(r->tick, p->ts_ns)) {
        fault(r, FAULT_TIMES, "ts_ns is neither a new row's time nor now_ns");
    }
    if (p->start_ns > p->ts_ns || p->start_ns < 0) {
        fault(r, FAULT_TIMES, "start_ns lies after ts_ns or below 0");
    }
    if (p->price != OFD_NO_PRICE) {
        if (r->low_px > r->high_px) {
            find_range(r);
        }
        if (p->price == 0 || p->price < r->low_px || p->price > r->high_px) {
            char what[160];
            (void)snprintf(what, sizeof what, "price %.9g is not between %.9g and %.9g",
                           (double)p->price * 1e-9, (double)r->low_px * 1e-9,
                           (double)r->high_px * 1e-9);
            fault(r, FAULT_TIMES, what);
        }
    }
}

static void keep(struct rig *r, const ofd_pattern *p, bool evidence)
{
    struct said *s = &r->said;
    if (s->n == s->cap) {
        size_t cap = s->cap == 0 ? 256 : 2 * s->cap;
        s->all = realloc(s->all, cap * sizeof *s->all);
        s->tick = realloc(s->tick, cap * sizeof *s->tick);
        CHECK(s->all != NULL && s->tick != NULL);
        s->cap = cap;
    }
    struct emission *e = &s->all[s->n];
    s->tick[s->n++] = r->calls;
    *e = (struct emission){ .kind = p->kind,
                            .side = p->side,
                            .dir = p->dir,
                            .ts_ns = p->ts_ns,
                            .start_ns = p->start_ns,
                            .price = p->price,
                            .value = p->value,
                            .n_ev = evidence ? p->n_ev : 0 };
    for (uint32_t i = 0; i < e->n_ev; i++) {
        const ofd_value *v = value_at(p, i);
        bool real =
            v->field < r->plug->plugin->n_fields && plug_field(r->plug, v->field)->type == OFD_REAL;
        e->ev[i] = (struct evidence){ .field = v->field, .i = v->i };
        if (real) {
            e->ev[i].f = v->f;
        }
    }
}

static int32_t on_emit(const ofd_host *host, const ofd_pattern *p)
{
    struct rig *r = host->ctx;
    if (r->tick == NULL) {
        fault(r, FAULT_FIELDS, "emit() called outside detect()");
        return OFD_LIMIT;
    }
    if (r->emits >= r->limit) {
        r->after_limit += r->emits > r->limit;
        r->emits++;
        return OFD_LIMIT;
    }
    r->emits++;
    if (r->mute) {
        return 0;
    }
    if (p == NULL || !OFD_HAS(p, ofd_pattern, ev_stride)) {
        fault(r, FAULT_FIELDS, "ofd_pattern.size is not that of ofd_pattern");
        return OFD_BAD_VALUE;
    }
    unsigned before = r->faults[0].n + r->faults[1].n + r->faults[2].n;
    bool evidence = judge_evidence(r, p);
    judge_pattern(r, p);
    if (!r->forget) {
        keep(r, p, evidence);
    }
    return before == r->faults[0].n + r->faults[1].n + r->faults[2].n ? 0 : OFD_BAD_VALUE;
}

static void on_log(const ofd_host *host, uint32_t level, const char *text)
{
    struct rig *r = host->ctx;
    size_t n = text != NULL ? strnlen(text, LOG_MAX) : 0;
    bool good = text != NULL && n < LOG_MAX && level <= OFD_LOG_ERROR && utf8_valid(text, n) &&
                memchr(text, '\n', n) == NULL;
    r->log_lines += text != NULL;
    r->bad_lines += !good;
}

static const void *on_ext(const ofd_host *host, const char *id)
{
    (void)host;
    (void)id;
    return NULL;
}

/* ---- instances ------------------------------------------------------------------------------- */

void rig_init(struct rig *r, struct plug *g)
{
    struct err err = { 0 };
    *r = (struct rig){ .plug = g, .probe = g->probe, .ticker = "TEST", .limit = RIG_EMITS_MAX };
    for (uint32_t i = 0; i < g->plugin->n_params; i++) {
        r->params[i] = plug_param(g, i)->def;
    }
    const char *set = g->probe->set != NULL ? g->probe->set : "";
    if (!param_text_take(g, set, r->params, &err)) {
        probe_fail(r->probe, "--set: %s", err.text);
    }
}

static void enter(struct rig *r, const char *phase)
{
    r->probe->phase = phase;
}

bool rig_create(struct rig *r)
{
    const ofd_plugin *plugin = r->plug->plugin;
    r->host = (ofd_host){ .size = sizeof r->host,
                          .minor = OFD_MINOR,
                          .ctx = r,
                          .emit = on_emit,
                          .log = on_log,
                          .ext = on_ext };
    ofd_config config = { .size = sizeof config,
                          .n_params = plugin->n_params,
                          .params = r->params,
                          .ticker = r->ticker,
                          .columns = plugin->columns };
    const ofd_config *shown = &config;
    size_t first_region = r->probe->regions != NULL ? r->probe->regions->n : 0;
    if (r->view == VIEW_REVOKED || r->view == VIEW_READ_ONLY) {
        config.params = page_copy(r->probe, "config->params", r->params,
                                  plugin->n_params * sizeof r->params[0]);
        config.ticker = page_copy(r->probe, "config->ticker", r->ticker, strlen(r->ticker) + 1);
        shown = page_copy(r->probe, "config", &config, sizeof config);
        if (r->view == VIEW_READ_ONLY) {
            pages_set(r->probe, first_region, REGION_READ_ONLY);
        }
    }
    enter(r, "create()");
    r->self = plugin->create(&r->host, shown);
    enter(r, NULL);
    if (r->view == VIEW_REVOKED) {
        pages_set(r->probe, first_region, REGION_REVOKED);
    }
    return r->self != NULL;
}

bool rig_need(struct rig *r)
{
    if (!rig_create(r)) {
        probe_skip(r->probe, "create() gives no instance; see life-params");
        return false;
    }
    return true;
}

void rig_destroy(struct rig *r)
{
    if (r->self != NULL) {
        enter(r, "destroy()");
        r->plug->plugin->destroy(r->self);
        enter(r, NULL);
        r->self = NULL;
    }
    r->calls = 0;
}

void rig_fini(struct rig *r)
{
    rig_destroy(r);
    said_fini(&r->said);
}

/* ---- calls ----------------------------------------------------------------------------------- */

static int32_t on_say(const ofd_explain_out *out, const ofd_condition *c)
{
    (void)out;
    return c != NULL && c->size >= sizeof *c ? 0 : OFD_BAD_VALUE;
}

/* The same rows again, none of them new. */
static void explain(struct rig *r, const struct reel *t, size_t n, int64_t now_ns)
{
    const ofd_explain_out out = { .size = sizeof out, .ctx = r, .say = on_say };
    struct shown s;
    shown_open(&s, r, t, n, n, now_ns, 0);
    enter(r, "explain()");
    (void)r->plug->explain->explain(r->self, s.at, &out);
    enter(r, NULL);
    shown_close(&s, r);
}

int32_t rig_tick(struct rig *r, const struct reel *t, size_t n, size_t first_new, int64_t now_ns,
                 uint32_t flags)
{
    struct shown s;
    shown_open(&s, r, t, n, first_new, now_ns, flags);
    r->tick = s.at;
    r->emits = 0;
    r->low_px = INT64_MAX;
    r->high_px = INT64_MIN;
    int64_t before_ns = 0, after_ns = 0;
    (void)(r->timed && cpu_clock_ns(CLOCK_THREAD_CPUTIME_ID, &before_ns));
    enter(r, "detect()");
    int32_t status = r->plug->plugin->detect(r->self, s.at);
    enter(r, NULL);
    (void)(r->timed && cpu_clock_ns(CLOCK_THREAD_CPUTIME_ID, &after_ns));
    r->cpu_ns = after_ns - before_ns;
    r->tick = NULL;
    shown_close(&s, r);
    if (r->explain && r->plug->explain != NULL) {
        explain(r, t, n, now_ns);
    }
    r->calls++;
    r->refused_status += status < 0;
    return status;
}

size_t rig_run(struct rig *r, const struct reel *t, size_t from, size_t to, int64_t interval_ns)
{
    size_t calls = 0, shown = from;
    size_t first = from + FIRST_BATCH <= to ? from + FIRST_BATCH : to;
    int64_t now_ns = to > from ? (t->ts_ns[first - 1] / interval_ns + 1) * interval_ns : 0;
    while (shown < to) {
        size_t n = shown;
        while (n < to && t->ts_ns[n] <= now_ns) {
            n++;
        }
        probe_note(r->probe, "tick %zu, rows %zu to %zu of the test tape (seed %" PRIu64 ")", calls,
                   shown, n, r->probe->seed);
        (void)rig_tick(r, t, n, shown, now_ns, 0);
        calls++;
        shown = n;
        now_ns += interval_ns;
    }
    return calls;
}

bool rig_play(struct rig *r, const struct reel *t, int64_t interval_ns)
{
    if (!rig_need(r)) {
        return false;
    }
    (void)rig_run(r, t, 0, t->n, interval_ns);
    rig_destroy(r);
    return true;
}
