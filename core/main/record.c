/* SPDX-License-Identifier: MIT */
#include "record.h"

#include "clock.h"
#include "decimal.h"
#include "orderflow/detector.h"
#include "shm.h"
#include "tick_size.h"
#include "window.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

enum { ARENA_BYTES = 64 << 20, KEEP_S = 60, NAME_BYTES = 80 };

static bool read_all(const struct record_source *s, cut_quote_fn *take, void *ctx, struct err *err)
{
    return s->file != NULL ? cut_file(s->file, &s->from, take, ctx, err)
                           : cut_redis(s->redis, s->keys, s->ticker, s->wall_ms, take, ctx, err);
}

/* ---- first reading: from when to when ---------------------------------------------------------
 */

struct extent {
    int64_t first_ns, last_ns;
};

static bool take_extent(void *ctx, const struct quote *q, struct err *err)
{
    (void)err;
    struct extent *e = ctx;
    e->first_ns = e->first_ns == 0 ? q->ts_ns : e->first_ns;
    e->last_ns = q->ts_ns;
    return true;
}

/* ---- second reading: each quote as the engine classifies it -----------------------------------
 */

struct recorder {
    int64_t from_ns, to_ns; /* [from, to) */
    int64_t zero_ns;        /* time of the first row written */
    size_t n;
    struct shm memory;
    struct arena arena;
    struct window window;
    struct tick_size tick;
    struct buf rows;
};

static void put_size(struct buf *out, double size)
{
    char text[DECIMAL_MAX];
    size_t n = decimal_print_repr(text, size);
    bool whole = n > 2 && strcmp(text + n - 2, ".0") == 0;
    buf_add(out, text, whole ? n - 2 : n);
}

static void put_side(struct buf *out, int64_t px, double size, int decimals)
{
    char text[DECIMAL_MAX];
    if (px == 0) {
        buf_puts(out, " 0 0");
        return;
    }
    buf_putc(out, ' ');
    buf_add(out, text, decimal_print_px(text, px, decimals));
    buf_putc(out, ' ');
    put_size(out, size);
}

static void put_row(struct recorder *r, const struct quote *q, uint32_t flags)
{
    char text[DECIMAL_MAX];
    r->zero_ns = r->n++ == 0 ? q->ts_ns : r->zero_ns;
    /* Milliseconds in units of 1e-9, with six decimals at most. */
    size_t n = decimal_print_px(text, (q->ts_ns - r->zero_ns) * 1000, 0);
    buf_add(&r->rows, text, n);
    put_side(&r->rows, q->bid_px, q->bid_sz, 2);
    put_side(&r->rows, q->ask_px, q->ask_sz, 2);
    buf_puts(&r->rows, (flags & OFD_ROW_GAP) != 0 ? " gap" : "");
    buf_puts(&r->rows, (flags & OFD_ROW_WIDE) != 0 ? " wide" : "");
    buf_puts(&r->rows, (flags & OFD_ROW_TIE) != 0 ? " tie" : "");
    buf_putc(&r->rows, '\n');
}

static bool take_row(void *ctx, const struct quote *q, struct err *err)
{
    struct recorder *r = ctx;
    if (q->ts_ns >= r->to_ns) {
        return true;
    }
    if (!window_push(&r->window, q, err)) {
        return false;
    }
    (void)tick_size_push(&r->tick, q);
    struct rows rows = window_rows(&r->window);
    if (q->ts_ns >= r->from_ns) {
        put_row(r, q, rows.flags[rows.n - 1]);
    }
    window_evict(&r->window, q->ts_ns - KEEP_S * NS_PER_S);
    return true;
}

static bool recorder_init(struct recorder *r, struct err *err)
{
    buf_init(&r->rows, ARENA_BYTES);
    return shm_create(&r->memory, ARENA_BYTES, err) &&
           arena_init(&r->arena, r->memory.base, r->memory.bytes, err) &&
           window_init(&r->window, &r->arena, err);
}

static void recorder_fini(struct recorder *r)
{
    window_fini(&r->window);
    arena_fini(&r->arena);
    shm_destroy(&r->memory);
    buf_fini(&r->rows);
}

/* ---- text -------------------------------------------------------------------------------------
 */

/* TICKER_TIME in lower case, without what a name cannot hold. */
static void put_case_name(struct buf *out, const char *ticker, int64_t zero_ns)
{
    for (const char *c = ticker; *c != '\0'; c++) {
        buf_putc(out, isalnum((unsigned char)*c) ? (char)tolower((unsigned char)*c) : '_');
    }
    buf_printf(out, "_%" PRId64, zero_ns / NS_PER_MS);
}

static const char *file_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

static bool put_case(const struct recorder *r, const struct record_source *source,
                     const struct record_span *span, struct buf *out, struct err *err)
{
    char at[CLOCK_ISO_MAX], tick[DECIMAL_MAX];
    (void)clock_print_iso(at, r->zero_ns);
    buf_printf(out, "# %s from %s (%" PRId64 "), %zu quotes, of %s\n", source->ticker, at,
               r->zero_ns / NS_PER_MS, r->n,
               source->file != NULL ? file_name(source->file) : "a live Redis");
    buf_puts(out, "case ");
    if (span->case_name != NULL) {
        buf_puts(out, span->case_name);
    } else {
        put_case_name(out, source->ticker, r->zero_ns);
    }
    (void)decimal_print_px(tick, r->tick.px, 0);
    buf_printf(out, "\ntick %s\n", tick);
    buf_add(out, r->rows.data, r->rows.len);
    return (!r->rows.failed && !out->failed) ||
           err_set(err, ERR_MEMORY, "more quotes than %d MB of text hold", ARENA_BYTES >> 20);
}

bool record_window(const struct record_source *source, const struct record_span *span,
                   struct buf *out, struct err *err)
{
    struct extent e = { 0 };
    if (!read_all(source, take_extent, &e, err)) {
        return false;
    }
    struct recorder r = { .from_ns = span->from_ns };
    if (r.from_ns == 0) {
        r.from_ns = e.last_ns - span->span_ns + 1;
    }
    r.to_ns = r.from_ns + span->span_ns;
    tick_size_init(&r.tick, span->px_tick, 0);
    bool ok = recorder_init(&r, err) && read_all(source, take_row, &r, err);
    if (ok && r.n == 0) {
        char first[CLOCK_ISO_MAX], last[CLOCK_ISO_MAX];
        (void)clock_print_iso(first, e.first_ns);
        (void)clock_print_iso(last, e.last_ns);
        ok = err_set(err, ERR_NOT_FOUND, "no quotes of %s then; there are some from %s to %s",
                     source->ticker, first, last);
    }
    if (ok) {
        (void)tick_size_settle(&r.tick, r.to_ns, true);
        ok = put_case(&r, source, span, out, err);
    }
    recorder_fini(&r);
    return ok;
}
