/* SPDX-License-Identifier: MIT */
/* sweep: the size of a side jumps from one state to the next. Formula and limits: README.md. */
#include <orderflow/detector.h>

#include <math.h>
#include <stdlib.h>

enum { MEMORY_S = 600 };
static const int64_t SECOND_NS = 1000000000;

#define PARAM(t, k, u, d, lo, hi, h)                                                              \
    {                                                                                             \
        .size = sizeof(ofd_param), .type = (t), .key = (k), .unit = (u), .help = (h), .def = (d), \
        .min = (lo), .max = (hi)                                                                  \
    }
#define FIELD(t, k, u, h)                                                            \
    {                                                                                \
        .size = sizeof(ofd_field), .type = (t), .key = (k), .unit = (u), .help = (h) \
    }
#define CHOICE(T, k, words, h)                                                      \
    {                                                                               \
        .size = sizeof(T), .type = OFD_CHOICE, .key = (k), .unit = "", .help = (h), \
        .choices = (words), .n_choices = sizeof(words) / sizeof *(words)            \
    }

static const char *const modes[] = { "fixed" };
enum { MODE, CHANGE, N_PARAMS };
static const ofd_param params[N_PARAMS] = {
    [MODE] = CHOICE(ofd_param, "mode", modes, "what decides"),
    [CHANGE] = PARAM(OFD_REAL, "change", "shares", 15000, 0, 1e12,
                     "size gained or lost between two states, more than"),
};

enum { LIFT, HIT, UNCHANGED };
static const char *const directions[] = {
    [LIFT] = "lift", [HIT] = "hit", [UNCHANGED] = "unchanged"
};
static const char *const answers[] = { "no", "yes" };
enum { DIRECTION, PRICE, SIZE, SIGNED_CHANGE, THROUGH, N_FIELDS };
static const ofd_field fields[N_FIELDS] = {
    [DIRECTION] = CHOICE(ofd_field, "direction", directions, "how the price of this side moved"),
    [PRICE] = FIELD(OFD_PRICE, "price", "", "price of this side after the change"),
    [SIZE] = FIELD(OFD_REAL, "size", "shares", "size gained or lost"),
    [SIGNED_CHANGE] = FIELD(OFD_REAL, "change", "shares", "size gained (+) or lost (-)"),
    [THROUGH] = CHOICE(ofd_field, "through", answers,
                       "the price left a level that showed more than `change`"),
};
static const ofd_kind kinds[] = {
    { .size = sizeof(ofd_kind),
      .key = "sweep",
      .help = "the size of a side jumps from one state to the next" },
};

struct sweep {
    const ofd_host *host;
    double change;
};

/* Judges one side at row i > 0. OFD_LIMIT: the host takes no more. */
static int32_t judge(const struct sweep *s, const ofd_window *w, int32_t side, uint64_t i)
{
    const int64_t *px = side == OFD_BID ? w->bid_px : w->ask_px;
    const double *sz = side == OFD_BID ? w->bid_sz : w->ask_sz;
    double change = sz[i] - sz[i - 1];
    if (px[i] == 0 || px[i - 1] == 0 || !(fabs(change) > s->change)) {
        return 0;
    }
    int direction = px[i] > px[i - 1] ? LIFT : px[i] < px[i - 1] ? HIT : UNCHANGED;
    int away = side == OFD_BID ? HIT : LIFT;
    int through = direction == away && sz[i - 1] > s->change;
    const ofd_value ev[] = {
        { .field = DIRECTION, .i = direction }, { .field = PRICE, .i = px[i] },
        { .field = SIZE, .f = fabs(change) },   { .field = SIGNED_CHANGE, .f = change },
        { .field = THROUGH, .i = through },
    };
    return s->host->emit(s->host, &(ofd_pattern){ .size = sizeof(ofd_pattern),
                                                  .side = side,
                                                  .dir = !through          ? 0
                                                         : side == OFD_BID ? -1
                                                                           : 1,
                                                  .ts_ns = w->ts_ns[i],
                                                  .price = px[i],
                                                  .value = fabs(change),
                                                  .ev = ev,
                                                  .n_ev = N_FIELDS,
                                                  .ev_stride = sizeof(ofd_value) });
}

static int32_t detect(void *self, const ofd_tick *tick)
{
    const struct sweep *s = self;
    const ofd_window *w = ofd_window_at(tick, 0);
    for (uint64_t i = w->first_new; i < w->n; i++) {
        if (i == 0 || w->ts_ns[i] - w->ts_ns[i - 1] >= MEMORY_S * SECOND_NS) {
            continue;
        }
        if (judge(s, w, OFD_BID, i) == OFD_LIMIT || judge(s, w, OFD_ASK, i) == OFD_LIMIT) {
            break;
        }
    }
    return 0;
}

static void *create(const ofd_host *host, const ofd_config *config)
{
    struct sweep *s = malloc(sizeof *s);
    if (s == NULL) {
        host->log(host, OFD_LOG_ERROR, "out of memory");
        return NULL;
    }
    *s = (struct sweep){ .host = host, .change = config->params[CHANGE] };
    return s;
}

static const uint32_t window_s[] = { 60 };
static const ofd_plugin plugin = {
    .size = sizeof(ofd_plugin),
    .minor = OFD_MINOR,
    .id = "sweep",
    .name = "Sweep",
    .version = "1.0.0",
    .vendor = "orderflow",
    .description = "The size of a side jumps from one state to the next",
    .license = "MIT",
    .flags = OFD_DETERMINISTIC | OFD_ROWS,
    .window_s = window_s,
    .n_windows = 1,
    .memory_s = MEMORY_S,
    .n_params = N_PARAMS,
    .param_stride = sizeof(ofd_param),
    .n_kinds = 1,
    .kind_stride = sizeof(ofd_kind),
    .n_fields = N_FIELDS,
    .field_stride = sizeof(ofd_field),
    .params = params,
    .kinds = kinds,
    .fields = fields,
    .create = create,
    .destroy = free,
    .detect = detect,
};

const ofd_plugin *ofd_entry_v1(uint32_t host_minor, uint32_t index)
{
    (void)host_minor;
    return index == 0 ? &plugin : NULL;
}
