/* SPDX-License-Identifier: MIT */
/* Any bytes as an entry of the firehose. An even first byte: the checksum is made right, so that
 * what lies behind it is reached. What is taken is put again, and must say the same. */
#include "firehose.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void sign(unsigned char *p, size_t n)
{
    memset(p + 44, 0, 4);
    uint32_t crc = (uint32_t)crc32(0, p, (uInt)n);
    for (int i = 0; i < 4; i++) {
        p[44 + i] = (unsigned char)(crc >> (8 * i));
    }
}

static void demand(bool ok, const char *what)
{
    if (!ok) {
        (void)fprintf(stderr, "%s\n", what);
        abort();
    }
}

static void read_all(const struct firehose_entry *e)
{
    struct text name;
    size_t at = 0, names = 0, place;
    while (firehose_name(e, &at, &name)) {
        demand(name.n > 0 && name.n < TICKER_MAX, "a name that is no name");
        names++;
    }
    demand(names == e->n_tickers, "another number of names");
    for (size_t i = 0; i < e->n_quotes; i++) {
        struct quote q;
        enum malformed why;
        if (firehose_quote(e, i, &q, &place, &why)) {
            demand(why == MALFORMED_NONE && place < e->n_tickers, "a quote of nobody");
            demand(q.bid_px >= 0 && q.ask_px >= 0 && q.bid_sz >= 0 && q.ask_sz >= 0 && q.ts_ns > 0,
                   "a quote that cannot be");
        } else {
            demand(why != MALFORMED_NONE && why < MALFORMED_KINDS, "refused without a cause");
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1) {
        return 0;
    }
    size_t n = size - 1;
    unsigned char *bytes = malloc(n > 0 ? n : 1); /* of exactly that size */
    struct firehose_entry e;
    enum firehose_fault fault;
    if (bytes == NULL) {
        return 0;
    }
    memcpy(bytes, data + 1, n);
    if (data[0] % 2 == 0 && n >= FIREHOSE_HEADER) {
        sign(bytes, n);
    }
    if (firehose_open((const char *)bytes, n, &e, &fault, NULL)) {
        demand(fault == FIREHOSE_FINE, "taken with a fault");
        read_all(&e);
    } else {
        demand(fault != FIREHOSE_FINE && firehose_fault_name(fault) != NULL,
               "refused without a cause");
    }
    free(bytes);
    return 0;
}
