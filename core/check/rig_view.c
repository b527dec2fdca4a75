/* SPDX-License-Identifier: MIT */
#if defined(__linux__) && !defined(_GNU_SOURCE)
#define _GNU_SOURCE /* MAP_ANONYMOUS */
#endif
#include "rig_view.h"

#include "clock.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { COLUMNS = 8, BESIDE = 32 };

static struct regions *regions_of(struct probe *p)
{
    static struct regions kept; /* outlives every call: late faults must find their name */
    p->regions = &kept;
    return &kept;
}

static size_t page_bytes(void)
{
    long n = sysconf(_SC_PAGESIZE);
    return n > 0 ? (size_t)n : 4096;
}

/* n elements in fresh pages: at their end, at their start, or amid others of the same column. */
struct block {
    const char *name;
    const void *from;
    bool keep;
    size_t element_bytes, n, before, after; /* elements around them that may be read */
    enum view_kind view;
};

static char *block_open(struct probe *p, const struct block *b)
{
    size_t page = page_bytes(), bytes = b->n * b->element_bytes;
    bool amid = b->view == VIEW_REVOKED || b->view == VIEW_READ_ONLY;
    size_t before = amid ? b->before * b->element_bytes : 0;
    size_t after = amid ? b->after * b->element_bytes : 0;
    size_t body = (before + bytes + after + page - 1) / page * page;
    body = body == 0 ? page : body;
    char *base = mmap(NULL, body + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (base == MAP_FAILED || mprotect(base + page, body, PROT_READ | PROT_WRITE) != 0) {
        check_failed("mmap", __FILE__, __LINE__);
    }
    char *first = base + page + before;
    if (b->view == VIEW_GUARD_END) {
        first = base + page + body - bytes;
    }
    if (before + bytes + after > 0) {
        memcpy(first - before, (const char *)b->from - before, before + bytes + after);
    }
    (void)regions_add(regions_of(p), &(struct region){ .name = b->name,
                                                       .keep = b->keep,
                                                       .base = base,
                                                       .bytes = body + 2 * page,
                                                       .first = first,
                                                       .end = first + bytes,
                                                       .element_bytes = b->element_bytes });
    return first;
}

void pages_set(struct probe *p, size_t first_region, enum region_state state)
{
    struct regions *all = regions_of(p);
    size_t page = page_bytes();
    for (size_t i = first_region; i < all->n; i++) {
        struct region *g = &all->list[i % REGIONS_MAX];
        int protection = state == REGION_REVOKED ? PROT_NONE : PROT_READ;
        g->state = state;
        char *body = (char *)(uintptr_t)g->base + page;
        (void)mprotect(body, g->bytes - 2 * page, protection);
    }
}

void *page_copy(struct probe *p, const char *name, const void *bytes, size_t n)
{
    return block_open(p, &(struct block){ .keep = strncmp(name, "config", 6) == 0,
                                          .name = name,
                                          .from = bytes,
                                          .element_bytes = 1,
                                          .n = n,
                                          .view = VIEW_GUARD_START });
}

/* Zeros for the columns that only some detectors ask for. */
static const void *zeros(size_t n)
{
    static void *kept;
    static size_t kept_bytes;
    size_t bytes = (n + REEL_SLACK) * sizeof(double);
    if (bytes > kept_bytes) {
        kept = mmap(NULL, 2 * bytes, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        CHECK(kept != MAP_FAILED);
        kept_bytes = 2 * bytes;
    }
    return kept;
}

static size_t row_after(const struct reel *t, size_t n, int64_t ns)
{
    size_t low = 0, high = n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (t->ts_ns[middle] > ns) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return low;
}

struct columns {
    const void *at[COLUMNS];
};

static struct columns columns_open(const struct rig *r, const struct reel *t, size_t from, size_t n)
{
    static const char *const names[COLUMNS] = { "ts_ns",  "bid_px", "ask_px",   "bid_sz",
                                                "ask_sz", "flags",  "trade_px", "trade_sz" };
    const size_t widths[COLUMNS] = { 8, 8, 8, 8, 8, 4, 8, 8 };
    const char *plain[COLUMNS] = { (const char *)(t->ts_ns + from),
                                   (const char *)(t->bid_px + from),
                                   (const char *)(t->ask_px + from),
                                   (const char *)(t->bid_sz + from),
                                   (const char *)(t->ask_sz + from),
                                   (const char *)(t->flags + from),
                                   zeros(n),
                                   zeros(n) };
    struct columns c;
    for (size_t i = 0; i < COLUMNS; i++) {
        bool optional = i >= 6;
        c.at[i] = optional && r->no_trades ? NULL : plain[i];
        if (r->view != VIEW_PLAIN && !optional) {
            struct block b = { .name = names[i],
                               .from = plain[i],
                               .element_bytes = widths[i],
                               .n = n,
                               .before = from < BESIDE ? from : BESIDE,
                               .after = BESIDE,
                               .view = r->view };
            c.at[i] = block_open(r->probe, &b);
        }
    }
    return c;
}

static ofd_window window_of(const struct columns *c, const struct reel *t, size_t from, size_t n,
                            size_t first_new, int64_t begin_ns, uint64_t seq)
{
    size_t begin = row_after(t, n, begin_ns);
    return (ofd_window){ .size = sizeof(ofd_window),
                         .n = n - from,
                         .begin = begin > from ? begin - from : 0,
                         .first_new = first_new > from ? first_new - from : 0,
                         .first_seq = seq + from,
                         .ts_ns = c->at[0],
                         .bid_px = c->at[1],
                         .ask_px = c->at[2],
                         .bid_sz = c->at[3],
                         .ask_sz = c->at[4],
                         .flags = c->at[5],
                         .trade_px = c->at[6],
                         .trade_sz = c->at[7] };
}

/* Tick and windows into pages of their own, where the columns are. */
static void copy_out(struct shown *s, const struct rig *r)
{
    size_t bytes = s->tick.n_windows * sizeof s->windows[0];
    s->tick.windows = page_copy(r->probe, "tick->windows", s->windows, bytes);
    s->at = page_copy(r->probe, "tick", &s->tick, sizeof s->tick);
}

void shown_open(struct shown *s, const struct rig *r, const struct reel *t, size_t n,
                size_t first_new, int64_t now_ns, uint32_t flags)
{
    const ofd_plugin *plugin = r->plug->plugin;
    int64_t first_ns = first_new < n ? t->ts_ns[first_new] : now_ns;
    s->first_region = regions_of(r->probe)->n;
    s->tick = (ofd_tick){ .size = sizeof s->tick,
                          .flags = flags,
                          .now_ns = now_ns,
                          .px_tick = t->px_tick,
                          .seq = r->calls + r->seq_offset + r->tick_offset,
                          .n_windows = plugin->n_windows,
                          .window_stride = sizeof s->windows[0],
                          .windows = s->windows };
    for (uint32_t i = 0; i < plugin->n_windows; i++) {
        int64_t seconds = plugin->window_s[i];
        int64_t reach = seconds * NS_PER_S + r->plug->memory_ns;
        /* A batch of ours may be longer than the windows are. */
        size_t from = row_after(t, n, (first_ns < now_ns ? first_ns : now_ns) - reach);
        if (r->strict_memory) {
            size_t oldest = row_after(t, n, first_ns - r->plug->memory_ns);
            from = oldest > from ? oldest : from;
        }
        struct columns c = columns_open(r, t, from, n - from);
        s->windows[i] =
            window_of(&c, t, from, n, first_new, now_ns - seconds * NS_PER_S, r->seq_offset);
        s->windows[i].seconds = plugin->window_s[i];
    }
    s->at = &s->tick;
    if (r->view == VIEW_REVOKED || r->view == VIEW_READ_ONLY) {
        copy_out(s, r);
        if (r->view == VIEW_READ_ONLY) {
            pages_set(r->probe, s->first_region, REGION_READ_ONLY);
        }
    }
}

/* Pages stay for a while, so that an address does not mean something else soon. */
void shown_close(struct shown *s, const struct rig *r)
{
    if (r->view == VIEW_REVOKED) {
        pages_set(r->probe, s->first_region, REGION_REVOKED);
    }
}
