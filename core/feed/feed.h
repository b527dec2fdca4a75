/* SPDX-License-Identifier: MIT */
/*
 * Rows in: text -> struct quote, in order, nothing twice. [engine; replay]
 *
 * One `struct stream` per ticker puts quotes of any batch into order (ts, seq, else Redis order),
 * removes repeats, collapses quotes of one millisecond without seq to the last in Redis order, and
 * gives them out boundary by boundary.
 */
#ifndef FEED_FEED_H
#define FEED_FEED_H

#include "buf.h"
#include "err.h"
#include "quote.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* X-macro feed/malformed.def: why a member could not be read: not_json, not_object, missing_field,
 * bad_number, negative, not_finite, bad_timestamp, score_mismatch, ticker_mismatch, too_long ... */
enum malformed {
    MALFORMED_NONE,
#define MALFORMED(name, text) MALFORMED_##name,
#include "malformed.def"
#undef MALFORMED
    MALFORMED_KINDS
};
const char *malformed_name(enum malformed m);

/* A quote as read, with what its order needs. */
struct row {
    struct quote q;
    bool has_seq;
    uint64_t seq;
    uint64_t hash;    /* of the member's bytes: the same (ts, hash) is the same quote */
    char tie_key[96]; /* the member's bytes behind `timestamp`: orders rows of one ms as Redis does
                       */
};

/* One zset member. score_ms: its score, or NaN. ticker: of the key. False: *why_out says why; err
 * the details. */
MUST_CHECK bool row_from_json(const char *text, size_t n, double score_ms, const char *ticker,
                              struct row *out, enum malformed *why_out, struct err *err);
/* The member the broker would write (Python json.dumps layout; seq only when has_seq), appended to
 * out. */
void row_to_json(const struct row *row, const char *ticker, struct buf *out);

/* ---- ordering ---- */

struct stream_counts {
    uint64_t read, malformed[MALFORMED_KINDS], future, late, repeated, tied;
};

struct stream; /* opaque: one ticker */

struct stream *stream_create(int64_t reorder_ns); /* NULL: no memory */
void stream_destroy(struct stream *s);

/* Takes one row. Late (ts <= last boundary taken), repeated and tied ones are counted here. */
MUST_CHECK bool stream_push(struct stream *s, const struct row *row, struct err *err);
void stream_count_malformed(struct stream *s, enum malformed why);
void stream_count_future(struct stream *s);

/* The next quote with ts_ns <= boundary_ns in order, or false. It leaves the stream. */
bool stream_next(struct stream *s, int64_t boundary_ns, struct quote *out);
/* Boundary taken: what comes with ts_ns <= boundary_ns from now on is late. */
void stream_take(struct stream *s, int64_t boundary_ns);
int64_t stream_newest_ns(const struct stream *s);         /* of all rows pushed; 0 none */
int64_t stream_oldest_pending_ns(const struct stream *s); /* not yet given out; 0 none */
const struct stream_counts *stream_counts(const struct stream *s);
/* Where the next read must begin so that nothing late or equal is missed: ms score, inclusive. */
int64_t stream_read_from_ms(const struct stream *s);

/* The next boundary of a ticker that may be taken (DESIGN 3), or 0. last_ns: last boundary taken
 * (0: none; then the first one is the first multiple of interval_ns at or after the oldest pending
 * row). drained: the read behind this saw the end of the data. idle_since_wall: true when drained
 * reads have brought nothing for idle_ms. at_end: file mode, no more rows will come. */
int64_t boundary_next(const struct stream *s, int64_t last_ns, int64_t interval_ns,
                      int64_t reorder_ns, bool drained, bool idle, int64_t wall_ns, bool at_end);

/* ---- CSV files: ts_ms,bid_price,bid_size,ask_price,ask_size; plain or gzip; "-" is standard input
 * ---- */

struct csv; /* opaque */

/* keep_ties: row order is the order (rows get seq); else rows of one ms are tied as a broker
 * without seq would. */
struct csv *csv_open(const char *path, bool keep_ties, struct err *err);
void csv_close(struct csv *c);
/* Next row. False at the end (err->code ERR_NONE) or on a malformed line (ERR_INVALID with
 * "file:line: why"; reading may go on) or a read error (anything else; reading must stop). */
bool csv_next(struct csv *c, struct row *out, struct err *err);
uint64_t csv_malformed(const struct csv *c);
double csv_progress(const struct csv *c); /* 0..1 by bytes; -1 unknown */

#endif
