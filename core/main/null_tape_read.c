/* SPDX-License-Identifier: MIT */
#include "null_tape.h"
#include "reel_file.h"

#include <inttypes.h>

/* Why a file is no tape. */
static bool no_tape(const char *path, uint64_t rows, uint64_t one_sided, uint64_t late,
                    struct err *err)
{
    if (rows == 0) {
        return err_set(err, ERR_INVALID, "%s: holds no quotes", path);
    }
    return err_set(err, ERR_INVALID,
                   "%s: holds no quotes with both sides over time: of %" PRIu64 " rows %" PRIu64
                   " have no bid or no ask, %" PRIu64 " are out of order",
                   path, rows, one_sided, late);
}

bool null_tape_read(const char *path, const struct import_options *from, struct reel *out,
                    struct err *err)
{
    struct row row;
    struct err why = { 0 };
    struct import_options o = *from;
    uint64_t one_sided = 0, late = 0;
    o.keep_ties = true;
    struct import *in = import_open(path, &o, err);
    *out = (struct reel){ 0 };
    if (in == NULL) {
        return false;
    }
    bool ok = true, more = true;
    while (ok && more) {
        more = import_next(in, &row, &why);
        if (!more) {
            more = why.code == ERR_INVALID; /* a malformed row; behind it it may go on */
            why = more ? (struct err){ 0 } : why;
            continue;
        }
        const struct quote *q = &row.q;
        bool whole = q->bid_px != 0 && q->ask_px != 0;
        bool in_order = out->n == 0 || q->ts_ns >= out->ts_ns[out->n - 1];
        one_sided += !whole;
        late += whole && !in_order;
        ok = !whole || !in_order ||
             reel_push(out, q->ts_ns, q->bid_px, q->bid_sz, q->ask_px, q->ask_sz, err);
    }
    uint64_t rows = import_counts(in)->rows;
    import_close(in);
    ok = ok && (why.code == ERR_NONE || err_set(err, why.code, "%s", why.text));
    ok = ok && ((out->n >= 2 && out->ts_ns[out->n - 1] > out->ts_ns[0]) ||
                no_tape(path, rows, one_sided, late, err));
    if (ok) {
        reel_done(out);
    } else {
        reel_fini(out);
    }
    return ok;
}
