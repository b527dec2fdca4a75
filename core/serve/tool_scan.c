/* SPDX-License-Identifier: MIT */
/* scan_order_flow: a row per ticker from its stored state alone. */
#include "clock.h"
#include "jput.h"
#include "orderflow/detector.h"
#include "tickers.h"
#include "tools.h"
#include "view.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* A row has at most about 40 tokens. */
enum { ACTIVE_CHARS = 20, ACTIVE_TEXT = 96, WARMUP_STEP_MS = 50 };

struct row {
    char ticker[TICKER_MAX], signs[PRESSURE_WINDOWS + 1], active[ACTIVE_TEXT];
    char hist[ACTIVE_TEXT]; /* verdicts on the active ones that are named */
    const char *data;       /* the state unless it is OK, then the quality */
    enum pressure_state pressure;
    int64_t since_ns, now_ns, mid_px, net_ticks;
    double ofi_n;
    int agree, flips, decimals;
    bool warming;
};

struct scan {
    struct row *rows; /* owned */
    size_t n, cap;
    bool scored; /* some ticker has scores: there is a column of them */
};

/* "sweep:bid sweep:ask +2": kinds with side, or with a direction that no side tells, as many
 * as fit; and how many more there are. Returns how many it names. */
static int name_active(const struct answer *a, char out[ACTIVE_TEXT])
{
    size_t n = 0;
    int shown = 0;
    out[0] = '\0';
    for (; shown < a->report.n_active; shown++) {
        const struct active_pattern *p = &a->report.active[shown];
        const char *side = p->side == OFD_BID ? ":bid" : p->side == OFD_ASK ? ":ask" : "";
        const char *dir = side[0] != '\0' || p->dir == 0 ? "" : p->dir > 0 ? "+" : "-";
        char one[ACTIVE_TEXT];
        int len = snprintf(one, sizeof one, "%s%s%s%s", n > 0 ? " " : "", p->kind, side, dir);
        if (len < 0 || (n > 0 && n + (size_t)len > ACTIVE_CHARS)) {
            break;
        }
        memcpy(out + n, one, (size_t)len + 1);
        n += (size_t)len;
    }
    int64_t more = a->report.active_total - shown;
    if (more > 0) {
        (void)snprintf(out + n, ACTIVE_TEXT - n, " +%" PRId64, more);
    }
    return shown;
}

/* "NO EDGE, uncalibrated": of the first `n`. */
static void name_verdicts(const struct answer *a, int n, char out[ACTIVE_TEXT])
{
    const struct report *r = &a->report;
    size_t len = 0;
    out[0] = '\0';
    for (int i = 0; i < n; i++) {
        const struct active_pattern *p = &r->active[i];
        const struct score *s = score_find(r->scores, r->n_scores, NULL, p->kind, p->side, p->dir);
        int more = snprintf(out + len, ACTIVE_TEXT - len, "%s%s", i > 0 ? ", " : "",
                            s != NULL ? s->verdict : "uncalibrated");
        if (more < 0 || (size_t)more >= ACTIVE_TEXT - len) {
            out[len] = '\0';
            return;
        }
        len += (size_t)more;
    }
}

static void add_row(void *ctx, const struct answer *a)
{
    struct scan *s = ctx;
    const struct pressure *p = &a->report.pressure;
    const char *state = answer_state(a);
    bool ok = strcmp(state, "OK") == 0;
    if (s->n == s->cap) {
        return; /* cap is the number of names */
    }
    struct row *r = &s->rows[s->n++];
    *r = (struct row){ .data = ok ? view_quality(a) : state,
                       .pressure = view_pressure(a),
                       .since_ns = p->since_ns,
                       .now_ns = a->now_ns,
                       .mid_px = METRIC_PX_NONE,
                       .net_ticks = p->windows[1].net_ticks,
                       .ofi_n = ok && p->tick_ns != 0 ? p->windows[1].ofi_n : (double)NAN,
                       .agree = pressure_agreement(p),
                       .flips = pressure_flips(p, a->now_ns),
                       .decimals = view_decimals(a),
                       .warming = strcmp(state, "WARMING") == 0 };
    memcpy(r->ticker, a->ticker, sizeof r->ticker);
    (void)view_mid(a, &r->mid_px);
    if (ok) {
        pressure_signs(p, r->signs);
        name_verdicts(a, name_active(a, r->active), r->hist);
    }
    s->scored = s->scored || a->report.n_scores > 0;
}

