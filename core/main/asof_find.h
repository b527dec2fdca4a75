/* SPDX-License-Identifier: MIT */
/* Where in a journal an answer lies. [engine] */
#ifndef MAIN_ASOF_FIND_H
#define MAIN_ASOF_FIND_H

#include "asof.h"
#include "journal.h"
#include "market.h"

struct asof_place {
    size_t first, last; /* segments of the list: of the session, from the oldest kept */
    bool whole;         /* `first` is where the session began */
    uint32_t ticker;
    char name[TICKER_MAX];
    uint64_t report; /* the number, among the records of these segments, of the report */
    struct record_report written;
    int64_t quotes;      /* rows within the history */
    struct quote newest; /* at that time */
    bool serving;        /* the engine was still at work then */
};

/* asof_session.c: first, last and whole, of the session that had begun last at that time. */
MUST_CHECK bool asof_session(const struct journal_list *list, const struct asof_args *args,
                             struct asof_place *out, struct err *err);

/* Passes over damaged segments. False: nothing is there for that time; err says what there is. */
MUST_CHECK bool asof_find(const struct journal_list *list, const struct asof_args *args,
                          struct asof_place *out, struct err *err);

#endif
