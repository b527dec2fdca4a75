/* SPDX-License-Identifier: MIT */
/* The quick reader of a quote against the general one, on any bytes: what the quick one takes, the
 * general one takes with the same values, and what row_from_json() says is what the general one
 * says. First byte: which ticker the key is of, and how far the score lies from the timestamp. */
#include "feed.h"
#include "row_fast.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const tickers[] = { "SPY", "BTC-USD", "A", "SP\"Y" };

/* The number behind the first "timestamp", so that most scores fit; else a year of its own. */
static double score_of(const char *text, size_t n, unsigned choice)
{
    static const double apart[] = { 0, 0, 0, 0.5, -1, 1, 1.0001, NAN };
    static const char key[] = "\"timestamp\": ";
    double ms = 1767225600123;
    for (size_t i = 0; i + sizeof key < n; i++) {
        if (memcmp(text + i, key, sizeof key - 1) == 0) {
            char digits[24] = "";
            size_t from = i + sizeof key - 1, left = n - from;
            memcpy(digits, text + from, left < sizeof digits - 1 ? left : sizeof digits - 1);
            ms = strtod(digits, NULL);
            break;
        }
    }
    return ms + apart[choice % (sizeof apart / sizeof apart[0])];
}

static void refuse(const char *what, const char *text, size_t n)
{
    (void)fprintf(stderr, "%s: %.*s\n", what, (int)n, text);
    abort();
}

static bool same_bits(double a, double b)
{
    return memcmp(&a, &b, sizeof a) == 0;
}

static bool same(const struct row *a, const struct row *b)
{
    return a->q.ts_ns == b->q.ts_ns && a->q.bid_px == b->q.bid_px && a->q.ask_px == b->q.ask_px &&
           same_bits(a->q.bid_sz, b->q.bid_sz) && same_bits(a->q.ask_sz, b->q.ask_sz) &&
           a->q.flags == b->q.flags && a->has_seq == b->has_seq && a->seq == b->seq;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1) {
        return 0;
    }
    char *text = malloc(size); /* of exactly the text, so that a byte too far is noticed */
    size_t n = size - 1;
    if (text == NULL) {
        return 0;
    }
    memcpy(text, data + 1, n);
    const char *ticker = tickers[data[0] % 4];
    double score_ms = score_of(text, n, data[0] / 4);
    struct row quick = { .seq = 0 }, general, either;
    enum malformed why, why_either;
    bool general_ok = row_from_any_json(text, n, score_ms, ticker, &general, &why, NULL);
    if (row_fast(text, n, score_ms, ticker, &quick) && (!general_ok || !same(&quick, &general))) {
        refuse("read in two ways", text, n);
    }
    bool ok = row_from_json(text, n, score_ms, ticker, &either, &why_either, NULL);
    if (ok != general_ok || why != why_either ||
        (ok && (!same(&either, &general) || either.hash != general.hash))) {
        refuse("row_from_json() says something else", text, n);
    }
    free(text);
    return 0;
}