/* ---- order ---- */

static bool is_one_sided(const struct row *r)
{
    return r->pressure == PRESSURE_BUYING || r->pressure == PRESSURE_SELLING;
}

static int by_ticker(const void *x, const void *y)
{
    const struct row *a = x, *b = y;
    return strcmp(a->ticker, b->ticker);
}

static double size_of(double ofi_n)
{
    return isfinite(ofi_n) ? fabs(ofi_n) : -1;
}

/* One-sided pressure first, more windows first, more flow first. */
static int by_strength(const void *x, const void *y)
{
    const struct row *a = x, *b = y;
    if (is_one_sided(a) != is_one_sided(b)) {
        return is_one_sided(a) ? -1 : 1;
    }
    if ((a->pressure == PRESSURE_UNKNOWN) != (b->pressure == PRESSURE_UNKNOWN)) {
        return a->pressure == PRESSURE_UNKNOWN ? 1 : -1;
    }
    if (a->agree != b->agree) {
        return a->agree > b->agree ? -1 : 1;
    }
    double flow_a = size_of(a->ofi_n), flow_b = size_of(b->ofi_n);
    return flow_a > flow_b ? -1 : flow_a < flow_b ? 1 : by_ticker(x, y);
}

/* What is known and changed last first. */
static int by_change(const void *x, const void *y)
{
    const struct row *a = x, *b = y;
    if ((a->pressure == PRESSURE_UNKNOWN) != (b->pressure == PRESSURE_UNKNOWN)) {
        return a->pressure == PRESSURE_UNKNOWN ? 1 : -1;
    }
    return a->since_ns != b->since_ns ? (a->since_ns > b->since_ns ? -1 : 1) : by_ticker(x, y);
}

/* ---- drawing ---- */

static void put_columns(struct jput *root, bool scored)
{
    static const char *const names[] = { "ticker", "pressure",  "since_s",   "windows", "flips_30m",
                                         "mid",    "net_t_60s", "ofi_n_60s", "active",  "data" };
    struct jput list = jput_array(root, "columns");
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        jput_text(&list, NULL, names[i]);
    }
    if (scored) {
        jput_text(&list, NULL, "hist");
    }
    jput_close(&list);
}

static void put_row(struct jput *rows, const struct row *r, bool scored)
{
    bool known = r->pressure != PRESSURE_UNKNOWN;
    struct jput c = jput_array(rows, NULL);
    jput_text(&c, NULL, r->ticker);
    jput_text(&c, NULL, pressure_state_name(r->pressure));
    if (known) {
        jput_int(&c, NULL, (r->now_ns - r->since_ns) / NS_PER_S);
    } else {
        jput_null(&c, NULL);
    }
    jput_text(&c, NULL, known ? r->signs : "");
    jput_int(&c, NULL, r->flips);
    if (r->mid_px != METRIC_PX_NONE) {
        jput_px(&c, NULL, r->mid_px, r->decimals);
    } else {
        jput_null(&c, NULL);
    }
    if (isfinite(r->ofi_n)) {
        jput_int(&c, NULL, r->net_ticks);
        jput_real(&c, NULL, round(r->ofi_n * 10) / 10);
    } else {
        jput_null(&c, NULL);
        jput_null(&c, NULL);
    }
    jput_text(&c, NULL, r->active);
    jput_text(&c, NULL, r->data);
    if (scored) {
        jput_text(&c, NULL, r->hist);
    }
    jput_close(&c);
}

static void put_breadth(struct jput *root, const struct scan *s)
{
    int64_t n[PRESSURE_SELLING + 1] = { 0 };
    for (size_t i = 0; i < s->n; i++) {
        n[s->rows[i].pressure]++;
    }
    int64_t known = (int64_t)s->n - n[PRESSURE_UNKNOWN];
    struct jput b = jput_object(root, "breadth");
    jput_int(&b, "tickers", (int64_t)s->n);
    jput_int(&b, "buying", n[PRESSURE_BUYING]);
    jput_int(&b, "selling", n[PRESSURE_SELLING]);
    jput_int(&b, "mixed", n[PRESSURE_MIXED]);
    jput_int(&b, "unknown", n[PRESSURE_UNKNOWN]);
    if (known > 0) {
        jput_real(&b, "net", (double)(n[PRESSURE_BUYING] - n[PRESSURE_SELLING]) / (double)known);
    }
    jput_close(&b);
}

