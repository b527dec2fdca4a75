/* SPDX-License-Identifier: MIT */
/* Where reading the firehose begins, and how far it has come: orderflow:feed. */
#include "live.h"
#include "live_firehose.h"
#include "log.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RESUME_MARGIN_MS = 60000 };

/* What the engine before this one left: fields of orderflow:feed. */
struct left {
    struct stream_id id;
    int64_t pending_ms;
    char *writers; /* malloc'ed */
};

static bool load(struct live *l, struct left *out, struct err *err)
{
    char key[KEY_MAX];
    const struct reply *r;
    *out = (struct left){ .pending_ms = 0 };
    key_feed(&l->keys, key);
    if (!redis_call(l->redis, &r, err, "HMGET %s key id pending_ms writers", key)) {
        return err_wrap(err, "looking how far the firehose was read");
    }
    for (size_t i = 0; r->type == REPLY_ARRAY && i < r->n; i++) {
        if (r->items[i].type != REPLY_STRING) {
            return true;
        }
    }
    if (r->type != REPLY_ARRAY || r->n != 4 || strcmp(r->items[0].str, l->firehose.key) != 0 ||
        !stream_id_parse(r->items[1].str, r->items[1].len, &out->id)) {
        out->id = (struct stream_id){ 0, 0 };
        return true;
    }
    out->pending_ms = strtoll(r->items[2].str, NULL, 10);
    out->writers = strdup(r->items[3].str);
    return out->writers != NULL || err_set(err, ERR_MEMORY, "out of memory");
}

/* backfill_s before the newest entry; further back if an earlier engine stopped before that. No
 * quote is younger than the entry that brings it. */
static int64_t first_ms(const struct live *l, const struct left *left, struct stream_id newest)
{
    int64_t newest_ms = (int64_t)newest.ms, oldest_ms, resume_ms = (int64_t)left->id.ms;
    int64_t from_ms = newest_ms - l->cfg->engine_backfill_s * 1000;
    int64_t memory_ms = l->engine.env.keep_ns / NS_PER_MS;
    oldest_ms = newest_ms - l->cfg->results_ttl_quotes_s * 1000;
    if (left->pending_ms > 0 && left->pending_ms < resume_ms) {
        resume_ms = left->pending_ms;
    }
    if (left->id.ms != 0 && resume_ms > oldest_ms &&
        resume_ms - memory_ms - RESUME_MARGIN_MS < from_ms) {
        from_ms = resume_ms - memory_ms - RESUME_MARGIN_MS;
    }
    return from_ms > 0 ? from_ms : 0;
}

bool live_firehose_start(struct live *l, struct err *err)
{
    struct live_firehose *f = &l->firehose;
    struct left left;
    struct stream_id oldest, newest;
    if (!load(l, &left, err)) {
        return false;
    }
    bool ok = firehose_ends(l->feed, f->key, &oldest, &newest, err);
    struct firehose *reader = ok ? firehose_create(l->feed, f->key) : NULL;
    if (reader != NULL) {
        f->from_ms = first_ms(l, &left, newest);
        f->has_older = newest.ms != 0 && (int64_t)oldest.ms < f->from_ms;
        firehose_expect(reader, left.writers != NULL ? left.writers : "");
        firehose_seek(reader, f->from_ms > 0
                                  ? (struct stream_id){ (uint64_t)f->from_ms - 1, UINT64_MAX }
                                  : (struct stream_id){ 0, 0 });
        f->reader = reader;
        log_info("firehose", "key=%s from_ms=%lld older=%d", f->key, (long long)f->from_ms,
                 f->has_older);
    }
    free(left.writers);
    return ok && (reader != NULL || err_set(err, ERR_MEMORY, "out of memory for the firehose"));
}

/* The oldest time of which a row was read and not judged. */
static int64_t oldest_pending_ns(const struct live *l)
{
    int64_t oldest_ns = 0;
    for (size_t i = 0; i < l->engine.n_tickers; i++) {
        const struct ticker *t = l->engine.tickers[i];
        int64_t ns = t->n_queue > 0 ? t->queue[0].ns - l->cfg->engine_interval_ms * NS_PER_MS
                                    : stream_oldest_pending_ns(t->stream);
        oldest_ns = ns != 0 && (oldest_ns == 0 || ns < oldest_ns) ? ns : oldest_ns;
    }
    return oldest_ns;
}

bool live_firehose_store(struct live *l, struct err *err)
{
    char id[STREAM_ID_MAX], pending_ms[24];
    struct buf writers;
    if (l->firehose.reader == NULL) {
        return true;
    }
    buf_init(&writers, 1 << 14);
    buf_puts(&writers, "");
    firehose_put_writers(l->firehose.reader, &writers);
    stream_id_print(firehose_last(l->firehose.reader), id);
    (void)snprintf(pending_ms, sizeof pending_ms, "%" PRId64, oldest_pending_ns(l) / NS_PER_MS);
    const char *const pairs[] = { "key",        l->firehose.key, "id",      id,
                                  "pending_ms", pending_ms,      "writers", writers.data };
    bool ok = (writers.data != NULL || err_set(err, ERR_MEMORY, "out of memory")) &&
              sink_feed(l->sink, pairs, 4, err);
    buf_fini(&writers);
    return ok;
}
