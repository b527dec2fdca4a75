/* SPDX-License-Identifier: MIT */
#include "feed.h"

#include "clock.h"

/* A row may stand this far from its place in Redis (row_json.c), and a read may end amid a ms. */
#define READ_SLACK_NS (4 * NS_PER_MS)

/* The boundary whose turn it is, whether or not it may be taken yet. 0: none. */
static int64_t candidate(const struct stream *s, int64_t last_ns, int64_t interval_ns)
{
    if (last_ns != 0) {
        return (last_ns / interval_ns + 1) * interval_ns;
    }
    int64_t oldest_ns = stream_oldest_pending_ns(s);
    return (oldest_ns + interval_ns - 1) / interval_ns * interval_ns;
}

int64_t boundary_next(const struct stream *s, int64_t last_ns, int64_t interval_ns,
                      int64_t reorder_ns, bool drained, bool idle, int64_t wall_ns, bool at_end)
{
    int64_t next_ns = candidate(s, last_ns, interval_ns);
    if (next_ns == 0) {
        return 0;
    }
    bool may;
    if (at_end) {
        may = next_ns - interval_ns < stream_newest_ns(s);
    } else {
        int64_t settled_ns = next_ns + reorder_ns;
        may = stream_newest_ns(s) >= settled_ns + (drained ? 0 : READ_SLACK_NS) ||
              (drained && idle && wall_ns >= settled_ns);
    }
    return may ? next_ns : 0;
}