struct page {
    size_t from, limit;
};

static void draw(const struct scan *s, struct page page, const char *missing, const char *note,
                 struct buf *out)
{
    struct jput doc = { .out = out };
    struct jput root = jput_object(&doc, NULL);
    put_breadth(&root, s);
    put_columns(&root, s->scored);
    struct jput rows = jput_array(&root, "rows");
    size_t i = page.from;
    for (; i < s->n && i - page.from < page.limit; i++) {
        put_row(&rows, &s->rows[i], s->scored);
    }
    jput_close(&rows);
    if (!s->scored) {
        jput_text(&root, "hist", "uncalibrated");
    }
    if (i < s->n) {
        char cursor[24];
        (void)snprintf(cursor, sizeof cursor, "%zu", i);
        jput_text(&root, "cursor", cursor);
    }
    if (missing[0] != '\0') {
        jput_text(&root, "no_quotes", missing);
    }
    if (note[0] != '\0') {
        jput_text(&root, "note", note);
    }
    jput_close(&root);
}

/* ---- the tool ---- */

static bool read_page(const struct tool_args *args, struct page *out, struct err *err)
{
    char cursor[32];
    size_t n = 0;
    *out = (struct page){ .limit = (size_t)tool_int(args, "limit", 50) };
    if (!tool_word(args, "cursor", "", cursor, sizeof cursor, err)) {
        return false;
    }
    for (; cursor[n] >= '0' && cursor[n] <= '9' && n < 9; n++) {
        out->from = out->from * 10 + (size_t)(cursor[n] - '0');
    }
    return cursor[n] == '\0' ||
           err_set(err, ERR_INVALID, "cursor \"%.20s\" is none: give the one of the page before",
                   cursor);
}

static bool any_warming(const struct scan *s)
{
    for (size_t i = 0; i < s->n; i++) {
        if (s->rows[i].warming) {
            return true;
        }
    }
    return false;
}

/* An engine that has just been started is given time to read. */
static bool read_rows(const struct tool_env *env, const struct names *names, bool started,
                      struct scan *s, struct err *err)
{
    struct mono deadline = mono_after_ms(clock_mono(), started ? query_warmup_ms(env->query) : 0);
    *s = (struct scan){ .rows = calloc(names->n + 1, sizeof *s->rows), .cap = names->n };
    if (s->rows == NULL) {
        return err_set(err, ERR_MEMORY, "out of memory");
    }
    do {
        s->n = 0;
        if (!tickers_each(env->query, names, add_row, s, err)) {
            return false;
        }
        if (!started || !any_warming(s) || tool_cancelled(env)) {
            break;
        }
        (void)nanosleep(&(struct timespec){ .tv_nsec = WARMUP_STEP_MS * NS_PER_MS }, NULL);
    } while (mono_ms_until(clock_mono(), deadline) > 0);
    return true;
}

bool tool_scan(const struct tool_env *env, const struct tool_args *args, struct buf *text,
               struct buf *structured, struct err *err)
{
    char list[4096], sort[16], missing[200], note[200];
    struct page page;
    struct names names = { .n = 0 };
    struct scan s = { .rows = NULL };
    enum engine_view engine;
    bool started;
    (void)text;
    if (!tool_tickers(args, list, sizeof list, err) ||
        !tool_word(args, "sort", "strength", sort, sizeof sort, err) ||
        !read_page(args, &page, err)) {
        return false;
    }
    bool ok = tickers_resolve(env->query, list, &names, missing, err) &&
              tickers_engine(env->query, &engine, &started, note, err) &&
              read_rows(env, &names, started, &s, err);
    if (ok && names.n == 0) {
        ok = err_set(err, ERR_NOT_FOUND,
                     "no ticker with quotes is \"%.60s\"; * names all there are", list);
    }
    if (ok) {
        qsort(s.rows, s.n, sizeof *s.rows,
              strcmp(sort, "ticker") == 0   ? by_ticker
              : strcmp(sort, "recent") == 0 ? by_change
                                            : by_strength);
        draw(&s, page, missing, note, structured);
    }
    names_fini(&names);
    free(s.rows);
    return ok;
}
