/* SPDX-License-Identifier: MIT */
/* What a serving engine says about its detectors (orderflow:detectors). [orderflow] */
#ifndef MAIN_SERVED_H
#define MAIN_SERVED_H

#include "paths.h"
#include "pattern.h"
#include "settings.h"

struct served_detector {
    char id[DETECTOR_ID_MAX];
    char path[PATH_BYTES];
    char state[24], reason[256], note[256];
    long long strikes, restarts;
};

struct served {
    struct served_detector *items; /* owned */
    size_t n;
    bool any;           /* an engine holds the lease */
    struct err trouble; /* why nothing is known of it; text "": it is */
};

/* Empty when Redis is away or nobody serves: that is no failure here. */
void served_read(struct served *out, const struct settings *s);
void served_fini(struct served *s);
const struct served_detector *served_find(const struct served *s, const char *id); /* or NULL */

#endif
