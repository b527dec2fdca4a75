/* SPDX-License-Identifier: MIT */
#include "shapes.h"

#include "decimal.h"
#include "hash64.h"

#include <stdlib.h>
#include <string.h>

#define NO_SHAPE UINT32_MAX

enum {
    NUMBER = 1, /* in a shape: here stands a number */
    ID = 2,     /* here stands the id */
    TEXT_MAX_BYTES = 64 * 1024,
    DIGITS_MAX_RUN = 18,
    RUNS_KNOWN = 64, /* of a text; a number that is one of them is named by its place */
    /* first bytes of numbers: a place, or one of these plus the number of bytes that follow */
    VALUE = RUNS_KNOWN,
    AFTER = VALUE + 9,  /* what is added to the text's first time */
    BEFORE = AFTER + 9, /* or taken from it */
    ZEROS = BEFORE + 9, /* so many zeros and one more, then a number */
    SMALL = ZEROS + 18  /* the rest: the value itself */
};

/* The numbers of a text so far. */
struct runs {
    uint64_t value[RUNS_KNOWN];
    int n;
    uint64_t time; /* the first that may be one: others lie near it */
};

void shapes_init(struct shapes *s)
{
    *s = (struct shapes){ .first_free = NO_SHAPE };
    buf_init(&s->text, TEXT_MAX_BYTES);
    buf_init(&s->numbers, TEXT_MAX_BYTES);
    buf_init(&s->scratch, TEXT_MAX_BYTES);
}

void shapes_fini(struct shapes *s)
{
    for (uint32_t i = 0; i < s->n; i++) {
        free(s->items[i].text);
    }
    free(s->items);
    free(s->buckets);
    buf_fini(&s->text);
    buf_fini(&s->numbers);
    buf_fini(&s->scratch);
    *s = (struct shapes){ 0 };
}

/* ---- the shapes there are ---- */

static uint32_t *bucket_of(const struct shapes *s, const char *text, size_t n)
{
    return &s->buckets[hash64(text, n) & (s->cap - 1)];
}

static bool grow(struct shapes *s)
{
    uint32_t cap = s->cap > 0 ? 2 * s->cap : 64;
    struct shape *items = realloc(s->items, cap * sizeof *items);
    s->items = items != NULL ? items : s->items;
    uint32_t *buckets = items != NULL ? malloc(cap * sizeof *buckets) : NULL;
    if (buckets == NULL) {
        return false;
    }
    free(s->buckets);
    s->buckets = buckets;
    s->cap = cap;
    memset(buckets, 0xff, cap * sizeof *buckets);
    for (uint32_t i = 0; i < s->n; i++) { /* none is free: it is full */
        uint32_t *bucket = bucket_of(s, s->items[i].text, s->items[i].n);
        s->items[i].next = *bucket;
        *bucket = i;
    }
    return true;
}

static uint32_t place(struct shapes *s)
{
    uint32_t at = s->first_free;
    if (at != NO_SHAPE) {
        s->first_free = s->items[at].next;
        return at;
    }
    return s->n < s->cap || grow(s) ? s->n++ : NO_SHAPE;
}

/* Counts one more use of this shape. NO_SHAPE: no memory. */
static uint32_t obtain(struct shapes *s, const char *text, size_t n)
{
    for (uint32_t i = s->cap > 0 ? *bucket_of(s, text, n) : NO_SHAPE; i != NO_SHAPE;
         i = s->items[i].next) {
        if (s->items[i].n == n && memcmp(s->items[i].text, text, n) == 0) {
            s->items[i].refs++;
            return i;
        }
    }
    char *copy = malloc(n);
    uint32_t at = copy != NULL ? place(s) : NO_SHAPE;
    if (at == NO_SHAPE) {
        free(copy);
        return NO_SHAPE;
    }
    memcpy(copy, text, n);
    uint32_t *bucket = bucket_of(s, text, n);
    s->items[at] = (struct shape){ .text = copy, .n = (uint32_t)n, .refs = 1, .next = *bucket };
    *bucket = at;
    return at;
}

static void release(struct shapes *s, uint32_t at)
{
    struct shape *shape = &s->items[at];
    if (--shape->refs > 0) {
        return;
    }
    uint32_t *link = bucket_of(s, shape->text, shape->n);
    while (*link != at) {
        link = &s->items[*link].next;
    }
    *link = shape->next;
    free(shape->text);
    *shape = (struct shape){ .next = s->first_free };
    s->first_free = at;
}

/* ---- numbers ---- */

static void put_bytes(struct buf *out, int what, uint64_t x)
{
    unsigned char bytes[9];
    int n = 0;
    for (; x != 0; x >>= 8) {
        bytes[++n] = (unsigned char)x;
    }
    bytes[0] = (unsigned char)(what + n);
    buf_add(out, bytes, (size_t)n + 1);
}

static uint64_t get_bytes(const unsigned char **at, int n)
{
    uint64_t x = 0;
    for (int i = 0; i < n; i++) {
        x |= (uint64_t)(*at)[i] << 8 * i;
    }
    *at += n;
    return x;
}

static void note(struct runs *r, uint64_t x)
{
    const uint64_t least_time = UINT64_C(100000000000);
    r->time = r->time == 0 && x >= least_time ? x : r->time;
    if (r->n < RUNS_KNOWN) {
        r->value[r->n++] = x;
    }
}

