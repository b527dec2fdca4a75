/* SPDX-License-Identifier: MIT */
/* The detectors of the plugins folder, described by scan processes. [orderflow] */
#ifndef MAIN_PLUGINS_LIST_H
#define MAIN_PLUGINS_LIST_H

#include "cli.h"
#include "pattern.h"
#include "served.h"

struct listed {
    char *path; /* owned */
    struct declaration decl;
    bool ok;
    bool held;        /* this build of it is in quarantine */
    bool taken;       /* another file has its id */
    char reason[256]; /* why not, when !ok, held or taken */
};

struct listing {
    struct listed *items; /* owned */
    size_t n;
};

/* Every detector of every .so in p's plugins folder. A file that is none is listed with its reason.
 */
MUST_CHECK bool listing_make(struct listing *l, const struct program *p, struct err *err);
void listing_fini(struct listing *l);
/* Sets `taken`: of files with one id it belongs to that which the engine runs, else to the first.
 */
void listing_tell_holders(struct listing *l, const struct served *served);
/* The settings' [detector:...] sections against the listing; what is wrong goes to stderr. */
MUST_CHECK bool listing_check(const struct listing *l, const struct settings *s);

#endif
