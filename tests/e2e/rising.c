/* SPDX-License-Identifier: MIT */
#include <orderflow/detector.h>
#include <stdlib.h>
/* Judges whole windows: in how many of the last 30 ticks the mid rose. */
enum { TICKS = 30 };
static const ofd_kind kinds[] = {
    { .size = sizeof(ofd_kind), .key = "rising", .help = "the mid rises tick after tick" },
};
static const ofd_field fields[] = {
    { .size = sizeof(ofd_field),
      .type = OFD_INT,
      .key = "rises",
      .unit = "",
      .help = "ticks of 30" },
};
static const uint32_t windows[] = { 10 };
struct self {
    const ofd_host *host;
    int64_t last;
    unsigned char rose[TICKS];
    uint64_t n;
};
static void *create(const ofd_host *host, const ofd_config *config)
{
    struct self *s = calloc(1, sizeof *s);
    (void)config;
    if (s)
        s->host = host;
    return s;
}
static int32_t detect(void *self, const ofd_tick *tick)
{
    struct self *s = self;
    const ofd_window *w = ofd_window_at(tick, 0);
    int64_t mid = w->n > 0 ? w->bid_px[w->n - 1] / 2 + w->ask_px[w->n - 1] / 2 : 0, rises = 0;
    s->rose[s->n++ % TICKS] = mid > s->last;
    s->last = mid;
    for (int i = 0; i < TICKS; i++)
        rises += s->rose[i];
    if (rises >= 12 && s->n >= TICKS) {
        ofd_value ev = { .field = 0, .i = rises };
        ofd_pattern p = { .size = sizeof p,
                          .dir = 1,
                          .ts_ns = tick->now_ns,
                          .price = OFD_NO_PRICE,
                          .value = (double)rises,
                          .ev = &ev,
                          .n_ev = 1,
                          .ev_stride = sizeof ev };
        s->host->emit(s->host, &p);
    }
    return 0;
}
static const ofd_plugin plugin = {
    .size = sizeof plugin,
    .minor = OFD_MINOR,
    .id = "rising",
    .name = "Rising",
    .version = "1.0.0",
    .vendor = "test",
    .description = "The mid rises",
    .url = "",
    .license = "MIT",
    .flags = OFD_DETERMINISTIC,
    .window_s = windows,
    .n_windows = 1,
    .memory_s = 60,
    .kinds = kinds,
    .n_kinds = 1,
    .kind_stride = sizeof *kinds,
    .fields = fields,
    .n_fields = 1,
    .field_stride = sizeof *fields,
    .create = create,
    .destroy = free,
    .detect = detect,
};
const ofd_plugin *ofd_entry_v1(uint32_t host_minor, uint32_t index)
{
    (void)host_minor;
    return index == 0 ? &plugin : NULL;
}
