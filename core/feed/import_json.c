/* SPDX-License-Identifier: MIT */
/* Quotes as JSON objects, in lines, arrays, pages or wrapped in messages: what stands innermost is
 * looked at, one object after the other, so that a page of any length takes no memory. */
#include "import_internal.h"
#include "import_value.h"
#include "json_scan.h"

#include <stdlib.h>
#include <string.h>

enum field {
    FIELD_TIME,
    FIELD_TIME2,
    FIELD_TIME3,
    FIELD_BID_PX,
    FIELD_BID_SZ,
    FIELD_ASK_PX,
    FIELD_ASK_SZ,
    FIELD_TICKER,
    FIELD_KIND, /* if it is there, it must be `kind` */
    FIELD_SEQ,
    FIELD_LOTS, /* that it is there says: sizes in round lots until 2025-11 */
    FIELDS
};

struct json_spec {
    const char *names[FIELDS]; /* "ts|time": any of them; NULL: there is none */
    const char *marks[2];      /* how files of it are told */
    const char *kind;
    enum time_form time;
    const char *time_unit, *no_time;
};

enum { LEAF_MAX_BYTES = 4096, NUMBER_MAX_BYTES = 64, NESTED_MAX = 64 };

struct reader {
    const struct json_spec *spec;
    size_t pending; /* bytes of the object that was given last: taken with the next */
    uint64_t line;
    int nested;              /* brackets and braces that are open */
    char key[TICKER_MAX];    /* whose value comes next */
    char around[TICKER_MAX]; /* of the array or object that was opened last */
    bool key_is_symbol;
};

/* ---- telling them ---- */

static bool contains(struct text t, const char *word)
{
    size_t n = strlen(word);
    for (size_t i = 0; i + n <= t.n; i++) {
        if (t.p[i] == word[0] && memcmp(t.p + i, word, n) == 0) {
            return true;
        }
    }
    return false;
}

static bool recognise(const struct import_format *f, struct text head)
{
    const struct json_spec *s = f->details;
    size_t i = 0;
    while (i < head.n && strchr(" \t\r\n", head.p[i]) != NULL && head.p[i] != '\0') {
        i++;
    }
    return i < head.n && (head.p[i] == '{' || head.p[i] == '[') && contains(head, s->marks[0]) &&
           contains(head, s->marks[1]);
}

static bool open_json(struct import *i, struct err *err)
{
    static const char mark[] = "\xEF\xBB\xBF";
    struct reader *r = calloc(1, sizeof *r);
    struct text head = input_seen(i->in);
    i->reader = r;
    if (r == NULL) {
        return err_set(err, ERR_MEMORY, "%s: no memory", i->name);
    }
    r->spec = i->format->details;
    r->line = 1;
    input_take(i->in, head.n >= 3 && memcmp(head.p, mark, 3) == 0 ? 3 : 0);
    return true;
}

static void close_json(struct import *i)
{
    free(i->reader);
}

/* ---- from one object to the next ---- */

static void take(struct import *i, struct reader *r, size_t n)
{
    struct text seen = input_seen(i->in);
    const char *p = seen.p, *end = seen.p + n;
    while ((p = memchr(p, '\n', (size_t)(end - p))) != NULL) {
        r->line++;
        p++;
    }
    input_take(i->in, n);
}

/* The end of the string that begins at `at`, behind its quote; 0: it is not there yet. */
static size_t string_end(struct text t, size_t at)
{
    for (size_t k = at + 1; k < t.n; k++) {
        if (t.p[k] == '\\') {
            k++;
        } else if (t.p[k] == '"') {
            return k + 1;
        }
    }
    return 0;
}

