/* SPDX-License-Identifier: MIT */
/* ofi_pressure: order-flow imbalance far above what is usual here. Formula and limits: README.md.
 */
#include <orderflow/declare.h>
#include <orderflow/rows.h>

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

enum { MEMORY_S = 600, HISTORY_MAX_S = 420, SHORT_MAX_S = 30, LONG_MAX_S = 300, PAUSE_S = 60 };
enum { SLOTS = 512 }; /* more than HISTORY_MAX_S + 2 * SHORT_MAX_S, a power of two */
static const int64_t SECOND_NS = 1000000000;

static const char *const modes[] = { "fixed" };
enum { MODE, Z, SHORT_S, LONG_S, HISTORY_S, MIN_S, N_PARAMS };
static const ofd_param params[N_PARAMS] = {
    [MODE] = OFD_PARAM_WORDS("mode", modes, "what decides"),
    [Z] = OFD_PARAM(OFD_REAL, "z", "", 2.5, 0.1, 100, "deviations from the mean, at least"),
    [SHORT_S] = OFD_PARAM(OFD_INT, "short_s", "s", 10, 1, SHORT_MAX_S, "imbalance of this time"),
    [LONG_S] =
        OFD_PARAM(OFD_INT, "long_s", "s", 60, 1, LONG_MAX_S, "has the same sign over this time"),
    [HISTORY_S] = OFD_PARAM(OFD_INT, "history_s", "s", 300, 10, HISTORY_MAX_S,
                            "history that mean and deviation are of"),
    [MIN_S] =
        OFD_PARAM(OFD_INT, "min_s", "s", 60, 2, HISTORY_MAX_S, "seconds of it known, at least"),
};

enum { Z_NOW, OFI, OFI_LONG, MEAN, DEVIATION, SAMPLES, N_FIELDS };
static const ofd_field fields[N_FIELDS] = {
    [Z_NOW] = OFD_FIELD(OFD_REAL, "z", "", "(ofi - mean) / deviation"),
    [OFI] = OFD_FIELD(OFD_REAL, "ofi", "shares", "imbalance over short_s: + is buying"),
    [OFI_LONG] = OFD_FIELD(OFD_REAL, "ofi_long", "shares", "imbalance over long_s"),
    [MEAN] = OFD_FIELD(OFD_REAL, "mean", "shares", "mean of ofi over history_s"),
    [DEVIATION] = OFD_FIELD(OFD_REAL, "deviation", "shares", "its standard deviation"),
    [SAMPLES] = OFD_FIELD(OFD_INT, "samples", "s", "seconds of history known"),
};
static const ofd_kind kinds[] = {
    OFD_KIND("ofi_pressure", "order-flow imbalance far above what is usual for this ticker"),
};

/* Sums of each second, and what the seconds that have ended say. All sums are made anew in order of
 * time, never by taking away, so that a restart finds the same bits. */
struct pressure {
    const ofd_host *host;
    double z;
    int64_t short_s, long_s, history_s, min_s;
    uint64_t next;                    /* rows before it are in; numbered by ofd_window.first_seq */
    int64_t from_s, now_s;            /* seconds known: [from_s, now_s]; now_s is the last row's */
    double seconds[SLOTS];            /* imbalance of each; that of now_s as far as it has come */
    double before_short, before_long; /* sums of the seconds before now_s that belong */
    double mean, deviation;           /* of history */
    int64_t samples;
};

static double *second(struct pressure *p, int64_t s)
{
    return &p->seconds[(uint64_t)s % SLOTS];
}

/* Sum of the seconds [from, to) that are known. */
static double sum(struct pressure *p, int64_t from, int64_t to)
{
    double all = 0;
    for (int64_t s = from > p->from_s ? from : p->from_s; s < to; s++) {
        all += *second(p, s);
    }
    return all;
}

/* Mean and deviation of the imbalance over short_s, as it was at the end of each second of history:
 * the last of them ended short_s ago. */
static void look_back(struct pressure *p)
{
    int64_t end = p->now_s - p->short_s + 1, first = end - p->history_s;
    double past[HISTORY_MAX_S], all = 0, squares = 0;
    int64_t n = 0;
    first = first < p->from_s + p->short_s - 1 ? p->from_s + p->short_s - 1 : first;
    for (int64_t s = first; s < end; s++) {
        past[n] = sum(p, s - p->short_s + 1, s + 1);
        all += past[n++];
    }
    p->samples = n;
    p->mean = all / (double)n;
    for (int64_t i = 0; i < n; i++) {
        squares += (past[i] - p->mean) * (past[i] - p->mean);
    }
    p->deviation = sqrt(squares / (double)(n - 1));
}

static void begin_second(struct pressure *p, int64_t now_s)
{
    for (int64_t s = p->now_s + 1; s <= now_s; s++) {
        *second(p, s) = 0;
    }
    p->now_s = now_s;
    p->before_short = sum(p, now_s - p->short_s + 1, now_s);
    p->before_long = sum(p, now_s - p->long_s + 1, now_s);
    look_back(p);
}

