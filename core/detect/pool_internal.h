/* SPDX-License-Identifier: MIT */
/* What the parts of the pool share: the files of the directory, and who runs from which. [engine;
 * pool only] */
#ifndef DETECT_POOL_INTERNAL_H
#define DETECT_POOL_INTERNAL_H

#include "dir_watch.h"
#include "gather.h"
#include "scan.h"
#include "slot.h"

enum {
    PER_FILE_MAX = 16,
    SCANS_MAX = 8, /* at a time */
    FDS_PER_SLOT = 2
};

/* What a file declares, as one scan process after another tells. */
struct declared_list {
    struct declaration *items[PER_FILE_MAX]; /* owned */
    uint32_t n;
};

enum file_state {
    FILE_CHANGING,  /* not yet the same for long enough */
    FILE_WAITING,   /* read; its turn to be described has not come */
    FILE_SCANNED,   /* a scan process is at work */
    FILE_POSTPONED, /* refused for now */
    FILE_SETTLED    /* described, or refused */
};

/* One *.so, as it was last looked at. */
struct file {
    char *path; /* owned */
    size_t rank;
    bool seen; /* in this look */
    enum file_state state;
    struct stamp stamp;
    struct mono since; /* it has had this stamp, or been away; postponed: until then */
    bool away;
    struct build *next; /* held; what is being described */
    struct declared_list next_decls;
    int64_t wait_ms; /* of the last postponement */
    int tries;       /* to describe it that came to nothing by no fault of its own */
    struct scan scan;
    struct build *build; /* held; the newest that could be described */
    struct declared_list decls;
    char refusal[256]; /* of the newest contents; "" none */
};

struct pool {
    struct pool_config cfg;
    pool_wanted_fn *wanted;
    void *wanted_ctx;
    struct slot **slots; /* owned; NULL: vacant */
    size_t n, cap;
    struct pollfd
        *fds; /* owned; FDS_PER_SLOT per slot, SCANS_MAX, `dir`, `gather` and the caller's */
    int wake_fds[WAKE_FDS_MAX]; /* the caller's; -1: none */
    bool woken[WAKE_FDS_MAX];
    int64_t nap_us;
    bool sent;  /* jobs, since the last nap */
    bool looks; /* into the boxes of workers, instead of being woken */
    struct dir_watch dir;
    struct gather gather; /* of workers that run */
    struct file **files;  /* owned; by rank */
    size_t n_files, cap_files;
    struct mono looked_at, look_at; /* the latter {0}: at once */
    bool looks_anyway;   /* look_at is no reason to wake up: the system says when there is one */
    struct mono dead_at; /* when the dead are looked for; {0}: at once */
    uint64_t serials;
    bool begun;
    bool changed;  /* pool_assign() has something to do */
    bool dir_gone; /* as last logged */
};

/* ---- pool_files.c */
MUST_CHECK bool files_look(struct pool *p, bool first, struct mono now, struct err *err);
/* Reads and describes what is due; true when something came of it. */
bool files_work(struct pool *p, struct mono now);
bool files_arriving(const struct pool *p); /* some are not settled yet */
int64_t files_wait_ms(const struct pool *p, struct mono now);
void files_fini(struct pool *p);

/* ---- pool_assign.c */
/* Makes the detectors those of the files: new ones, heirs, refusals, removals. */
void pool_assign(struct pool *p);
/* Heirs that died too often or gave no instance are given up. */
void pool_judge_heirs(struct pool *p);

/* ---- pool.c */
/* Takes s, which has its path; NULL is passed on. */
struct slot *pool_add(struct pool *p, struct slot *s);

#endif
