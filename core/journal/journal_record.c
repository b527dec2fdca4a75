/* SPDX-License-Identifier: MIT */
#include "journal_record.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double WHOLE_BELOW = 4503599627370496.0; /* 2^52 */

/* ---- differences ---------------------------------------------------------------------------- */

void record_base_next_block(struct record_base *b)
{
    b->block++;
}

void record_base_fini(struct record_base *b)
{
    free(b->of);
    *b = (struct record_base){ .n = 0 };
}

static struct record_last *last_of(struct record_base *b, uint32_t ticker)
{
    if (ticker >= b->n) {
        size_t n = (size_t)ticker + 64;
        struct record_last *grown = realloc(b->of, n * sizeof *grown);
        if (grown == NULL) {
            return NULL;
        }
        memset(grown + b->n, 0, (n - b->n) * sizeof *grown);
        b->of = grown;
        b->n = n;
    }
    struct record_last *l = &b->of[ticker];
    if (l->block != b->block + 1) {
        *l = (struct record_last){ .block = b->block + 1 };
    }
    return l;
}

static int64_t minus(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a - (uint64_t)b);
}

static int64_t plus(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a + (uint64_t)b);
}

/* ---- writing -------------------------------------------------------------------------------- */

static void put_u64(struct buf *out, uint64_t x)
{
    while (x >= 0x80) {
        buf_putc(out, (char)(x | 0x80));
        x >>= 7;
    }
    buf_putc(out, (char)x);
}

static void put_i64(struct buf *out, int64_t x)
{
    put_u64(out, (uint64_t)x << 1 ^ (x < 0 ? UINT64_MAX : 0));
}

static void put_real(struct buf *out, double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    for (int i = 0; i < 8; i++) {
        buf_putc(out, (char)(bits >> 8 * i & 0xff));
    }
}

static void put_size(struct buf *out, double x)
{
    if (x >= 0 && x < WHOLE_BELOW && x == floor(x) && !signbit(x)) {
        put_u64(out, (uint64_t)x << 1);
    } else {
        put_u64(out, 1);
        put_real(out, x);
    }
}

static void put_text(struct buf *out, struct record_text t)
{
    put_u64(out, t.n);
    buf_add(out, t.at, t.n);
}

static void put_row(struct record_last *l, const struct quote *q, struct buf *out)
{
    put_i64(out, minus(q->ts_ns, l->row.ts_ns));
    put_u64(out, q->flags);
    put_i64(out, minus(q->bid_px, l->row.bid_px));
    put_i64(out, minus(q->ask_px, l->row.ask_px));
    put_size(out, q->bid_sz);
    put_size(out, q->ask_sz);
    l->row = *q;
}

static void put_pressure(const struct pressure *p, struct buf *out)
{
    put_u64(out, p->state);
    put_i64(out, p->since_ns);
    put_u64(out, p->known);
    put_u64(out, p->before);
    put_u64(out, p->pending);
    put_i64(out, p->pending_ns);
    put_i64(out, p->tick_ns);
    for (int i = 0; i < PRESSURE_WINDOWS; i++) {
        put_i64(out, p->windows[i].sign);
        put_real(out, p->windows[i].ofi_n);
        put_i64(out, p->windows[i].net_ticks);
    }
    put_i64(out, p->flip_minute);
    for (int i = 0; i < PRESSURE_FLIP_MINUTES; i++) {
        put_u64(out, p->flips[i]);
    }
}

static void put_added(const struct record_ticker *t, struct buf *out)
{
    put_text(out, t->name);
    put_u64(out, t->follows);
    put_u64(out, (t->goes_on ? 1U : 0U) | (t->has_older ? 2U : 0U));
    put_i64(out, t->history_ns);
    put_i64(out, t->px_tick);
    put_i64(out, t->judged_ns);
    put_pressure(&t->pressure, out);
}

static void put_config(const struct record_config *c, struct buf *out)
{
    put_i64(out, c->wall_ns);
    put_u64(out, c->hash);
    put_text(out, c->path);
    put_text(out, c->dir);
    put_text(out, c->text);
    put_text(out, c->thresholds);
    put_text(out, c->thresholds_path);
}

static void put_report(const struct record_report *r, struct buf *out)
{
    put_i64(out, r->wall_ns);
    put_i64(out, r->tick_ns);
    put_i64(out, r->feed_lag_ms);
    put_i64(out, r->late);
    put_i64(out, r->future);
    put_i64(out, r->malformed);
    put_i64(out, r->lost);
    put_u64(out, r->warming);
}

bool record_put(struct record_base *b, const struct record *r, struct buf *out)
{
    buf_putc(out, (char)r->type);
    if (r->type == RECORD_CONFIG) {
        put_config(&r->config, out);
        return !out->failed;
    }
    if (r->type == RECORD_END) {
        put_i64(out, r->ns);
        return !out->failed;
    }
    struct record_last *l = last_of(b, r->ticker);
    if (l == NULL) {
        return false;
    }
    put_u64(out, r->ticker);
    switch (r->type) {
    case RECORD_TICKER:
        put_added(&r->added, out);
        break;
    case RECORD_PATTERN:
        put_text(out, r->pattern);
        break;
    case RECORD_ROW:
        put_row(l, &r->row, out);
        break;
    case RECORD_BOUNDARY:
    case RECORD_CUT:
        put_i64(out, minus(r->ns, l->boundary_ns));
        l->boundary_ns = r->ns;
        break;
    default:
        put_report(&r->report, out);
    }
    return !out->failed;
}

/* ---- reading -------------------------------------------------------------------------------- */

struct bytes {
    const char *at, *end;
    bool bad;
};

