/* SPDX-License-Identifier: MIT */
/* Compares the beginning of an extension's id. */
#include "orderflow/explain.h"

#include <string.h>

static int32_t explain(void *self, const ofd_tick *tick, const ofd_explain_out *out)
{
    (void)self;
    (void)tick;
    (void)out;
    return 0;
}

static const ofd_explain table = { .size = sizeof table, .explain = explain };

static const void *ext(const char *id)
{
    return strncmp(id, OFD_EXPLAIN_ID, strlen(OFD_EXPLAIN_ID)) == 0 ? &table : NULL;
}
#define EXT ext
#include "animal.h"
