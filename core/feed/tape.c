/* SPDX-License-Identifier: MIT */
#include "tape.h"

#include "clock.h"

/* A line may stand this much later in the file than its time says and is still put in order. */
#define REORDER_NS NS_PER_S

bool tape_open(struct tape *t, struct err *err)
{
    tape_close(t);
    t->import = import_open(t->path, &t->from, err);
    if (t->import == NULL) {
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
    import_close(t->import);
    stream_destroy(t->stream);
    *t = (struct tape){ .path = t->path, .from = t->from, .log_notes = t->log_notes };
}

static bool read_row(struct tape *t, struct err *err)
{
    struct row row;
    struct err why = { .code = ERR_NONE };
    if (import_next(t->import, &row, &why)) {
        return stream_push(t->stream, &row, err);
    }
    if (why.code == ERR_INVALID) {
        t->malformed++;
        return true;
    }
    t->ended = why.code == ERR_NONE;
    if (t->ended && t->log_notes) {
        import_log(t->import);
    }
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
        if (!read_row(t, err)) {
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

bool tape_measure(const char *path, const struct import_options *from, struct tape_extent *out,
                  struct err *err)
{
    struct tape t = { .path = path, .from = *from, .log_notes = true };
    bool ok = tape_open(&t, err) && measure(&t, out, err);
    tape_close(&t);
    return ok;
}
