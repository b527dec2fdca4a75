/* SPDX-License-Identifier: MIT */
/* Entries of the firehose in the making. */
#include "clock.h"
#include "firehose.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

/* The first quote lies so far behind base, that a writer's quotes may be out of order by that. */
#define LEAD_NS NS_PER_S

enum { NAMES_MAX = FIREHOSE_TICKERS_MAX * TICKER_MAX };

struct firehose_batch {
    size_t n_tickers;  /* of the caller */
    uint16_t *places;  /* owned; each one's place among the names, + 1; 0: not there */
    uint32_t *present; /* owned; those that are there, by place */
    size_t n_present;
    struct buf names;
    unsigned char *quotes; /* owned; room for FIREHOSE_QUOTES_MAX */
    size_t n_quotes;
    int64_t base_ns;
};

struct firehose_batch *firehose_batch_create(size_t n_tickers)
{
    struct firehose_batch *b = calloc(1, sizeof *b);
    if (b == NULL) {
        return NULL;
    }
    b->n_tickers = n_tickers;
    b->places = calloc(n_tickers + 1, sizeof *b->places);
    b->present = calloc(n_tickers + 1, sizeof *b->present);
    b->quotes = malloc((size_t)FIREHOSE_QUOTES_MAX * FIREHOSE_QUOTE);
    buf_init(&b->names, NAMES_MAX);
    if (b->places == NULL || b->present == NULL || b->quotes == NULL) {
        firehose_batch_destroy(b);
        return NULL;
    }
    return b;
}

void firehose_batch_destroy(struct firehose_batch *b)
{
    if (b != NULL) {
        free(b->places);
        free(b->present);
        free(b->quotes);
        buf_fini(&b->names);
        free(b);
    }
}

size_t firehose_batch_count(const struct firehose_batch *b)
{
    return b->n_quotes;
}

static void put(unsigned char *p, uint64_t x, int n)
{
    for (int i = 0; i < n; i++) {
        p[i] = (unsigned char)(x >> (8 * i));
    }
}

static void put_double(unsigned char *p, double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    put(p, bits, 8);
}

static bool fits(const struct firehose_batch *b, size_t ticker, size_t name_n, int64_t ts_ns)
{
    size_t names = b->names.len + (b->places[ticker] == 0 ? 1 + name_n : 0);
    size_t bytes = FIREHOSE_HEADER + names + 8 + (b->n_quotes + 1) * FIREHOSE_QUOTE;
    return b->n_quotes < FIREHOSE_QUOTES_MAX && bytes <= FIREHOSE_BYTES_MAX &&
           (b->places[ticker] != 0 || b->n_present < FIREHOSE_TICKERS_MAX) &&
           (b->n_quotes == 0 || (ts_ns >= b->base_ns && ts_ns - b->base_ns <= UINT32_MAX));
}

bool firehose_batch_add(struct firehose_batch *b, size_t ticker, const char *name,
                        const struct quote *q)
{
    size_t name_n = strlen(name);
    CHECK(ticker < b->n_tickers);
    if (b->names.failed || !fits(b, ticker, name_n, q->ts_ns)) {
        return false;
    }
    if (b->n_quotes == 0) {
        b->base_ns = q->ts_ns - LEAD_NS;
    }
    if (b->places[ticker] == 0) {
        buf_putc(&b->names, (char)name_n);
        buf_add(&b->names, name, name_n);
        b->present[b->n_present++] = (uint32_t)ticker;
        b->places[ticker] = (uint16_t)b->n_present;
    }
    unsigned char *p = b->quotes + b->n_quotes++ * FIREHOSE_QUOTE;
    put(p, (uint64_t)(q->ts_ns - b->base_ns), 4);
    put(p + 4, b->places[ticker] - 1U, 2);
    put(p + 6, 0, 2);
    put(p + 8, (uint64_t)q->bid_px, 8);
    put(p + 16, (uint64_t)q->ask_px, 8);
    put_double(p + 24, q->bid_sz);
    put_double(p + 32, q->ask_sz);
    return true;
}

void firehose_batch_put(struct firehose_batch *b, uint64_t writer, uint64_t number, struct buf *out)
{
    unsigned char header[FIREHOSE_HEADER] = { 'O', 'F', 'Q', '1' };
    while (b->names.len % 8 != 0) {
        buf_putc(&b->names, '\0');
    }
    size_t quotes_n = b->n_quotes * FIREHOSE_QUOTE;
    put(header + 4, FIREHOSE_VERSION, 2);
    put(header + 6, b->n_present, 2);
    put(header + 8, b->n_quotes, 4);
    put(header + 12, FIREHOSE_HEADER + b->names.len + quotes_n, 4);
    put(header + 16, writer, 8);
    put(header + 24, number, 8);
    put(header + 32, (uint64_t)b->base_ns, 8);
    put(header + 40, b->names.len, 4);
    uLong crc = crc32(0, header, FIREHOSE_HEADER);
    crc = crc32(crc, (const unsigned char *)b->names.data, (uInt)b->names.len);
    put(header + 44, crc32(crc, b->quotes, (uInt)quotes_n), 4);
    buf_add(out, (const char *)header, sizeof header);
    buf_add(out, b->names.data, b->names.len);
    buf_add(out, (const char *)b->quotes, quotes_n);
    for (size_t i = 0; i < b->n_present; i++) {
        b->places[b->present[i]] = 0;
    }
    b->n_present = 0;
    b->n_quotes = 0;
    buf_clear(&b->names);
}
