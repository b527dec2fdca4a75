/* SPDX-License-Identifier: MIT */
/* What a worker prints, re-logged line by line under its detector's name, so much and no more.
 * [engine] */
#ifndef DETECT_CAPTURE_H
#define DETECT_CAPTURE_H

#include "clock.h"
#include "log.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* 20 at once, then two a second. {0} is full. */
struct throttle {
    int taken;
    struct mono since;
    uint64_t dropped; /* since one last passed */
};

bool throttle_take(struct throttle *t, struct mono now);

struct capture {
    size_t len;
    char line[256];
};

/* Reads what is there, at most a few blocks, and logs whole lines. False at the end of the pipe. */
bool capture_read(struct capture *c, int fd, const char *detector, struct throttle *t,
                  struct mono now);
/* Logs a last line that has no newline. */
void capture_flush(struct capture *c, const char *detector, struct throttle *t, struct mono now);

/* Logs n bytes of a detector's text, control characters as '?', if the throttle lets it. */
void capture_log(enum log_level level, const char *event, const char *detector, const char *text,
                 size_t n, struct throttle *t, struct mono now);

#endif
