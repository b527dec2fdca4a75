/* SPDX-License-Identifier: MIT */
/*
 * A well-behaved detector with holes: an animal of the zoo defines what goes into one of them and
 * includes this. 00_healthy fills none and passes every check; NN_* break check NN and no other.
 *
 *   AT_ROW     per new row, before it is judged: a, w, i
 *   AT_PATTERN before a pattern is emitted: a, t, w, i, p (the pattern), ev (its evidence)
 *   AT_DETECT  at the start of detect(): a, t, w
 *   AT_CREATE  at the end of create(): a, host, config
 *   AT_DESTROY at the start of destroy(): a
 */
#ifndef VALIDATOR_ANIMAL_H
#define VALIDATOR_ANIMAL_H

#include "orderflow/detector.h"

#include <stdlib.h>
#include <string.h>

#ifndef AT_ROW
#define AT_ROW
#endif
#ifndef AT_PATTERN
#define AT_PATTERN
#endif
#ifndef AT_DETECT
#define AT_DETECT
#endif
#ifndef AT_CREATE
#define AT_CREATE
#endif
#ifndef AT_DESTROY
#define AT_DESTROY
#endif
#ifndef MEMBERS
#define MEMBERS
#endif
#ifndef CONDITION
#define CONDITION(a, w, i) ((w)->bid_sz[i] > (a)->size)
#endif
#ifndef ONLY_NEWEST
#define ONLY_NEWEST 0
#endif
#ifndef STOPS
#define STOPS(answer) ((answer) == OFD_LIMIT)
#endif
#ifndef PARAM_KEY
#define PARAM_KEY "size"
#endif
#ifndef PARAM_HELP
#define PARAM_HELP "size of a quote, more than"
#endif
#ifndef PARAM_STEP
#define PARAM_STEP 1
#endif
#ifndef FIELD_KEY
#define FIELD_KEY "level"
#endif
#ifndef KIND_SIZE
#define KIND_SIZE sizeof(ofd_kind)
#endif
#ifndef WINDOW_S
#define WINDOW_S 10
#endif
#ifndef VERSION
#define VERSION "1.0.0"
#endif
#ifndef BUDGET_US
#define BUDGET_US 1000
#endif
#ifndef FLAGS
#define FLAGS (OFD_DETERMINISTIC | OFD_ROWS)
#endif
#ifndef EXT
#define EXT NULL
#endif
#ifndef ENTRY
#define ENTRY         \
    (void)host_minor; \
    return index == 0 ? &plugin_table : NULL;
#endif

struct animal {
    const ofd_host *host;
    double size;
    volatile double sink;
    MEMBERS
};

static const char *const modes[] = { "bid", "both" };
static const char *const strengths[] = { "moderate", "strong" };
static const ofd_param params[] = {
    { .size = sizeof(ofd_param),
      .type = OFD_REAL,
      .key = PARAM_KEY,
      .unit = "shares",
      .help = PARAM_HELP,
      .def = 8000,
      .min = 0,
      .max = 1e6,
      .step = PARAM_STEP },
    { .size = sizeof(ofd_param),
      .type = OFD_CHOICE,
      .key = "sides",
      .unit = "",
      .help = "which sides are judged",
      .def = 0,
      .choices = modes,
      .n_choices = 2 },
};
static const ofd_kind kinds[] = { { .size = KIND_SIZE, .key = "big", .help = "a big quote" } };
static const ofd_field fields[] = {
    { .size = sizeof(ofd_field),
      .type = OFD_REAL,
      .key = "shares",
      .unit = "shares",
      .help = "its size" },
    { .size = sizeof(ofd_field),
      .type = OFD_PRICE,
      .key = FIELD_KEY,
      .unit = "",
      .help = "its price" },
    { .size = sizeof(ofd_field),
      .type = OFD_CHOICE,
      .key = "strength",
      .unit = "",
      .help = "by its size",
      .choices = strengths,
      .n_choices = 2 },
};
static const uint32_t windows[] = { WINDOW_S };

static int32_t judge(struct animal *a, const ofd_tick *t, const ofd_window *w, uint64_t i)
{
    if (w->bid_px[i] == 0 || !CONDITION(a, w, i)) {
        return 0;
    }
    ofd_value ev[] = { { .field = 0, .f = w->bid_sz[i] },
                       { .field = 1, .i = w->bid_px[i] },
                       { .field = 2, .i = w->bid_sz[i] > 2 * a->size } };
    ofd_pattern p = { .size = sizeof p,
                      .side = OFD_BID,
                      .dir = 1,
                      .ts_ns = w->ts_ns[i],
                      .price = w->bid_px[i],
                      .value = w->bid_sz[i],
                      .ev = ev,
                      .n_ev = 3,
                      .ev_stride = sizeof ev[0] };
    (void)t;
    AT_PATTERN
    return a->host->emit(a->host, &p);
}

static int32_t detect(void *self, const ofd_tick *t)
{
    struct animal *a = self;
    const ofd_window *w = ofd_window_at(t, 0);
    AT_DETECT
    uint64_t first = ONLY_NEWEST && w->n > w->first_new ? w->n - 1 : w->first_new;
    for (uint64_t i = first; i < w->n; i++) {
        AT_ROW
        if (STOPS(judge(a, t, w, i))) {
            break;
        }
    }
    return 0;
}

static void *create(const ofd_host *host, const ofd_config *config)
{
    struct animal *a = calloc(1, sizeof *a);
    if (a == NULL) {
        host->log(host, OFD_LOG_ERROR, "out of memory");
        return NULL;
    }
    a->host = host;
    a->size = config->params[0];
    AT_CREATE
    return a;
}

static void destroy(void *self)
{
    struct animal *a = self;
    AT_DESTROY
    free(a);
}

#define PLUGIN_TABLE                                                                               \
    {                                                                                              \
        .size = sizeof(ofd_plugin), .minor = OFD_MINOR, .id = "animal", .name = "Animal",          \
        .version = VERSION, .vendor = "orderflow", .description = "an animal of the zoo",          \
        .license = "MIT", .flags = FLAGS, .window_s = windows, .n_windows = 1, .memory_s = 60,     \
        .budget_us = BUDGET_US, .params = params, .n_params = 2, .param_stride = sizeof params[0], \
        .kinds = kinds, .n_kinds = 1, .kind_stride = sizeof kinds[0], .fields = fields,            \
        .n_fields = 3, .field_stride = sizeof fields[0], .create = create, .destroy = destroy,     \
        .detect = detect, .ext = EXT                                                               \
    }
static const ofd_plugin plugin_table = PLUGIN_TABLE;

OFD_EXPORT const ofd_plugin *ofd_entry_v1(uint32_t host_minor, uint32_t index)
{
    ENTRY
}

#endif
