/* SPDX-License-Identifier: MIT */
#include "firehose_read.h"

#include "hash64.h"
#include "keys.h"
#include "log.h"
#include "prefetch.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* So many of the longest entries still fit into one answer of Redis. */
enum { QUIET_ENTRIES = 1000, ENTRIES_PER_READ = 192, NAMES_MIN = 1024 };
enum { STEP_QUOTES = 4, NAMES_AHEAD = 8 }; /* what comes is asked for so much ahead */

struct known_name {
    char name[TICKER_MAX]; /* "": free */
    uint32_t number;
};

struct writer {
    uint64_t id, number;
    bool expected; /* told by firehose_expect(): nothing of it was read here */
    uint64_t used; /* the entry that was its last */
};

struct gap {
    uint64_t writer, entries, before;
};

/* Something that is wrong with reads again and again. */
struct recurring {
    uint64_t last, n; /* entries read at the last one; how many there were */
};

struct firehose {
    struct redis *redis;
    char key[KEY_MAX];
    struct stream_id last;
    uint64_t seq;             /* of the last quote */
    struct known_name *names; /* owned; open addressing, cap a power of two */
    size_t n_names, cap_names;
    struct writer writers[FIREHOSE_WRITERS_MAX];
    size_t n_writers;
    uint32_t numbers[FIREHOSE_TICKERS_MAX]; /* of one entry, by place */
    struct firehose_counts counts;
    struct recurring gappy, unsound;
    struct gap first_gap; /* of this read */
    size_t gaps;
    size_t per_read; /* less than ENTRIES_PER_READ after an answer that was too large */
};

/* ---- ids ---- */

static bool parse_number(const char *text, size_t n, uint64_t *out)
{
    uint64_t x = 0;
    for (size_t i = 0; i < n; i++) {
        unsigned digit = (unsigned)(unsigned char)text[i] - '0';
        if (digit > 9 || x > (UINT64_MAX - digit) / 10) {
            return false;
        }
        x = x * 10 + digit;
    }
    *out = x;
    return n > 0;
}

bool stream_id_parse(const char *text, size_t n, struct stream_id *out)
{
    const char *dash = memchr(text, '-', n);
    size_t ms_n = dash != NULL ? (size_t)(dash - text) : 0;
    return dash != NULL && parse_number(text, ms_n, &out->ms) &&
           parse_number(dash + 1, n - ms_n - 1, &out->n);
}

void stream_id_print(struct stream_id id, char out[STREAM_ID_MAX])
{
    (void)snprintf(out, STREAM_ID_MAX, "%" PRIu64 "-%" PRIu64, id.ms, id.n);
}

int stream_id_compare(struct stream_id a, struct stream_id b)
{
    return a.ms != b.ms ? (a.ms > b.ms) - (a.ms < b.ms) : (a.n > b.n) - (a.n < b.n);
}

/* ---- life ---- */

struct firehose *firehose_create(struct redis *redis, const char *key)
{
    struct firehose *f = calloc(1, sizeof *f);
    if (f != NULL) {
        f->redis = redis;
        f->per_read = ENTRIES_PER_READ;
        (void)snprintf(f->key, sizeof f->key, "%s", key);
    }
    return f;
}

void firehose_destroy(struct firehose *f)
{
    if (f != NULL) {
        free(f->names);
        free(f);
    }
}

struct stream_id firehose_last(const struct firehose *f)
{
    return f->last;
}

const struct firehose_counts *firehose_counts(const struct firehose *f)
{
    return &f->counts;
}

void firehose_seek(struct firehose *f, struct stream_id id)
{
    f->last = id;
}

/* ---- tickers by name ---- */

void firehose_forget_tickers(struct firehose *f)
{
    free(f->names);
    f->names = NULL;
    f->n_names = 0;
    f->cap_names = 0;
}

static struct known_name *place_of(struct known_name *names, size_t cap, const char *name,
                                   uint64_t hash)
{
    size_t i = (size_t)hash & (cap - 1);
    while (names[i].name[0] != '\0' && strcmp(names[i].name, name) != 0) {
        i = (i + 1) & (cap - 1);
    }
    return &names[i];
}

