/* SPDX-License-Identifier: MIT */
#include "import_internal.h"

#include "hash64.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- options ---- */

static const struct import_format *format_named(const char *name)
{
    for (size_t k = 0; k < import_n_formats; k++) {
        if (strcasecmp(import_formats[k]->name, name) == 0) {
            return import_formats[k];
        }
    }
    return NULL;
}

const char *import_format_names(void)
{
    return "orderflow, databento, dbn, massive, taq-nbbo, taq, tardis, binance, binance-json, "
           "alpaca, orderflow-json, lobster, columns";
}

bool import_options_check(const struct import_options *o, struct err *err)
{
    struct civil date;
    if (o->format != NULL && format_named(o->format) == NULL) {
        return err_set(err, ERR_INVALID, "format '%.40s' is none of %s", o->format,
                       import_format_names());
    }
    if (o->date != NULL && !civil_parse(o->date, strlen(o->date), &date)) {
        return err_set(err, ERR_INVALID, "date '%.40s' is no day like 2024-08-08 or 20240808",
                       o->date);
    }
    if (o->ticker != NULL && !ticker_valid(o->ticker)) {
        return err_set(err, ERR_INVALID,
                       "'%.40s' is no ticker, which has 1 to 32 characters of A-Z a-z 0-9 . _ - / "
                       "^ =",
                       o->ticker);
    }
    return (o->lot >= 0 && o->lot <= 1e9) ||
           err_set(err, ERR_INVALID, "lot %g is not between 0 and 1e9", o->lot);
}

/* ---- opening ---- */

/* Kinds of file that are met often and cannot be read as they are. */
static const char *known_stranger(struct text head)
{
    static const struct {
        const char *magic, *advice;
    } strangers[] = {
        { "PK\x03\x04", "is a zip archive: unzip -p FILE | orderflow ... -" },
        { "PAR1", "is Parquet: duckdb -csv -c \"select * from 'FILE'\" | orderflow ... -" },
        { "\xFD"
          "7zXZ",
          "is packed with xz: xz -dc FILE | orderflow ... -" },
        { "BZh", "is packed with bzip2: bzip2 -dc FILE | orderflow ... -" },
        { "DBZ", "is DBZ, which came before DBN: convert it to DBN with Databento's tools" },
    };
    for (size_t k = 0; k < sizeof strangers / sizeof strangers[0]; k++) {
        size_t n = strlen(strangers[k].magic);
        if (head.n >= n && memcmp(head.p, strangers[k].magic, n) == 0) {
            return strangers[k].advice;
        }
    }
    return NULL;
}

static bool unknown_format(const struct import *i, struct text head, struct err *err)
{
    char shown[SHOWN_MAX];
    const char *advice = known_stranger(head);
    if (head.n == 0) {
        return err_set(err, ERR_INVALID, "%s: is empty", i->name);
    }
    if (advice != NULL) {
        return err_set(err, ERR_INVALID, "%s: %s", i->name, advice);
    }
    const char *end = memchr(head.p, '\n', head.n);
    head.n = end != NULL ? (size_t)(end - head.p) : head.n;
    return err_set(err, ERR_INVALID,
                   "%s: begins with '%s', which no known format does. Ours has the columns "
                   "ts_ms,bid_price,bid_size,ask_price,ask_size",
                   i->name, text_shown(head, shown));
}

static struct text without_mark(struct text head)
{
    static const char mark[] = "\xEF\xBB\xBF";
    if (head.n >= 3 && memcmp(head.p, mark, 3) == 0) {
        head.p += 3;
        head.n -= 3;
    }
    return head;
}

static const struct import_format *recognised(struct text head)
{
    for (size_t k = 0; k < import_n_formats; k++) {
        if (import_formats[k]->recognise(import_formats[k], head)) {
            return import_formats[k];
        }
    }
    return NULL;
}

