/* SPDX-License-Identifier: MIT */
/* What a serving engine says about its detectors (orderflow:detectors). [orderflow] */
#ifndef MAIN_SERVED_H
#define MAIN_SERVED_H

#include "pattern.h"
#include "settings.h"

struct served_detector {
    char id[DETECTOR_ID_MAX];
    char state[24], reason[256], note[256];
    long long strikes, restarts;
};

struct served {
    struct served_detector *items; /* owned */
    size_t n;
    bool any; /* an engine holds the lease */
};

/* Empty when Redis is away or nobody serves: that is no failure here. */
void served_read(struct served *out, const struct settings *s);
void served_fini(struct served *s);
const struct served_detector *served_find(const struct served *s, const char *id); /* or NULL */

#endif
