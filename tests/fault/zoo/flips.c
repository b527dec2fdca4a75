/* SPDX-License-Identifier: MIT */
/* Says a pattern at every other tick, and takes it back in between. */
#include "zoo.h"

static int32_t detect(void *self, const ofd_tick *t)
{
    const ofd_window *w = ofd_window_at(t, 0);
    (void)self;
    if (t->seq % 2 == 0 && w->n > 0) {
        (void)zoo_emit(t, w->n - 1);
    }
    return 0;
}

ZOO_PLUGIN("flips", zoo_create, zoo_destroy, detect)
