/* SPDX-License-Identifier: MIT */
#include "lines.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum column { COLUMN_TS, COLUMN_BID_PX, COLUMN_BID_SZ, COLUMN_ASK_PX, COLUMN_ASK_SZ, COLUMNS };

static const char *const column_names[COLUMNS] = { "ts_ms", "bid_price", "bid_size", "ask_price",
                                                   "ask_size" };
#define HEADER "ts_ms,bid_price,bid_size,ask_price,ask_size"

struct csv {
    struct lines *lines;
    enum column place[COLUMNS]; /* what the i-th cell of a line is */
    bool keep_ties;
    uint64_t rows, malformed;
    struct buf member; /* as the broker would write the last row, but for its ticker */
};

static struct text trim(struct text t)
{
    while (t.n > 0 && (t.p[0] == ' ' || t.p[0] == '\t')) {
        t.p++;
        t.n--;
    }
    while (t.n > 0 && (t.p[t.n - 1] == ' ' || t.p[t.n - 1] == '\t')) {
        t.n--;
    }
    return t;
}

/* Returns the number of cells in the line; the first COLUMNS are written. */
static size_t split(struct text line, struct text cells[COLUMNS])
{
    size_t n = 0;
    const char *p = line.p, *end = line.p + line.n;
    for (;;) {
        const char *comma = memchr(p, ',', (size_t)(end - p));
        const char *stop = comma != NULL ? comma : end;
        if (n < COLUMNS) {
            cells[n] = trim((struct text){ .p = p, .n = (size_t)(stop - p) });
        }
        n++;
        if (comma == NULL) {
            return n;
        }
        p = comma + 1;
    }
}

static enum column column_of(struct text name)
{
    int c = 0;
    while (c < COLUMNS && (name.n != strlen(column_names[c]) ||
                           strncasecmp(name.p, column_names[c], name.n) != 0)) {
        c++;
    }
    return (enum column)c;
}

static bool read_header(struct csv *c, struct err *err)
{
    struct text line = { .p = "" }, cells[COLUMNS];
    unsigned found = 0;
    if (!lines_next(c->lines, &line, err)) {
        return err->code == ERR_NONE
                   ? err_set(err, ERR_INVALID, "%s: is empty; a header line " HEADER " is wanted",
                             lines_name(c->lines))
                   : false;
    }
    if (split(line, cells) == COLUMNS) {
        for (size_t i = 0; i < COLUMNS; i++) {
            c->place[i] = column_of(cells[i]);
            found |= 1U << c->place[i];
        }
    }
    if (found != (1U << COLUMNS) - 1) {
        char shown[SHOWN_MAX];
        return err_set(err, ERR_INVALID, "%s:1: the columns " HEADER " are wanted, not '%s'",
                       lines_name(c->lines), text_shown(line, shown));
    }
    return true;
}

struct csv *csv_open(const char *path, bool keep_ties, struct err *err)
{
    struct err local;
    err = err != NULL ? err : &local;
    struct csv *c = calloc(1, sizeof *c);
    if (c == NULL) {
        (void)err_set(err, ERR_MEMORY, "%s: no memory", path);
        return NULL;
    }
    c->keep_ties = keep_ties;
    buf_init(&c->member, ROW_MEMBER_MAX);
    c->lines = lines_open(path, err);
    if (c->lines == NULL || !read_header(c, err)) {
        csv_close(c);
        return NULL;
    }
    return c;
}

void csv_close(struct csv *c)
{
    if (c != NULL) {
        lines_close(c->lines);
        buf_fini(&c->member);
        free(c);
    }
}

static bool read_cells(const struct csv *c, struct text line, struct quote *q, struct fault *f)
{
    struct text cells[COLUMNS], by_column[COLUMNS] = { { .n = 0 } };
    size_t n = split(line, cells);
    if (n != COLUMNS) {
        return fault_set(f, MALFORMED_MISSING_FIELD, "%d cells are wanted, not %zu", COLUMNS, n);
    }
    for (size_t i = 0; i < COLUMNS; i++) {
        by_column[c->place[i]] = cells[i];
    }
    return value_ts(by_column[COLUMN_TS], &q->ts_ns, f) &&
           value_px("bid_price", by_column[COLUMN_BID_PX], &q->bid_px, f) &&
           value_sz("bid_size", by_column[COLUMN_BID_SZ], &q->bid_sz, f) &&
           value_px("ask_price", by_column[COLUMN_ASK_PX], &q->ask_px, f) &&
           value_sz("ask_size", by_column[COLUMN_ASK_SZ], &q->ask_sz, f);
}

/* Gives the row the member it would have in Redis: order and identity come from that. */
static bool seal(struct csv *c, struct row *row, struct err *err)
{
    buf_clear(&c->member);
    row_to_json(row, "", &c->member);
    if (c->member.failed) {
        return err_set(err, ERR_MEMORY, "%s: no memory", lines_name(c->lines));
    }
    row->member = c->member.data;
    row->member_n = c->member.len;
    row->hash = row_hash(row->member, row->member_n);
    return true;
}

bool csv_next(struct csv *c, struct row *out, struct err *err)
{
    struct text line;
    struct err local;
    err = err != NULL ? err : &local;
    do {
        if (!lines_next(c->lines, &line, err)) {
            c->malformed += err->code == ERR_INVALID ? 1 : 0;
            return false;
        }
    } while (trim(line).n == 0);
    struct fault f = { .why = MALFORMED_NONE };
    *out = (struct row){ .has_seq = c->keep_ties };
    if (!read_cells(c, line, &out->q, &f)) {
        c->malformed++;
        return err_set(err, ERR_INVALID, "%s:%" PRIu64 ": %s", lines_name(c->lines),
                       lines_number(c->lines), f.err.text);
    }
    quote_clear_absent(&out->q);
    c->rows++;
    out->seq = c->keep_ties ? c->rows : 0;
    return seal(c, out, err);
}

uint64_t csv_malformed(const struct csv *c)
{
    return c->malformed;
}

double csv_progress(const struct csv *c)
{
    return lines_progress(c->lines);
}
