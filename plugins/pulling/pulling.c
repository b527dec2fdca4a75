/* SPDX-License-Identifier: MIT */
/* pulling: a large size goes while its price stands. Formula and limits: README.md. */
#include <orderflow/declare.h>

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

enum { MEMORY_S = 61 };
static const int64_t MS_NS = 1000000;

static const char *const modes[] = { "fixed" };
enum { MODE, SIZE, LOST, WITHIN_MS, N_PARAMS };
static const ofd_param params[N_PARAMS] = {
    [MODE] = OFD_PARAM_WORDS("mode", modes, "what decides"),
    [SIZE] = OFD_PARAM(OFD_REAL, "size", "shares", 10000, 0, 1e12, "size before, more than"),
    [LOST] = OFD_PARAM(OFD_REAL, "lost", "", 0.5, 0.01, 1, "part of it that is gone, at least"),
    [WITHIN_MS] = OFD_PARAM(OFD_INT, "within_ms", "ms", 2000, 1, 60000, "gone within, at most"),
};

enum { PRICE, FROM_SIZE, TO_SIZE, PULLED, LOST_PART, SPAN_MS, N_FIELDS };
static const ofd_field fields[N_FIELDS] = {
    [PRICE] = OFD_FIELD(OFD_PRICE, "price", "", "price of this side, the same all the while"),
    [FROM_SIZE] = OFD_FIELD(OFD_REAL, "from_size", "shares", "largest size within that time"),
    [TO_SIZE] = OFD_FIELD(OFD_REAL, "to_size", "shares", "size now"),
    [PULLED] = OFD_FIELD(OFD_REAL, "pulled", "shares", "size that went, traded or cancelled"),
    [LOST_PART] = OFD_FIELD(OFD_REAL, "lost", "", "pulled / from_size"),
    [SPAN_MS] = OFD_FIELD(OFD_INT, "span_ms", "ms", "since the largest size was last seen"),
};
static const ofd_kind kinds[] = {
    OFD_KIND("pulling", "a large size goes while its price stands and the other side holds"),
};

/* A row of a visit than which every later one is smaller. */
struct peak {
    int64_t ts_ns, other_px;
    double sz;
};

/* One side's visit: the rows since its price last changed, as far as they may be a peak: a queue
 * of falling sizes in a ring of cap, a power of two. */
struct side {
    int64_t px; /* 0: the side was absent */
    struct peak *ring;
    size_t cap, head, n;
};

struct pulling {
    const ofd_host *host;
    double size, lost;
    int64_t within_ns;
    uint64_t next; /* rows before it are in; numbered by ofd_window.first_seq */
    struct side bid, ask;
};

static struct peak *at(const struct side *s, size_t i)
{
    return &s->ring[(s->head + i) & (s->cap - 1)];
}

static bool grow(struct side *s)
{
    size_t cap = s->cap == 0 ? 64 : 2 * s->cap;
    struct peak *ring = malloc(cap * sizeof *ring);
    if (ring == NULL) {
        return false;
    }
    for (size_t i = 0; i < s->n; i++) {
        ring[i] = *at(s, i);
    }
    free(s->ring);
    s->ring = ring;
    s->cap = cap;
    s->head = 0;
    return true;
}

/* Takes a row in: its price and size, the other side's price. False: no memory. */
static bool take(struct side *s, int64_t ts_ns, int64_t px, double sz, int64_t other_px, bool gap,
                 int64_t within_ns)
{
    if (px != s->px || px == 0 || gap) {
        s->n = 0;
        s->px = px;
    }
    while (s->n > 0 && ts_ns - at(s, 0)->ts_ns > within_ns) {
        s->head++;
        s->n--;
    }
    while (s->n > 0 && at(s, s->n - 1)->sz <= sz) {
        s->n--;
    }
    if (s->n == s->cap && !grow(s)) {
        return false;
    }
    *at(s, s->n++) = (struct peak){ .ts_ns = ts_ns, .other_px = other_px, .sz = sz };
    return true;
}

static bool advance(struct pulling *p, const ofd_window *w, uint64_t i)
{
    bool gap = (w->flags[i] & OFD_ROW_GAP) != 0;
    p->next = w->first_seq + i + 1;
    return take(&p->bid, w->ts_ns[i], w->bid_px[i], w->bid_sz[i], w->ask_px[i], gap,
                p->within_ns) &&
           take(&p->ask, w->ts_ns[i], w->ask_px[i], w->ask_sz[i], w->bid_px[i], gap, p->within_ns);
}

/* Was the other side there both times, and has it not drawn back since the peak? */
static bool holds_ground(const struct peak *from, const struct peak *now, int32_t id)
{
    return from->other_px > 0 && now->other_px > 0 &&
           (id == OFD_BID ? now->other_px <= from->other_px : now->other_px >= from->other_px);
}

