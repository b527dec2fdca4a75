/* SPDX-License-Identifier: MIT */
/*
 * A host for the detector under test: loads it, makes instances, shows them quotes in one of
 * several kinds of memory, and keeps and judges what they say. [orderflow-check]
 *
 * Trusts no table: the plugin is walked by what rig_load() has looked at, so that a detector with
 * one wrong number can still be tested for all the rest.
 */
#ifndef CHECK_RIG_H
#define CHECK_RIG_H

#include "buf.h"
#include "loader.h"
#include "orderflow/detector.h"
#include "orderflow/explain.h"
#include "pattern.h"
#include "probe.h"
#include "reel.h"

enum { RIG_PARAMS_MAX = 256, RIG_WINDOWS_MAX = 64, RIG_EMITS_MAX = 4096 };

struct plug {
    struct probe *probe;
    loader_entry_fn *entry;
    const ofd_plugin *plugin;
    const ofd_explain *explain;    /* NULL: it has none */
    int64_t memory_ns, longest_ns; /* as the host counts them: defaults filled in */
};

/* Loads the probe's file. False: a skip or, where `mine`, a failure was reported. */
MUST_CHECK bool plug_load(struct plug *g, struct probe *p, const char *path, bool mine);
/* Is the table such that an instance can be run? Else why not, for check table-size. */
const char *plug_fault(const ofd_plugin *plugin);
const ofd_param *plug_param(const struct plug *g, uint32_t i);
const ofd_field *plug_field(const struct plug *g, uint32_t i);
const ofd_kind *plug_kind(const struct plug *g, uint32_t i);

/* What was emitted, in order. */
struct said {
    struct emission *all; /* owned */
    uint64_t *tick;       /* owned: number of the rig's call it came from */
    size_t n, cap;
};
void said_fini(struct said *s);
/* False, and in words where they first differ. */
bool said_equal(const struct plug *g, const struct said *a, const struct said *b, char *why,
                size_t n);
bool emission_equal(const struct emission *a, const struct emission *b);
void emission_print(const struct plug *g, const struct emission *e, char *out, size_t n);
uint64_t said_hash(const struct said *s);

/* Where columns lie while they are shown. */
enum view_kind {
    VIEW_PLAIN,     /* in the tape; a store is no fault, nor is reading a little too far */
    VIEW_GUARD_END, /* each ends at a page that is not there */
    VIEW_GUARD_START,
    VIEW_REVOKED,  /* plain, but gone after the call */
    VIEW_READ_ONLY /* plain, but a store is a fault */
};

enum fault_kind { FAULT_FIELDS, FAULT_NUMBERS, FAULT_TIMES, FAULT_KINDS };
struct faults {
    unsigned n;
    char first[240];
};

struct rig {
    struct plug *plug;
    struct probe *probe;
    ofd_host host;
    void *self;
    double params[RIG_PARAMS_MAX];
    const char *ticker;
    /* how it is shown quotes */
    enum view_kind view;
    bool explain;         /* it is asked to explain after each call, if it can */
    bool no_trades;       /* the optional columns are NULL */
    bool strict_memory;   /* nothing older than memory_s before the first new row */
    uint64_t seq_offset;  /* added to row and tick numbers */
    uint64_t tick_offset; /* added to tick numbers alone */
    uint32_t limit;       /* emissions it may make in one call */
    bool forget;          /* keep nothing of what it says */
    bool mute;            /* judge nothing either: no cost of ours in the call */
    bool timed;           /* cpu_ns is that of the last call of detect() */
    /* what it did */
    uint64_t calls;
    int64_t cpu_ns;
    unsigned refused_status; /* calls of detect() that answered < 0 */
    uint32_t emits, after_limit, log_lines, bad_lines;
    struct said said;
    struct faults faults[FAULT_KINDS];
    /* the running call */
    const ofd_tick *tick;
    int64_t low_px, high_px;
};

void rig_init(struct rig *r, struct plug *g); /* defaults everywhere */
/* create(). False: it returned NULL. Tables, texts and params lie in memory that goes with the
 * call if the view is revoked. */
MUST_CHECK bool rig_create(struct rig *r);
/* The same; reports a skip when there is no instance. */
MUST_CHECK bool rig_need(struct rig *r);
void rig_destroy(struct rig *r); /* keeps what was said; no instance is fine */
void rig_fini(struct rig *r);

/* One detect() over the first n rows of the tape, of which those from first_new on are new. */
int32_t rig_tick(struct rig *r, const struct reel *t, size_t n, size_t first_new, int64_t now_ns,
                 uint32_t flags);
/* One per boundary of the interval, over rows [from, to); the first batch has at least 5 rows. The
 * number of calls. */
size_t rig_run(struct rig *r, const struct reel *t, size_t from, size_t to, int64_t interval_ns);

/* The quotes of the probe's window file, and its parameters over those in params. False: a skip. */
MUST_CHECK bool rig_window(struct plug *g, struct reel *out, double params[], struct probe *p);

/* The tape that this detector says most about, and with parameters at which it says something: the
 * defaults if they do. False: it was a skip. Fills r->params of the rig given. */
MUST_CHECK bool rig_provoke(struct plug *g, struct reel *tape_out, size_t rows, double params[],
                            struct probe *p);

/* A run over this tape from a fresh instance, as `r` is set up. False: no instance. */
bool rig_play(struct rig *r, const struct reel *t, int64_t interval_ns);

#endif