static void advance(struct pressure *p, const ofd_window *w, uint64_t i)
{
    int64_t now_s = w->ts_ns[i] / SECOND_NS;
    bool anew = ofd_row_anew(w, i, PAUSE_S) != 0;
    if (anew) {
        p->from_s = now_s;
        p->now_s = now_s - 1;
    }
    if (now_s != p->now_s) {
        begin_second(p, now_s);
    }
    *second(p, now_s) += anew ? 0 : ofd_row_imbalance(w, i);
    p->next = w->first_seq + i + 1;
}

/* The state as of the last row. */
struct reading {
    double ofi, ofi_long, z; /* z: NaN if there is too little history, or none that varies */
};

static struct reading read_now(struct pressure *p)
{
    double now = *second(p, p->now_s);
    struct reading r = { .ofi = p->before_short + now, .ofi_long = p->before_long + now };
    bool known = p->samples >= p->min_s && p->deviation > 0;
    r.z = known ? (r.ofi - p->mean) / p->deviation : NAN;
    r.z = isfinite(r.z) && isfinite(r.ofi_long) ? r.z : NAN;
    return r;
}

static int direction(const struct pressure *p, const struct reading *r)
{
    return r->z >= p->z && r->ofi_long > 0 ? 1 : r->z <= -p->z && r->ofi_long < 0 ? -1 : 0;
}

/* Judges the last row taken. OFD_LIMIT: the host takes no more. */
static int32_t judge(struct pressure *p, int64_t ts_ns)
{
    struct reading r = read_now(p);
    int dir = direction(p, &r);
    if (dir == 0) {
        return 0;
    }
    const ofd_value ev[] = {
        { .field = Z_NOW, .f = r.z },
        { .field = OFI, .f = r.ofi },
        { .field = OFI_LONG, .f = r.ofi_long },
        { .field = MEAN, .f = p->mean },
        { .field = DEVIATION, .f = p->deviation },
        { .field = SAMPLES, .i = p->samples },
    };
    return p->host->emit(p->host, &(ofd_pattern){ .size = sizeof(ofd_pattern),
                                                  .side = OFD_NO_SIDE,
                                                  .dir = dir,
                                                  .ts_ns = ts_ns,
                                                  .price = OFD_NO_PRICE,
                                                  .value = fabs(r.z),
                                                  .ev = ev,
                                                  .n_ev = N_FIELDS,
                                                  .ev_stride = sizeof(ofd_value) });
}

static int32_t detect(void *self, const ofd_tick *tick)
{
    struct pressure *p = self;
    const ofd_window *w = ofd_window_at(tick, 0);
    uint64_t i = p->next == w->first_seq + w->first_new ? w->first_new : 0;
    for (; i < w->n; i++) {
        advance(p, w, i);
        if (i >= w->first_new && judge(p, w->ts_ns[i]) == OFD_LIMIT) {
            break;
        }
    }
    return 0;
}

/* ---- why, or why not ---- */

static void explain_direction(struct pressure *p, int32_t dir, const ofd_explain_out *out)
{
    struct reading r = read_now(p);
    double n = (double)p->samples, min = (double)p->min_s;
    double far = isfinite(r.ofi_long) ? r.ofi_long : NAN;
    const ofd_condition of = { .size = sizeof(ofd_condition), .dir = dir };
    ofd_say(out, &of, "samples", "s", OFD_AT_LEAST, n, min, n >= min, MIN_S, SAMPLES);
    ofd_say(out, &of, "z", "", dir > 0 ? OFD_AT_LEAST : OFD_AT_MOST, r.z, dir * p->z,
            dir > 0 ? r.z >= p->z : r.z <= -p->z, dir > 0 ? Z : -1, Z_NOW);
    ofd_say(out, &of, "ofi_long", "", dir > 0 ? OFD_ABOVE : OFD_BELOW, far, 0,
            dir > 0 ? far > 0 : far < 0, -1, OFI_LONG);
}

static int32_t explain(void *self, const ofd_tick *tick, const ofd_explain_out *out)
{
    struct pressure *p = self;
    const ofd_window *w = ofd_window_at(tick, 0);
    for (uint64_t i = p->next == w->first_seq + w->n ? w->n : 0; i < w->n; i++) {
        advance(p, w, i);
    }
    if (w->n > 0) {
        explain_direction(p, 1, out);
        explain_direction(p, -1, out);
    }
    return 0;
}

OFD_EXPLAIN_EXT(ext, explain)

static void *create(const ofd_host *host, const ofd_config *config)
{
    struct pressure *p = calloc(1, sizeof *p);
    if (p == NULL) {
        host->log(host, OFD_LOG_ERROR, "out of memory");
        return NULL;
    }
    const double *value = config->params;
    p->host = host;
    p->z = value[Z];
    p->short_s = (int64_t)value[SHORT_S];
    p->long_s = (int64_t)value[LONG_S];
    p->history_s = (int64_t)value[HISTORY_S];
    p->min_s = (int64_t)value[MIN_S];
    return p;
}

static const uint32_t window_s[] = { 60 };
static const ofd_plugin plugin = {
    .size = sizeof(ofd_plugin),
    .minor = OFD_MINOR,
    .id = "ofi_pressure",
    .name = "OFI pressure",
    .version = "1.0.0",
    .vendor = "orderflow",
    .description = "Order-flow imbalance far above what is usual for this ticker",
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
