/* SPDX-License-Identifier: MIT */
#include "redis_codec.h"

#include "decimal.h"
#include "decimal_digits.h"

#include <hiredis/hiredis.h>
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH_MAX = 7, CHUNK_BYTES = 128 * 1024 };

/* ---- commands ---- */

static void put_count(struct buf *out, char mark, size_t n)
{
    char text[DECIMAL_MAX];
    size_t len = decimal_print_i64(text, (int64_t)n);
    buf_putc(out, mark);
    buf_add(out, text, len);
    buf_add(out, "\r\n", 2);
}

static void put_arg(struct buf *out, const char *bytes, size_t n)
{
    put_count(out, '$', n);
    buf_add(out, bytes, n);
    buf_add(out, "\r\n", 2);
}

void command_put(struct buf *out, int argc, const char *const *argv, const size_t *lens)
{
    put_count(out, '*', (size_t)argc);
    for (int i = 0; i < argc; i++) {
        put_arg(out, argv[i], lens ? lens[i] : strlen(argv[i]));
    }
}

static int count_words(const char *fmt)
{
    int n = 0;
    for (const char *p = fmt; *p; p++) {
        n += *p != ' ' && (p == fmt || p[-1] == ' ');
    }
    return n;
}

struct format_args {
    va_list ap; /* in a struct, so that a pointer to it has the same type everywhere */
};

/* Appends what the directive at p stands for; returns its last character. */
static const char *put_directive(struct buf *word, const char *p, struct format_args *args)
{
    if (*p == 's') {
        buf_puts(word, va_arg(args->ap, const char *));
    } else if (*p == 'b') {
        const void *bytes = va_arg(args->ap, const void *);
        buf_add(word, bytes, va_arg(args->ap, size_t));
    } else if (*p == 'd') {
        buf_printf(word, "%d", va_arg(args->ap, int));
    } else if (strncmp(p, "lld", 3) == 0) {
        buf_printf(word, "%lld", va_arg(args->ap, long long));
        return p + 2;
    } else {
        CHECK(*p == '%');
        buf_putc(word, '%');
    }
    return p;
}

void command_vput(struct buf *out, struct buf *scratch, const char *fmt, va_list ap)
{
    struct format_args args;
    va_copy(args.ap, ap);
    put_count(out, '*', (size_t)count_words(fmt));
    for (const char *p = fmt; *p;) {
        if (*p == ' ') {
            p++;
            continue;
        }
        buf_clear(scratch);
        for (; *p && *p != ' '; p++) {
            if (*p == '%') {
                p = put_directive(scratch, p + 1, &args);
            } else {
                buf_putc(scratch, *p);
            }
        }
        put_arg(out, scratch->len ? scratch->data : "", scratch->len);
        out->failed = out->failed || scratch->failed;
    }
    va_end(args.ap);
}

enum { COUNT_BYTES = 24 }; /* room for a count: mark, digits, end of line */

/* Returns its length. */
static inline size_t print_count(char *out, char mark, size_t n)
{
    size_t len = 1;
    out[0] = mark;
    if (n < 10) {
        out[len++] = (char)('0' + n);
    } else if (n < 100) {
        digits_put_2(out + len, (uint32_t)n);
        len += 2;
    } else {
        len += decimal_print_i64(out + len, (int64_t)n);
    }
    out[len] = '\r';
    out[len + 1] = '\n';
    return len + 2;
}

void command_begin(struct command *c, struct buf *out)
{
    *c = (struct command){ .at = out->len };
    if (buf_room(out, COUNT_BYTES) != NULL) {
        out->len += COUNT_BYTES;
    }
}

/* Returns its end. */
static inline char *print_word(char *at, const char *bytes, size_t n)
{
    at += print_count(at, '$', n);
    memcpy(at, bytes, n);
    memcpy(at + n, "\r\n", 3);
    return at + n + 2;
}

enum { WORD_MORE = DECIMAL_MAX + 4 }; /* what stands around a word */

void command_word(struct command *c, struct buf *out, const char *bytes, size_t n)
{
    char *at = buf_room(out, n + WORD_MORE);
    if (at != NULL) {
        out->len = (size_t)(print_word(at, bytes, n) - out->data);
        c->n++;
    }
}

void command_pair(struct command *c, struct buf *out, const char *name, const char *bytes, size_t n)
{
    size_t name_n = strlen(name);
    char *at = buf_room(out, name_n + n + 2 * WORD_MORE);
    if (at != NULL) {
        out->len = (size_t)(print_word(print_word(at, name, name_n), bytes, n) - out->data);
        c->n += 2;
    }
}

