/* SPDX-License-Identifier: MIT */
/* LOBSTER: a file of book states without heading, ask, size, bid, size of each level, and beside it
 * a file of messages, row for row, whose first column is the time. */
#include "import_internal.h"
#include "import_value.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CELLS = 4, CELLS_MAX = 800, TYPE_HALT = '7', PX_UNITS = 100000 }; /* 1e-4 in 1e-9 */

struct lobster {
    struct input *in; /* of the messages; owned */
    struct lines *messages;
    char *path; /* of them */
    bool has_last;
    struct quote last;
};

/* A cell of digits with an optional minus. */
static bool next_cell(struct text line, size_t *at, struct text *out)
{
    size_t from = *at, n = from;
    n += n < line.n && line.p[n] == '-' ? 1 : 0;
    while (n < line.n && line.p[n] >= '0' && line.p[n] <= '9') {
        n++;
    }
    *out = (struct text){ .p = line.p + from, .n = n - from };
    *at = n + 1;
    return n > from && (n == line.n || line.p[n] == ',');
}

static size_t count_cells(struct text line)
{
    struct text cell;
    size_t at = 0, n = 0;
    while (at < line.n || (n > 0 && at == line.n)) {
        if (!next_cell(line, &at, &cell) || ++n > CELLS_MAX) {
            return 0;
        }
    }
    return n;
}

static struct text first_line(struct text head)
{
    const char *end = memchr(head.p, '\n', head.n);
    head.n = end != NULL ? (size_t)(end - head.p) : head.n;
    head.n -= head.n > 0 && head.p[head.n - 1] == '\r' ? 1 : 0;
    return head;
}

static bool recognise(const struct import_format *f, struct text head)
{
    (void)f;
    size_t n = count_cells(first_line(head));
    return n > 0 && n % CELLS == 0;
}

/* The same name with "message" for "orderbook". */
static char *message_path(const char *path)
{
    static const char book[] = "orderbook", message[] = "message";
    const char *slash = strrchr(path, '/'), *name = slash != NULL ? slash + 1 : path;
    const char *there = strstr(name, book);
    size_t n = strlen(path) + 1;
    char *out = there != NULL ? malloc(n) : NULL;
    if (out != NULL) {
        (void)snprintf(out, n, "%.*s%s%s", (int)(there - path), path, message,
                       there + sizeof book - 1);
    }
    return out;
}

static bool open_lobster(struct import *i, struct err *err)
{
    struct lobster *l = calloc(1, sizeof *l);
    i->reader = l;
    if (l == NULL) {
        return err_set(err, ERR_MEMORY, "%s: no memory", i->name);
    }
    if (!import_need_date(i, err)) {
        return false;
    }
    l->path = message_path(i->name);
    if (l->path == NULL) {
        return err_set(err, ERR_INVALID,
                       "%s: looks like a LOBSTER order book. Its times stand in the message file, "
                       "which is found by the name: ..._orderbook_N.csv beside ..._message_N.csv",
                       i->name);
    }
    l->in = input_open(l->path, err);
    if (l->in == NULL) {
        return err_wrap(err, "the messages of the LOBSTER book %s", i->name);
    }
    l->messages = lines_create(l->in);
    return l->messages != NULL || err_set(err, ERR_MEMORY, "%s: no memory", i->name);
}

static void close_lobster(struct import *i)
{
    struct lobster *l = i->reader;
    if (l != NULL) {
        lines_destroy(l->messages);
        input_close(l->in);
        free(l->path);
        free(l);
    }
}

/* Time and type of the message. */
static enum got read_message(struct import *i, struct lobster *l, int64_t *ts_ns_out,
                             bool *halt_out, struct fault *f, struct err *err)
{
    struct text line;
    struct err why;
    if (!lines_next(l->messages, &line, &why)) {
        if (why.code == ERR_NONE || why.code == ERR_INVALID) {
            (void)err_set(err, ERR_PROTOCOL, "%s: has no message for line %llu of %s", l->path,
                          (unsigned long long)i->at, i->name);
        } else {
            *err = why;
        }
        return GOT_FAIL;
    }
    const char *comma = memchr(line.p, ',', line.n);
    struct text time = { .p = line.p, .n = comma != NULL ? (size_t)(comma - line.p) : line.n };
    *halt_out = comma != NULL && line.n > time.n + 2 && comma[1] == TYPE_HALT && comma[2] == ',';
    if (comma == NULL) {
        (void)fault_set(f, MALFORMED_MISSING_FIELD, "%s: a message has at least two cells",
                        l->path);
        return GOT_BAD;
    }
    return import_time_midnight(time, i->date, ts_ns_out, f) ? GOT_ROW : GOT_BAD;
}