/* A line is enough for most, so that a pipe need not fill before its first quotes are read. */
static bool find_format(struct import *i, struct err *err)
{
    i->format = i->o.format != NULL ? format_named(i->o.format) : NULL;
    for (;;) {
        struct text head = without_mark(input_seen(i->in));
        bool all = input_ended(i->in) || head.n >= IMPORT_HEAD_BYTES;
        bool line = head.n > 0 && (i->o.format != NULL || memchr(head.p, '\n', head.n) != NULL);
        if (i->format == NULL && (all || line)) {
            i->format = recognised(head);
        }
        if (i->format != NULL && head.n > 0) {
            return true;
        }
        if (all) {
            return unknown_format(i, head, err);
        }
        if (!input_more(i->in, err)) {
            return false;
        }
    }
}

static struct import *begin(struct input *in, const char *path, const struct import_options *o,
                            struct err *err)
{
    struct import *i = in != NULL ? calloc(1, sizeof *i) : NULL;
    if (i == NULL) {
        input_close(in);
        if (in != NULL) {
            (void)err_set(err, ERR_MEMORY, "%s: no memory", path);
        }
        return NULL;
    }
    i->in = in;
    i->o = *o;
    i->name = strdup(input_name(in));
    i->lines = lines_create(in);
    bool ok = i->name != NULL && i->lines != NULL;
    if (!ok) {
        (void)err_set(err, ERR_MEMORY, "%s: no memory", path);
    }
    if (ok && (o->date == NULL || !civil_parse(o->date, strlen(o->date), &i->date))) {
        (void)civil_of_name(path, &i->date);
    }
    if (!ok || !import_options_check(o, err) || !find_format(i, err) || !i->format->open(i, err)) {
        import_close(i);
        return NULL;
    }
    return i;
}

struct import *import_open(const char *path, const struct import_options *o, struct err *err)
{
    struct err local;
    err = err != NULL ? err : &local;
    return begin(input_open(path, err), path, o, err);
}

struct import *import_open_bytes(const void *bytes, size_t n, const char *name,
                                 const struct import_options *o, struct err *err)
{
    struct err local;
    err = err != NULL ? err : &local;
    return begin(input_open_bytes(bytes, n, name, err), name, o, err);
}

void import_close(struct import *i)
{
    if (i == NULL) {
        return;
    }
    if (i->format != NULL) {
        i->format->close(i);
    }
    lines_destroy(i->lines);
    input_close(i->in);
    free(i->name);
    free(i);
}

/* ---- what formats share ---- */

void import_scale(const struct import *i, bool round_lots, struct quote *q)
{
    double lot = i->o.lot > 0 ? i->o.lot : round_lots && q->ts_ns < SHARES_SINCE_NS ? ROUND_LOT : 1;
    q->bid_sz *= lot;
    q->ask_sz *= lot;
}

bool import_need_date(const struct import *i, struct err *err)
{
    return i->date.year != 0 ||
           err_set(err, ERR_INVALID,
                   "%s: its rows have a time of day only, and its name has no date: --date "
                   "2024-08-08 says it",
                   i->name);
}

enum got import_line(struct import *i, struct text *out, struct fault *f, struct err *err)
{
    struct err why;
    bool ok = lines_next(i->lines, out, &why);
    i->at = lines_number(i->lines);
    if (ok) {
        return GOT_ROW;
    }
    if (why.code == ERR_INVALID) {
        (void)fault_set(f, MALFORMED_TOO_LONG, "%s", why.text);
        return GOT_BAD;
    }
    if (why.code != ERR_NONE) {
        *err = why;
        return GOT_FAIL;
    }
    return GOT_END;
}

/* ---- which ticker, which venue ---- */

static bool same_name(struct text t, const char *name)
{
    return strlen(name) == t.n && strncasecmp(t.p, name, t.n) == 0;
}

static bool copy_name(struct text t, char out[TICKER_MAX])
{
    size_t n = t.n < TICKER_MAX ? t.n : TICKER_MAX - 1;
    memcpy(out, t.p, n);
    out[n] = '\0';
    return ticker_valid(out) && n == t.n;
}

static void note_other(struct import *i, struct text ticker)
{
    char name[TICKER_MAX];
    for (size_t k = 0; k < i->n_tickers; k++) {
        if (same_name(ticker, i->tickers[k])) {
            return;
        }
    }
    if (i->n_tickers == TICKERS_SHOWN) {
        i->more_tickers = true;
    } else if (copy_name(ticker, name)) {
        memcpy(i->tickers[i->n_tickers++], name, sizeof name);
    }
}