static enum got no_json(struct import *i, struct reader *r, const char *what, struct fault *f,
                        struct err *err)
{
    (void)fault_set(f, MALFORMED_NOT_JSON, "no JSON: %s", what);
    i->at = r->line;
    r->nested = 0;
    for (;;) { /* goes on behind the line */
        struct text seen = input_seen(i->in);
        const char *feed = memchr(seen.p, '\n', seen.n);
        if (feed != NULL || (seen.n == 0 && input_ended(i->in))) {
            take(i, r, feed != NULL ? (size_t)(feed - seen.p) + 1 : 0);
            return GOT_BAD;
        }
        take(i, r, seen.n);
        if (!input_more(i->in, err)) {
            return GOT_FAIL;
        }
    }
}

static void keep_name(struct text t, char out[TICKER_MAX])
{
    size_t n = t.n < TICKER_MAX ? t.n : 0;
    memcpy(out, t.p, n);
    out[n] = '\0';
}

/* A page may name its ticker behind its quotes. */
static bool take_symbol(struct import *i, const struct reader *r, struct text value,
                        struct err *err)
{
    char name[TICKER_MAX];
    keep_name(value, name);
    if (!r->key_is_symbol || !ticker_valid(name) || i->counts.rows == 0) {
        return true;
    }
    const char *known = i->ticker[0] != '\0' ? i->ticker : i->o.ticker;
    if (known != NULL && strcmp(known, name) != 0) {
        return err_set(err, ERR_PROTOCOL, "%s:%llu: its quotes are of %s, not of %s", i->name,
                       (unsigned long long)r->line, name, known);
    }
    memcpy(i->ticker, name, sizeof name);
    return true;
}

/* A string outside of quotes: a key, or a value. */
static enum got pass_string(struct import *i, struct reader *r, size_t end, struct err *err)
{
    struct text seen = input_seen(i->in), name = { .p = seen.p + 1, .n = end - 2 };
    size_t k = end;
    while (k < seen.n && strchr(" \t\r\n", seen.p[k]) != NULL && seen.p[k] != '\0') {
        k++;
    }
    if (k < seen.n && seen.p[k] == ':') {
        keep_name(name, r->key);
        r->key_is_symbol = strcmp(r->key, "symbol") == 0;
    } else if (!take_symbol(i, r, name, err)) {
        return GOT_FAIL;
    } else {
        r->key_is_symbol = false;
    }
    take(i, r, end);
    return GOT_SKIP;
}

/* Where an object ends, or (nested) where another begins in it. 0: neither is there yet. */
static size_t leaf_end(struct text t, bool *nested)
{
    for (size_t k = 1; k < t.n && k < LEAF_MAX_BYTES; k++) {
        if (t.p[k] == '"') {
            size_t end = string_end(t, k);
            if (end == 0) {
                return 0;
            }
            k = end - 1;
        } else if (t.p[k] == '{' || t.p[k] == '}') {
            *nested = t.p[k] == '{';
            return k + 1;
        }
    }
    return 0;
}

/* What stands first does not end yet. */
static enum got want_more(struct import *i, struct err *err)
{
    return input_more(i->in, err) ? GOT_SKIP : GOT_FAIL;
}

static enum got step_structure(struct import *i, struct reader *r, char c, struct fault *f,
                               struct err *err)
{
    if (c == '{' || c == '[') {
        memcpy(r->around, r->key, sizeof r->around);
        if (++r->nested > NESTED_MAX) {
            return no_json(i, r, "nested too deeply", f, err);
        }
    } else if (c == '}' || c == ']') {
        if (--r->nested < 0) {
            return no_json(i, r, "closed more than opened", f, err);
        }
    } else if (strchr(" \t\r\n:,", c) == NULL || c == '\0') {
        if (r->nested == 0 || c < '+' || c > 'z') {
            return no_json(i, r, "neither object nor array", f, err);
        }
    }
    if (strchr("{[}],", c) != NULL) {
        r->key[0] = '\0';
    }
    take(i, r, 1);
    return GOT_SKIP;
}

/* One step at what stands first. GOT_ROW: an object without others in it, leaf_out. GOT_SKIP: go
 * on. */
