/* SPDX-License-Identifier: MIT */
/* iceberg: the same size returns again and again at one price. Formula and limits: README.md. */
#include <orderflow/declare.h>

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

enum { MEMORY_S = 600, WINDOW_MAX_S = 300 };
enum { CYCLES_MAX = 100 }; /* more are not counted: this bounds the work of a quote */
static const int64_t SECOND_NS = 1000000000, MS_NS = 1000000;

static const char *const modes[] = { "fixed" };
enum { MODE, CYCLES, WINDOW_S, FALL, TOLERANCE, RETURN_MS, SHARE, N_PARAMS };
static const ofd_param params[N_PARAMS] = {
    [MODE] = OFD_PARAM_WORDS("mode", modes, "what decides"),
    [CYCLES] =
        OFD_PARAM(OFD_INT, "cycles", "", 3, 1, CYCLES_MAX, "times the size falls and returns"),
    [WINDOW_S] = OFD_PARAM(OFD_INT, "window_s", "s", 30, 1, WINDOW_MAX_S, "within this time"),
    [FALL] = OFD_PARAM(OFD_REAL, "fall", "", 0.4, 0.01, 1, "part of the size that goes, at least"),
    [TOLERANCE] =
        OFD_PARAM(OFD_REAL, "tolerance", "", 0.2, 0, 0.9, "it returns to the size this near"),
    [RETURN_MS] =
        OFD_PARAM(OFD_INT, "return_ms", "ms", 500, 0, 60000, "it returns within, at most"),
    [SHARE] = OFD_PARAM(OFD_REAL, "share", "", 0.5, 0, 1, "part of the time it is shown, at least"),
};

enum { PRICE, DISPLAY, N_CYCLES, REFILLED, SHOWN, SLOWEST_MS, SPAN_MS, N_FIELDS };
static const ofd_field fields[N_FIELDS] = {
    [PRICE] = OFD_FIELD(OFD_PRICE, "price", "", "price of this side, the same all the while"),
    [DISPLAY] = OFD_FIELD(OFD_REAL, "display", "shares", "the size it returned to last"),
    [N_CYCLES] = OFD_FIELD(OFD_INT, "cycles", "", "times it fell and returned within window_s"),
    [REFILLED] = OFD_FIELD(OFD_REAL, "refilled", "shares", "size that came back in these cycles"),
    [SHOWN] =
        OFD_FIELD(OFD_REAL, "share", "", "part of the time of the last `cycles` it was shown"),
    [SLOWEST_MS] = OFD_FIELD(OFD_INT, "slowest_ms", "ms", "longest time from fall to return"),
    [SPAN_MS] =
        OFD_FIELD(OFD_INT, "span_ms", "ms", "from before the first fall to the last return"),
};
static const ofd_kind kinds[] = {
    OFD_KIND("refill",
             "the same size returns again and again at one price; a hidden order is probable at "
             "best"),
};

/* A size that fell and returned for the last time at ts_ns; what was found looking back. */
struct refill {
    double display, refilled, share;
    int64_t n, slowest_ns;
    int64_t first_ns, since_ns; /* before the first of the cycles, of the last `cycles` of them */
    int64_t ts_ns;
};

struct side {
    const int64_t *px; /* columns; borrowed during a call */
    const double *sz;
    struct refill last; /* the last return of this visit that is enough; n == 0: none */
    struct refill seen; /* the last return of any kind, to explain with */
};

struct iceberg {
    const ofd_host *host;
    int64_t cycles, window_ns, return_ns;
    double fall, tolerance, share;
    uint64_t next; /* rows before it are in; numbered by ofd_window.first_seq */
    struct side bid, ask;
};

/* ---- looking back from a return ----------------------------------------------------------------
 */

/* A size beside the one it should return to. */
enum class { LOW, BETWEEN, SAME, OVER };

static enum class class_of(const struct iceberg *c, double size, double display) {
    if (size > display + c->tolerance * display){ return OVER; }
if (size >= display - c->tolerance * display)
{
    return SAME;
}
return size <= (1 - c->fall) * display ? LOW : BETWEEN;
}

/* Where a walk back through a visit is: between a return and the fall before it. */
struct walk {
    bool closes;      /* the row the size returned at showed it, and no more */
    bool fell;        /* a low row has been seen */
    int64_t close_ns; /* when it returned */
    int64_t low_ns;   /* the first low row, so far */
    double lowest;
    int64_t same_ns; /* time it was shown since */
};

