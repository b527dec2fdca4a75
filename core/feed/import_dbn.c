/* SPDX-License-Identifier: MIT */
/* Databento Binary Encoding, versions 1 to 3: a head with the names of instruments, then records
 * that begin with their length. All numbers are little-endian. */
#include "dbn_names.h"
#include "import_internal.h"
#include "import_value.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    PRELUDE_BYTES = 8,
    META_FIXED_BYTES = 100,
    META_MAX_BYTES = 64 << 20,
    RECORD_HEAD_BYTES = 16,
    QUOTE_BYTES = 80, /* at least */
    VERSION_LAST = 3
};

enum rtype {
    RTYPE_MBP_1 = 0x01, /* and TBBO */
    RTYPE_MBP_10 = 0x0A,
    RTYPE_SYMBOL_MAPPING = 0x16,
    RTYPE_CMBP_1 = 0xB1,
    RTYPE_CBBO_1S = 0xC0,
    RTYPE_CBBO_1M = 0xC1,
    RTYPE_TCBBO = 0xC2,
    RTYPE_BBO_1S = 0xC3,
    RTYPE_BBO_1M = 0xC4
};

enum { FLAG_BAD_TS_RECV = 8, FLAG_MAYBE_BAD_BOOK = 4 };

struct dbn {
    int version;
    char dataset[17];
    size_t pending; /* bytes of the record that was given last: taken with the next */
    struct dbn_names names;
    uint32_t id, publisher; /* what the texts below are of */
    char id_text[12], publisher_text[12];
};

/* ---- the head ---- */

static bool recognise(const struct import_format *f, struct text head)
{
    (void)f;
    return head.n >= 4 && memcmp(head.p, "DBN", 3) == 0 && (unsigned char)head.p[3] < 32;
}

static bool cut_short(const struct import *i, const char *what, struct err *err)
{
    return err_set(err, ERR_SYSTEM,
                   "%s: cannot be read further: it is cut short amid %s, at byte %llu", i->name,
                   what, (unsigned long long)input_taken(i->in));
}

/* The metadata as one piece of memory, which grows as they come. */
static bool read_meta(struct import *i, size_t n, struct buf *out, struct err *err)
{
    while (out->len < n) {
        struct text seen = input_seen(i->in);
        size_t part = seen.n < n - out->len ? seen.n : n - out->len;
        buf_add(out, seen.p, part);
        input_take(i->in, part);
        if (out->failed) {
            return err_set(err, ERR_MEMORY, "%s: no memory for its metadata", i->name);
        }
        if (out->len < n && input_ended(i->in)) {
            return cut_short(i, "its metadata", err);
        }
        if (out->len < n && !input_more(i->in, err)) {
            return false;
        }
    }
    return true;
}

static bool parse_meta(struct import *i, struct dbn *d, const struct buf *meta, struct err *err)
{
    const unsigned char *p = (const unsigned char *)meta->data;
    size_t symbol_bytes = d->version == 1 ? 22 : (size_t)dbn_u16(p + 45);
    memcpy(d->dataset, p, 16);
    bool ok = symbol_bytes >= 2 && symbol_bytes <= 1024 &&
              dbn_names_read(&d->names, p, meta->len, META_FIXED_BYTES, symbol_bytes,
                             d->version == 1 ? 50 : 42, err);
    if (!ok && err->code == ERR_NONE) {
        (void)err_set(err, ERR_PROTOCOL, "its symbols have a length of %zu bytes", symbol_bytes);
    }
    return ok || err_wrap(err, "%s: the metadata are damaged", i->name);
}

static bool read_head(struct import *i, struct dbn *d, struct err *err)
{
    struct buf meta;
    if (!input_want(i->in, PRELUDE_BYTES, err)) {
        return false;
    }
    struct text seen = input_seen(i->in);
    if (seen.n < PRELUDE_BYTES || memcmp(seen.p, "DBN", 3) != 0) {
        return err_set(err, ERR_INVALID, "%s: is no DBN", i->name);
    }
    d->version = (unsigned char)seen.p[3];
    size_t n = dbn_u32((const unsigned char *)seen.p + 4);
    if (d->version < 1 || d->version > VERSION_LAST) {
        return err_set(err, ERR_INVALID, "%s: is DBN of version %d; 1 to %d can be read", i->name,
                       d->version, VERSION_LAST);
    }
    if (n < META_FIXED_BYTES || n > META_MAX_BYTES) {
        return err_set(err, ERR_PROTOCOL, "%s: metadata of %zu bytes are not between %d and %d",
                       i->name, n, META_FIXED_BYTES, META_MAX_BYTES);
    }
    input_take(i->in, PRELUDE_BYTES);
    buf_init(&meta, META_MAX_BYTES + 1);
    err->code = ERR_NONE;
    bool ok = read_meta(i, n, &meta, err) && parse_meta(i, d, &meta, err);
    buf_fini(&meta);
    return ok;
}

static bool open_dbn(struct import *i, struct err *err)
{
    struct dbn *d = calloc(1, sizeof *d);
    i->reader = d;
    if (d == NULL) {
        return err_set(err, ERR_MEMORY, "%s: no memory", i->name);
    }
    d->id = UINT32_MAX;
    d->publisher = UINT32_MAX;
    return read_head(i, d, err);
}

static void close_dbn(struct import *i)
{
    struct dbn *d = i->reader;
    if (d != NULL) {
        dbn_names_fini(&d->names);
        free(d);
    }
}

/* ---- records ---- */

