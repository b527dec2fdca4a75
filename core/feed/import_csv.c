/* SPDX-License-Identifier: MIT */
#include "import_csv.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { FLAG_BAD_TS_RECV = 8, FLAG_MAYBE_BAD_BOOK = 4 };

#define NEEDED (1U << FIELD_BID_PX | 1U << FIELD_BID_SZ | 1U << FIELD_ASK_PX | 1U << FIELD_ASK_SZ)

struct csv {
    const struct csv_spec *spec;
    size_t n;                              /* cells of a line */
    unsigned char field_of[CSV_CELLS_MAX]; /* FIELDS: of no use */
    unsigned found;                        /* bits of fields */
    char names[FIELDS][32];                /* as the heading has them */
    bool has_held;                         /* the first line is no heading but a row */
};

/* ---- lines into cells ---- */

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

/* The cell at *at, which moves to the delimiter behind it or the end. */
static struct text next_cell(struct text line, size_t *at, char delimiter)
{
    const char *p = line.p + *at, *end = line.p + line.n, *from = p;
    if (p < end && *p == '"') {
        const char *quote = memchr(p + 1, '"', (size_t)(end - p - 1));
        if (quote != NULL && (quote + 1 == end || quote[1] == delimiter)) {
            *at = (size_t)(quote + 1 - line.p);
            return (struct text){ .p = p + 1, .n = (size_t)(quote - p - 1) };
        }
    }
    while (p < end && *p != delimiter) {
        p++;
    }
    *at = (size_t)(p - line.p);
    return trim((struct text){ .p = from, .n = (size_t)(p - from) });
}

/* Returns the number of cells; those that are fields are put in their place. */
static size_t split(const struct csv *c, struct text line, struct text cells[FIELDS + 1])
{
    size_t n = 0, at = 0;
    for (;;) {
        struct text cell = next_cell(line, &at, c->spec->delimiter);
        if (n < c->n) {
            cells[c->field_of[n]] = cell;
        }
        n++;
        if (at == line.n) {
            return n;
        }
        at++;
    }
}

/* ---- the heading ---- */

static bool is_one_of(struct text name, const char *names)
{
    while (*names != '\0') {
        size_t n = strcspn(names, "|");
        if (n == name.n && strncasecmp(names, name.p, n) == 0) {
            return true;
        }
        names += n + (names[n] == '|' ? 1 : 0);
    }
    return false;
}

static enum field field_named(const struct csv_spec *s, struct text name)
{
    for (size_t k = 0; k < CSV_COLUMNS_MAX && s->columns[k].names != NULL; k++) {
        if (is_one_of(name, s->columns[k].names)) {
            return s->columns[k].field;
        }
    }
    return FIELDS;
}

/* False: that is no heading of this format. */
static bool read_heading(struct csv *c, struct text line)
{
    size_t at = 0;
    bool others = false;
    c->n = 0;
    c->found = 0;
    for (;;) {
        struct text cell = next_cell(line, &at, c->spec->delimiter);
        enum field f = field_named(c->spec, cell);
        if (c->n == CSV_CELLS_MAX) {
            return false;
        }
        if (f < FIELDS && (c->found & 1U << f) != 0) {
            f = FIELDS; /* the first of two that could be meant */
        }
        c->field_of[c->n++] = (unsigned char)f;
        others = others || f == FIELDS;
        if (f < FIELDS) {
            c->found |= 1U << f;
            (void)text_shown(cell, c->names[f]);
        }
        if (at == line.n) {
            break;
        }
        at++;
    }
    bool time = (c->found & (1U << FIELD_TIME | 1U << FIELD_TIME2)) != 0;
    unsigned needed = NEEDED | c->spec->also;
    return (c->found & needed) == needed && time && !(others && c->spec->only);
}

static bool all_digits(struct text line, char delimiter, size_t *n_out)
{
    *n_out = 1;
    for (size_t i = 0; i < line.n; i++) {
        *n_out += line.p[i] == delimiter;
        if ((line.p[i] < '0' || line.p[i] > '9') && line.p[i] != '.' && line.p[i] != delimiter) {
            return false;
        }
    }
    return line.n > 0;
}

/* A row of a format that may come without heading. */
static bool is_headerless(const struct csv_spec *s, struct text line)
{
    struct csv heading = { .spec = s };
    size_t n = 0;
    struct text names = { .p = s->headerless };
    if (s->headerless == NULL || !all_digits(line, s->delimiter, &n)) {
        return false;
    }
    names.n = strlen(s->headerless);
    return read_heading(&heading, names) && heading.n == n;
}