static void put_value(struct buf *out, struct runs *r, uint64_t x)
{
    enum { NEAR = 1 << 24 };
    if (x < 256 - SMALL) {
        buf_putc(out, (char)(SMALL + (int)x));
        return;
    }
    for (int i = 0; i < r->n; i++) {
        if (r->value[i] == x) {
            buf_putc(out, (char)i);
            return;
        }
    }
    if (x >= r->time && x - r->time < NEAR) {
        put_bytes(out, AFTER, x - r->time);
    } else if (x < r->time && r->time - x < NEAR) {
        put_bytes(out, BEFORE, r->time - x);
    } else {
        put_bytes(out, VALUE, x);
    }
    note(r, x);
}

static uint64_t get_value(const unsigned char **at, struct runs *r)
{
    int what = *(*at)++;
    if (what >= SMALL) {
        return (uint64_t)(what - SMALL);
    }
    if (what < RUNS_KNOWN) {
        return r->value[what];
    }
    uint64_t x = what < AFTER    ? get_bytes(at, what - VALUE)
                 : what < BEFORE ? r->time + get_bytes(at, what - AFTER)
                                 : r->time - get_bytes(at, what - BEFORE);
    note(r, x);
    return x;
}

/* A run of digits; zeros in front are counted. */
static void put_run(struct buf *out, struct runs *r, const char *digits, size_t n)
{
    size_t zeros = 0;
    uint64_t x = 0;
    while (zeros + 1 < n && digits[zeros] == '0') {
        zeros++;
    }
    if (zeros > 0) {
        buf_putc(out, (char)(ZEROS + (int)zeros - 1));
    }
    for (size_t i = zeros; i < n; i++) {
        x = x * 10 + (uint64_t)(digits[i] - '0');
    }
    put_value(out, r, x);
}

static void get_run(const unsigned char **at, struct runs *r, struct buf *out)
{
    static const char zeros[DIGITS_MAX_RUN] = "000000000000000000";
    if (**at >= ZEROS && **at < SMALL) {
        buf_add(out, zeros, (size_t)(*(*at)++ - ZEROS) + 1);
    }
    char text[DECIMAL_MAX];
    buf_add(out, text, decimal_print_i64(text, (int64_t)get_value(at, r)));
}

/* ---- texts ---- */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

#define ID_HEAD "{\"id\": \""

/* Takes a text apart into s->scratch (its shape) and s->numbers. False: not to be had so. */
static bool take_apart(struct shapes *s, const char *text, size_t n, const char *id)
{
    struct runs runs = { .n = 0 };
    size_t head = sizeof ID_HEAD - 1, id_n = strlen(id), i = 0;
    buf_clear(&s->scratch);
    buf_clear(&s->numbers);
    if (n > head + id_n && memcmp(text, ID_HEAD, head) == 0 && memcmp(text + head, id, id_n) == 0) {
        buf_add(&s->scratch, ID_HEAD, head);
        buf_putc(&s->scratch, ID);
        i = head + id_n;
    }
    while (i < n) {
        size_t from = i;
        while (i < n && !is_digit(text[i])) {
            if ((unsigned char)text[i] < ' ') {
                return false;
            }
            i++;
        }
        buf_add(&s->scratch, text + from, i - from);
        for (from = i; i < n && i - from < DIGITS_MAX_RUN && is_digit(text[i]);) {
            i++;
        }
        if (i > from) {
            buf_putc(&s->scratch, NUMBER);
            put_run(&s->numbers, &runs, text + from, i - from);
        }
    }
    return s->scratch.len > 0 && !s->scratch.failed && !s->numbers.failed;
}

struct squeezed *shapes_squeeze(struct shapes *s, const char *text, size_t n, const char *id)
{
    if (!take_apart(s, text, n, id)) {
        return NULL;
    }
    struct squeezed *q = malloc(sizeof *q + s->numbers.len);
    uint32_t shape = q != NULL ? obtain(s, s->scratch.data, s->scratch.len) : NO_SHAPE;
    if (shape == NO_SHAPE) {
        free(q);
        return NULL;
    }
    q->shape = shape;
    q->n = (uint32_t)s->numbers.len;
    if (q->n > 0) {
        memcpy(q->numbers, s->numbers.data, q->n);
    }
    return q;
}

const char *shapes_text(struct shapes *s, const struct squeezed *q, const char *id, size_t *n_out)
{
    const struct shape *shape = &s->items[q->shape];
    const unsigned char *at = q->numbers;
    struct runs runs = { .n = 0 };
    buf_clear(&s->text);
    for (uint32_t i = 0; i < shape->n;) {
        uint32_t from = i;
        while (i < shape->n && (unsigned char)shape->text[i] >= ' ') {
            i++;
        }
        buf_add(&s->text, shape->text + from, i - from);
        if (i < shape->n && shape->text[i] == NUMBER) {
            get_run(&at, &runs, &s->text);
        } else if (i < shape->n) {
            buf_puts(&s->text, id);
        }
        i++;
    }
    *n_out = s->text.len;
    return s->text.failed ? NULL : s->text.data;
}

void shapes_drop(struct shapes *s, struct squeezed *q)
{
    if (q != NULL) {
        release(s, q->shape);
        free(q);
    }
}
