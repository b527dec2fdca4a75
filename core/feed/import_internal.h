/* SPDX-License-Identifier: MIT */
/* The inside of an import, and what a format is. [feed/ only] */
#ifndef FEED_IMPORT_INTERNAL_H
#define FEED_IMPORT_INTERNAL_H

#include "eastern.h"
#include "import.h"
#include "lines.h"

/* The first day on which US equity feeds gave quote sizes in shares, not round lots: 2025-11-03, in
 * New York. */
#define SHARES_SINCE_NS (INT64_C(1762146000) * 1000000000)
enum { ROUND_LOT = 100, IMPORT_HEAD_BYTES = 16 << 10, TICKERS_SHOWN = 12, RAW_NAME_MAX = 64 };

/* One row as a format reads it. Texts are borrowed from its input until the next one. */
struct record {
    struct quote q; /* sides without price or size need not be cleared */
    bool has_seq;   /* the data number their rows themselves */
    uint64_t seq;
    struct text ticker; /* n 0: the data name none */
    bool ticker_is_id;  /* a number that means nothing outside the data */
    struct text venue;  /* n 0: none, or national */
    bool suspect;
};

enum got {
    GOT_ROW,
    GOT_SKIP, /* *skip says why */
    GOT_BAD,  /* the fault says why */
    GOT_END,
    GOT_FAIL /* err says why */
};

struct import_format {
    const char *name, *title;
    bool (*recognise)(const struct import_format *f, struct text head);
    bool (*open)(struct import *i, struct err *err);
    enum got (*next)(struct import *i, struct record *out, enum import_skip *skip, struct fault *f,
                     struct err *err);
    void (*close)(struct import *i);
    void (*describe)(const struct import *i, struct buf *out);
    bool own_order;      /* the order of its rows is the market's */
    bool binary;         /* places are bytes, not lines */
    const void *details; /* csv_spec, json_spec */
};

struct import {
    struct import_options o;
    char *name;
    struct input *in;    /* owned */
    struct lines *lines; /* owned */
    const struct import_format *format;
    void *reader;      /* the format's own; its close() frees it */
    struct civil date; /* year 0: none */
    uint64_t at;       /* line of the last row, or byte */
    struct import_counts counts;
    char first[MALFORMED_KINDS][sizeof((struct err){ 0 }.text)]; /* malformed row: why */
    char ticker[TICKER_MAX], venue[TICKER_MAX];
    char raw[RAW_NAME_MAX], plain[RAW_NAME_MAX]; /* the last ticker as it stands, and as ours */
    size_t raw_n, plain_n;
    bool chosen, ticker_is_id;
    char tickers[TICKERS_SHOWN][TICKER_MAX]; /* those seen while another is wanted */
    size_t n_tickers;
    bool more_tickers;
};

/* Sizes of US equities: x the lot that was asked for, else round lots until SHARES_SINCE_NS. */
void import_scale(const struct import *i, bool round_lots, struct quote *q);
/* One line of the mapping: "  bid_price   <- bid_px_00: 1e-9, whole". */
void import_describe_field(struct buf *out, const char *field, const char *column,
                           const char *unit);
const char *import_size_unit(const struct import *i, bool round_lots); /* for it */
/* The next line, or why not: GOT_ROW with *out, GOT_BAD, GOT_END, GOT_FAIL. Sets i->at. */
enum got import_line(struct import *i, struct text *out, struct fault *f, struct err *err);
/* The record's ticker becomes one as ours are: what they cannot hold is a '.', as in BRK.A for "BRK
 * A". True: it is not the one that is wanted, which is noted. To be asked before the rest is read.
 */
bool import_is_other(struct import *i, struct record *r);
/* i->date is known, or err says how to tell it. */
bool import_need_date(const struct import *i, struct err *err);

extern const struct import_format *const import_formats[];
extern const size_t import_n_formats;

/* import_csv.c */
bool csv_recognise(const struct import_format *f, struct text head);
bool csv_open(struct import *i, struct err *err);
enum got csv_next(struct import *i, struct record *out, enum import_skip *skip, struct fault *f,
                  struct err *err);
void csv_close(struct import *i);
void csv_describe(const struct import *i, struct buf *out);

extern const struct import_format import_dbn, import_lobster, import_binance_json,
    import_alpaca_json, import_orderflow_json;

#endif
