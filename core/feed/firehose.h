/* SPDX-License-Identifier: MIT */
/*
 * One entry of the firehose: a batch of quotes of any tickers as bytes. Version 1; the description
 * for broker authors, with a writer in Python, is sdk/firehose/README.md. [engine; replay] Pure.
 *
 * All numbers little-endian, quotes on multiples of 8 bytes from the beginning:
 *
 *    0  4  "OFQ1"
 *    4  2  version, 1           6  2  number of tickers
 *    8  4  number of quotes    12  4  bytes of the whole entry
 *   16  8  writer              24  8  number of the entry: 1, 2, 3 ... of this writer
 *   32  8  base: time, ns since 1970 (signed)
 *   40  4  bytes of the tickers' names, zeros behind them included: a multiple of 8
 *   44  4  CRC-32 (as in zlib and gzip) of the entry with zeros in these 4 bytes
 *   48     names: for each ticker a byte with its length, then its characters; zeros
 *    .     quotes of 40 bytes each:
 *          0  4  time behind base, ns    4  2  ticker, by its place among the names    6  2  0
 *          8  8  bid price, 1e-9 (signed)       16  8  ask price
 *         24  8  bid size (IEEE 754 double)     32  8  ask size
 *
 * A price or size of 0: that side is absent.
 */
#ifndef FEED_FIREHOSE_H
#define FEED_FIREHOSE_H

#include "buf.h"
#include "feed.h"
#include "value.h"

enum {
    FIREHOSE_VERSION = 1,
    FIREHOSE_HEADER = 48,
    FIREHOSE_QUOTE = 40,
    FIREHOSE_QUOTES_MAX = 16384,
    FIREHOSE_TICKERS_MAX = 8192,
    FIREHOSE_BYTES_MAX = 1 << 20
};
#define FIREHOSE_FIELD "q" /* the entry's field that holds it */

/* Why an entry could not be read: FIREHOSE_NO_FIELD ... of firehose.def. */
enum firehose_fault {
    FIREHOSE_FINE,
#define FIREHOSE(name, text, help) FIREHOSE_##name,
#include "firehose.def"
#undef FIREHOSE
    FIREHOSE_FAULTS
};
const char *firehose_fault_name(enum firehose_fault f);

struct firehose_entry {
    uint64_t writer, number;
    int64_t base_ns;
    size_t n_tickers, n_quotes;
    const unsigned char *names, *quotes; /* borrowed from the bytes */
};

/* Looks at all that concerns the whole entry, names included. False: what is wrong, and err says
 * where. */
MUST_CHECK bool firehose_open(const char *bytes, size_t n, struct firehose_entry *out,
                              enum firehose_fault *fault_out, struct err *err);
/* The names in turn; *at begins as 0. Each is a valid ticker. False behind the last. */
bool firehose_name(const struct firehose_entry *e, size_t *at, struct text *out);
/* The place of the ticker of quote i; n_tickers or more: it has none. */
size_t firehose_place(const struct firehose_entry *e, size_t i);
/* Quote i and its ticker's place. False: the quote is left out, *why_out says why; the place is
 * n_tickers or more when it is that. */
MUST_CHECK bool firehose_quote(const struct firehose_entry *e, size_t i, struct quote *out,
                               size_t *ticker_out, enum malformed *why_out);

/* ---- writing ---- */

/* A batch in the making. Tickers have numbers 0 .. n_tickers - 1 of the caller. */
struct firehose_batch; /* opaque */

struct firehose_batch *firehose_batch_create(size_t n_tickers); /* NULL: no memory */
void firehose_batch_destroy(struct firehose_batch *b);          /* NULL is fine */
/* False: it does not fit any more (limits of the layout; more than some seconds between its
 * times), or there is no memory: put the batch, then it fits. */
MUST_CHECK bool firehose_batch_add(struct firehose_batch *b, size_t ticker, const char *name,
                                   const struct quote *q);
size_t firehose_batch_count(const struct firehose_batch *b); /* quotes in it */
/* The entry, appended to *out; the batch is empty then. Not of an empty one. */
void firehose_batch_put(struct firehose_batch *b, uint64_t writer, uint64_t number,
                        struct buf *out);

#endif
