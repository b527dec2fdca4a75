/* SPDX-License-Identifier: MIT */
#include "clock.h"
#include "replay_batch.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static bool queue_entry(struct replay *r, struct err *err)
{
    char most[24];
    struct buf bytes;
    buf_init(&bytes, FIREHOSE_BYTES_MAX);
    firehose_batch_put(r->entry, r->writer, r->number + ++r->n_entries, &bytes);
    (void)snprintf(most, sizeof most, "%" PRId64, r->cfg.firehose_entries);
    bool ok = !bytes.failed || err_set(err, ERR_MEMORY, "no memory for an entry");
    if (ok) {
        const char *const argv[] = { "XADD", r->cfg.firehose, "MAXLEN",  "~", most,
                                     "*",    FIREHOSE_FIELD,  bytes.data };
        const size_t lens[] = { 4, strlen(r->cfg.firehose), 6, 1, strlen(most), 1, 1, bytes.len };
        ok = redis_queue(r->redis, 8, argv, lens, err);
    }
    buf_fini(&bytes);
    return ok;
}

/* A batch that is sent again has the same entries under the same numbers, so that a reader knows
 * them. */
bool replay_queue_entries(struct replay *r, struct err *err)
{
    if (r->writer == 0) {
        r->writer = (uint64_t)r->wall_ns;
    }
    r->n_entries = 0;
    for (size_t i = 0; i < r->n_batch; i++) {
        const struct item *item = &r->batch[i];
        const char *name = r->tracks[item->track].ticker;
        if (firehose_batch_add(r->entry, item->track, name, &item->row.q)) {
            continue;
        }
        if (firehose_batch_count(r->entry) > 0 && !queue_entry(r, err)) {
            return false;
        }
        if (!firehose_batch_add(r->entry, item->track, name, &item->row.q)) {
            return err_set(err, ERR_MEMORY, "no memory for an entry");
        }
    }
    return firehose_batch_count(r->entry) == 0 || queue_entry(r, err);
}