static enum got step(struct import *i, struct reader *r, struct text *leaf_out, struct fault *f,
                     struct err *err)
{
    struct text seen = input_seen(i->in);
    bool nested = false, may_grow = !input_ended(i->in) && seen.n < LEAF_MAX_BYTES;
    if (seen.p[0] == '{') {
        size_t n = leaf_end(seen, &nested);
        if (n > 0 && !nested) {
            *leaf_out = (struct text){ .p = seen.p, .n = n };
            return GOT_ROW;
        }
        if (n == 0 && may_grow) {
            return want_more(i, err);
        }
        if (n == 0 && seen.n >= LEAF_MAX_BYTES) {
            (void)fault_set(f, MALFORMED_TOO_LONG, "an object of more than %d bytes",
                            LEAF_MAX_BYTES);
            i->at = r->line;
            r->nested++;
            take(i, r, 1);
            return GOT_BAD;
        }
    }
    if (seen.p[0] == '"' && r->nested > 0) {
        size_t n = string_end(seen, 0);
        if ((n == 0 || n == seen.n) && may_grow) {
            return want_more(i, err);
        }
        return n > 0 ? pass_string(i, r, n, err) : no_json(i, r, "a string does not end", f, err);
    }
    return step_structure(i, r, seen.p[0], f, err);
}

/* The next innermost object. */
static enum got next_leaf(struct import *i, struct reader *r, struct text *leaf, struct fault *f,
                          struct err *err)
{
    take(i, r, r->pending);
    r->pending = 0;
    for (;;) {
        enum got got = GOT_SKIP;
        if (input_seen(i->in).n > 0) {
            got = step(i, r, leaf, f, err);
        } else if (!input_ended(i->in)) {
            got = want_more(i, err);
        } else {
            break;
        }
        if (got == GOT_ROW) {
            r->pending = leaf->n;
            i->at = r->line;
        }
        if (got != GOT_SKIP) {
            return got;
        }
    }
    return r->nested > 0 ? no_json(i, r, "it ends before what it opened is closed", f, err)
                         : GOT_END;
}

/* What a quote without a ticker in it is of: the key in front of it, or of the list it stands in.
 */
static struct text ticker_around(const struct reader *r)
{
    static const char *const plain[] = { "quotes", "quote", "data", "result" };
    const char *name = r->key[0] != '\0' ? r->key : r->around;
    bool is_one = ticker_valid(name);
    for (size_t k = 0; k < sizeof plain / sizeof plain[0]; k++) {
        is_one = is_one && strcmp(name, plain[k]) != 0;
    }
    return (struct text){ .p = name, .n = is_one ? strlen(name) : 0 };
}

/* ---- an object as a quote ---- */

static enum field field_named(const struct json_spec *s, struct text name)
{
    for (int k = 0; k < FIELDS; k++) {
        const char *names = s->names[k] != NULL ? s->names[k] : "";
        while (*names != '\0') {
            size_t n = strcspn(names, "|");
            if (n == name.n && memcmp(names, name.p, n) == 0) {
                return (enum field)k;
            }
            names += n + (names[n] == '|' ? 1 : 0);
        }
    }
    return FIELDS;
}

static bool scan(const struct json_spec *s, struct text leaf, struct json_value fields[FIELDS + 1])
{
    struct json_scan scan = { .p = leaf.p, .end = leaf.p + leaf.n };
    struct text name;
    if (!json_char(&scan, '{') || json_char(&scan, '}')) {
        return json_at_end(&scan);
    }
    do {
        struct json_value value;
        if (!json_string(&scan, &name) || !json_char(&scan, ':') || !json_value(&scan, &value)) {
            return false;
        }
        fields[field_named(s, name)] = value;
    } while (json_char(&scan, ','));
    return json_char(&scan, '}') && json_at_end(&scan);
}

static bool there(const struct json_value *v)
{
    return v->kind == JSON_NUMBER || v->kind == JSON_STRING;
}

static struct text text_of(const struct json_value *v)
{
    return there(v) ? v->raw : (struct text){ .p = "" };
}

