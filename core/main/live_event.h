/* SPDX-License-Identifier: MIT */
/* Event mode: quotes are read and judged as they arrive. [engine]
 *
 * A PUBLISH (or an entry of the firehose) rings the bell; what is new is then read from where it
 * lies, so a message that is lost delays quotes until the next read of their ticker, at most an
 * interval, and loses none. Rows of one time are judged together: those at the newest time wait a
 * moment for others of it. */
#ifndef MAIN_LIVE_EVENT_H
#define MAIN_LIVE_EVENT_H

#include "clock.h"
#include "redis_bell.h"

struct live;
struct live_source;

struct live_event {
    bool on; /* [engine] trigger */
    struct redis_config redis;
    struct bell *bell; /* owned; NULL: nobody listens */
    bool open;         /* as last logged */
    bool rung;         /* since the last turn */
    uint64_t rings, opened;
};

/* The newest rows of a ticker, whose time may not be over. */
struct live_hold {
    int64_t ts_ns; /* of the newest; 0: none */
    struct mono until;
    bool holds; /* they have not been cut off */
};

/* What the settings say. */
void live_event_begin(struct live *l, const struct redis_config *rc);
/* Whoever was rung for is to be read now. True when somebody was. While serving; the bell is put up
 * with the first call. */
bool live_event_listen(struct live *l, struct now now);
void live_event_end(struct live *l); /* and taken down */
/* A ring ends engine_poll(), or does not. */
void live_event_wake(struct live *l, bool on);
/* Up to where the rows of a ticker are complete. */
int64_t live_event_complete_ns(struct live_hold *h, int64_t newest_ns, struct now now);
/* A hold that is over by then is a reason to look at the ticker. */
bool live_event_is_over(const struct live_hold *h, struct mono now);

#endif
