/* SPDX-License-Identifier: MIT */
#include <orderflow/detector.h>
#include <stdlib.h>

static const ofd_param params[] = { { .size = sizeof *params, .type = OFD_REAL, .key = "ratio",
    .help = "bid size / ask size, at least", .def = 10, .min = 1, .max = 1000 } };
static const ofd_kind kinds[] = { { .size = sizeof *kinds, .key = "my_detector",
    .help = "the bid dwarfs the ask" } };
static const ofd_field fields[] = { { .size = sizeof *fields, .type = OFD_REAL, .key = "ratio",
    .help = "bid size / ask size" } };
static const uint32_t window_s[] = { 10 };

struct self { const ofd_host *host; double ratio; };

static void *create(const ofd_host *host, const ofd_config *config)
{
    struct self *s = malloc(sizeof *s);
    if (s == NULL) { host->log(host, OFD_LOG_ERROR, "out of memory"); return NULL; }
    *s = (struct self){ .host = host, .ratio = config->params[0] };
    return s;
}

static int32_t detect(void *self, const ofd_tick *tick)
{
    const struct self *s = self;
    const ofd_window *w = ofd_window_at(tick, 0);
    for (uint64_t i = w->first_new; i < w->n; i++) {
        double ratio = w->ask_sz[i] > 0 ? w->bid_sz[i] / w->ask_sz[i] : 0;
        if (ratio < s->ratio) { continue; }
        ofd_value ev = { .field = 0, .f = ratio };
        ofd_pattern p = { .size = sizeof p, .side = OFD_BID, .dir = 1, .price = w->bid_px[i],
            .ts_ns = w->ts_ns[i], .value = ratio, .ev = &ev, .n_ev = 1, .ev_stride = sizeof ev };
        if (s->host->emit(s->host, &p) == OFD_LIMIT) { break; }
    }
    return 0;
}

static const ofd_plugin plugin = { .size = sizeof plugin, .minor = OFD_MINOR, .id = "my_detector",
    .name = "My detector", .version = "1.0.0", .vendor = "me", .license = "MIT",
    .description = "The bid dwarfs the ask", .url = "", .flags = OFD_DETERMINISTIC | OFD_ROWS,
    .window_s = window_s, .n_windows = 1, .params = params, .n_params = 1,
    .param_stride = sizeof *params, .kinds = kinds, .n_kinds = 1, .kind_stride = sizeof *kinds,
    .fields = fields, .n_fields = 1, .field_stride = sizeof *fields,
    .create = create, .destroy = free, .detect = detect };

const ofd_plugin *ofd_entry_v1(uint32_t host_minor, uint32_t index)
{
    (void)host_minor;
    return index == 0 ? &plugin : NULL;
}
