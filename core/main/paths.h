/* SPDX-License-Identifier: MIT */
/* Where the installed tree is. [any program] */
#ifndef MAIN_PATHS_H
#define MAIN_PATHS_H

#include "err.h"
#include "settings.h"

enum { PATH_BYTES = 4096 };

struct paths {
    char prefix[PATH_BYTES];
    char engine[PATH_BYTES];     /* PREFIX/libexec/orderflow/orderflow-engine */
    char worker[PATH_BYTES];     /* PREFIX/libexec/orderflow/orderflow-worker */
    char plugins[PATH_BYTES];    /* of the settings, else PREFIX/lib/orderflow/plugins */
    char share[PATH_BYTES];      /* PREFIX/share/orderflow */
    char state[PATH_BYTES];      /* what outlives the engine; "" nowhere */
    char quarantine[PATH_BYTES]; /* within it; "" nowhere */
};

/* From the running program's own place: PREFIX/bin or PREFIX/libexec/orderflow. */
MUST_CHECK bool paths_find(struct paths *p, const char *argv0, struct err *err);
/* Fills p->plugins: a relative [plugins] dir starts at the settings file's folder. */
MUST_CHECK bool paths_plugins(struct paths *p, const struct settings *s, struct err *err);
/* Fills p->state and p->quarantine: [engine state_dir], else $XDG_STATE_HOME/orderflow, else
 * ~/.local/state/orderflow if there is a home. Makes nothing. */
MUST_CHECK bool paths_state(struct paths *p, const struct settings *s, struct err *err);
/* The folder (mode 0700) and those above it (0755), as far as they are not there. */
MUST_CHECK bool paths_make(const char *dir, struct err *err);

#endif
