/* SPDX-License-Identifier: MIT */
/* Keeps what it was given and uses it when it may not: before, between and after its calls. */
#include "zoo.h"

#include <stdlib.h>

static const ofd_window *old_window;
static ofd_pattern kept;
static ofd_value kept_value;

static void say(void)
{
    kept.size = sizeof kept;
    kept.n_ev = 1;
    kept.ev = &kept_value;
    kept.ev_stride = sizeof kept_value;
    if (zoo_host != NULL && zoo_host->emit(zoo_host, &kept) >= 0) {
        abort();
    }
}

static void *create(const ofd_host *host, const ofd_config *config)
{
    void *self = zoo_create(host, config);
    say();
    return self;
}

static void destroy(void *self)
{
    say();
    zoo_destroy(self);
}

static int32_t detect(void *self, const ofd_tick *t)
{
    (void)self;
    if (old_window == NULL) {
        (void)atexit(say);
    }
    old_window = ofd_window_at(t, 0);
    kept.ts_ns = t->now_ns;
    zoo_judge(t);
    return 0;
}

ZOO_PLUGIN("late_emit", create, destroy, detect)
