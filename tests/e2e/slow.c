/* SPDX-License-Identifier: MIT */
/* Takes its time, and finds nothing. */
#define _POSIX_C_SOURCE 200809L
#include <orderflow/detector.h>
#include <time.h>

static const ofd_kind kinds[] = {
    { .size = sizeof(ofd_kind), .key = "slow", .help = "nothing" },
};
static const uint32_t windows[] = { 10 };

static void *create(const ofd_host *host, const ofd_config *config)
{
    static int self;
    (void)host;
    (void)config;
    return &self;
}

static void destroy(void *self)
{
    (void)self;
}

static int32_t detect(void *self, const ofd_tick *tick)
{
    (void)self;
    (void)tick;
    (void)nanosleep(&(struct timespec){ .tv_nsec = 200000000 }, NULL);
    return 0;
}

static const ofd_plugin plugin = {
    .size = sizeof plugin,
    .minor = OFD_MINOR,
    .id = "slow",
    .name = "Slow",
    .version = "1.0.0",
    .vendor = "test",
    .description = "Takes its time",
    .url = "",
    .license = "MIT",
    .flags = OFD_DETERMINISTIC,
    .window_s = windows,
    .n_windows = 1,
    .memory_s = 10,
    .kinds = kinds,
    .n_kinds = 1,
    .kind_stride = sizeof *kinds,
    .create = create,
    .destroy = destroy,
    .detect = detect,
};

OFD_EXPORT const ofd_plugin *ofd_entry_v1(uint32_t host_minor, uint32_t index)
{
    (void)host_minor;
    return index == 0 ? &plugin : NULL;
}
