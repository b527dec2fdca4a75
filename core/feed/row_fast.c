/* SPDX-License-Identifier: MIT */
/* The broker's own layout (Python's json.dumps), read in one pass. What departs from it by a byte
 * is left to row_json.c, which reads all of JSON; where both read, they agree. */
#include "row_fast.h"

#include "clock.h"
#include "decimal.h"
#include "value.h"

#include <string.h>

enum { WHOLE_DIGITS = 15, PX_DECIMALS = 9, PX_WHOLE_DIGITS = 9 };

struct cursor {
    const char *p, *end;
};

static bool word(struct cursor *c, const char *text, size_t n)
{
    if ((size_t)(c->end - c->p) < n || memcmp(c->p, text, n) != 0) {
        return false;
    }
    c->p += n;
    return true;
}

#define WORD(c, literal) word(c, literal, sizeof(literal) - 1)

/* At most `most` digits, no zero in front of others. Returns how many, 0: that is none. */
static int digits(struct cursor *c, int most, uint64_t *out)
{
    const char *from = c->p;
    uint64_t x = 0;
    while (c->p < c->end && *c->p >= '0' && *c->p <= '9' && c->p - from <= most) {
        x = x * 10 + (uint64_t)(*c->p++ - '0');
    }
    int n = (int)(c->p - from);
    *out = x;
    return n > most || (n > 1 && *from == '0') ? 0 : n;
}

/* The decimals behind a point, as 1e-9. */
static bool decimals(struct cursor *c, uint64_t *out)
{
    static const uint64_t units[PX_DECIMALS + 1] = { 1000000000, 100000000, 10000000, 1000000,
                                                     100000,     10000,     1000,     100,
                                                     10,         1 };
    const char *from = c->p;
    uint64_t x = 0;
    while (c->p < c->end && *c->p >= '0' && *c->p <= '9' && c->p - from < PX_DECIMALS) {
        x = x * 10 + (uint64_t)(*c->p++ - '0');
    }
    *out = x * units[c->p - from];
    return c->p > from && (c->p == c->end || *c->p < '0' || *c->p > '9');
}

static bool price(struct cursor *c, int64_t *px_out)
{
    uint64_t whole, part = 0;
    if (digits(c, PX_WHOLE_DIGITS, &whole) == 0 || (WORD(c, ".") && !decimals(c, &part))) {
        return false;
    }
    *px_out = (int64_t)(whole * (uint64_t)PX_ONE + part);
    return *px_out > 0;
}

static bool size(struct cursor *c, double *sz_out)
{
    uint64_t whole;
    if (digits(c, WHOLE_DIGITS, &whole) == 0) {
        return false;
    }
    *sz_out = (double)whole;
    return whole > 0;
}

/* A number that nobody reads. */
static bool other(struct cursor *c)
{
    uint64_t x;
    (void)WORD(c, "-");
    return digits(c, WHOLE_DIGITS, &x) > 0 && (!WORD(c, ".") || decimals(c, &x));
}

static bool time_stamp(struct cursor *c, double score_ms, int64_t *ts_ns_out)
{
    uint64_t ms;
    if (digits(c, WHOLE_DIGITS, &ms) == 0 || !value_ms_in_range((int64_t)ms)) {
        return false;
    }
    double apart_ms = (double)ms - score_ms;
    *ts_ns_out = (int64_t)ms * NS_PER_MS;
    return apart_ms >= -1 && apart_ms <= 1;
}

bool row_fast(const char *text, size_t n, double score_ms, const char *ticker, struct row *out)
{
    struct cursor c = { .p = text, .end = text + n };
    bool ok =
        n <= ROW_MEMBER_MAX && WORD(&c, "{\"ticker\": \"") && word(&c, ticker, strlen(ticker)) &&
        WORD(&c, "\", \"timestamp\": ") && time_stamp(&c, score_ms, &out->q.ts_ns) &&
        WORD(&c, ", \"bid_price\": ") && price(&c, &out->q.bid_px) &&
        WORD(&c, ", \"bid_size\": ") && size(&c, &out->q.bid_sz) && WORD(&c, ", \"ask_price\": ") &&
        price(&c, &out->q.ask_px) && WORD(&c, ", \"ask_size\": ") && size(&c, &out->q.ask_sz) &&
        WORD(&c, ", \"mid_price\": ") && other(&c) && WORD(&c, ", \"spread\": ") && other(&c);
    if (ok && WORD(&c, ", \"seq\": ")) {
        ok = digits(&c, WHOLE_DIGITS, &out->seq) > 0;
        out->has_seq = true;
    }
    return ok && WORD(&c, "}") && c.p == c.end;
}