static bool second_ticker(const struct import *i, struct text other, struct err *err)
{
    char shown[SHOWN_MAX];
    return err_set(err, ERR_PROTOCOL,
                   "%s: holds several tickers, %s and %s among them: --ticker T takes one", i->name,
                   i->ticker, text_shown(other, shown));
}

static bool second_venue(const struct import *i, struct text other, struct err *err)
{
    char shown[SHOWN_MAX];
    return err_set(err, ERR_PROTOCOL,
                   "%s: holds the quotes of several venues side by side, %s and %s among them, "
                   "which are no quotes of one book: --venue V takes one venue's",
                   i->name, i->venue, text_shown(other, shown));
}

/* A number that is no ticker stands for whatever was asked for, unless that is a number, too. */
static bool wants(const struct import *i, const struct record *r)
{
    const char *asked = i->o.ticker;
    if (asked == NULL || i->o.alone || r->ticker.n == 0) {
        return true;
    }
    bool id_for_name = r->ticker_is_id && strspn(asked, "0123456789") < strlen(asked);
    return id_for_name || same_name(r->ticker, asked);
}

static bool take_name(struct import *i, const struct record *r, struct fault *f)
{
    char shown[SHOWN_MAX];
    if (r->ticker.n > 0 && !copy_name(r->ticker, i->ticker)) {
        i->ticker[0] = '\0';
        return fault_set(f, MALFORMED_TICKER_MISMATCH, "ticker: '%s' is none",
                         text_shown(r->ticker, shown));
    }
    size_t n = r->venue.n < TICKER_MAX ? r->venue.n : TICKER_MAX - 1;
    memcpy(i->venue, n > 0 ? r->venue.p : "", n);
    i->venue[n] = '\0';
    i->ticker_is_id = r->ticker_is_id;
    i->chosen = true;
    return true;
}

static bool fits_ticker(char c)
{
    return isalnum((unsigned char)c) != 0 || (c != '\0' && strchr("._-/^=", c) != NULL);
}

static void make_plain(struct import *i, struct text raw)
{
    size_t n = 0;
    memcpy(i->raw, raw.p, raw.n);
    i->raw_n = raw.n;
    for (size_t k = 0; k < raw.n; k++) {
        bool again = k > 0 && !fits_ticker(raw.p[k - 1]);
        if (fits_ticker(raw.p[k])) {
            i->plain[n++] = raw.p[k];
        } else if (!again) {
            i->plain[n++] = '.';
        }
    }
    i->plain_n = n;
}

bool import_is_other(struct import *i, struct record *r)
{
    struct text raw = r->ticker;
    if (raw.n > 0 && raw.n <= RAW_NAME_MAX) {
        if (raw.n != i->raw_n || memcmp(raw.p, i->raw, raw.n) != 0) {
            make_plain(i, raw);
        }
        r->ticker = (struct text){ .p = i->plain, .n = i->plain_n };
    }
    if (wants(i, r)) {
        return false;
    }
    note_other(i, r->ticker);
    return true;
}

/* GOT_ROW: the record is of the ticker and venue that are wanted. */
static enum got choose(struct import *i, struct record *r, enum import_skip *skip, struct fault *f,
                       struct err *err)
{
    if (import_is_other(i, r)) {
        *skip = IMPORT_SKIP_TICKER;
        return GOT_SKIP;
    }
    if (i->o.venue != NULL && r->venue.n > 0 && !same_name(r->venue, i->o.venue)) {
        *skip = IMPORT_SKIP_VENUE;
        return GOT_SKIP;
    }
    if (!i->chosen) {
        return take_name(i, r, f) ? GOT_ROW : GOT_BAD;
    }
    if (r->ticker.n > 0 && !same_name(r->ticker, i->ticker)) {
        (void)second_ticker(i, r->ticker, err);
        return GOT_FAIL;
    }
    if (r->venue.n > 0 && !same_name(r->venue, i->venue)) {
        (void)second_venue(i, r->venue, err);
        return GOT_FAIL;
    }
    return GOT_ROW;
}

/* ---- rows ---- */

