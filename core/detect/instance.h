/* SPDX-License-Identifier: MIT */
/* A plugin's instances, by the engine's number of the ticker; and what one detect() is shown.
 * [worker] */
#ifndef DETECT_INSTANCE_H
#define DETECT_INSTANCE_H

#include "emit.h"
#include "frame.h"
#include "orderflow/detector.h"

struct instance {
    void *self; /* the plugin's; NULL: create() failed */
    char ticker[sizeof((struct frame_ticker *)0)->name];
    double params[PARAMS_MAX];
};

struct instances {
    const ofd_plugin *plugin;
    const struct declaration *decl;
    struct emit *emit;
    struct crumb *crumb;
    struct instance **all; /* owned, by number; NULL: none */
    size_t cap;
};

/* Makes the instance for a ticker, in place of the one it had. *ok_out: create() returned one. */
MUST_CHECK bool instances_set(struct instances *s, const struct frame_ticker *t, bool *ok_out,
                              struct err *err);
void instances_drop(struct instances *s, uint32_t ticker);
void instances_fini(struct instances *s);

/* Calls detect() for a job over the windows mapped at base. False: the job points outside them.
 * done->cpu_us is left 0. */
MUST_CHECK bool instances_run(struct instances *s, const struct job *job, const void *base,
                              size_t base_bytes, struct job_done *done, struct err *err);

#endif