static struct text first_line(struct text head)
{
    const char *end = memchr(head.p, '\n', head.n);
    head.n = end != NULL ? (size_t)(end - head.p) : head.n;
    head.n -= head.n > 0 && head.p[head.n - 1] == '\r' ? 1 : 0;
    return head;
}

bool csv_recognise(const struct import_format *f, struct text head)
{
    struct csv c = { .spec = f->details };
    struct text line = first_line(head);
    return read_heading(&c, line) || is_headerless(c.spec, line);
}

/* The heading is looked at, and taken unless it is a row. */
static bool take_heading(struct import *i, struct csv *c, struct err *err)
{
    struct text line = first_line(input_seen(i->in));
    if (is_headerless(c->spec, line)) {
        struct text names = { .p = c->spec->headerless, .n = strlen(c->spec->headerless) };
        return read_heading(c, names);
    }
    struct fault f = { .why = MALFORMED_NONE };
    char shown[SHOWN_MAX];
    enum got got = import_line(i, &line, &f, err);
    if (got == GOT_FAIL) {
        return false;
    }
    return (got == GOT_ROW && read_heading(c, line)) ||
           err_set(err, ERR_INVALID, "%s:1: the columns %s are wanted, not '%s'", i->name,
                   c->spec->needs, text_shown(line, shown));
}

bool csv_open(struct import *i, struct err *err)
{
    struct csv *c = calloc(1, sizeof *c);
    i->reader = c;
    if (c == NULL) {
        return err_set(err, ERR_MEMORY, "%s: no memory", i->name);
    }
    c->spec = i->format->details;
    return take_heading(i, c, err) && (c->spec->time != TIME_EASTERN || import_need_date(i, err));
}

void csv_close(struct import *i)
{
    free(i->reader);
}

/* ---- rows ---- */

static bool has(const struct csv *c, enum field f)
{
    return (c->found & 1U << f) != 0;
}

static bool read_px(const struct csv *c, const char *name, struct text t, int64_t *px_out,
                    struct fault *f)
{
    return c->spec->fixed_px ? import_px_fixed(name, t, px_out, f) : value_px(name, t, px_out, f);
}

static bool read_time(const struct import *i, const struct csv *c, const struct text *cells,
                      int64_t *ts_ns_out, struct fault *f)
{
    static const char none[] = "18446744073709551615"; /* Databento's UNDEF_TIMESTAMP */
    struct text t = cells[FIELD_TIME];
    bool absent = t.n == 0 || (t.n == 1 && t.p[0] == '0') ||
                  (t.n == sizeof none - 1 && memcmp(t.p, none, t.n) == 0);
    if (absent && has(c, FIELD_TIME2)) {
        t = cells[FIELD_TIME2];
    }
    return import_time(c->spec->time, t, i->date, ts_ns_out, f);
}

static void read_names(const struct csv *c, const struct text *cells, struct record *r)
{
    bool id = cells[FIELD_TICKER].n == 0 && has(c, FIELD_ID);
    *r = (struct record){
        .ticker = cells[id ? FIELD_ID : FIELD_TICKER],
        .ticker_is_id = id,
        .venue = has(c, FIELD_NATIONAL) ? (struct text){ .n = 0 } : cells[FIELD_VENUE],
        .has_seq = has(c, FIELD_SEQ),
    };
}

static bool read_values(const struct import *i, const struct csv *c, const struct text *cells,
                        struct record *r, struct fault *f)
{
    uint64_t flags = 0;
    bool ok = read_time(i, c, cells, &r->q.ts_ns, f) &&
              read_px(c, "bid_price", cells[FIELD_BID_PX], &r->q.bid_px, f) &&
              value_sz("bid_size", cells[FIELD_BID_SZ], &r->q.bid_sz, f) &&
              read_px(c, "ask_price", cells[FIELD_ASK_PX], &r->q.ask_px, f) &&
              value_sz("ask_size", cells[FIELD_ASK_SZ], &r->q.ask_sz, f) &&
              (!r->has_seq || value_seq(cells[FIELD_SEQ], &r->seq, f));
    if (ok) {
        import_scale(i, c->spec->round_lots || has(c, FIELD_LOTS), &r->q);
        r->suspect = has(c, FIELD_FLAGS) && import_u64(cells[FIELD_FLAGS], &flags) &&
                     (flags & (FLAG_BAD_TS_RECV | FLAG_MAYBE_BAD_BOOK)) != 0;
    }
    return ok;
}