static void give(struct import *i, const struct record *r, struct row *out)
{
    *out = (struct row){ .q = r->q };
    quote_clear_absent(&out->q);
    i->counts.rows++;
    i->counts.suspect += r->suspect;
    out->has_seq = r->has_seq || i->format->own_order || i->o.keep_ties;
    out->seq = !out->has_seq ? 0 : r->has_seq ? r->seq : i->counts.rows;
    const struct {
        int64_t ts_ns, bid_px, ask_px;
        double bid_sz, ask_sz;
        uint64_t seq;
    } what = { out->q.ts_ns, out->q.bid_px, out->q.ask_px, out->q.bid_sz, out->q.ask_sz, out->seq };
    out->hash = hash64((const char *)&what, sizeof what);
}

static bool malformed(struct import *i, const struct fault *f, struct err *err)
{
    struct import_counts *c = &i->counts;
    c->malformed++;
    (void)err_set(err, ERR_INVALID, "%s:%" PRIu64 ": %s", i->name, i->at, f->err.text);
    if (c->malformed_by[f->why]++ == 0) {
        c->first_at[f->why] = i->at;
        memcpy(i->first[f->why], err->text, sizeof err->text);
    }
    return false;
}

static bool at_end(const struct import *i, struct err *err)
{
    struct buf names;
    if (i->counts.rows > 0 || i->counts.skipped[IMPORT_SKIP_TICKER] == 0) {
        return false;
    }
    buf_init(&names, 1024);
    for (size_t k = 0; k < i->n_tickers; k++) {
        buf_printf(&names, "%s%s", k > 0 ? ", " : "", i->tickers[k]);
    }
    buf_puts(&names, i->more_tickers ? " and others" : "");
    (void)err_set(err, ERR_NOT_FOUND, "%s: no quotes of %s in it; it holds %s", i->name,
                  i->o.ticker, names.data);
    buf_fini(&names);
    return false;
}

bool import_next(struct import *i, struct row *out, struct err *err)
{
    struct err local;
    err = err != NULL ? err : &local;
    err->code = ERR_NONE;
    for (;;) {
        struct record r;
        struct fault f;
        enum import_skip skip = IMPORT_SKIP_RECORD;
        enum got got = i->format->next(i, &r, &skip, &f, err);
        if (got == GOT_ROW) {
            got = choose(i, &r, &skip, &f, err);
        }
        switch (got) {
        case GOT_ROW:
            give(i, &r, out);
            return true;
        case GOT_SKIP:
            i->counts.skipped[skip]++;
            break;
        case GOT_BAD:
            return malformed(i, &f, err);
        case GOT_END:
            return at_end(i, err);
        case GOT_FAIL:
            return false;
        }
    }
}

bool import_file_ticker(const char *path, const struct import_options *o, char out[TICKER_MAX],
                        struct err *err)
{
    struct row row;
    struct err why = { .code = ERR_INVALID };
    if (o->ticker != NULL) {
        (void)snprintf(out, TICKER_MAX, "%s", o->ticker);
        return ticker_valid(o->ticker) || err_set(err, ERR_INVALID, "'%.40s' is no ticker", out);
    }
    if (strcmp(path, "-") == 0) {
        return err_set(err, ERR_INVALID,
                       "standard input has no name, and is read once: --ticker "
                       "is wanted");
    }
    struct import *i = import_open(path, o, err);
    if (i == NULL) {
        return false;
    }
    while (!import_next(i, &row, &why) && why.code == ERR_INVALID) {
    }
    (void)snprintf(out, TICKER_MAX, "%s", i->ticker_is_id ? "" : i->ticker);
    import_close(i);
    return out[0] != '\0' || feed_file_ticker(path, out) ||
           err_set(err, ERR_INVALID,
                   "%s: neither its quotes nor its name tell a ticker; --ticker "
                   "is wanted",
                   path);
}

const struct import_counts *import_counts(const struct import *i)
{
    return &i->counts;
}

const char *import_ticker(const struct import *i)
{
    return i->ticker;
}

const char *import_format_name(const struct import *i)
{
    return i->format->name;
}

double import_progress(const struct import *i)
{
    return input_progress(i->in);
}
