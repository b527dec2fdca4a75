/* SPDX-License-Identifier: MIT */
#include "instance.h"

#include "clock.h"
#include "explaining.h"

#include <stdlib.h>
#include <string.h>

static void enter(struct instances *s, enum crumb_phase phase, uint32_t ticker,
                  const struct job *job)
{
    s->crumb->ticker = ticker;
    s->crumb->job_id = job != NULL ? job->id : 0;
    s->crumb->now_ns = job != NULL ? job->now_ns : 0;
    s->crumb->phase = phase;
}

static void leave(struct instances *s)
{
    s->crumb->phase = CRUMB_HOST;
    emit_end(s->emit);
}

static bool make_room(struct instances *s, uint32_t ticker, struct err *err)
{
    if (ticker >= TICKERS_MAX) {
        return err_set(err, ERR_PROTOCOL, "ticker number %lu", (unsigned long)ticker);
    }
    if (ticker < s->cap) {
        return true;
    }
    size_t cap = s->cap != 0 ? s->cap : 16;
    while (cap <= ticker) {
        cap *= 2;
    }
    struct instance **all = realloc(s->all, cap * sizeof(struct instance *));
    if (all == NULL) {
        return err_set(err, ERR_MEMORY, "no memory for %zu instances", cap);
    }
    for (size_t i = s->cap; i < cap; i++) {
        all[i] = NULL;
    }
    s->all = all;
    s->cap = cap;
    return true;
}

static void create(struct instances *s, struct instance *in, const struct frame_ticker *t)
{
    ofd_config config = { .size = sizeof config,
                          .n_params = t->n_params,
                          .params = in->params,
                          .ticker = in->ticker,
                          .columns = s->decl->columns };
    emit_begin(s->emit, in->ticker, NULL, 0);
    enter(s, CRUMB_CREATE, t->ticker, NULL);
    in->self = s->plugin->create(&s->emit->host, &config);
    leave(s);
}

bool instances_set(struct instances *s, const struct frame_ticker *t, bool *ok_out, struct err *err)
{
    if (t->n_params != s->decl->n_params || memchr(t->name, '\0', sizeof t->name) == NULL) {
        return err_set(err, ERR_PROTOCOL, "a ticker with %lu parameters",
                       (unsigned long)t->n_params);
    }
    instances_drop(s, t->ticker);
    if (!make_room(s, t->ticker, err)) {
        return false;
    }
    struct instance *in = calloc(1, sizeof *in);
    if (in == NULL) {
        return err_set(err, ERR_MEMORY, "no memory for an instance");
    }
    memcpy(in->ticker, t->name, sizeof in->ticker);
    memcpy(in->params, t->params, t->n_params * sizeof in->params[0]);
    s->all[t->ticker] = in;
    create(s, in, t);
    *ok_out = in->self != NULL;
    return true;
}

static struct instance *find(const struct instances *s, uint32_t ticker)
{
    return ticker < s->cap ? s->all[ticker] : NULL;
}

void instances_drop(struct instances *s, uint32_t ticker)
{
    struct instance *in = find(s, ticker);
    if (in == NULL) {
        return;
    }
    if (in->self != NULL) {
        emit_begin(s->emit, in->ticker, NULL, 0);
        enter(s, CRUMB_DESTROY, ticker, NULL);
        s->plugin->destroy(in->self);
        leave(s);
    }
    free(in);
    s->all[ticker] = NULL;
}

void instances_fini(struct instances *s)
{
    for (size_t i = 0; i < s->cap; i++) {
        instances_drop(s, (uint32_t)i);
    }
    free(s->all);
    s->all = NULL;
    s->cap = 0;
}

static uint64_t first_new(uint64_t seq, uint64_t first_seq, uint64_t n)
{
    if (seq <= first_seq) {
        return 0;
    }
    return seq - first_seq < n ? seq - first_seq : n;
}

