/* SPDX-License-Identifier: MIT */
/* Healthy, until it is asked why. */
#include "zoo.h"

#include "orderflow/explain.h"

#include <string.h>

static int32_t explain(void *self, const ofd_tick *tick, const ofd_explain_out *out)
{
    volatile int *volatile nowhere = NULL;
    (void)self;
    (void)tick;
    (void)out;
    *nowhere = 1;
    return 0;
}

static const void *ext(const char *id)
{
    static const ofd_explain table = { .size = sizeof table, .explain = explain };
    return strcmp(id, OFD_EXPLAIN_ID) == 0 ? &table : NULL;
}

static int32_t detect(void *self, const ofd_tick *t)
{
    (void)self;
    zoo_judge(t);
    return 0;
}

ZOO_PLUGIN_AS("explain_null", zoo_create, zoo_destroy, detect, plain)

OFD_EXPORT const ofd_plugin *ofd_entry_v1(uint32_t host_minor, uint32_t index)
{
    static ofd_plugin plugin;
    (void)host_minor;
    plugin = plain;
    plugin.ext = ext;
    return index == 0 ? &plugin : NULL;
}
