/* SPDX-License-Identifier: MIT */
/* True of every row. How it stumbles at the rows with a bid of 666 shares: CRASH: it dies; FAIL: it answers
 * that it could not judge; WRONG: it says something that is refused. Nothing: it does not. */
#include <math.h>
#include <orderflow/detector.h>
#include <stdlib.h>

static const ofd_kind kinds[] = { { .size = sizeof(ofd_kind), .key = "row", .help = "a row" } };
static const uint32_t windows[] = { 10 };
struct self {
    const ofd_host *host;
};
#ifdef CRASH
static int *volatile nowhere;
#endif

static void *create(const ofd_host *host, const ofd_config *config)
{
    struct self *s = malloc(sizeof *s);
    (void)config;
    if (s) s->host = host;
    return s;
}

static int32_t detect(void *self, const ofd_tick *tick)
{
    struct self *s = self;
    const ofd_window *w = ofd_window_at(tick, 0);
    for (uint64_t i = w->first_new; i < w->n; i++) {
        double value = w->bid_sz[i];
        if (w->bid_sz[i] == 666.0) {
#if defined CRASH
            *nowhere = 1;
#elif defined FAIL
            s->host->log(s->host, OFD_LOG_WARN, "666");
            return -1;
#elif defined WRONG
            value = NAN;
#endif
        }
        ofd_pattern p = { .size = sizeof p,
                          .dir = 1,
                          .ts_ns = w->ts_ns[i],
                          .price = w->bid_px[i],
                          .value = value };
        if (s->host->emit(s->host, &p) == OFD_LIMIT) return 0;
    }
    return 0;
}

static const ofd_plugin plugin = {
    .size = sizeof plugin, .minor = OFD_MINOR, .id = "stumble", .name = "Stumble",
    .version = "1.0.0", .vendor = "test", .description = "every row", .url = "", .license = "MIT",
    .flags = OFD_DETERMINISTIC | OFD_ROWS, .window_s = windows, .n_windows = 1, .memory_s = 10,
    .kinds = kinds, .n_kinds = 1, .kind_stride = sizeof *kinds, .param_stride = sizeof(ofd_param),
    .field_stride = sizeof(ofd_field), .create = create, .destroy = free, .detect = detect,
};

const ofd_plugin *ofd_entry_v1(uint32_t host_minor, uint32_t index)
{
    (void)host_minor;
    return index == 0 ? &plugin : NULL;
}