static bool grow_names(struct firehose *f)
{
    size_t cap = f->cap_names == 0 ? NAMES_MIN : f->cap_names * 2;
    struct known_name *names = calloc(cap, sizeof *names);
    if (names == NULL) {
        return false;
    }
    for (size_t i = 0; i < f->cap_names; i++) {
        if (f->names[i].name[0] != '\0') {
            const char *name = f->names[i].name;
            *place_of(names, cap, name, hash64(name, strlen(name))) = f->names[i];
        }
    }
    free(f->names);
    f->names = names;
    f->cap_names = cap;
    return true;
}

/* A name of an entry. */
struct entry_name {
    struct text text;
    uint64_t hash;
};

static bool number_of(struct firehose *f, const struct firehose_sink *sink,
                      const struct entry_name *n, uint32_t *out, struct err *err)
{
    struct known_name k = { .number = FIREHOSE_UNWANTED };
    memcpy(k.name, n->text.p, n->text.n);
    if (2 * (f->n_names + 1) > f->cap_names && !grow_names(f)) {
        return err_set(err, ERR_MEMORY, "no memory for another ticker");
    }
    struct known_name *at = place_of(f->names, f->cap_names, k.name, n->hash);
    if (at->name[0] == '\0') {
        if (!sink->ticker(sink->ctx, k.name, &k.number, err)) {
            return false;
        }
        *at = k;
        f->n_names++;
    }
    *out = at->number;
    return true;
}

static bool read_name(const struct firehose *f, const struct firehose_entry *e, size_t *at,
                      struct entry_name *out)
{
    if (!firehose_name(e, at, &out->text)) {
        return false;
    }
    out->hash = hash64(out->text.p, out->text.n);
    if (f->cap_names > 0) {
        prefetch_bytes(&f->names[out->hash & (f->cap_names - 1)], sizeof f->names[0]);
    }
    return true;
}

static bool number_all(struct firehose *f, const struct firehose_sink *sink,
                       const struct firehose_entry *e, struct err *err)
{
    struct entry_name names[NAMES_AHEAD];
    size_t at = 0, n_read = 0;
    for (size_t i = 0; i < e->n_tickers; i++) {
        while (n_read < e->n_tickers && n_read < i + NAMES_AHEAD &&
               read_name(f, e, &at, &names[n_read % NAMES_AHEAD])) {
            n_read++;
        }
        if (i == n_read) {
            return true;
        }
        if (!number_of(f, sink, &names[i % NAMES_AHEAD], &f->numbers[i], err)) {
            return false;
        }
    }
    return true;
}

/* ---- writers ---- */

static struct writer *writer_of(struct firehose *f, uint64_t id)
{
    struct writer *oldest = &f->writers[0];
    for (size_t i = 0; i < f->n_writers; i++) {
        if (f->writers[i].id == id) {
            return &f->writers[i];
        }
        oldest = f->writers[i].used < oldest->used ? &f->writers[i] : oldest;
    }
    struct writer *w = f->n_writers < FIREHOSE_WRITERS_MAX ? &f->writers[f->n_writers++] : oldest;
    *w = (struct writer){ .id = id };
    return w;
}

static void note_gap(struct firehose *f, const struct firehose_entry *e, uint64_t entries)
{
    uint64_t room = INT64_MAX - f->counts.lost;
    f->counts.lost += entries < room ? entries : room;
    if (f->gaps++ == 0) {
        f->first_gap = (struct gap){ e->writer, entries, e->number };
    }
}

/* False: its quotes have been seen. A writer that begins anew under its old id begins with 1. */
static bool is_next(struct firehose *f, const struct firehose_entry *e)
{
    struct writer *w = writer_of(f, e->writer);
    bool first = w->number == 0 || w->expected;
    if (!first && e->number <= w->number && e->number != 1) {
        f->counts.repeated++;
        return false;
    }
    if (w->number != 0 && e->number > w->number && e->number - w->number > 1) {
        note_gap(f, e, e->number - w->number - 1);
    }
    bool again = !first && e->number == 1 && w->number == 1;
    w->number = e->number;
    w->expected = false;
    w->used = f->counts.entries;
    f->counts.repeated += again;
    return !again;
}