/* Rows of (now - seconds - memory_s, now]; those before `now - seconds` are only its past. */
static ofd_window view(const struct rows *rows, size_t n, uint32_t seconds, uint32_t memory_s,
                       const struct job *job)
{
    int64_t begin_ns = job->now_ns - (int64_t)seconds * NS_PER_S;
    size_t from = rows_after(rows, begin_ns - (int64_t)memory_s * NS_PER_S);
    size_t begin = rows_after(rows, begin_ns);
    from = from < n ? from : n;
    begin = begin < n ? begin : n;
    uint64_t first_seq = rows->first_seq + from;
    return (ofd_window){ .size = sizeof(ofd_window),
                         .seconds = seconds,
                         .n = n - from,
                         .begin = begin - from,
                         .first_new = first_new(job->first_new_seq, first_seq, n - from),
                         .first_seq = first_seq,
                         .ts_ns = rows->ts_ns + from,
                         .bid_px = rows->bid_px + from,
                         .ask_px = rows->ask_px + from,
                         .bid_sz = rows->bid_sz + from,
                         .ask_sz = rows->ask_sz + from,
                         .flags = rows->flags + from };
}

/* No rows are still columns: a detector may do arithmetic on them before it looks at n. */
static void stand_in(struct rows *rows)
{
    static const int64_t whole[1] = { 0 };
    static const double real[1] = { 0 };
    static const uint32_t bits[1] = { 0 };
    if (rows->ts_ns == NULL) {
        rows->ts_ns = rows->bid_px = rows->ask_px = whole;
        rows->bid_sz = rows->ask_sz = real;
        rows->flags = bits;
    }
}

/* Fills one view per declared window and returns the time of the oldest row among them. */
static int64_t make_views(const struct declaration *d, const struct rows *rows,
                          const struct job *job, ofd_window views[WINDOWS_MAX])
{
    int64_t oldest_ns = job->now_ns;
    size_t n = rows_after(rows, job->now_ns);
    for (uint32_t i = 0; i < d->n_windows; i++) {
        views[i] = view(rows, n, d->window_s[i], d->memory_s, job);
        if (views[i].n > 0 && views[i].ts_ns[0] < oldest_ns) {
            oldest_ns = views[i].ts_ns[0];
        }
    }
    return oldest_ns;
}

static int32_t explain(struct instances *s, struct instance *in, const ofd_tick *tick,
                       const struct job *job, uint32_t *refused_out)
{
    emit_begin(s->emit, in->ticker, NULL, 0);
    enter(s, CRUMB_EXPLAIN, job->ticker, job);
    int32_t status = explaining(s->plugin, in->self, tick, s->emit, job->id, refused_out);
    leave(s);
    return status;
}

static int32_t detect(struct instances *s, struct instance *in, const struct rows *rows,
                      const struct job *job, uint32_t *refused_out)
{
    ofd_window views[WINDOWS_MAX];
    int64_t oldest_ns = make_views(s->decl, rows, job, views);
    ofd_tick tick = { .size = sizeof tick,
                      .flags = job->flags & ~(uint32_t)JOB_EXPLAIN,
                      .now_ns = job->now_ns,
                      .px_tick = job->px_tick,
                      .seq = job->tick_seq,
                      .n_windows = s->decl->n_windows,
                      .window_stride = sizeof views[0],
                      .windows = views };
    if ((job->flags & JOB_EXPLAIN) != 0) {
        return explain(s, in, &tick, job, refused_out);
    }
    emit_begin(s->emit, in->ticker, job, oldest_ns);
    enter(s, CRUMB_DETECT, job->ticker, job);
    int32_t status = s->plugin->detect(in->self, &tick);
    leave(s);
    *refused_out = s->emit->refused;
    return status <= JOB_NO_EXPLAIN ? -1 : status < 0 ? status : 0;
}

bool instances_run(struct instances *s, const struct job *job, const void *base, size_t base_bytes,
                   struct job_done *done, struct err *err)
{
    struct rows rows;
    struct instance *in = find(s, job->ticker);
    *done = (struct job_done){ .id = job->id, .status = JOB_NO_INSTANCE };
    if (!window_map(base, base_bytes, &job->ref, &rows)) {
        return err_set(err, ERR_PROTOCOL, "a job outside the windows");
    }
    if (in == NULL || in->self == NULL) {
        return true;
    }
    stand_in(&rows);
    done->status = detect(s, in, &rows, job, &done->refused);
    done->emitted = s->emit->emitted;
    return true;
}
