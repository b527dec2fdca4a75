/* SPDX-License-Identifier: MIT */
#include "import_internal.h"

#include "clock.h"
#include "log.h"

#include <inttypes.h>
#include <string.h>

enum { ROWS_SHOWN = 3 };

void import_describe_field(struct buf *out, const char *field, const char *column, const char *unit)
{
    buf_printf(out, "  %-10s <- %s: %s\n", field, column, unit);
}

const char *import_size_unit(const struct import *i, bool round_lots)
{
    if (i->o.lot > 0) {
        return "times the lot that was asked for";
    }
    return round_lots ? "x 100 until 2025-10-31 (round lots), shares from 2025-11-03 on"
                      : "as it stands";
}

static void describe_row(const struct import *i, const struct row *row, struct buf *out)
{
    char time[CLOCK_ISO_MAX];
    struct quote_text t;
    quote_print(&row->q, &t);
    int n = clock_print_iso(time, row->q.ts_ns) - 1; /* without its Z */
    buf_printf(out, "  %s %.*s%06" PRId64 "Z bid %s x %s ask %s x %s\n",
               i->ticker[0] != '\0' ? i->ticker : "-", n, time, row->q.ts_ns % NS_PER_MS,
               t.bid_price, t.bid_size, t.ask_price, t.ask_size);
}

static void describe_head(const struct import *i, struct buf *out)
{
    buf_printf(out, "%s: %s (%s), %s\n", i->name, i->format->name, i->format->title,
               input_packing(i->in));
    i->format->describe(i, out);
    buf_printf(out, "  %-10s <- %s\n", "order",
               i->format->own_order || i->o.keep_ties
                   ? "time, then the order of the rows: each counts"
                   : "time; rows of one time count as one, as in Redis (--keep-ties: each)");
}

static bool describe_rows(struct import *i, struct buf *out, struct err *err)
{
    struct row row;
    struct err why = { .code = ERR_NONE };
    uint64_t looked = 0;
    buf_puts(out, "first rows\n");
    while (i->counts.rows < ROWS_SHOWN) {
        if (import_next(i, &row, &why)) {
            describe_row(i, &row, out);
        } else if (why.code != ERR_INVALID) {
            break;
        } else if (looked++ < ROWS_SHOWN) {
            buf_printf(out, "  malformed: %s\n", why.text);
        }
    }
    import_notes(i, out);
    if (why.code != ERR_NONE && why.code != ERR_INVALID) {
        return err_set(err, why.code, "%s", why.text);
    }
    return i->counts.rows > 0 || err_set(err, ERR_INVALID, "%s: no quotes in it", i->name);
}

bool import_describe(const char *path, const struct import_options *o, struct buf *out,
                     struct err *err)
{
    struct import *i = import_open(path, o, err);
    if (i == NULL) {
        return false;
    }
    describe_head(i, out);
    bool ok = describe_rows(i, out, err);
    import_close(i);
    return ok;
}

/* ---- what is to be told at the end ---- */

static void note_malformed(const struct import *i, struct buf *out)
{
    const struct import_counts *c = &i->counts;
    const char *place = i->format->binary ? "byte" : "line";
    for (int k = 0; k < MALFORMED_KINDS; k++) {
        if (c->malformed_by[k] > 0) {
            buf_printf(out,
                       "%s: %" PRIu64 " malformed rows (%s), the first at %s %" PRIu64 ": %s\n",
                       i->name, c->malformed_by[k], malformed_name((enum malformed)k), place,
                       c->first_at[k], i->first[k]);
        }
    }
}

static void note_left_out(const struct import *i, struct buf *out)
{
    static const char *const skips[IMPORT_SKIPS] = {
        [IMPORT_SKIP_RECORD] = "records of other kinds",
        [IMPORT_SKIP_TICKER] = "rows of other tickers",
        [IMPORT_SKIP_VENUE] = "rows of other venues",
        [IMPORT_SKIP_UNCHANGED] = "rows that change deeper levels only",
        [IMPORT_SKIP_HALT] = "halts",
    };
    const struct import_counts *c = &i->counts;
    for (int k = 0; k < IMPORT_SKIPS; k++) {
        if (c->skipped[k] > 0) {
            buf_printf(out, "%s: %" PRIu64 " %s left out\n", i->name, c->skipped[k], skips[k]);
        }
    }
    if (c->suspect > 0) {
        buf_printf(out,
                   "%s: %" PRIu64 " rows marked BAD_TS_RECV or MAYBE_BAD_BOOK are among them\n",
                   i->name, c->suspect);
    }
}

void import_notes(const struct import *i, struct buf *out)
{
    note_malformed(i, out);
    note_left_out(i, out);
}

/* The next line of the text, ended by a NUL now; NULL: no more. */
static char *next_line(char **text)
{
    char *line = *text, *end = line != NULL ? strchr(line, '\n') : NULL;
    if (end == NULL) {
        return NULL;
    }
    *end = '\0';
    *text = end + 1;
    return line;
}

void import_log(const struct import *i)
{
    struct buf bad, left;
    char *line, *text;
    buf_init(&bad, 16384);
    buf_init(&left, 16384);
    note_malformed(i, &bad);
    note_left_out(i, &left);
    for (text = bad.data; (line = next_line(&text)) != NULL;) {
        log_warn("quotes_malformed", "detail=\"%s\"", line);
    }
    for (text = left.data; (line = next_line(&text)) != NULL;) {
        log_info("quotes_left_out", "detail=\"%s\"", line);
    }
    buf_fini(&bad);
    buf_fini(&left);
}
