/* SPDX-License-Identifier: MIT */
/* True at every tick: its one episode begins at its first live tick and lasts as long as it runs.
 * BUILD: which build this is; a later one has the larger value. BREAK: it dies when it is shown
 * anything. ID: another name. */
#include <orderflow/declare.h>
#include <stdlib.h>
#ifndef BUILD
#define BUILD 1
#endif
#ifndef ID
#define ID "beat"
#endif
#define TEXT_(x) #x
#define TEXT(x) TEXT_(x)

static const ofd_param params[] = { OFD_PARAM(OFD_INT, "loud", "", 0, 0, 9, "added to the build") };
static const ofd_kind kinds[] = { OFD_KIND(ID, "a tick") };
static const ofd_field fields[] = {
#if BUILD > 1
    OFD_FIELD(OFD_INT, "more", "", "new here"),
#endif
    OFD_FIELD(OFD_INT, "build", "", "which"),
};
static const uint32_t windows[] = { 10 };
struct self {
    const ofd_host *host;
    double loud;
};
static int *volatile nowhere;

static void *create(const ofd_host *host, const ofd_config *config)
{
    struct self *s = calloc(1, sizeof *s);
    if (s) {
        s->host = host;
        s->loud = config->params[0];
    }
    return s;
}

static int32_t detect(void *self, const ofd_tick *tick)
{
    struct self *s = self;
    ofd_value ev = { .field = OFD_LENGTH(fields) - 1, .i = BUILD };
    ofd_pattern p = { .size = sizeof p,
                      .dir = 1,
                      .ts_ns = tick->now_ns,
                      .price = OFD_NO_PRICE,
                      .value = BUILD + s->loud,
                      .ev = &ev,
                      .n_ev = 1,
                      .ev_stride = sizeof ev };
#ifdef BREAK
    *nowhere = 1;
#endif
    s->host->emit(s->host, &p);
    return nowhere != NULL;
}

static const ofd_plugin plugin = {
    .size = sizeof plugin,
    .minor = OFD_MINOR,
    .id = ID,
    .name = "Beat",
    .version = TEXT(BUILD) ".0.0",
    .vendor = "test",
    .description = "Every tick",
    .url = "",
    .license = "MIT",
    .flags = OFD_DETERMINISTIC,
    .memory_s = 10,
    OFD_TABLES(windows, params, kinds, fields),
    .create = create,
    .destroy = free,
    .detect = detect,
};

OFD_ENTRY(plugin)