/* Judges one side as of its last row. OFD_LIMIT: the host takes no more. */
static int32_t judge(const struct pulling *p, const struct side *s, int32_t id)
{
    const struct peak *from = at(s, 0), *now = at(s, s->n - 1);
    if (s->px <= 0 || !(from->sz > p->size) || !(now->sz <= (1 - p->lost) * from->sz) ||
        !holds_ground(from, now, id)) {
        return 0;
    }
    const ofd_value ev[] = {
        { .field = PRICE, .i = s->px },
        { .field = FROM_SIZE, .f = from->sz },
        { .field = TO_SIZE, .f = now->sz },
        { .field = PULLED, .f = from->sz - now->sz },
        { .field = LOST_PART, .f = (from->sz - now->sz) / from->sz },
        { .field = SPAN_MS, .i = (now->ts_ns - from->ts_ns) / MS_NS },
    };
    return p->host->emit(p->host, &(ofd_pattern){ .size = sizeof(ofd_pattern),
                                                  .side = id,
                                                  .dir = id == OFD_BID ? -1 : 1,
                                                  .ts_ns = now->ts_ns,
                                                  .price = s->px,
                                                  .value = from->sz - now->sz,
                                                  .ev = ev,
                                                  .n_ev = N_FIELDS,
                                                  .ev_stride = sizeof(ofd_value) });
}

/* Begins anew: the rows that follow are not those that came. */
static void forget(struct pulling *p)
{
    p->bid.n = p->ask.n = 0;
    p->bid.px = p->ask.px = 0;
}

static int32_t no_memory(struct pulling *p)
{
    p->next = UINT64_MAX;
    p->host->log(p->host, OFD_LOG_ERROR, "out of memory");
    return -1;
}

static int32_t detect(void *self, const ofd_tick *tick)
{
    struct pulling *p = self;
    const ofd_window *w = ofd_window_at(tick, 0);
    uint64_t i = w->first_new;
    if (p->next != w->first_seq + w->first_new) {
        forget(p);
        i = 0;
    }
    for (; i < w->n; i++) {
        if (!advance(p, w, i)) {
            return no_memory(p);
        }
        if (i >= w->first_new &&
            (judge(p, &p->bid, OFD_BID) == OFD_LIMIT || judge(p, &p->ask, OFD_ASK) == OFD_LIMIT)) {
            break;
        }
    }
    return 0;
}

/* ---- why, or why not ---- */

static void explain_side(const struct pulling *p, const struct side *s, int32_t id,
                         const ofd_explain_out *out)
{
    const struct peak *from = at(s, 0), *now = at(s, s->n - 1);
    bool here = s->px > 0, both = from->other_px > 0 && now->other_px > 0;
    double size = here ? from->sz : NAN;
    double lost = here && from->sz > 0 ? (from->sz - now->sz) / from->sz : NAN;
    double toward = id == OFD_BID ? (double)(now->other_px - from->other_px)
                                  : (double)(from->other_px - now->other_px);
    const ofd_condition of = { .size = sizeof(ofd_condition),
                               .side = id,
                               .dir = id == OFD_BID ? -1 : 1 };
    ofd_say(out, &of, "from_size", "", OFD_ABOVE, size, p->size, size > p->size, SIZE, FROM_SIZE);
    ofd_say(out, &of, "lost", "", OFD_AT_LEAST, lost, p->lost,
            lost > 0 && now->sz <= (1 - p->lost) * from->sz, LOST, LOST_PART);
    ofd_say(out, &of, "counter_move", "currency", OFD_AT_MOST, both ? toward / 1e9 : NAN, 0,
            holds_ground(from, now, id), -1, -1);
}

static int32_t explain(void *self, const ofd_tick *tick, const ofd_explain_out *out)
{
    struct pulling *p = self;
    const ofd_window *w = ofd_window_at(tick, 0);
    if (p->next != w->first_seq + w->n) {
        forget(p);
        for (uint64_t i = 0; i < w->n; i++) {
            if (!advance(p, w, i)) {
                return no_memory(p);
            }
        }
    }
    if (w->n > 0) {
        explain_side(p, &p->bid, OFD_BID, out);
        explain_side(p, &p->ask, OFD_ASK, out);
    }
    return 0;
}

OFD_EXPLAIN_EXT(ext, explain)

static void *create(const ofd_host *host, const ofd_config *config)
{
    struct pulling *p = malloc(sizeof *p);
    if (p == NULL) {
        host->log(host, OFD_LOG_ERROR, "out of memory");
        return NULL;
    }
    *p = (struct pulling){ .host = host,
                           .size = config->params[SIZE],
                           .lost = config->params[LOST],
                           .within_ns = (int64_t)config->params[WITHIN_MS] * MS_NS };
    return p;
}

static void destroy(void *self)
{
    struct pulling *p = self;
    free(p->bid.ring);
    free(p->ask.ring);
    free(p);
}

static const uint32_t window_s[] = { 10 };
static const ofd_plugin plugin = {
    .size = sizeof(ofd_plugin),
    .minor = OFD_MINOR,
    .id = "pulling",
    .name = "Pulling",
    .version = "1.0.0",
    .vendor = "orderflow",
    .description = "A large size goes while its price stands and the other side holds",
    .license = "MIT",
    .flags = OFD_DETERMINISTIC | OFD_ROWS | OFD_OFF,
    .memory_s = MEMORY_S,
    OFD_TABLES(window_s, params, kinds, fields),
    .create = create,
    .destroy = destroy,
    .detect = detect,
    .ext = ext,
};

OFD_ENTRY(plugin)