static struct text number_text(uint32_t x, uint32_t *known, char text[12])
{
    if (x != *known || text[0] == '\0') {
        *known = x;
        (void)snprintf(text, 12, "%u", x);
    }
    return (struct text){ .p = text, .n = strlen(text) };
}

static bool consolidated(unsigned rtype)
{
    return rtype == RTYPE_CMBP_1 || rtype == RTYPE_CBBO_1S || rtype == RTYPE_CBBO_1M ||
           rtype == RTYPE_TCBBO;
}

static bool is_quote(unsigned rtype)
{
    return consolidated(rtype) || rtype == RTYPE_MBP_1 || rtype == RTYPE_MBP_10 ||
           rtype == RTYPE_BBO_1S || rtype == RTYPE_BBO_1M;
}

static bool read_quote(const struct import *i, struct dbn *d, const unsigned char *p,
                       struct record *r, struct fault *f)
{
    uint64_t recv_ns = dbn_u64(p + 32), event_ns = dbn_u64(p + 8);
    *r = (struct record){
        .q = { .bid_sz = (double)dbn_u32(p + 64), .ask_sz = (double)dbn_u32(p + 68) },
        .suspect = (p[30] & (FLAG_BAD_TS_RECV | FLAG_MAYBE_BAD_BOOK)) != 0,
    };
    if (!import_time_ns(recv_ns == UINT64_MAX || recv_ns == 0 ? event_ns : recv_ns, &r->q.ts_ns,
                        f) ||
        !import_px("bid_price", (int64_t)dbn_u64(p + 48), &r->q.bid_px, f) ||
        !import_px("ask_price", (int64_t)dbn_u64(p + 56), &r->q.ask_px, f)) {
        return false;
    }
    uint32_t id = dbn_u32(p + 4);
    const char *name = dbn_names_find(&d->names, id, r->q.ts_ns);
    r->ticker_is_id = name == NULL;
    r->ticker = name != NULL ? (struct text){ .p = name, .n = strlen(name) }
                             : number_text(id, &d->id, d->id_text);
    if (!consolidated(p[1])) {
        r->venue = number_text(dbn_u16(p + 2), &d->publisher, d->publisher_text);
    }
    import_scale(i, false, &r->q);
    return true;
}

/* GOT_ROW: a whole record is there, from *p on. */
static enum got next_record(struct import *i, struct dbn *d, const unsigned char **p, size_t *n,
                            struct err *err)
{
    input_take(i->in, d->pending);
    d->pending = 0;
    if (!input_want(i->in, 1, err)) {
        return GOT_FAIL;
    }
    struct text seen = input_seen(i->in);
    if (seen.n == 0) {
        return GOT_END;
    }
    i->at = input_taken(i->in);
    *n = (size_t)(unsigned char)seen.p[0] * 4;
    if (*n < RECORD_HEAD_BYTES) {
        (void)err_set(err, ERR_PROTOCOL,
                      "%s: cannot be read further: a record of %zu bytes at byte %llu is damaged",
                      i->name, *n, (unsigned long long)i->at);
        return GOT_FAIL;
    }
    if (seen.n < *n && !input_want(i->in, *n, err)) {
        return GOT_FAIL;
    }
    seen = input_seen(i->in);
    if (seen.n < *n) {
        (void)cut_short(i, "a record", err);
        return GOT_FAIL;
    }
    *p = (const unsigned char *)seen.p;
    d->pending = *n;
    return GOT_ROW;
}

static enum got next(struct import *i, struct record *out, enum import_skip *skip, struct fault *f,
                     struct err *err)
{
    struct dbn *d = i->reader;
    const unsigned char *p = NULL;
    size_t n = 0;
    enum got got = next_record(i, d, &p, &n, err);
    if (got != GOT_ROW) {
        return got;
    }
    if (p[1] == RTYPE_SYMBOL_MAPPING) {
        dbn_names_record(&d->names, p, n);
    }
    if (!is_quote(p[1])) {
        *skip = IMPORT_SKIP_RECORD;
        return GOT_SKIP;
    }
    if (n < QUOTE_BYTES) {
        (void)fault_set(f, MALFORMED_MISSING_FIELD, "a quote of %zu bytes; %d are wanted", n,
                        QUOTE_BYTES);
        return GOT_BAD;
    }
    return read_quote(i, d, p, out, f) ? GOT_ROW : GOT_BAD;
}

static void describe(const struct import *i, struct buf *out)
{
    const struct dbn *d = i->reader;
    char names[80];
    (void)snprintf(names, sizeof names, "instrument_id, by %zu names of the metadata", d->names.n);
    buf_printf(out, "  DBN of version %d, dataset ", d->version);
    buf_json(out, d->dataset, strlen(d->dataset));
    buf_puts(out, "\n");
    import_describe_field(out, "time", "ts_recv, else ts_event", "ns since 1970, UTC");
    import_describe_field(out, "bid_price", "bid_px_00", "whole units of 1e-9");
    import_describe_field(out, "bid_size", "bid_sz_00", import_size_unit(i, false));
    import_describe_field(out, "ask_price", "ask_px_00", "whole units of 1e-9");
    import_describe_field(out, "ask_size", "ask_sz_00", import_size_unit(i, false));
    import_describe_field(out, "ticker", names, "else the number itself");
    import_describe_field(out, "venue", "publisher_id", "one venue only: several need --venue");
    import_describe_field(out, "quality", "flags", "bits 4 and 8 are counted as suspect");
}

const struct import_format import_dbn = {
    .name = "dbn",
    .title = "Databento Binary Encoding",
    .recognise = recognise,
    .open = open_dbn,
    .next = next,
    .close = close_dbn,
    .describe = describe,
    .own_order = true,
    .binary = true,
};