/* The walk has come to a row that shows the size, or more: is that the end of a cycle? */
static bool cycle_ends(const struct iceberg *c, const struct walk *k, enum class class)
{
    return k->closes && k->fell && class == SAME && k->close_ns - k->low_ns <= c->return_ns;
}

static void count_cycle(const struct iceberg *c, const struct walk *k, int64_t ts_ns,
                        struct refill *out)
{
    int64_t took_ns = k->close_ns - k->low_ns;
    out->n++;
    out->refilled += out->display - k->lowest;
    out->slowest_ns = took_ns > out->slowest_ns ? took_ns : out->slowest_ns;
    out->first_ns = ts_ns;
    if (out->n == c->cycles) {
        out->since_ns = ts_ns;
        out->share = out->ts_ns > ts_ns ? (double)k->same_ns / (double)(out->ts_ns - ts_ns) : 0.0;
    }
}

/* Counts the cycles that end with row i of a side, the last of them at row i: CYCLES_MAX at most.
 */
static struct refill look_back(const struct iceberg *c, const ofd_window *w, const struct side *s,
                               uint64_t i)
{
    const int64_t *ts_ns = w->ts_ns;
    struct refill out = { .display = s->sz[i], .ts_ns = ts_ns[i] };
    struct walk k = { .closes = true, .close_ns = ts_ns[i], .lowest = INFINITY };
    for (uint64_t j = i; j > 0 && (w->flags[j] & OFD_ROW_GAP) == 0 && out.n < CYCLES_MAX;) {
        j--;
        bool hopeless = out.n == 0 && k.fell && ts_ns[i] - k.low_ns > c->return_ns;
        if (s->px[j] != s->px[i] || ts_ns[i] - ts_ns[j] >= c->window_ns || hopeless) {
            break;
        }
        enum class class = class_of(c, s->sz[j], out.display);
        k.same_ns += class == SAME ? ts_ns[j + 1] - ts_ns[j] : 0;
        if (class == SAME || class == OVER) {
            if (cycle_ends(c, &k, class)) {
                count_cycle(c, &k, ts_ns[j], &out);
            } else if (out.n == 0) {
                break; /* row i is no return */
            }
            k = (struct walk){ .closes = class == SAME,
                               .close_ns = ts_ns[j],
                               .lowest = INFINITY,
                               .same_ns = k.same_ns };
        } else {
            k.lowest = fmin(k.lowest, s->sz[j]);
            k.low_ns = class == LOW ? ts_ns[j] : k.low_ns;
            k.fell = k.fell || class == LOW;
        }
    }
    return out;
}

/* ---- judging ----------------------------------------------------------------------------------
 */

static bool enough(const struct iceberg *c, const struct refill *r)
{
    return r->n >= c->cycles && r->share >= c->share;
}

static void take(const struct iceberg *c, const ofd_window *w, struct side *s, uint64_t i)
{
    if (i == 0 || s->px[i] != s->px[i - 1] || s->px[i] <= 0 || (w->flags[i] & OFD_ROW_GAP) != 0) {
        s->last.n = s->seen.n = 0;
        return;
    }
    struct refill r = look_back(c, w, s, i);
    s->seen = r.n > 0 ? r : s->seen;
    s->last = enough(c, &r) ? r : s->last;
}

static void columns(struct iceberg *c, const ofd_window *w)
{
    c->bid.px = w->bid_px;
    c->bid.sz = w->bid_sz;
    c->ask.px = w->ask_px;
    c->ask.sz = w->ask_sz;
}

static void advance(struct iceberg *c, const ofd_window *w, uint64_t i)
{
    take(c, w, &c->bid, i);
    take(c, w, &c->ask, i);
    c->next = w->first_seq + i + 1;
}

