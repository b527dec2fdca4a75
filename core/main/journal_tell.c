/* SPDX-License-Identifier: MIT */
#include "journal_tell.h"

#include "decimal.h"
#include "market.h"

#include <inttypes.h>
#include <string.h>

/* ---- what there is -------------------------------------------------------------------------- */

struct telling {
    FILE *out;
    int64_t session_ns, last_wall_ns;
    uint64_t rows, segments, ticks;
    uint32_t number;
    bool ended;
    char tickers[400];
    int n_tickers;
};

static void tell_session(struct telling *t)
{
    char from[CLOCK_ISO_MAX], to[CLOCK_ISO_MAX];
    if (t->session_ns == 0) {
        return;
    }
    (void)clock_print_iso(from, t->session_ns);
    (void)clock_print_iso(to, t->last_wall_ns);
    (void)fprintf(t->out,
                  "session %s  to %s  %s  segments=%" PRIu64 " rows=%" PRIu64 " ticks=%" PRIu64
                  " tickers=%d: %s\n",
                  from, t->last_wall_ns == 0 ? "?" : to, t->ended ? "ended" : "open", t->segments,
                  t->rows, t->ticks, t->n_tickers, t->tickers);
}

static void add_ticker(struct telling *t, struct record_text name)
{
    size_t n = strlen(t->tickers);
    t->n_tickers++;
    if (n + name.n + 2 < sizeof t->tickers) {
        (void)snprintf(t->tickers + n, sizeof t->tickers - n, "%s%.*s", n == 0 ? "" : " ",
                       (int)name.n, name.at);
    }
}

static bool see_any(void *ctx, const struct journal_segment *s, const struct record *r,
                    struct err *err)
{
    struct telling *t = ctx;
    (void)err;
    if (s->session_ns != t->session_ns) {
        tell_session(t);
        *t = (struct telling){ .out = t->out, .session_ns = s->session_ns, .segments = 1 };
        t->number = s->number;
    } else if (s->number != t->number) {
        t->segments++;
        t->number = s->number;
    }
    t->rows += r->type == RECORD_ROW;
    t->ticks += r->type == RECORD_REPORT;
    t->ended = r->type == RECORD_END;
    if (r->type == RECORD_REPORT) {
        t->last_wall_ns = r->report.wall_ns;
    } else if (r->type == RECORD_TICKER && (!r->added.goes_on || t->segments == 1)) {
        add_ticker(t, r->added.name);
    }
    return true;
}

bool journal_tell(const char *dir, FILE *out, struct journal_health *health, struct err *err)
{
    struct telling t = { .out = out };
    if (!journal_walk(dir, see_any, &t, health, err)) {
        return false;
    }
    tell_session(&t);
    return fflush(out) == 0 || err_sys(err, "standard output");
}

/* ---- quotes --------------------------------------------------------------------------------- */

struct exporting {
    FILE *out;
    const char *ticker;
    int64_t session_ns;
    bool knows;       /* the ticker, in this session */
    uint32_t id;      /* of it there */
    uint32_t follows; /* records that say what is known already */
    int64_t from_ns;  /* rows up to it were written by an earlier session */
    int64_t last_ns;
    uint64_t rows;
};

static void print_time(char out[DECIMAL_MAX], int64_t ts_ns)
{
    int n = snprintf(out, DECIMAL_MAX, "%" PRId64, ts_ns / NS_PER_MS);
    if (ts_ns % NS_PER_MS != 0) {
        (void)snprintf(out + n, DECIMAL_MAX - (size_t)n, ".%06" PRId64, ts_ns % NS_PER_MS);
    }
}

static void print_side(char out[2 * DECIMAL_MAX + 2], int64_t px, double sz)
{
    char size[DECIMAL_MAX];
    size_t n = decimal_print_px(out, px, 0);
    size_t k = decimal_print_repr(size, sz);
    (void)snprintf(out + n, 2 * DECIMAL_MAX + 2 - n, ",%.*s",
                   (int)(k > 2 && memcmp(size + k - 2, ".0", 2) == 0 ? k - 2 : k), size);
}

static bool write_row(struct exporting *x, const struct quote *q, struct err *err)
{
    char at[DECIMAL_MAX], bid[2 * DECIMAL_MAX + 2], ask[2 * DECIMAL_MAX + 2];
    print_time(at, q->ts_ns);
    print_side(bid, q->bid_px, q->bid_sz);
    print_side(ask, q->ask_px, q->ask_sz);
    x->last_ns = q->ts_ns;
    x->rows++;
    return fprintf(x->out, "%s,%s,%s\n", at, bid, ask) > 0 || err_sys(err, "cannot write");
}

static bool see_row(void *ctx, const struct journal_segment *s, const struct record *r,
                    struct err *err)
{
    struct exporting *x = ctx;
    if (s->session_ns != x->session_ns) {
        x->session_ns = s->session_ns;
        x->knows = false;
        x->follows = 0;
        x->from_ns = x->last_ns;
    }
    if (r->type == RECORD_TICKER) {
        if (x->knows && r->ticker == x->id) {
            x->follows = r->added.follows;
        } else if (strlen(x->ticker) == r->added.name.n &&
                   memcmp(x->ticker, r->added.name.at, r->added.name.n) == 0) {
            x->knows = true;
            x->id = r->ticker;
        }
        return true;
    }
    if (!x->knows || r->type == RECORD_CONFIG || r->type == RECORD_END || r->ticker != x->id) {
        return true;
    }
    if (x->follows > 0) {
        x->follows--;
        return true;
    }
    return r->type != RECORD_ROW || r->row.ts_ns <= x->from_ns || write_row(x, &r->row, err);
}

bool journal_export(const char *dir, const char *ticker, FILE *out, struct journal_health *health,
                    struct err *err)
{
    struct exporting x = {
        .out = out, .ticker = ticker, .from_ns = INT64_MIN, .last_ns = INT64_MIN
    };
    (void)fprintf(out, "ts_ms,bid_price,bid_size,ask_price,ask_size\n");
    if (!journal_walk(dir, see_row, &x, health, err)) {
        return false;
    }
    if (x.rows == 0) {
        return err_set(err, ERR_NOT_FOUND, "%s: no rows of %s in it", dir, ticker);
    }
    return fflush(out) == 0 || err_sys(err, "cannot write");
}
