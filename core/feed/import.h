/* SPDX-License-Identifier: MIT */
/*
 * Recorded quotes as people have them: files of many formats -> rows. [engine; orderflow]
 *
 * The format is recognised by how the data begin, never by the name; so is gzip or zstd. A file is
 * read as it comes, in bounded memory. What cannot be read is counted by cause, with where it
 * stood first, and told row by row; what is left out on purpose is counted, too.
 */
#ifndef FEED_IMPORT_H
#define FEED_IMPORT_H

#include "feed.h"

struct import_options {
    const char *format; /* NULL: recognised; else a name of import_format_names() */
    const char *ticker; /* NULL: the data are of one ticker. Else that one's rows are taken; data
                           that name no ticker are taken to be of it */
    const char *venue;  /* NULL: the data are of one venue, or national. Else that one's */
    const char *date;   /* 2024-08-08 or 20240808, where rows have only a time of day; NULL: of the
                           file's name */
    double lot;         /* sizes are multiplied by it; 0: as the format says */
    bool keep_ties; /* of formats whose rows have no order of their own (orderflow): the rows' */
    bool alone;     /* ticker only names the data: it is an error if they hold others, too */
};
/* Says whether format, date and lot are good. False: err says what would be. */
MUST_CHECK bool import_options_check(const struct import_options *o, struct err *err);
/* "orderflow, databento, dbn, ..." Static. */
const char *import_format_names(void);

/* Why a row is no quote to be given out, and yet right. */
enum import_skip {
    IMPORT_SKIP_RECORD,    /* trades, headings, messages of another kind */
    IMPORT_SKIP_TICKER,    /* another ticker's */
    IMPORT_SKIP_VENUE,     /* another venue's */
    IMPORT_SKIP_UNCHANGED, /* LOBSTER: only deeper levels changed */
    IMPORT_SKIP_HALT,      /* LOBSTER: trading halts or goes on */
    IMPORT_SKIPS
};

struct import_counts {
    uint64_t rows; /* given out */
    uint64_t malformed, malformed_by[MALFORMED_KINDS];
    uint64_t first_at[MALFORMED_KINDS]; /* line, from 1; of binary data the byte, from 0 */
    uint64_t skipped[IMPORT_SKIPS];
    uint64_t suspect; /* given out, though Databento marked them BAD_TS_RECV or MAYBE_BAD_BOOK */
};

struct import; /* opaque */

/* "-" is standard input. The strings of o are borrowed until import_close(). NULL: cannot be
 * opened, or is of no known format; err says what would be right. */
struct import *import_open(const char *path, const struct import_options *o, struct err *err);
/* The same over bytes in memory, borrowed; `name` stands for the path. */
struct import *import_open_bytes(const void *bytes, size_t n, const char *name,
                                 const struct import_options *o, struct err *err);
void import_close(struct import *i); /* NULL is fine */

/* Next row. out->member is NULL: it is the text that row_to_json() would write. False at the end
 * (err->code ERR_NONE), on a malformed row (ERR_INVALID with "file:line: why"; reading may go on),
 * or when it cannot go on (anything else: the file cannot be read or is cut short, holds a second
 * ticker or venue and none was chosen, or none of the chosen one). */
bool import_next(struct import *i, struct row *out, struct err *err);

const struct import_counts *import_counts(const struct import *i);
/* The ticker that a file's first quote names, else feed_file_ticker() of its path. o->ticker, if
 * set, is the answer. False: neither names one, or it cannot be read. Standard input
 * needs o->ticker. */
MUST_CHECK bool import_file_ticker(const char *path, const struct import_options *o,
                                   char out[TICKER_MAX], struct err *err);
/* The ticker of the rows given out, as the data name it; "": they name none, or none was read. */
const char *import_ticker(const struct import *i);
const char *import_format_name(const struct import *i);
double import_progress(const struct import *i); /* 0..1 by bytes; -1 unknown */

/* One line for each thing of note: what was malformed, by cause and place, and what was left out.
 * Nothing of note: nothing. */
void import_notes(const struct import *i, struct buf *out);
/* The same into the log. */
void import_log(const struct import *i);
/* --dry-run: what is read of which column, in which units and time zone, and the first three rows.
 * False: it cannot be opened, or holds no quote; out then has what is known. */
MUST_CHECK bool import_describe(const char *path, const struct import_options *o, struct buf *out,
                                struct err *err);

#endif
