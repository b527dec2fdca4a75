/* SPDX-License-Identifier: MIT */
/* What all animals of the zoo share: the tables of a detector that is otherwise correct. Each does
 * its mischief at the tick numbered ZOO_TICK. */
#ifndef FAULT_ZOO_H
#define FAULT_ZOO_H

#include "orderflow/detector.h"

enum { ZOO_TICK = 5 };

static const uint32_t zoo_windows[] = { 10 };
static const ofd_kind zoo_kinds[] = { { .size = sizeof(ofd_kind), .key = "big", .help = "" } };
static const ofd_field zoo_fields[] = {
    { .size = sizeof(ofd_field), .type = OFD_REAL, .key = "size", .unit = "", .help = "" },
    { .size = sizeof(ofd_field), .type = OFD_PRICE, .key = "level", .unit = "", .help = "" },
};
static const ofd_host *zoo_host;

static inline void *zoo_create(const ofd_host *host, const ofd_config *config)
{
    static char self;
    (void)config;
    zoo_host = host;
    return &self;
}

static inline void zoo_destroy(void *self)
{
    (void)self;
}

/* Says that row i of the first window is big. */
static inline int32_t zoo_emit(const ofd_tick *t, uint64_t i)
{
    const ofd_window *w = ofd_window_at(t, 0);
    ofd_value ev[] = { { .field = 0, .f = w->bid_sz[i] }, { .field = 1, .i = w->bid_px[i] } };
    ofd_pattern p = { .size = sizeof p,
                      .side = OFD_BID,
                      .dir = 1,
                      .ts_ns = w->ts_ns[i],
                      .price = w->bid_px[i],
                      .value = w->bid_sz[i],
                      .ev = ev,
                      .n_ev = 2,
                      .ev_stride = sizeof ev[0] };
    return zoo_host->emit(zoo_host, &p);
}

/* What a healthy one does: each new row that is bigger than 50. */
static inline void zoo_judge(const ofd_tick *t)
{
    const ofd_window *w = ofd_window_at(t, 0);
    for (uint64_t i = w->first_new; i < w->n; i++) {
        if (w->bid_sz[i] > 50) {
            (void)zoo_emit(t, i);
        }
    }
}

#define ZOO_PLUGIN_AS(name_, create_, destroy_, detect_, variable_)              \
    static const ofd_plugin variable_ = { .size = sizeof(ofd_plugin),            \
                                          .minor = OFD_MINOR,                    \
                                          .id = name_,                           \
                                          .name = name_,                         \
                                          .version = "1.0.0",                    \
                                          .vendor = "",                          \
                                          .description = "an animal of the zoo", \
                                          .url = "",                             \
                                          .license = "MIT",                      \
                                          .window_s = zoo_windows,               \
                                          .n_windows = 1,                        \
                                          .kinds = zoo_kinds,                    \
                                          .n_kinds = 1,                          \
                                          .kind_stride = sizeof zoo_kinds[0],    \
                                          .fields = zoo_fields,                  \
                                          .n_fields = 2,                         \
                                          .field_stride = sizeof zoo_fields[0],  \
                                          .create = create_,                     \
                                          .destroy = destroy_,                   \
                                          .detect = detect_ };

#define ZOO_PLUGIN(name_, create_, destroy_, detect_)                              \
    ZOO_PLUGIN_AS(name_, create_, destroy_, detect_, zoo_plugin)                   \
    OFD_EXPORT const ofd_plugin *ofd_entry_v1(uint32_t host_minor, uint32_t index) \
    {                                                                              \
        (void)host_minor;                                                          \
        return index == 0 ? &zoo_plugin : NULL;                                    \
    }

/* One whose detect() does `mischief(tick)` at ZOO_TICK and is healthy at all others. */
#define ZOO_DETECTOR(name_)                              \
    static int32_t detect(void *self, const ofd_tick *t) \
    {                                                    \
        (void)self;                                      \
        if (t->seq == ZOO_TICK) {                        \
            mischief(t);                                 \
        }                                                \
        zoo_judge(t);                                    \
        return 0;                                        \
    }                                                    \
    ZOO_PLUGIN(name_, zoo_create, zoo_destroy, detect)

#endif
