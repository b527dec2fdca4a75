/* SPDX-License-Identifier: MIT */
#include "tape.h"

#include "clock.h"
#include "log.h"

/* A line may stand this much later in the file than its time says and is still put in order. */
#define REORDER_NS NS_PER_S

bool tape_open(struct tape *t, struct err *err)
{
    tape_close(t);
    t->csv = csv_open(t->path, t->keep_ties, err);
    if (t->csv == NULL) {
        return false;
    }
    t->stream = stream_create(REORDER_NS);
    if (t->stream == NULL) {
        return err_set(err, ERR_MEMORY, "%s: no memory", t->path);
    }
    return tape_advance(t, err);
}

void tape_close(struct tape *t)
{
    csv_close(t->csv);
    stream_destroy(t->stream);
    *t = (struct tape){ .path = t->path,
                        .keep_ties = t->keep_ties,
                        .log_malformed = t->log_malformed };
}

static void note_malformed(struct tape *t, const struct err *why)
{
    if (t->malformed++ == 0 && t->log_malformed) {
        log_warn("quote_malformed", "detail=\"%s\"", why->text);
    }
}

static bool read_line(struct tape *t, struct err *err)
{
    struct row row;
    struct err why = { .code = ERR_NONE };
    if (csv_next(t->csv, &row, &why)) {
        return stream_push(t->stream, &row, err);
    }
    if (why.code == ERR_INVALID) {
        note_malformed(t, &why);
        return true;
    }
    t->ended = why.code == ERR_NONE;
    return t->ended || err_set(err, why.code, "%s", why.text);
}

bool tape_advance(struct tape *t, struct err *err)
{
    for (;;) {
        int64_t settled_ns = t->ended ? INT64_MAX : stream_newest_ns(t->stream) - REORDER_NS;
        t->has_next = stream_next(t->stream, settled_ns, &t->next);
        if (t->has_next || t->ended) {
            return true;
        }
        if (!read_line(t, err)) {
            return false;
        }
    }
}

static bool measure(struct tape *t, struct tape_extent *out, struct err *err)
{
    *out = (struct tape_extent){ .first_ns = t->next.ts_ns, .last_ns = t->next.ts_ns };
    while (t->has_next) {
        int64_t ts_ns = t->next.ts_ns;
        out->first_ns = ts_ns < out->first_ns ? ts_ns : out->first_ns;
        out->last_ns = ts_ns > out->last_ns ? ts_ns : out->last_ns;
        out->quotes++;
        if (!tape_advance(t, err)) {
            return false;
        }
    }
    out->malformed = t->malformed;
    return out->quotes > 0 || err_set(err, ERR_INVALID, "%s: no quotes in it", t->path);
}

bool tape_measure(const char *path, bool keep_ties, struct tape_extent *out, struct err *err)
{
    struct tape t = { .path = path, .keep_ties = keep_ties, .log_malformed = true };
    bool ok = tape_open(&t, err) && measure(&t, out, err);
    tape_close(&t);
    return ok;
}