void firehose_put_writers(const struct firehose *f, struct buf *out)
{
    for (size_t i = 0; i < f->n_writers; i++) {
        buf_printf(out, "%s%" PRIu64 ":%" PRIu64, i > 0 ? " " : "", f->writers[i].id,
                   f->writers[i].number);
    }
}

void firehose_expect(struct firehose *f, const char *writers)
{
    while (*writers != '\0') {
        size_t n = strcspn(writers, " ");
        const char *colon = memchr(writers, ':', n);
        size_t id_n = colon != NULL ? (size_t)(colon - writers) : 0;
        uint64_t id = 0, number = 0;
        if (colon != NULL && parse_number(writers, id_n, &id) &&
            parse_number(colon + 1, n - id_n - 1, &number)) {
            struct writer *w = writer_of(f, id);
            w->number = number;
            w->expected = true;
        }
        writers += n + strspn(writers + n, " ");
    }
}

/* ---- reading ---- */

/* Quote after quote is of another ticker, and its state in no cache. */
static void expect(const struct firehose *f, const struct firehose_sink *sink,
                   const struct firehose_entry *e, size_t i)
{
    for (int step = 1; step <= EXPECT_STEPS; step++) {
        size_t ahead = i + (size_t)(EXPECT_STEPS + 1 - step) * STEP_QUOTES;
        size_t place = ahead < e->n_quotes ? firehose_place(e, ahead) : e->n_tickers;
        if (place < e->n_tickers && f->numbers[place] != FIREHOSE_UNWANTED) {
            sink->expect(sink->ctx, f->numbers[place], step);
        }
    }
}

static bool take_quotes(struct firehose *f, const struct firehose_sink *sink,
                        const struct firehose_entry *e, struct err *err)
{
    for (size_t i = 0; i < e->n_quotes; i++) {
        enum malformed why;
        size_t place;
        struct row row = { .has_seq = true };
        expect(f, sink, e, i);
        bool sound = firehose_quote(e, i, &row.q, &place, &why);
        uint32_t number = place < e->n_tickers ? f->numbers[place] : FIREHOSE_UNWANTED;
        row.seq = ++f->seq;
        if (number == FIREHOSE_UNWANTED) {
            f->counts.unnamed += place >= e->n_tickers;
            f->counts.unwanted += place < e->n_tickers;
        } else if (!sound) {
            sink->malformed(sink->ctx, number, why);
        } else if (!sink->quote(sink->ctx, number, &row, err)) {
            return false;
        }
    }
    return true;
}

/* The bytes of the field q; NULL: it has none. */
static const struct reply *field_of(const struct reply *fields)
{
    for (size_t i = 0; fields->type == REPLY_ARRAY && i + 1 < fields->n; i += 2) {
        const struct reply *name = &fields->items[i];
        if (name->len == 1 && *name->str == *FIREHOSE_FIELD) {
            return &fields->items[i + 1];
        }
    }
    return NULL;
}

/* *bad_out: of an entry that is unsound. False: the sink cannot go on. */
static bool take_entry(struct firehose *f, const struct firehose_sink *sink,
                       const struct reply *fields, enum firehose_fault *bad_out, struct err *detail,
                       struct err *err)
{
    struct firehose_entry e;
    const struct reply *bytes = field_of(fields);
    *bad_out = FIREHOSE_NO_FIELD;
    if (bytes == NULL) {
        (void)err_set(detail, ERR_INVALID, "it has no field " FIREHOSE_FIELD);
        return true;
    }
    f->counts.bytes += bytes->len;
    if (!firehose_open(bytes->str, bytes->len, &e, bad_out, detail)) {
        return true;
    }
    if (!number_all(f, sink, &e, err)) {
        return false;
    }
    return !is_next(f, &e) || take_quotes(f, sink, &e, err);
}

/* The first, the second, the fourth, and so on; with the first after QUIET_ENTRIES it begins anew.
 */
static bool is_told(struct recurring *r, uint64_t entries)
{
    r->n = entries - r->last > QUIET_ENTRIES ? 1 : r->n + 1;
    r->last = entries;
    return (r->n & (r->n - 1)) == 0;
}