/* Judges one side at row i, the last taken. OFD_LIMIT: the host takes no more. */
static int32_t judge(const struct iceberg *c, const ofd_window *w, const struct side *s, int32_t id,
                     uint64_t i)
{
    const struct refill *r = &s->last;
    if (r->n == 0 || w->ts_ns[i] - r->since_ns >= c->window_ns) {
        return 0;
    }
    const ofd_value ev[] = {
        { .field = PRICE, .i = s->px[i] },
        { .field = DISPLAY, .f = r->display },
        { .field = N_CYCLES, .i = r->n },
        { .field = REFILLED, .f = r->refilled },
        { .field = SHOWN, .f = r->share },
        { .field = SLOWEST_MS, .i = r->slowest_ns / MS_NS },
        { .field = SPAN_MS, .i = (r->ts_ns - r->first_ns) / MS_NS },
    };
    return c->host->emit(c->host, &(ofd_pattern){ .size = sizeof(ofd_pattern),
                                                  .side = id,
                                                  .dir = id == OFD_BID ? 1 : -1,
                                                  .ts_ns = w->ts_ns[i],
                                                  .price = s->px[i],
                                                  .value = (double)r->n,
                                                  .ev = ev,
                                                  .n_ev = N_FIELDS,
                                                  .ev_stride = sizeof(ofd_value) });
}

static int32_t detect(void *self, const ofd_tick *tick)
{
    struct iceberg *c = self;
    const ofd_window *w = ofd_window_at(tick, 0);
    uint64_t i = c->next == w->first_seq + w->first_new ? w->first_new : 0;
    columns(c, w);
    for (; i < w->n; i++) {
        advance(c, w, i);
        if (i >= w->first_new && (judge(c, w, &c->bid, OFD_BID, i) == OFD_LIMIT ||
                                  judge(c, w, &c->ask, OFD_ASK, i) == OFD_LIMIT)) {
            break;
        }
    }
    return 0;
}

/* ---- why, or why not ---- */

static void explain_side(const struct iceberg *c, const struct side *s, int32_t id, int64_t now_ns,
                         const ofd_explain_out *out)
{
    const struct refill *r = s->last.n > 0 ? &s->last : &s->seen;
    bool many = r->n >= c->cycles;
    double age_s = many ? (double)(now_ns - r->since_ns) / 1e9 : NAN;
    double window_s = (double)c->window_ns / 1e9, share = many ? r->share : NAN;
    const ofd_condition of = { .size = sizeof(ofd_condition),
                               .side = id,
                               .dir = id == OFD_BID ? 1 : -1 };
    ofd_say(out, &of, "cycles", "", OFD_AT_LEAST, (double)r->n, (double)c->cycles, many, CYCLES,
            N_CYCLES);
    ofd_say(out, &of, "share", "", OFD_AT_LEAST, share, c->share, share >= c->share, SHARE, SHOWN);
    ofd_say(out, &of, "age", "s", OFD_BELOW, age_s, window_s,
            many && now_ns - r->since_ns < c->window_ns, WINDOW_S, -1);
}

static int32_t explain(void *self, const ofd_tick *tick, const ofd_explain_out *out)
{
    struct iceberg *c = self;
    const ofd_window *w = ofd_window_at(tick, 0);
    columns(c, w);
    for (uint64_t i = c->next == w->first_seq + w->n ? w->n : 0; i < w->n; i++) {
        advance(c, w, i);
    }
    if (w->n > 0) {
        explain_side(c, &c->bid, OFD_BID, w->ts_ns[w->n - 1], out);
        explain_side(c, &c->ask, OFD_ASK, w->ts_ns[w->n - 1], out);
    }
    return 0;
}

OFD_EXPLAIN_EXT(ext, explain)

static void *create(const ofd_host *host, const ofd_config *config)
{
    struct iceberg *c = malloc(sizeof *c);
    if (c == NULL) {
        host->log(host, OFD_LOG_ERROR, "out of memory");
        return NULL;
    }
    const double *p = config->params;
    *c = (struct iceberg){ .host = host,
                           .cycles = (int64_t)p[CYCLES],
                           .window_ns = (int64_t)p[WINDOW_S] * SECOND_NS,
                           .return_ns = (int64_t)p[RETURN_MS] * MS_NS,
                           .fall = p[FALL],
                           .tolerance = p[TOLERANCE],
                           .share = p[SHARE] };
    return c;
}

static const uint32_t window_s[] = { 60 };
static const ofd_plugin plugin = {
    .size = sizeof(ofd_plugin),
    .minor = OFD_MINOR,
    .id = "iceberg",
    .name = "Iceberg",
    .version = "1.0.0",
    .vendor = "orderflow",
    .description = "The same size returns again and again at one price",
    .license = "MIT",
    .flags = OFD_DETERMINISTIC | OFD_ROWS | OFD_OFF,
    .memory_s = MEMORY_S,
    OFD_TABLES(window_s, params, kinds, fields),
    .create = create,
    .destroy = free,
    .detect = detect,
    .ext = ext,
};

OFD_ENTRY(plugin)
