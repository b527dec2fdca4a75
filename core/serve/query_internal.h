/* SPDX-License-Identifier: MIT */
/* What the files that read stored results share. [front] */
#ifndef SERVE_QUERY_INTERNAL_H
#define SERVE_QUERY_INTERNAL_H

#include "figures.h"
#include "parsed_patterns.h"
#include "query.h"

struct query {
    const struct query_config *cfg; /* borrowed */
    struct redis *redis;
    const atomic_bool *cancel;
    struct figures figures;
    struct parsed_patterns parsed;
};

/* Sends what is queued; another number of replies than want, and an error reply to any of it, is a
 * failure. */
MUST_CHECK bool query_exec(struct query *q, size_t want, const struct reply **replies_out,
                           struct err *err);
/* Puts the URL before the text, unless it is there. Returns false. */
bool query_name_url(const struct query *q, struct err *err);

/* A reply to HGETALL of a state, ZREVRANGE of quotes, GET of the lease, into what it says. */
MUST_CHECK bool query_read_state(const struct reply *r, struct report *out, struct err *err);
void query_read_newest(const struct reply *r, struct answer *a);
void query_read_lease(const struct reply *r, struct answer *a);

/* query_raw.c: the names in the reply to HGETALL, sorted; each one's value lies behind it. To be
 * freed, the names are borrowed. NULL: no memory. */
const struct reply **query_sorted(const struct reply *hash, size_t *n_out, struct err *err);

#endif
