/* SPDX-License-Identifier: MIT */
/*
 * The engine's input on disk: rows as they were judged, boundaries as they were taken, what was
 * known of a ticker when it was added, and the settings; so that any answer can be given again
 * (`orderflow analyze --asof`). [engine writes; any reads] One journal: one thread.
 *
 * A folder of segments SESSION-NNNNNN.journal; a session is one run of an engine, named after its
 * start in ns (16 hex digits). A segment is a head and blocks; a block is a length, a CRC-32 and
 * records (journal_record.h). All numbers are little-endian. Each segment can be read by itself: it
 * begins with the settings and, if it is not the first, with what is known of each ticker and its
 * rows.
 *
 * What a kill leaves unfinished at the end of a segment is found by its CRC and left out.
 */
#ifndef JOURNAL_JOURNAL_H
#define JOURNAL_JOURNAL_H

#include "journal_record.h"

struct journal_config {
    const char *dir;   /* made if it is not there; its parent must be */
    int64_t max_bytes; /* of all segments in it, about: the oldest are removed */
};

enum { JOURNAL_SEGMENTS = 16 }; /* about so many fit into max_bytes */
enum { JOURNAL_MAX_BYTES_MIN = 4 << 20 };

struct journal; /* opaque */

/* Begins nothing on disk yet. NULL: no memory. */
struct journal *journal_create(const struct journal_config *cfg);
/* Writes what waits. NULL is fine. */
void journal_close(struct journal *j);

/* True: a segment is to be begun, because none is open, the last one is full, or writing failed a
 * while ago. Then the caller calls journal_begin() and says again what is known: settings, and each
 * ticker with its patterns and rows. */
bool journal_wants_segment(const struct journal *j, struct now now);
/* What was not written is gone. After a failure, a new session. False: cannot be written; the state
 * says why, and journal_wants_segment() is true again after 5 s. */
bool journal_begin(struct journal *j, struct now now);

/* The caller has said what is known. False: that alone takes a large part of max_bytes. */
bool journal_begun(struct journal *j, struct now now);

/* Appends a record to the block in memory; ignored while no segment is open. */
void journal_put(struct journal *j, const struct record *r);
/* Writes the block. After a failure the segment is cut back to its last whole block and closed. */
void journal_flush(struct journal *j, struct now now);

/* "ok", or why nothing is written. Valid until the next call. */
const char *journal_state(const struct journal *j);
uint64_t journal_written_bytes(const struct journal *j);

/* ---- reading ---- */

struct journal_segment {
    char name[32];
    int64_t session_ns; /* start of its session */
    uint32_t number;    /* within the session, from 0 */
};
struct journal_list {
    struct journal_segment *items; /* owned; oldest first */
    size_t n;
};
/* Files of other names are passed over. journal_list_free() in any case. */
MUST_CHECK bool journal_list(const char *dir, struct journal_list *out, struct err *err);
void journal_list_free(struct journal_list *l);

/* What is wrong with a segment's head, without reading the rest: "" or a static text. */
const char *journal_segment_trouble(const char *dir, const struct journal_segment *s);

struct journal_reader; /* opaque: one segment, in memory */

/* NULL: cannot be read. One whose head is wrong, of another version, or was not even written (a
 * kill, a full disk), is a damaged one without records: the others are none the worse for it. */
struct journal_reader *journal_reader_open(const char *dir, const struct journal_segment *s,
                                           struct err *err);
void journal_reader_close(struct journal_reader *r);
/* The next record; its texts are borrowed from the reader. False at the end: of the segment, or
 * before a block that is cut off or damaged (journal_reader_damage()). */
bool journal_next(struct journal_reader *r, struct record *out);
/* "" or "FILE: damaged at byte N: why". */
const char *journal_reader_damage(const struct journal_reader *r);
/* The damage is that the end is missing, as a kill or a full disk leaves a segment. */
bool journal_reader_cut(const struct journal_reader *r);

#endif