void command_end(struct command *c, struct buf *out)
{
    if (out->failed) {
        return;
    }
    char head[DECIMAL_MAX + 2];
    size_t n = print_count(head, '*', c->n), body = c->at + COUNT_BYTES;
    memmove(out->data + c->at + n, out->data + body, out->len - body + 1);
    memcpy(out->data + c->at, head, n);
    out->len -= COUNT_BYTES - n;
}

void command_undo(struct command *c, struct buf *out)
{
    if (!out->failed) {
        out->len = c->at;
    }
}

/* ---- memory of replies ---- */

struct chunk {
    struct chunk *next;
    size_t used_bytes, cap_bytes;
    max_align_t data[];
};

struct decoder {
    redisReader *reader; /* owned */
    redisReplyObjectFunctions functions;
    struct chunk *chunks; /* owned; newest first */
    struct reply *replies;
    size_t n_expected, n_done;
    size_t fed_bytes, made_bytes; /* since decoder_expect() */
    size_t max_bytes, max_elements;
    const char *refused; /* why an object was not made; NULL: it was made, or no memory */
};

static void free_chunks(struct decoder *d)
{
    while (d->chunks) {
        struct chunk *next = d->chunks->next;
        free(d->chunks);
        d->chunks = next;
    }
}

/* Keeps one chunk of the ordinary size for the next round. */
static void reset_chunks(struct decoder *d)
{
    struct chunk *keep = d->chunks;
    if (keep && keep->cap_bytes == CHUNK_BYTES) {
        d->chunks = keep->next;
        free_chunks(d);
        *keep = (struct chunk){ .cap_bytes = CHUNK_BYTES };
        d->chunks = keep;
    } else {
        free_chunks(d);
    }
    d->made_bytes = 0;
}

static void *take(struct decoder *d, size_t n)
{
    n = (n + alignof(max_align_t) - 1) / alignof(max_align_t) * alignof(max_align_t);
    if (n > d->max_bytes - d->made_bytes) {
        d->refused = "the replies are larger than allowed";
        return NULL;
    }
    struct chunk *c = d->chunks;
    if (!c || n > c->cap_bytes - c->used_bytes) {
        size_t cap_bytes = n > CHUNK_BYTES ? n : CHUNK_BYTES;
        c = malloc(sizeof *c + cap_bytes);
        if (!c) {
            return NULL;
        }
        *c = (struct chunk){ .next = d->chunks, .cap_bytes = cap_bytes };
        d->chunks = c;
    }
    char *at = (char *)c->data + c->used_bytes;
    c->used_bytes += n;
    d->made_bytes += n;
    return at;
}

/* ---- what hiredis calls for each object ---- */

/* Where the object of this task belongs: in its parent's items, or among the replies. */
static struct reply *place(struct decoder *d, const redisReadTask *task)
{
    if (task->parent) {
        struct reply *array = task->parent->obj;
        return (struct reply *)array->items + task->idx;
    }
    if (d->n_done == d->n_expected) {
        d->refused = "a reply that nobody asked for";
        return NULL;
    }
    return &d->replies[d->n_done];
}

static void *make_text(const redisReadTask *task, char *text, size_t n)
{
    struct decoder *d = task->privdata;
    enum reply_type type;
    switch (task->type) {
    case REDIS_REPLY_STRING:
        type = REPLY_STRING;
        break;
    case REDIS_REPLY_STATUS:
        type = REPLY_STATUS;
        break;
    case REDIS_REPLY_ERROR:
        type = REPLY_ERROR;
        break;
    default:
        d->refused = "a reply of RESP3";
        return NULL;
    }
    struct reply *r = place(d, task);
    char *copy = r ? take(d, n + 1) : NULL;
    if (!copy) {
        return NULL;
    }
    if (n) {
        memcpy(copy, text, n);
    }
    copy[n] = '\0';
    *r = (struct reply){ .type = type, .str = copy, .len = n };
    return r;
}

static void *make_integer(const redisReadTask *task, long long value)
{
    struct reply *r = place(task->privdata, task);
    if (r) {
        *r = (struct reply){ .type = REPLY_INT, .integer = value };
    }
    return r;
}

static void *make_nil(const redisReadTask *task)
{
    struct reply *r = place(task->privdata, task);
    if (r) {
        *r = (struct reply){ .type = REPLY_NIL };
    }
    return r;
}

static void *make_items(const redisReadTask *task, size_t n)
{
    struct decoder *d = task->privdata;
    size_t depth = 1;
    for (const redisReadTask *t = task->parent; t; t = t->parent) {
        depth++;
    }
    if (task->type != REDIS_REPLY_ARRAY) {
        d->refused = "a reply of RESP3";
    } else if (depth > DEPTH_MAX) {
        d->refused = "arrays nested deeper than allowed";
    } else if (n > d->max_elements) {
        d->refused = "an array with more elements than allowed";
    }
    struct reply *r = d->refused ? NULL : place(d, task);
    struct reply *items = r ? take(d, n * sizeof *items) : NULL;
    if (!items) {
        return NULL;
    }
    *r = (struct reply){ .type = REPLY_ARRAY, .items = items, .n = n };
    return r;
}