static uint64_t get_u64(struct bytes *b)
{
    uint64_t x = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        if (b->at == b->end) {
            break;
        }
        unsigned char c = (unsigned char)*b->at++;
        x |= (uint64_t)(c & 0x7f) << shift;
        if (c < 0x80) {
            return x;
        }
    }
    b->bad = true;
    return 0;
}

static int64_t get_i64(struct bytes *b)
{
    uint64_t x = get_u64(b);
    return (int64_t)(x >> 1 ^ ((x & 1) != 0 ? UINT64_MAX : 0));
}

static double get_real(struct bytes *b)
{
    uint64_t bits = 0;
    double x;
    if (b->end - b->at < 8) {
        b->bad = true;
        return 0;
    }
    for (int i = 0; i < 8; i++) {
        bits |= (uint64_t)(unsigned char)*b->at++ << 8 * i;
    }
    memcpy(&x, &bits, sizeof x);
    return x;
}

static double get_size(struct bytes *b)
{
    uint64_t x = get_u64(b);
    if (x == 1) {
        return get_real(b);
    }
    b->bad = b->bad || (x & 1) != 0;
    return (double)(x >> 1);
}

static struct record_text get_text(struct bytes *b)
{
    uint64_t n = get_u64(b);
    if (b->bad || n > (uint64_t)(b->end - b->at)) {
        b->bad = true;
        return (struct record_text){ "", 0 };
    }
    struct record_text t = { b->at, (size_t)n };
    b->at += n;
    return t;
}

static void get_row(struct record_last *l, struct bytes *b, struct quote *out)
{
    struct quote q = { .ts_ns = plus(l->row.ts_ns, get_i64(b)) };
    q.flags = (uint32_t)get_u64(b);
    q.bid_px = plus(l->row.bid_px, get_i64(b));
    q.ask_px = plus(l->row.ask_px, get_i64(b));
    q.bid_sz = get_size(b);
    q.ask_sz = get_size(b);
    b->bad = b->bad || !isfinite(q.bid_sz) || !isfinite(q.ask_sz);
    l->row = q;
    *out = q;
}

static enum pressure_state get_state(struct bytes *b)
{
    uint64_t x = get_u64(b);
    b->bad = b->bad || x > PRESSURE_SELLING;
    return b->bad ? PRESSURE_UNKNOWN : (enum pressure_state)x;
}

static void get_pressure(struct bytes *b, struct pressure *p)
{
    p->state = get_state(b);
    p->since_ns = get_i64(b);
    p->known = get_state(b);
    p->before = get_state(b);
    p->pending = get_state(b);
    p->pending_ns = get_i64(b);
    p->tick_ns = get_i64(b);
    for (int i = 0; i < PRESSURE_WINDOWS; i++) {
        p->windows[i].sign = (int)get_i64(b);
        p->windows[i].ofi_n = get_real(b);
        p->windows[i].net_ticks = get_i64(b);
    }
    p->flip_minute = get_i64(b);
    for (int i = 0; i < PRESSURE_FLIP_MINUTES; i++) {
        p->flips[i] = (uint16_t)get_u64(b);
    }
}

static void get_added(struct bytes *b, struct record_ticker *t)
{
    t->name = get_text(b);
    t->follows = (uint32_t)get_u64(b);
    uint64_t bits = get_u64(b);
    t->goes_on = (bits & 1) != 0;
    t->has_older = (bits & 2) != 0;
    t->history_ns = get_i64(b);
    t->px_tick = get_i64(b);
    t->judged_ns = get_i64(b);
    get_pressure(b, &t->pressure);
}

static void get_config(struct bytes *b, struct record_config *c)
{
    c->wall_ns = get_i64(b);
    c->hash = get_u64(b);
    c->path = get_text(b);
    c->dir = get_text(b);
    c->text = get_text(b);
    c->thresholds = get_text(b);
    c->thresholds_path = get_text(b);
}

static void get_report(struct bytes *b, struct record_report *r)
{
    r->wall_ns = get_i64(b);
    r->tick_ns = get_i64(b);
    r->feed_lag_ms = get_i64(b);
    r->late = get_i64(b);
    r->future = get_i64(b);
    r->malformed = get_i64(b);
    r->lost = get_i64(b);
    r->warming = get_u64(b) != 0;
}

static void get_of_ticker(struct record_base *base, struct bytes *b, struct record *out)
{
    uint64_t ticker = get_u64(b);
    struct record_last *l =
        b->bad || ticker >= RECORD_TICKERS_MAX ? NULL : last_of(base, (uint32_t)ticker);
    if (l == NULL) {
        b->bad = true;
        return;
    }
    out->ticker = (uint32_t)ticker;
    switch (out->type) {
    case RECORD_TICKER:
        get_added(b, &out->added);
        break;
    case RECORD_PATTERN:
        out->pattern = get_text(b);
        break;
    case RECORD_ROW:
        get_row(l, b, &out->row);
        break;
    case RECORD_BOUNDARY:
    case RECORD_CUT:
        out->ns = plus(l->boundary_ns, get_i64(b));
        l->boundary_ns = out->ns;
        break;
    case RECORD_REPORT:
        get_report(b, &out->report);
        break;
    default:
        b->bad = true;
    }
}

size_t record_get(struct record_base *base, const char *data, size_t n, struct record *out)
{
    struct bytes b = { .at = data, .end = data + n };
    if (n == 0) {
        return 0;
    }
    memset(out, 0, sizeof *out);
    out->type = (enum record_type)(unsigned char)*b.at++;
    if (out->type == RECORD_CONFIG) {
        get_config(&b, &out->config);
    } else if (out->type == RECORD_END) {
        out->ns = get_i64(&b);
    } else {
        get_of_ticker(base, &b, out);
    }
    return b.bad ? 0 : (size_t)(b.at - data);
}
