/* SPDX-License-Identifier: MIT */
/* Quote files of any bytes: every row that comes out is one that the engine may see, and reading
 * ends. First byte: which format is forced upon them, and whether a ticker and a venue are chosen.
 */
#include "import.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const formats[] = { NULL,      NULL,      NULL,     "orderflow",    "databento",
                                       "dbn",     "massive", "taq",    "binance-json", "alpaca",
                                       "binance", "columns", "lobster" };

static bool good_side(int64_t px, double sz)
{
    return px >= 0 && px <= INT64_MAX / 2 && isfinite(sz) && sz >= 0 && (px == 0) == !(sz > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1) {
        return 0;
    }
    struct import_options o = {
        .format = formats[data[0] % (sizeof formats / sizeof formats[0])],
        .ticker = data[0] & 0x40 ? "SPY" : NULL,
        .venue = data[0] & 0x80 ? "2" : NULL,
        .keep_ties = true,
    };
    struct row row;
    struct buf notes;
    struct err err = { .code = ERR_NONE };
    struct import *i = import_open_bytes(data + 1, size - 1, "fuzz_20240808.csv", &o, &err);
    if (i == NULL) {
        return 0;
    }
    while (import_next(i, &row, &err) || err.code == ERR_INVALID) {
        bool good = err.code == ERR_INVALID || (row.q.ts_ns >= INT64_C(946684800000000000) &&
                                                good_side(row.q.bid_px, row.q.bid_sz) &&
                                                good_side(row.q.ask_px, row.q.ask_sz));
        if (!good) {
            (void)fprintf(stderr, "a row that nobody may see\n");
            abort();
        }
    }
    buf_init(&notes, 1 << 16);
    import_notes(i, &notes);
    buf_fini(&notes);
    import_close(i);
    return 0;
}
