/* SPDX-License-Identifier: MIT */
/* Where the installed tree is. [any program] */
#ifndef MAIN_PATHS_H
#define MAIN_PATHS_H

#include "err.h"
#include "settings.h"

enum { PATH_BYTES = 4096 };

struct paths {
    char prefix[PATH_BYTES];
    char engine[PATH_BYTES];  /* PREFIX/libexec/orderflow/orderflow-engine */
    char worker[PATH_BYTES];  /* PREFIX/libexec/orderflow/orderflow-worker */
    char plugins[PATH_BYTES]; /* of the settings, else PREFIX/lib/orderflow/plugins */
    char share[PATH_BYTES];   /* PREFIX/share/orderflow */
};

/* From the running program's own place: PREFIX/bin or PREFIX/libexec/orderflow. */
MUST_CHECK bool paths_find(struct paths *p, const char *argv0, struct err *err);
/* Fills p->plugins: a relative [plugins] dir starts at the settings file's folder. */
MUST_CHECK bool paths_plugins(struct paths *p, const struct settings *s, struct err *err);

#endif
