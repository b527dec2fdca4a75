/* SPDX-License-Identifier: MIT */
/*
 * Rows in: text -> struct quote, in order, nothing twice. [engine; replay]
 *
 * One `struct stream` per ticker puts quotes of any batch into order (ts, then seq), removes
 * repeats, collapses quotes of one time without seq to the last in Redis order, and gives them out
 * boundary by boundary.
 */
#ifndef FEED_FEED_H
#define FEED_FEED_H

#include "buf.h"
#include "err.h"
#include "quote.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Why a member could not be read: MALFORMED_NOT_JSON ... of malformed.def. */
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
    uint64_t hash;      /* row_hash() of the member: the same hash is the same quote */
    const char *member; /* borrowed from the reader until it reads on: orders rows of one time.
                           NULL: what row_to_json() writes */
    size_t member_n;
};

uint64_t row_hash(const char *member, size_t n);

enum { ROW_MEMBER_MAX = 4096 }; /* bytes; a longer member is TOO_LONG */

/* One zset member: an object of RFC 8259, nothing around it. score_ms: its score, or NaN. ticker:
 * of the key. A null or 0 price or size: that side is absent. False: *why_out says why; err the
 * details. out->member is `text`. */
MUST_CHECK bool row_from_json(const char *text, size_t n, double score_ms, const char *ticker,
                              struct row *out, enum malformed *why_out, struct err *err);
/* The same for who has its row_hash() already. */
MUST_CHECK bool row_from_member(const char *text, size_t n, uint64_t hash, double score_ms,
                                const char *ticker, struct row *out, enum malformed *why_out,
                                struct err *err);
/* The same by the general reader alone, which row_from_json() leaves out where it can. */
MUST_CHECK bool row_from_any_json(const char *text, size_t n, double score_ms, const char *ticker,
                                  struct row *out, enum malformed *why_out, struct err *err);
/* The member the broker would write (Python json.dumps layout; seq only when has_seq), appended to
 * out. */
void row_to_json(const struct row *row, const char *ticker, struct buf *out);

/* ---- ordering ---- */

struct stream_counts {
    uint64_t read;     /* pushed for the first time; late and tied ones among them */
    uint64_t repeated; /* pushed again */
    uint64_t late;     /* at or before the last boundary taken; each once. What is read again begins
                        * at stream_read_from_ms(): of a zset what comes below is never seen */
    uint64_t tied;     /* lost to another row of the same time; each once */
    uint64_t future;
    uint64_t malformed[MALFORMED_KINDS];
};

struct stream; /* opaque: one ticker */

enum { STREAM_PENDING_MAX = 4 << 20 }; /* rows that may wait in one stream */

struct stream *stream_create(int64_t reorder_ns); /* NULL: no memory */
void stream_destroy(struct stream *s);

/* Takes one row; its member is copied where it is needed. Rows of one time stand in the order of
 * their seq, behind the one row that those without seq collapse to: the last of them in Redis order
 * (memcmp of the members), marked OFD_ROW_TIE. It is final once it is given out. False: no memory,
 * STREAM_PENDING_MAX, or their members take a GiB. */
MUST_CHECK bool stream_push(struct stream *s, const struct row *row, struct err *err);
/* The same for a row that is known to come for the first time, and only once: it is not remembered.
 */
MUST_CHECK bool stream_push_new(struct stream *s, const struct row *row, struct err *err);
/* True, and counted as repeated, when a member of that row_hash() was pushed before and is not yet
 * forgotten: then it need not be parsed. */
bool stream_repeats(struct stream *s, uint64_t hash);
void stream_count_malformed(struct stream *s, enum malformed why);
void stream_count_future(struct stream *s);

/* The next quote with ts_ns <= boundary_ns in order, or false. It leaves the stream. */
bool stream_next(struct stream *s, int64_t boundary_ns, struct quote *out);
/* Boundary taken: what comes with ts_ns <= boundary_ns from now on is late. */
void stream_take(struct stream *s, int64_t boundary_ns);
int64_t stream_newest_ns(const struct stream *s);         /* of all rows pushed; 0 none */
int64_t stream_oldest_pending_ns(const struct stream *s); /* not yet given out; 0 none */
const struct stream_counts *stream_counts(const struct stream *s);
/* A quote will be pushed soon: prefetch.h. */
void stream_expect(const struct stream *s, int step);
/* The score (ms, inclusive) from which the next read must begin so that nothing late or equal is
 * missed: before the last boundary taken, and reorder_ns before that. 0: from the beginning. Rows
 * from there on are recognised when they come again; older ones are forgotten, so read from no
 * earlier score than the last answer. */
int64_t stream_read_from_ms(struct stream *s);

/* The next boundary of a ticker that may be taken, or 0. last_ns: last boundary taken
 * (0: none; then the first one is the first multiple of interval_ns at or after the oldest pending
 * row). drained: the read behind this saw the end of the data; else, amid a backlog that is read in
 * order, the newest row must lie a little further on. idle: drained reads have brought
 * nothing for idle_ms. at_end: file mode, no more rows will come; then boundaries go on up to the
 * first at or after the newest row. A silence is not skipped: its boundaries come one by one. */
int64_t boundary_next(const struct stream *s, int64_t last_ns, int64_t interval_ns,
                      int64_t reorder_ns, bool drained, bool idle, int64_t wall_ns, bool at_end);

/* ---- files: import.h ---- */

/* The ticker a quote file is named after: of the name without folder and extension, the last word
 * before the first date (20240808 or 2024-08-08), words being separated by '_', in upper case; a
 * word `perp` belongs to the one before it. binance_um_btcusdt_20240808.csv.gz -> BTCUSDT,
 * x_btcusd_perp_20240808.csv -> BTCUSD_PERP, spy.csv -> SPY. False: that is no ticker. */
bool feed_file_ticker(const char *path, char out[TICKER_MAX]);

#endif
