/* SPDX-License-Identifier: MIT */
/* What an engine started with --offline ... --stream says on its stdout, for `orderflow backtest`:
 * frames, each a head and so many bytes. Both ends are of one build and one machine. */
#ifndef MAIN_BACKTEST_FRAME_H
#define MAIN_BACKTEST_FRAME_H

#include <stdint.h>

enum {
    FRAME_ROWS = 1, /* struct quote each, with the flags of the window; in order, each once */
    FRAME_EPISODE,  /* struct frame_episode, then the JSON that a live engine stores; each once,
                       as it is at last; not in order */
    FRAME_PART,     /* double: how much has been read, 0..1 */
    FRAME_END /* JSON: {"ticker", "px_tick", "size_unit", "quotes", "tied", "late", "malformed",
                 "truncated", "config", "hash", "thresholds": {ID: hex}, "detectors": []}; the
                 last */
};

struct frame_head {
    uint32_t type, bytes;
};
enum { FRAME_BYTES_MAX = 64 << 20 };

struct frame_episode {
    double known_value; /* of struct episode */
    int32_t known_dir;
    uint32_t reserved;
};

#endif
