/* SPDX-License-Identifier: MIT */
/* flicker: sizes come to the touch and are gone at once. Formula and limits: README.md. */
#include <orderflow/declare.h>
#include <orderflow/rows.h>

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { MEMORY_S = 150, WINDOW_MAX_S = 60, SLOW_MAX_MS = 20000, PAUSE_S = 30 };
static const int64_t SECOND_NS = 1000000000, MS_NS = 1000000;

static const char *const modes[] = { "fixed" };
enum { MODE, ADD, GONE, FAST_MS, SLOW_MS, COUNT, WINDOW_S, N_PARAMS };
static const ofd_param params[N_PARAMS] = {
    [MODE] = OFD_PARAM_WORDS("mode", modes, "what decides"),
    [ADD] = OFD_PARAM(OFD_REAL, "add", "shares", 10000, 1e-9, 1e12,
                      "size that comes at once, at least"),
    [GONE] = OFD_PARAM(OFD_REAL, "gone", "", 0.8, 0.01, 1, "part of it that goes, at least"),
    [FAST_MS] =
        OFD_PARAM(OFD_INT, "fast_ms", "ms", 500, 0, SLOW_MAX_MS, "flicker: within, at most"),
    [SLOW_MS] =
        OFD_PARAM(OFD_INT, "slow_ms", "ms", 2000, 0, SLOW_MAX_MS, "fleeting: within, at most"),
    [COUNT] = OFD_PARAM(OFD_INT, "count", "", 3, 1, 1000, "how many such sizes"),
    [WINDOW_S] = OFD_PARAM(OFD_INT, "window_s", "s", 10, 1, WINDOW_MAX_S, "gone within this time"),
};

enum { VANISHED, FAST, ADDS, RELIABILITY, PRICE, SIZE, LASTED_MS, N_FIELDS };
static const ofd_field fields[N_FIELDS] = {
    [VANISHED] =
        OFD_FIELD(OFD_INT, "vanished", "", "large sizes that went at once, within window_s"),
    [FAST] = OFD_FIELD(OFD_INT, "fast", "", "of these within fast_ms"),
    [ADDS] = OFD_FIELD(OFD_INT, "adds", "", "large sizes of which is known whether they stayed"),
    [RELIABILITY] = OFD_FIELD(OFD_REAL, "reliability", "", "1 - vanished / adds"),
    [PRICE] = OFD_FIELD(OFD_PRICE, "price", "", "where the last one was shown"),
    [SIZE] = OFD_FIELD(OFD_REAL, "size", "shares", "size of the last one"),
    [LASTED_MS] = OFD_FIELD(OFD_INT, "lasted_ms", "ms", "how long the last one was shown"),
};
enum { FLICKER, FLEETING, N_KINDS };
static const ofd_kind kinds[N_KINDS] = {
    [FLICKER] = OFD_KIND("flicker",
                         "large sizes are gone within fast_ms: what this side shows is not to be "
                         "relied on"),
    [FLEETING] = OFD_KIND("fleeting", "large sizes are gone within slow_ms"),
};

/* A large size that has come and may still go. */
struct add {
    int64_t ts_ns, px;
    double shown, size; /* the side's size then; how much of it came */
};

/* What became of one. */
enum fate { STAYED, WENT_SLOWLY, WENT_FAST };
struct outcome {
    enum fate fate;
    int64_t ts_ns; /* when it was known */
    struct add add;
};

struct side {
    int32_t id;
    struct add *adds; /* owned; all at the price of the row before, oldest first */
    size_t n_adds, cap_adds;
    struct outcome *ring; /* owned; a queue in a ring of cap, a power of two */
    size_t head, n, cap;
    int64_t counts[WENT_FAST + 1]; /* of the outcomes in the queue */
    struct outcome last;           /* that went; fate STAYED: none yet */
};

struct flicker {
    const ofd_host *host;
    double add, gone;
    int64_t fast_ns, slow_ns, window_ns, count;
    uint64_t next; /* rows before it are in; numbered by ofd_window.first_seq */
    struct side bid, ask;
};

/* ---- queues -----------------------------------------------------------------------------------
 */

static bool push_add(struct side *s, const struct add *a)
{
    if (s->n_adds == s->cap_adds) {
        size_t cap = s->cap_adds == 0 ? 16 : 2 * s->cap_adds;
        struct add *grown = realloc(s->adds, cap * sizeof *grown);
        if (grown == NULL) {
            return false;
        }
        s->adds = grown;
        s->cap_adds = cap;
    }
    s->adds[s->n_adds++] = *a;
    return true;
}

static bool push_outcome(struct side *s, const struct outcome *o)
{
    if (s->n == s->cap) {
        size_t cap = s->cap == 0 ? 16 : 2 * s->cap;
        struct outcome *ring = malloc(cap * sizeof *ring);
        if (ring == NULL) {
            return false;
        }
        for (size_t i = 0; i < s->n; i++) {
            ring[i] = s->ring[(s->head + i) & (s->cap - 1)];
        }
        free(s->ring);
        s->ring = ring;
        s->cap = cap;
        s->head = 0;
    }
    s->ring[(s->head + s->n++) & (s->cap - 1)] = *o;
    s->counts[o->fate]++;
    s->last = o->fate != STAYED ? *o : s->last;
    return true;
}