static void free_nothing(void *object)
{
    (void)object;
}

#if HIREDIS_MAJOR < 1
static void *make_array(const redisReadTask *task, int n)
{
    return make_items(task, (size_t)n);
}
static void refuse_resp3(redisReplyObjectFunctions *functions)
{
    (void)functions;
}
#else
static void *make_array(const redisReadTask *task, size_t n)
{
    return make_items(task, n);
}
static void *refuse_double(const redisReadTask *task, double value, char *text, size_t n)
{
    (void)value;
    return make_text(task, text, n);
}
static void *refuse_bool(const redisReadTask *task, int value)
{
    (void)value;
    return make_text(task, NULL, 0);
}
static void refuse_resp3(redisReplyObjectFunctions *functions)
{
    functions->createDouble = refuse_double;
    functions->createBool = refuse_bool;
}
#endif

/* ---- decoder ---- */

struct decoder *decoder_create(size_t max_bytes, size_t max_elements)
{
    struct decoder *d = malloc(sizeof *d);
    if (!d) {
        return NULL;
    }
    *d = (struct decoder){
        .functions = { .createString = make_text,
                       .createArray = make_array,
                       .createInteger = make_integer,
                       .createNil = make_nil,
                       .freeObject = free_nothing },
        .max_bytes = max_bytes,
        .max_elements = max_elements,
    };
    if (d->max_elements > max_bytes / sizeof(struct reply)) {
        d->max_elements = max_bytes / sizeof(struct reply);
    }
    refuse_resp3(&d->functions);
    return d;
}

void decoder_destroy(struct decoder *d)
{
    if (!d) {
        return;
    }
    if (d->reader) {
        redisReaderFree(d->reader);
    }
    free_chunks(d);
    free(d);
}

bool decoder_reset(struct decoder *d, struct err *err)
{
    if (d->reader) {
        redisReaderFree(d->reader);
    }
    d->reader = redisReaderCreateWithFunctions(&d->functions);
    if (!d->reader) {
        return err_set(err, ERR_MEMORY, "out of memory");
    }
    d->reader->privdata = d;
    d->n_expected = d->n_done = 0;
    return true;
}

bool decoder_expect(struct decoder *d, size_t n, struct err *err)
{
    reset_chunks(d);
    d->refused = NULL;
    d->fed_bytes = d->n_expected = d->n_done = 0;
    d->replies = n <= d->max_bytes / sizeof *d->replies ? take(d, n * sizeof *d->replies) : NULL;
    if (!d->replies) {
        return err_set(err, ERR_MEMORY, "no memory for %zu replies", n);
    }
    d->n_expected = n;
    return true;
}

static bool set_reader_error(const struct decoder *d, struct err *err)
{
    if (d->refused) {
        return err_set(err, ERR_PROTOCOL, "%s", d->refused);
    }
    if (d->reader->err == REDIS_ERR_OOM) {
        return err_set(err, ERR_MEMORY, "out of memory for a reply");
    }
    return err_set(err, ERR_PROTOCOL, "%s", d->reader->errstr);
}

static bool feed_piece(struct decoder *d, const char *bytes, size_t n, struct err *err)
{
    if (redisReaderFeed(d->reader, bytes, n) != REDIS_OK) {
        return set_reader_error(d, err);
    }
    for (;;) {
        void *reply = NULL;
        if (redisReaderGetReply(d->reader, &reply) != REDIS_OK) {
            return set_reader_error(d, err);
        }
        if (!reply) {
            break;
        }
        d->n_done++;
    }
    return true;
}

/* hiredis moves all that is behind a reply to the front of its buffer, so it is never given much.
 */
bool decoder_feed(struct decoder *d, const char *bytes, size_t n, struct err *err)
{
    enum { PIECE_BYTES = 8192 };
    d->fed_bytes += n;
    if (d->fed_bytes > d->max_bytes) {
        return err_set(err, ERR_PROTOCOL, "the replies are larger than allowed");
    }
    for (size_t at = 0; at < n; at += PIECE_BYTES) {
        if (!feed_piece(d, bytes + at, n - at < PIECE_BYTES ? n - at : PIECE_BYTES, err)) {
            return false;
        }
    }
    if (decoder_done(d) && d->reader->pos < d->reader->len) {
        return err_set(err, ERR_PROTOCOL, "a reply that nobody asked for");
    }
    return true;
}

bool decoder_done(const struct decoder *d)
{
    return d->n_done == d->n_expected;
}

size_t decoder_count(const struct decoder *d)
{
    return d->n_done;
}

const struct reply *decoder_replies(const struct decoder *d)
{
    return d->replies;
}
