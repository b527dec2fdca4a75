/* SPDX-License-Identifier: MIT */
/* Which instrument has which name on which days, as DBN tells it. [feed/ only] Pure but for memory.
 */
#ifndef FEED_DBN_NAMES_H
#define FEED_DBN_NAMES_H

#include "err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { DBN_NAME_MAX = 72 }; /* bytes with NUL */

struct dbn_name {
    uint32_t id;
    int64_t from_day, to_day; /* since 1970, UTC; to_day is not part of it */
    char name[DBN_NAME_MAX];
};

struct dbn_names {
    struct dbn_name *names; /* owned; by id, then from_day */
    size_t n, cap;
    size_t last; /* the one found last */
};

uint16_t dbn_u16(const unsigned char *p); /* little-endian */
uint32_t dbn_u32(const unsigned char *p);
uint64_t dbn_u64(const unsigned char *p);

/* Takes the mappings out of metadata whose lists begin at `at` and whose stype_in and stype_out
 * stand at stype_at. False: they are not what their lengths say (ERR_PROTOCOL), or no memory. */
bool dbn_names_read(struct dbn_names *m, const unsigned char *meta, size_t n, size_t at,
                    size_t symbol_bytes, size_t stype_at, struct err *err);
/* Takes a SymbolMapping record of a live stream; one that says nothing useful changes nothing. */
void dbn_names_record(struct dbn_names *m, const unsigned char *p, size_t n);
void dbn_names_fini(struct dbn_names *m); /* {0} is fine */

/* NULL: none. Borrowed until the next names are taken. */
const char *dbn_names_find(struct dbn_names *m, uint32_t id, int64_t ts_ns);

#endif
