/* SPDX-License-Identifier: MIT */
/* Small texts that a report is made of, both ways. [any] Pure. */
#ifndef MARKET_REPORT_TEXT_H
#define MARKET_REPORT_TEXT_H

#include "decimal.h"
#include "report.h"

/* "9000" for whole numbers, else the shortest exact text. Returns its length, as all of these. */
size_t text_number(char out[DECIMAL_MAX], double x);
/* As put_int() and put_px() write them: a string if a double does not carry it, no NUL. Need
 * DECIMAL_MAX + 2 bytes; return the end. */
char *text_exact_i64(char *at, int64_t x);
char *text_exact_px(char *at, int64_t px);
size_t text_seconds(char out[DECIMAL_MAX], int64_t ns); /* exact, "1760000286.0" */
/* Exact milliseconds: "1760000286123", "1760000286123.4". */
size_t text_ms(char out[DECIMAL_MAX], int64_t ns);

/* Members of a JSON object: `"name": ` with ", " before it unless it is the first one behind a '{',
 * and a value. n: the length of the name, which is mostly known when this is compiled. */
void put_key_n(struct buf *out, const char *name, size_t n);
void put_int_n(struct buf *out, const char *name, size_t n, int64_t x);
void put_number_n(struct buf *out, const char *name, size_t n, double x);
void put_px_n(struct buf *out, const char *name, size_t n, int64_t px);
void put_ms_n(struct buf *out, const char *name, size_t n, int64_t ns);
void put_text_n(struct buf *out, const char *name, size_t n, const char *text);
/* A text without anything that JSON escapes: words of ours, numbers, ids of detectors. */
void put_word_n(struct buf *out, const char *name, size_t n, const char *word);

static inline void put_key(struct buf *out, const char *name)
{
    put_key_n(out, name, strlen(name));
}
static inline void put_int(struct buf *out, const char *name, int64_t x)
{
    put_int_n(out, name, strlen(name), x);
}
static inline void put_number(struct buf *out, const char *name, double x)
{
    put_number_n(out, name, strlen(name), x);
}
static inline void put_px(struct buf *out, const char *name, int64_t px)
{
    put_px_n(out, name, strlen(name), px);
}
static inline void put_ms(struct buf *out, const char *name, int64_t ns)
{
    put_ms_n(out, name, strlen(name), ns);
}
static inline void put_word(struct buf *out, const char *name, const char *word)
{
    put_word_n(out, name, strlen(name), word);
}
static inline void put_text(struct buf *out, const char *name, const char *text)
{
    put_text_n(out, name, strlen(name), text);
}

const char *label_name(enum metric_label l);        /* "" for none */
const char *spread_label_name(enum metric_label l); /* WIDENING, TIGHTENING */
const char *answer3_name(enum answer3 a);
const char *level_status_name(enum level_status s);
const char *side_name(int side); /* "" for none */

/* The texts of the fields `pressure` and `active` of a state. */
void pressure_put(const struct pressure *p, struct buf *out);
MUST_CHECK bool pressure_get(struct pressure *out, const char *text, size_t n, struct err *err);
void active_put(const struct report *r, struct buf *out);
MUST_CHECK bool active_get(struct report *out, const char *text, size_t n, struct err *err);

/* The behaviour of that name, NULL if there is none. */
struct behavior *behavior_named(struct behaviors *b, const char *name);

/* Members of a stored pattern that are not declared fields. */
bool pattern_member_is_fixed(const char *name);

#endif