/* An object with prices of both sides, and of the right kind. */
static bool is_quote(const struct json_spec *s, const struct json_value fields[FIELDS])
{
    const struct json_value *kind = &fields[FIELD_KIND];
    bool prices =
        (fields[FIELD_BID_PX].kind != JSON_ABSENT && fields[FIELD_BID_PX].kind != JSON_OTHER) ||
        (fields[FIELD_ASK_PX].kind != JSON_ABSENT && fields[FIELD_ASK_PX].kind != JSON_OTHER);
    return prices &&
           (kind->kind != JSON_STRING || s->kind == NULL ||
            (kind->raw.n == strlen(s->kind) && memcmp(kind->raw.p, s->kind, kind->raw.n) == 0));
}

static bool read_time(const struct import *i, const struct json_spec *s,
                      const struct json_value fields[FIELDS], int64_t *ts_ns_out, struct fault *f)
{
    static const enum field order[] = { FIELD_TIME, FIELD_TIME2, FIELD_TIME3 };
    for (size_t k = 0; k < 3; k++) {
        if (there(&fields[order[k]])) {
            return import_time(s->time, fields[order[k]].raw, i->date, ts_ns_out, f);
        }
    }
    return fault_set(f, MALFORMED_BAD_TIMESTAMP, "%s", s->no_time);
}

static bool read_quote(const struct import *i, struct reader *r,
                       const struct json_value fields[FIELDS], struct record *out, struct fault *f)
{
    static const char *const names[] = { "bid price", "bid size", "ask price", "ask size" };
    for (int k = FIELD_BID_PX; k <= FIELD_ASK_SZ; k++) {
        const struct json_value *v = &fields[k];
        if (v->kind == JSON_ABSENT || v->kind == JSON_OTHER) {
            return fault_set(f, MALFORMED_MISSING_FIELD, "the %s is missing",
                             names[k - FIELD_BID_PX]);
        }
    }
    struct text ticker = text_of(&fields[FIELD_TICKER]);
    if (ticker.n == 0) {
        ticker = ticker_around(r);
    }
    *out = (struct record){ .ticker = ticker, .has_seq = there(&fields[FIELD_SEQ]) };
    return read_time(i, r->spec, fields, &out->q.ts_ns, f) &&
           value_px("bid price", text_of(&fields[FIELD_BID_PX]), &out->q.bid_px, f) &&
           value_sz("bid size", text_of(&fields[FIELD_BID_SZ]), &out->q.bid_sz, f) &&
           value_px("ask price", text_of(&fields[FIELD_ASK_PX]), &out->q.ask_px, f) &&
           value_sz("ask size", text_of(&fields[FIELD_ASK_SZ]), &out->q.ask_sz, f) &&
           (!out->has_seq || value_seq(fields[FIELD_SEQ].raw, &out->seq, f));
}

static enum got next(struct import *i, struct record *out, enum import_skip *skip, struct fault *f,
                     struct err *err)
{
    struct reader *r = i->reader;
    struct text leaf = { .n = 0 };
    enum got got = next_leaf(i, r, &leaf, f, err);
    if (got != GOT_ROW) {
        return got;
    }
    struct json_value fields[FIELDS + 1] = { { .kind = JSON_ABSENT } };
    if (!scan(r->spec, leaf, fields)) {
        (void)fault_set(f, MALFORMED_NOT_JSON, "an object that is no JSON");
        return GOT_BAD;
    }
    if (!is_quote(r->spec, fields)) {
        *skip = IMPORT_SKIP_RECORD;
        return GOT_SKIP;
    }
    if (!read_quote(i, r, fields, out, f)) {
        return GOT_BAD;
    }
    import_scale(i, fields[FIELD_LOTS].kind != JSON_ABSENT, &out->q);
    return GOT_ROW;
}