static void log_gaps(struct firehose *f)
{
    const struct gap *g = &f->first_gap;
    if (f->gaps > 0 && is_told(&f->gappy, f->counts.entries)) {
        log_warn("firehose_gap",
                 "writer=%" PRIu64 " entries=%" PRIu64 " before=%" PRIu64 " more_in_batch=%zu",
                 g->writer, g->entries, g->before, f->gaps - 1);
    }
    f->gaps = 0;
}

static bool take_entries(struct firehose *f, const struct firehose_sink *sink,
                         const struct reply *entries, struct err *err)
{
    size_t bad = 0;
    bool ok = true;
    struct err first = { 0 };
    enum firehose_fault first_fault = FIREHOSE_FINE;
    char id_text[STREAM_ID_MAX] = "";
    for (size_t i = 0; ok && i < entries->n; i++) {
        const struct reply *entry = &entries->items[i];
        enum firehose_fault fault;
        struct err detail = { 0 };
        struct stream_id id;
        if (entry->type != REPLY_ARRAY || entry->n != 2 ||
            !stream_id_parse(entry->items[0].str, entry->items[0].len, &id)) {
            return err_set(err, ERR_PROTOCOL, "XREAD answers something else");
        }
        ok = take_entry(f, sink, &entry->items[1], &fault, &detail, err);
        if (!ok) {
            break;
        }
        f->last = id;
        f->counts.entries++;
        f->counts.malformed[fault] += fault != FIREHOSE_FINE;
        if (fault != FIREHOSE_FINE && bad++ == 0) {
            first = detail;
            first_fault = fault;
            stream_id_print(id, id_text);
        }
    }
    if (bad > 0 && is_told(&f->unsound, f->counts.entries)) {
        log_warn("firehose_malformed", "entry=%s cause=%s more_in_batch=%zu detail=\"%s\"", id_text,
                 firehose_fault_name(first_fault), bad - 1, first.text);
    }
    return ok;
}

bool firehose_read(struct firehose *f, const struct firehose_sink *sink, bool *drained_out,
                   struct err *err)
{
    const struct reply *r;
    char id[STREAM_ID_MAX];
    *drained_out = false;
    stream_id_print(f->last, id);
    if (!redis_call(f->redis, &r, err, "XREAD COUNT %d STREAMS %s %s", (int)f->per_read, f->key,
                    id)) {
        /* Rather fewer entries than none: one may be larger than any should be. */
        f->per_read = err->code == ERR_PROTOCOL && f->per_read > 1 ? f->per_read / 2 : f->per_read;
        return err_wrap(err, "reading the firehose");
    }
    if (r->type == REPLY_NIL || (r->type == REPLY_ARRAY && r->n == 0)) {
        *drained_out = true;
        return true;
    }
    if (r->type != REPLY_ARRAY || r->n != 1 || r->items[0].type != REPLY_ARRAY ||
        r->items[0].n != 2 || r->items[0].items[1].type != REPLY_ARRAY) {
        return err_set(err, ERR_PROTOCOL, "reading the firehose: XREAD answers something else");
    }
    const struct reply *entries = &r->items[0].items[1];
    bool ok = take_entries(f, sink, entries, err);
    log_gaps(f);
    if (!ok) {
        return err_wrap(err, "reading the firehose");
    }
    *drained_out = entries->n < f->per_read;
    return true;
}

static struct stream_id id_in(const struct reply *r)
{
    struct stream_id id = { 0, 0 };
    if (r->type == REPLY_ARRAY && r->n == 1 && r->items[0].type == REPLY_ARRAY &&
        r->items[0].n == 2 &&
        !stream_id_parse(r->items[0].items[0].str, r->items[0].items[0].len, &id)) {
        id = (struct stream_id){ 0, 0 };
    }
    return id;
}

bool firehose_ends(struct redis *redis, const char *key, struct stream_id *oldest_out,
                   struct stream_id *newest_out, struct err *err)
{
    const struct reply *r;
    if (!redis_call(redis, &r, err, "XRANGE %s - + COUNT 1", key)) {
        return err_wrap(err, "looking at the firehose");
    }
    *oldest_out = id_in(r);
    if (!redis_call(redis, &r, err, "XREVRANGE %s + - COUNT 1", key)) {
        return err_wrap(err, "looking at the firehose");
    }
    *newest_out = id_in(r);
    return true;
}