/* The numbers of other tickers' rows are not looked at: a file may be a whole market's. */
static enum got read_row(struct import *i, const struct csv *c, struct text line, struct record *r,
                         enum import_skip *skip, struct fault *f)
{
    struct text cells[FIELDS + 1];
    for (size_t k = 0; k < FIELDS; k++) {
        cells[k] = (struct text){ .p = "" };
    }
    size_t n = split(c, line, cells);
    if (n != c->n) {
        (void)fault_set(f, MALFORMED_MISSING_FIELD, "%zu cells are wanted, not %zu", c->n, n);
        return GOT_BAD;
    }
    read_names(c, cells, r);
    if (import_is_other(i, r)) {
        *skip = IMPORT_SKIP_TICKER;
        return GOT_SKIP;
    }
    return read_values(i, c, cells, r, f) ? GOT_ROW : GOT_BAD;
}

static bool is_closing(const struct csv_spec *s, struct text line)
{
    size_t n = s->end != NULL ? strlen(s->end) : 0;
    return n > 0 && line.n > n && memcmp(line.p, s->end, n) == 0 && line.p[n] == s->delimiter;
}

enum got csv_next(struct import *i, struct record *out, enum import_skip *skip, struct fault *f,
                  struct err *err)
{
    const struct csv *c = i->reader;
    struct text line;
    enum got got;
    do {
        got = import_line(i, &line, f, err);
    } while (got == GOT_ROW && trim(line).n == 0);
    if (got != GOT_ROW) {
        return got;
    }
    if (is_closing(c->spec, line)) {
        *skip = IMPORT_SKIP_RECORD;
        return GOT_SKIP;
    }
    return read_row(i, c, line, out, skip, f);
}

/* ---- --dry-run ---- */

static const char *unit_of(const struct import *i, const struct csv *c, enum field f)
{
    switch (f) {
    case FIELD_TIME:
    case FIELD_TIME2:
        return c->spec->time_unit;
    case FIELD_BID_PX:
    case FIELD_ASK_PX:
        return c->spec->fixed_px ? "decimal, or whole units of 1e-9 where there is no point"
                                 : "decimal, exact to 1e-9";
    case FIELD_BID_SZ:
    case FIELD_ASK_SZ:
        return import_size_unit(i, c->spec->round_lots || has(c, FIELD_LOTS));
    case FIELD_TICKER:
        return "as it stands";
    case FIELD_ID:
        return "a number of its own, where no ticker is given";
    case FIELD_VENUE:
        return has(c, FIELD_NATIONAL) ? "not looked at: the quotes are national"
                                      : "one venue only: several need --venue";
    case FIELD_SEQ:
        return "orders rows of one time";
    case FIELD_FLAGS:
        return "bits 4 and 8 are counted as suspect";
    case FIELD_LOTS:
    case FIELD_NATIONAL:
    case FIELDS:
        break;
    }
    return "tells the kind of file";
}

void csv_describe(const struct import *i, struct buf *out)
{
    static const char *const names[FIELDS] = {
        [FIELD_TIME] = "time",         [FIELD_BID_PX] = "bid_price", [FIELD_BID_SZ] = "bid_size",
        [FIELD_ASK_PX] = "ask_price",  [FIELD_ASK_SZ] = "ask_size",  [FIELD_TIME2] = "else time",
        [FIELD_TICKER] = "ticker",     [FIELD_ID] = "else id",       [FIELD_VENUE] = "venue",
        [FIELD_SEQ] = "order",         [FIELD_FLAGS] = "quality",    [FIELD_LOTS] = "lots",
        [FIELD_NATIONAL] = "national",
    };
    const struct csv *c = i->reader;
    for (int f = 0; f < FIELDS; f++) {
        if (has(c, (enum field)f)) {
            import_describe_field(out, names[f], c->names[f], unit_of(i, c, (enum field)f));
        }
    }
    if (c->spec->time == TIME_EASTERN) {
        buf_printf(out, "  %-10s <- %04d-%02d-%02d\n", "date", i->date.year, i->date.month,
                   i->date.day);
    }
    if (!has(c, FIELD_TICKER) && !has(c, FIELD_ID)) {
        buf_printf(out, "  %-10s <- --ticker, or the file's name\n", "ticker");
    }
}
