/* SPDX-License-Identifier: MIT */
#include "zoo.h"

static void mischief(const ofd_tick *t)
{
    const ofd_window *w = ofd_window_at(t, 0);
    for (int i = 0; i < 1000000; i++) {
        (void)zoo_emit(t, w->n - 1);
    }
}

ZOO_DETECTOR("million_emits")
