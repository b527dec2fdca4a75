/* SPDX-License-Identifier: MIT */
/* What a detector declares and what it says, in the host's own memory. [any] Pure. */
#ifndef MARKET_PATTERN_H
#define MARKET_PATTERN_H

#include "err.h"
#include "quote.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    DETECTOR_ID_MAX = 33,
    EVIDENCE_MAX = 24, /* fields a detector may declare, and evidence a pattern may carry */
    PARAMS_MAX = 64,
    KINDS_MAX = 16,
    WINDOWS_MAX = 8,
    CHOICES_MAX = 16
};

/* A field or a parameter as declared; type is OFD_INT, OFD_REAL, OFD_PRICE or OFD_CHOICE. */
struct declared {
    uint32_t type;
    char *key, *unit, *help;    /* owned */
    char *choices[CHOICES_MAX]; /* owned */
    uint32_t n_choices;
    double def, min, max, step; /* parameters only */
};

/* A detector's declaration, copied out of the plugin and checked. */
struct declaration {
    char id[DETECTOR_ID_MAX];
    char *name, *version, *vendor, *description, *url, *license; /* owned; never NULL */
    uint64_t flags, columns;
    uint32_t window_s[WINDOWS_MAX], n_windows;
    uint32_t memory_s, budget_us; /* defaults filled in */
    struct declared params[PARAMS_MAX];
    uint32_t n_params;
    struct declared fields[EVIDENCE_MAX];
    uint32_t n_fields;
    char *kinds[KINDS_MAX], *kind_helps[KINDS_MAX]; /* owned */
    uint32_t n_kinds;
};

void declaration_fini(struct declaration *d); /* {0} is fine */

/* How far back a row can matter to the detector: its longest window and memory_s. */
int64_t declaration_sight_ns(const struct declaration *d);

/* One line of JSON, NUL-terminated, malloc'ed; NULL when out of memory. Reads back equal. */
char *declaration_to_json(const struct declaration *d);
/* Refuses what is not as declaration_to_json() writes it, and all that the ABI forbids: id and key
 * characters, UTF-8, finite numbers, min <= def <= max, duplicates, counts. */
MUST_CHECK bool declaration_from_json(const char *text, size_t n, struct declaration *out,
                                      struct err *err);

struct evidence {
    uint32_t field; /* index into declaration.fields, whose type says which of these it is: */
    union {
        int64_t i; /* OFD_INT, OFD_PRICE, OFD_CHOICE */
        double f;  /* OFD_REAL */
    };
};

/* "At ts_ns the pattern was true": one emit(), checked. */
struct emission {
    uint32_t kind;
    int32_t side, dir;
    int64_t ts_ns, start_ns;
    int64_t price; /* OFD_NO_PRICE: none */
    double value;
    uint32_t n_ev;
    struct evidence ev[EVIDENCE_MAX];
};

#endif