static void drop_old(struct side *s, int64_t now_ns, int64_t window_ns)
{
    while (s->n > 0 && now_ns - s->ring[s->head & (s->cap - 1)].ts_ns >= window_ns) {
        s->counts[s->ring[s->head & (s->cap - 1)].fate]--;
        s->head++;
        s->n--;
    }
}

/* ---- one row -----------------------------------------------------------------------------------
 */

/* A row of one side and what came before it. */
struct step {
    int64_t ts_ns, px, was_px, other_px;
    double sz, was_sz;
};

/* +1: the price of this side is better than px, -1: worse. */
static int better(const struct side *s, int64_t is, int64_t px)
{
    int up = (is > px) - (is < px);
    return s->id == OFD_BID ? up : -up;
}

enum verdict { OPEN, UNSEEN, KNOWN };

/* What the row tells of a size that came before it. */
static enum verdict fate_of(const struct flicker *f, const struct side *s, const struct add *a,
                            const struct step *t, enum fate *fate_out)
{
    int moved = better(s, t->px, a->px);
    if (t->px <= 0 || moved > 0) {
        return UNSEEN; /* its price is no longer at the touch */
    }
    int64_t age_ns = t->ts_ns - a->ts_ns;
    bool reached = t->other_px > 0 && better(s, t->other_px, a->px) <= 0;
    bool gone = moved < 0 ? !reached : t->sz <= a->shown - f->gone * a->size;
    *fate_out = !gone || age_ns > f->slow_ns ? STAYED
                : age_ns <= f->fast_ns       ? WENT_FAST
                                             : WENT_SLOWLY;
    return moved == 0 && !gone && age_ns <= f->slow_ns ? OPEN : KNOWN;
}

/* False: no memory. */
static bool settle(const struct flicker *f, struct side *s, const struct step *t)
{
    size_t open = 0;
    for (size_t i = 0; i < s->n_adds; i++) {
        struct outcome o = { .ts_ns = t->ts_ns, .add = s->adds[i] };
        enum verdict v = fate_of(f, s, &s->adds[i], t, &o.fate);
        if (v == OPEN) {
            s->adds[open++] = s->adds[i];
        } else if (v == KNOWN && !push_outcome(s, &o)) {
            return false;
        }
    }
    s->n_adds = open;
    return true;
}

/* Size that came with this row: more at the same price, or all of it at a better one. */
static double came(const struct side *s, const struct step *t)
{
    if (t->px <= 0 || t->was_px <= 0) {
        return 0.0;
    }
    int moved = better(s, t->px, t->was_px);
    return moved < 0 ? 0.0 : moved > 0 ? t->sz : t->sz - t->was_sz;
}

static bool take(const struct flicker *f, struct side *s, const struct step *t, bool anew)
{
    s->n_adds = anew ? 0 : s->n_adds;
    drop_old(s, t->ts_ns, f->window_ns);
    if (anew) {
        return true;
    }
    struct add a = { .ts_ns = t->ts_ns, .px = t->px, .shown = t->sz, .size = came(s, t) };
    return settle(f, s, t) && (!(a.size >= f->add) || push_add(s, &a));
}

static bool advance(struct flicker *f, const ofd_window *w, uint64_t i)
{
    uint64_t k = i > 0 ? i - 1 : 0;
    bool anew = ofd_row_anew(w, i, PAUSE_S) != 0;
    struct step bid = { .ts_ns = w->ts_ns[i],
                        .px = w->bid_px[i],
                        .was_px = w->bid_px[k],
                        .other_px = w->ask_px[i],
                        .sz = w->bid_sz[i],
                        .was_sz = w->bid_sz[k] };
    struct step ask = { .ts_ns = w->ts_ns[i],
                        .px = w->ask_px[i],
                        .was_px = w->ask_px[k],
                        .other_px = w->bid_px[i],
                        .sz = w->ask_sz[i],
                        .was_sz = w->ask_sz[k] };
    f->next = w->first_seq + i + 1;
    return take(f, &f->bid, &bid, anew) && take(f, &f->ask, &ask, anew);
}

/* ---- judging ----------------------------------------------------------------------------------
 */