/* An empty level has the price +-9999999999 and the size 0. */
static bool side(const char *name, struct text px, struct text sz, int64_t *px_out, double *sz_out,
                 struct fault *f)
{
    char shown[SHOWN_MAX];
    uint64_t x = 0;
    *px_out = 0;
    if (!value_sz(name, sz, sz_out, f)) {
        return false;
    }
    if (!(*sz_out > 0)) {
        return true;
    }
    if (!import_u64(px, &x) || x > (uint64_t)(VALUE_PX_MAX / PX_UNITS)) {
        return fault_set(f, px.n > 0 && px.p[0] == '-' ? MALFORMED_NEGATIVE : MALFORMED_BAD_NUMBER,
                         "%s: '%s' is no price in 1e-4", name, text_shown(px, shown));
    }
    *px_out = (int64_t)x * PX_UNITS;
    return true;
}

static bool read_book(struct text line, struct quote *q, struct fault *f)
{
    struct text cells[CELLS];
    size_t at = 0;
    for (size_t k = 0; k < CELLS; k++) {
        if (at >= line.n || !next_cell(line, &at, &cells[k])) {
            return fault_set(f, MALFORMED_MISSING_FIELD,
                             "ask,size,bid,size are wanted as whole numbers");
        }
    }
    return side("ask", cells[0], cells[1], &q->ask_px, &q->ask_sz, f) &&
           side("bid", cells[2], cells[3], &q->bid_px, &q->bid_sz, f);
}

static bool both_end(const struct import *i, struct lobster *l, struct err *err)
{
    struct text line;
    struct err why;
    if (!lines_next(l->messages, &line, &why) && why.code == ERR_NONE) {
        return true;
    }
    return err_set(err, ERR_PROTOCOL, "%s: ends before its messages, %s", i->name, l->path);
}

static bool unchanged(const struct lobster *l, const struct quote *q)
{
    return l->has_last && l->last.bid_px == q->bid_px && l->last.ask_px == q->ask_px &&
           !(l->last.bid_sz < q->bid_sz) && !(l->last.bid_sz > q->bid_sz) &&
           !(l->last.ask_sz < q->ask_sz) && !(l->last.ask_sz > q->ask_sz);
}

static enum got next(struct import *i, struct record *out, enum import_skip *skip, struct fault *f,
                     struct err *err)
{
    struct lobster *l = i->reader;
    struct text line;
    bool halt = false;
    struct fault book = { .why = MALFORMED_NONE };
    enum got got = import_line(i, &line, &book, err);
    if (got == GOT_END) {
        return both_end(i, l, err) ? GOT_END : GOT_FAIL;
    }
    if (got == GOT_FAIL) {
        return got;
    }
    *out = (struct record){ .has_seq = false };
    enum got message = read_message(i, l, &out->q.ts_ns, &halt, f, err);
    if (message != GOT_ROW) {
        return message;
    }
    if (got == GOT_BAD || !read_book(line, &out->q, &book)) {
        *f = book;
        return GOT_BAD;
    }
    if (halt || unchanged(l, &out->q)) {
        *skip = halt ? IMPORT_SKIP_HALT : IMPORT_SKIP_UNCHANGED;
        return GOT_SKIP;
    }
    l->last = out->q;
    l->has_last = true;
    import_scale(i, false, &out->q);
    return GOT_ROW;
}

static void describe(const struct import *i, struct buf *out)
{
    const struct lobster *l = i->reader;
    buf_printf(out, "  messages in %s\n", l->path);
    import_describe_field(out, "time", "column 1 of the messages",
                          "s after midnight in New York; given out as UTC");
    buf_printf(out, "  %-10s <- %04d-%02d-%02d\n", "date", i->date.year, i->date.month,
               i->date.day);
    import_describe_field(out, "ask_price", "column 1", "whole units of 1e-4");
    import_describe_field(out, "ask_size", "column 2", import_size_unit(i, false));
    import_describe_field(out, "bid_price", "column 3", "whole units of 1e-4");
    import_describe_field(out, "bid_size", "column 4", import_size_unit(i, false));
    buf_puts(out, "  rows that change deeper levels only, and halts (type 7), are left out\n");
}

const struct import_format import_lobster = {
    .name = "lobster",
    .title = "LOBSTER order book",
    .recognise = recognise,
    .open = open_lobster,
    .next = next,
    .close = close_lobster,
    .describe = describe,
    .own_order = true,
};
