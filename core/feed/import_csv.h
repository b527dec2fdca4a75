/* SPDX-License-Identifier: MIT */
/* What a format of delimited lines is: which column is which field, in which units. [feed/ only] */
#ifndef FEED_IMPORT_CSV_H
#define FEED_IMPORT_CSV_H

#include "import_internal.h"
#include "import_value.h"

enum field {
    FIELD_TIME,
    FIELD_BID_PX,
    FIELD_BID_SZ,
    FIELD_ASK_PX,
    FIELD_ASK_SZ,
    FIELD_TIME2, /* stands in for an absent FIELD_TIME */
    FIELD_TICKER,
    FIELD_ID, /* stands in for an absent FIELD_TICKER */
    FIELD_VENUE,
    FIELD_SEQ,
    FIELD_FLAGS,    /* Databento's bits */
    FIELD_LOTS,     /* that it is there says: sizes in round lots until 2025-11 */
    FIELD_NATIONAL, /* that it is there says: venues need no choice */
    FIELDS
};

struct csv_column {
    enum field field;
    const char *names; /* "bid_price|bid": in lower case; any of them */
};

enum { CSV_COLUMNS_MAX = 14, CSV_CELLS_MAX = 256 };

struct csv_spec {
    char delimiter;
    bool only;     /* no columns but these */
    unsigned also; /* bits of fields that must be there, too */
    enum time_form time;
    bool fixed_px;          /* prices without a point are whole 1e-9 units */
    bool round_lots;        /* always, with or without FIELD_LOTS */
    const char *end;        /* a FIELD_TIME that marks a closing line */
    const char *headerless; /* the heading that files without one have in mind */
    const char *time_unit;  /* for people */
    const char *needs;      /* the heading that is wanted, for messages */
    struct csv_column columns[CSV_COLUMNS_MAX]; /* up to the one without names */
};

#endif
