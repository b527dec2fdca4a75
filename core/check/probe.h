/* SPDX-License-Identifier: MIT */
/*
 * One check of one plugin in this process: what is checked, where it stands, what it found.
 * [orderflow-check]
 *
 * A finding is written to the report at once, so that it outlives a crash. Before foreign code runs
 * `phase` and `note` say what is about to happen; the handlers of fatal signals and of exit() turn
 * them into the last finding.
 */
#ifndef CHECK_PROBE_H
#define CHECK_PROBE_H

#include "crumb.h"
#include "err.h"
#include "table.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PROBE_FINDINGS_MAX = 5, PROBE_NOTE_MAX = 200 };

struct probe {
    const struct check_info *info;
    const char *self, *path; /* orderflow-check and the plugin; borrowed */
    uint32_t index;
    uint64_t seed;
    double scale;            /* of the long loops; 1: as documented */
    const char *window_path; /* further quotes to test with, or NULL */
    const char *set;         /* "KEY=VALUE,...": what its parameters are by default here */
    int report_fd;
    unsigned variation; /* of a digest run */

    unsigned failed, warned, skipped;
    const char *volatile phase; /* the foreign call that runs; NULL: our own code */
    char note[PROBE_NOTE_MAX];  /* at which step */
    struct crumb crumb;
    const struct regions *regions; /* what the plugin may not touch; NULL: none */
};

/* A check's code: reads, judges, reports. */
typedef void check_fn(struct probe *p);

/* Findings, one line of text each. After PROBE_FINDINGS_MAX further ones are only counted. */
void probe_fail(struct probe *p, const char *format, ...) PRINTF_LIKE(2, 3);
void probe_warn(struct probe *p, const char *format, ...) PRINTF_LIKE(2, 3);
/* The check could not be made. */
void probe_skip(struct probe *p, const char *format, ...) PRINTF_LIKE(2, 3);
/* What comes next, for whoever reads it after a crash. */
void probe_note(struct probe *p, const char *format, ...) PRINTF_LIKE(2, 3);

/* n rounds of a loop, scaled, but at least `least`. */
size_t probe_rounds(const struct probe *p, size_t n, size_t least);

/* From now on a fatal signal or an exit() inside foreign code becomes a finding and ends the
 * process. */
void probe_catch(struct probe *p);
/* Such a handler for a process forked for one measurement is not wanted. */
void probe_catch_none(void);

/* Bytes of memory that have a name: a fault there can be told in words. */
enum region_state { REGION_OPEN, REGION_READ_ONLY, REGION_REVOKED };
struct region {
    const char *name;
    const char *base, *first, *end; /* mapped from base; elements in [first, end) */
    size_t bytes, element_bytes;
    enum region_state state;
    bool keep; /* stays mapped when its name is forgotten */
};
enum { REGIONS_MAX = 256 };
struct regions {
    struct region list[REGIONS_MAX]; /* a ring; what leaves it is unmapped */
    size_t n;                        /* ever added */
};
struct region *regions_add(struct regions *r, const struct region *region);

/* A digest run prints what the plugin says over the test tape and nothing else. */
int probe_digest(struct probe *p);

#endif
