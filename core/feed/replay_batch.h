/* SPDX-License-Identifier: MIT */
/* The inside of a replay, and the writing of one batch. [feed/ only] */
#ifndef FEED_REPLAY_BATCH_H
#define FEED_REPLAY_BATCH_H

#include "firehose.h"
#include "replay.h"
#include "tape.h"

enum { REPLAY_BATCH = 512 }; /* quotes per round trip */

struct track {
    struct tape tape;
    struct tape_extent extent;
    char ticker[TICKER_MAX];
    int64_t newest_ns;  /* of what was put into a batch; 0: nothing yet */
    size_t newest_item; /* in this batch; REPLAY_BATCH: none */
    int64_t tidied_ns;  /* wall time of the last trimming; 0: never */
};

struct item {
    size_t track;
    struct row row;
};

struct replay {
    struct replay_config cfg;
    struct redis *redis;  /* borrowed */
    struct track *tracks; /* owned */
    size_t n_tracks;
    struct replay_plan plan;
    bool planned, finished;
    int64_t first_ns, last_ns, at_ns; /* of the tapes */
    int64_t wall_ns, next_due_ns;
    uint64_t seq, pass, written;
    struct item batch[REPLAY_BATCH]; /* until Redis has confirmed it */
    size_t n_batch;
    struct buf json;
    struct firehose_batch *entry; /* owned; NULL: to zsets */
    uint64_t writer, number;      /* of the entries; the last one that Redis has confirmed */
    uint64_t n_entries;           /* of this batch */
    struct err trouble;           /* ERR_NONE: the last write went well */
};

/* Writes the batch in one round trip. False: Redis did not take all of it; it may be sent again. */
MUST_CHECK bool replay_send_batch(struct replay *r, struct err *err);
/* Redis has it: the batch is empty again. */
void replay_confirm_batch(struct replay *r);

/* Queues the batch as entries of the firehose. [replay_firehose.c] */
MUST_CHECK bool replay_queue_entries(struct replay *r, struct err *err);

#endif