/* Judges one side as of a row. OFD_LIMIT: the host takes no more. */
static int32_t judge(const struct flicker *f, const struct side *s, int64_t ts_ns)
{
    int64_t fast = s->counts[WENT_FAST], vanished = fast + s->counts[WENT_SLOWLY];
    int64_t adds = vanished + s->counts[STAYED];
    if (vanished < f->count) {
        return 0;
    }
    const ofd_value ev[] = {
        { .field = VANISHED, .i = vanished },
        { .field = FAST, .i = fast },
        { .field = ADDS, .i = adds },
        { .field = RELIABILITY, .f = 1.0 - (double)vanished / (double)adds },
        { .field = PRICE, .i = s->last.add.px },
        { .field = SIZE, .f = s->last.add.size },
        { .field = LASTED_MS, .i = (s->last.ts_ns - s->last.add.ts_ns) / MS_NS },
    };
    return f->host->emit(f->host, &(ofd_pattern){ .size = sizeof(ofd_pattern),
                                                  .kind = fast >= f->count ? FLICKER : FLEETING,
                                                  .side = s->id,
                                                  .ts_ns = ts_ns,
                                                  .price = OFD_NO_PRICE,
                                                  .value = (double)vanished,
                                                  .ev = ev,
                                                  .n_ev = N_FIELDS,
                                                  .ev_stride = sizeof(ofd_value) });
}

static void forget(struct side *s)
{
    s->n_adds = s->n = 0;
    memset(s->counts, 0, sizeof s->counts);
}

/* Begins anew: the rows that follow are not those that came. */
static void reset(struct flicker *f)
{
    forget(&f->bid);
    forget(&f->ask);
}

static int32_t no_memory(struct flicker *f)
{
    f->next = UINT64_MAX;
    f->host->log(f->host, OFD_LOG_ERROR, "out of memory");
    return -1;
}

static int32_t detect(void *self, const ofd_tick *tick)
{
    struct flicker *f = self;
    const ofd_window *w = ofd_window_at(tick, 0);
    uint64_t i = w->first_new;
    if (f->next != w->first_seq + w->first_new) {
        reset(f);
        i = 0;
    }
    for (; i < w->n; i++) {
        if (!advance(f, w, i)) {
            return no_memory(f);
        }
        if (i >= w->first_new && (judge(f, &f->bid, w->ts_ns[i]) == OFD_LIMIT ||
                                  judge(f, &f->ask, w->ts_ns[i]) == OFD_LIMIT)) {
            break;
        }
    }
    return 0;
}

/* ---- why, or why not ---- */

static void explain_side(const struct flicker *f, const struct side *s, const ofd_explain_out *out)
{
    double fast = (double)s->counts[WENT_FAST], vanished = fast + (double)s->counts[WENT_SLOWLY];
    double count = (double)f->count;
    const ofd_condition flicker = { .size = sizeof(ofd_condition), .kind = FLICKER, .side = s->id };
    const ofd_condition fleeting = { .size = sizeof(ofd_condition),
                                     .kind = FLEETING,
                                     .side = s->id };
    ofd_say(out, &flicker, "fast", NULL, OFD_AT_LEAST, fast, count, fast >= count, COUNT, FAST);
    ofd_say(out, &fleeting, "vanished", NULL, OFD_AT_LEAST, vanished, count, vanished >= count,
            COUNT, VANISHED);
    ofd_say(out, &fleeting, "fast", NULL, OFD_BELOW, fast, count, fast < count, COUNT, FAST);
}

static int32_t explain(void *self, const ofd_tick *tick, const ofd_explain_out *out)
{
    struct flicker *f = self;
    const ofd_window *w = ofd_window_at(tick, 0);
    if (f->next != w->first_seq + w->n) {
        reset(f);
        for (uint64_t i = 0; i < w->n; i++) {
            if (!advance(f, w, i)) {
                return no_memory(f);
            }
        }
    }
    if (w->n > 0) {
        explain_side(f, &f->bid, out);
        explain_side(f, &f->ask, out);
    }
    return 0;
}

OFD_EXPLAIN_EXT(ext, explain)

static void *create(const ofd_host *host, const ofd_config *config)
{
    struct flicker *f = malloc(sizeof *f);
    if (f == NULL) {
        host->log(host, OFD_LOG_ERROR, "out of memory");
        return NULL;
    }
    const double *p = config->params;
    *f = (struct flicker){ .host = host,
                           .add = p[ADD],
                           .gone = p[GONE],
                           .fast_ns = (int64_t)p[FAST_MS] * MS_NS,
                           .slow_ns = (int64_t)p[SLOW_MS] * MS_NS,
                           .window_ns = (int64_t)p[WINDOW_S] * SECOND_NS,
                           .count = (int64_t)p[COUNT],
                           .bid.id = OFD_BID,
                           .ask.id = OFD_ASK };
    return f;
}

static void destroy(void *self)
{
    struct flicker *f = self;
    free(f->bid.adds);
    free(f->bid.ring);
    free(f->ask.adds);
    free(f->ask.ring);
    free(f);
}

static const uint32_t window_s[] = { 10 };
static const ofd_plugin plugin = {
    .size = sizeof(ofd_plugin),
    .minor = OFD_MINOR,
    .id = "flicker",
    .name = "Flicker",
    .version = "1.0.0",
    .vendor = "orderflow",
    .description = "Large sizes come to the touch and are gone at once",
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
