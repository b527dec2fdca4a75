/* SPDX-License-Identifier: MIT */
/* Says far too much when it is asked, some of it wrong, and emits. */
#include "zoo.h"

#include "orderflow/explain.h"

#include <string.h>

static int32_t explain(void *self, const ofd_tick *tick, const ofd_explain_out *out)
{
    ofd_condition c = { .size = sizeof c,
                        .side = OFD_BID,
                        .dir = 1,
                        .op = OFD_ABOVE,
                        .holds = 1,
                        .param = -1,
                        .field = 0,
                        .key = "size",
                        .value = 60,
                        .threshold = 50 };
    (void)self;
    (void)zoo_emit(tick, 0);
    for (int i = 0; i < 1000; i++) {
        c.kind = i % 2 == 0 ? 0 : 77;
        (void)out->say(out, &c);
    }
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

ZOO_PLUGIN_AS("explain_flood", zoo_create, zoo_destroy, detect, plain)

OFD_EXPORT const ofd_plugin *ofd_entry_v1(uint32_t host_minor, uint32_t index)
{
    static ofd_plugin plugin;
    (void)host_minor;
    plugin = plain;
    plugin.ext = ext;
    return index == 0 ? &plugin : NULL;
}