static void describe(const struct import *i, struct buf *out)
{
    const struct json_spec *s = i->format->details;
    static const char px[] = "decimal, exact to 1e-9; number or string";
    const char *size = import_size_unit(i, s->names[FIELD_LOTS] != NULL);
    import_describe_field(out, "time", s->names[FIELD_TIME], s->time_unit);
    if (s->names[FIELD_TIME2] != NULL) {
        import_describe_field(out, "else time", s->names[FIELD_TIME2], s->time_unit);
        import_describe_field(out, "else time", s->names[FIELD_TIME3], s->time_unit);
    }
    import_describe_field(out, "bid_price", s->names[FIELD_BID_PX], px);
    import_describe_field(out, "bid_size", s->names[FIELD_BID_SZ], size);
    import_describe_field(out, "ask_price", s->names[FIELD_ASK_PX], px);
    import_describe_field(out, "ask_size", s->names[FIELD_ASK_SZ], size);
    import_describe_field(out, "ticker", s->names[FIELD_TICKER], "else the key around it");
    if (s->names[FIELD_LOTS] != NULL) {
        buf_puts(out, "  lots are meant only where an object names its exchanges\n");
    }
}

#define JSON_FORMAT(id, label, words, ordered, table) \
    const struct import_format id = {                 \
        .name = label,                                \
        .title = words,                               \
        .recognise = recognise,                       \
        .open = open_json,                            \
        .next = next,                                 \
        .close = close_json,                          \
        .describe = describe,                         \
        .own_order = ordered,                         \
        .details = &table,                            \
    }

static const struct json_spec binance = {
    .names = { [FIELD_TIME] = "T",
               [FIELD_TIME2] = "E",
               [FIELD_TIME3] = "ts|time|timestamp|received|recv_ts|local_timestamp",
               [FIELD_BID_PX] = "b",
               [FIELD_BID_SZ] = "B",
               [FIELD_ASK_PX] = "a",
               [FIELD_ASK_SZ] = "A",
               [FIELD_TICKER] = "s",
               [FIELD_KIND] = "e",
               [FIELD_SEQ] = "u" },
    .marks = { "\"b\"", "\"B\"" },
    .kind = "bookTicker",
    .time = TIME_ANY,
    .time_unit = "s, ms, us or ns since 1970 by its size, or ISO 8601; UTC",
    .no_time = "no time: the spot stream sends none; record the time of receipt as \"ts\" in the "
               "object",
};

static const struct json_spec alpaca = {
    .names = { [FIELD_TIME] = "t",
               [FIELD_BID_PX] = "bp",
               [FIELD_BID_SZ] = "bs",
               [FIELD_ASK_PX] = "ap",
               [FIELD_ASK_SZ] = "as",
               [FIELD_TICKER] = "S",
               [FIELD_KIND] = "T",
               [FIELD_LOTS] = "bx|ax" },
    .marks = { "\"bp\"", "\"ap\"" },
    .kind = "q",
    .time = TIME_NS_OR_ISO,
    .time_unit = "ISO 8601 with its zone, to the ns; UTC",
    .no_time = "t, the time, is missing",
};

static const struct json_spec orderflow = {
    .names = { [FIELD_TIME] = "timestamp",
               [FIELD_BID_PX] = "bid_price",
               [FIELD_BID_SZ] = "bid_size",
               [FIELD_ASK_PX] = "ask_price",
               [FIELD_ASK_SZ] = "ask_size",
               [FIELD_TICKER] = "ticker",
               [FIELD_SEQ] = "seq" },
    .marks = { "\"bid_price\"", "\"timestamp\"" },
    .time = TIME_MS,
    .time_unit = "ms since 1970, whole or not; UTC",
    .no_time = "timestamp is missing",
};

JSON_FORMAT(import_binance_json, "binance-json", "Binance bookTicker stream", true, binance);
JSON_FORMAT(import_alpaca_json, "alpaca", "Alpaca quotes", true, alpaca);
JSON_FORMAT(import_orderflow_json, "orderflow-json", "quotes as a broker writes them to Redis",
            false, orderflow);
