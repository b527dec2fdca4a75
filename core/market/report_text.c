/* SPDX-License-Identifier: MIT */
#include "report_text.h"

#include "clock.h"
#include "orderflow/detector.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define WHOLE_MAX 1e15 /* above it a double no longer means a whole number exactly */

enum { EXACT_DIGITS = 15 /* decimals of so many digits survive a double */ };

size_t text_number(char out[DECIMAL_MAX], double x)
{
    if (fabs(x) < WHOLE_MAX) {
        int64_t whole = (int64_t)x;
        double back = (double)whole;
        if (x >= back && x <= back) {
            return decimal_print_i64(out, whole);
        }
    }
    return decimal_print_repr(out, x);
}

size_t text_ms(char out[DECIMAL_MAX], int64_t ns)
{
    int64_t whole = ns / NS_PER_MS, rest = ns % NS_PER_MS;
    if (rest == 0) {
        return decimal_print_i64(out, whole);
    }
    int n = snprintf(out, DECIMAL_MAX, "%s%" PRId64 ".%06" PRId64, ns < 0 ? "-" : "",
                     whole < 0 ? -whole : whole, rest < 0 ? -rest : rest);
    while (out[n - 1] == '0') {
        out[--n] = '\0';
    }
    return (size_t)n;
}

/* Nanoseconds are 1e-9 s as prices are 1e-9 units. */
size_t text_seconds(char out[DECIMAL_MAX], int64_t ns)
{
    return decimal_print_px(out, ns, 1);
}

/* ---- members of a JSON object ---- */

/* Names are of our own making or declared, and need no escapes. Puts the key, and returns where its
 * value goes, for which there are `more` bytes; NULL: no room. */
static char *key(struct buf *out, const char *name, size_t n, size_t more)
{
    char *at = buf_room(out, n + 6 + more);
    if (at == NULL) {
        return NULL;
    }
    if (out->len == 0 || at[-1] != '{') {
        *at++ = ',';
        *at++ = ' ';
    }
    *at++ = '"';
    memcpy(at, name, n);
    memcpy(at + n, "\": ", 3);
    return at + n + 3;
}

static void end(struct buf *out, char *at)
{
    *at = '\0';
    out->len = (size_t)(at - out->data);
}

void put_key_n(struct buf *out, const char *name, size_t n)
{
    char *at = key(out, name, n, 0);
    if (at != NULL) {
        end(out, at);
    }
}

static bool survives_double(const char *text, size_t n)
{
    size_t digits = n;
    for (size_t i = 0; n > EXACT_DIGITS && i < n; i++) {
        digits -= text[i] < '0' || text[i] > '9';
    }
    return digits <= EXACT_DIGITS;
}

/* The n bytes at `at` become a string if a double does not carry them. */
static char *quote_inexact(char *at, size_t n)
{
    if (survives_double(at, n)) {
        return at + n;
    }
    memmove(at + 1, at, n);
    at[0] = '"';
    at[n + 1] = '"';
    return at + n + 2;
}

char *text_exact_i64(char *at, int64_t x)
{
    return quote_inexact(at, decimal_print_i64(at, x));
}

char *text_exact_px(char *at, int64_t px)
{
    return quote_inexact(at, decimal_print_px(at, px, 1));
}

void put_int_n(struct buf *out, const char *name, size_t n, int64_t x)
{
    char *at = key(out, name, n, DECIMAL_MAX + 2);
    if (at != NULL) {
        end(out, text_exact_i64(at, x));
    }
}

void put_px_n(struct buf *out, const char *name, size_t n, int64_t px)
{
    char *at = key(out, name, n, DECIMAL_MAX + 2);
    if (at != NULL) {
        end(out, text_exact_px(at, px));
    }
}

void put_number_n(struct buf *out, const char *name, size_t n, double x)
{
    char *at = key(out, name, n, DECIMAL_MAX);
    if (at != NULL) {
        end(out, at + text_number(at, x));
    }
}

void put_ms_n(struct buf *out, const char *name, size_t n, int64_t ns)
{
    char *at = key(out, name, n, DECIMAL_MAX);
    if (at != NULL) {
        end(out, at + text_ms(at, ns));
    }
}

void put_text_n(struct buf *out, const char *name, size_t n, const char *text)
{
    put_key_n(out, name, n);
    buf_json(out, text, strlen(text));
}

void put_word_n(struct buf *out, const char *name, size_t n, const char *word)
{
    size_t word_n = strlen(word);
    char *at = key(out, name, n, word_n + 2);
    if (at != NULL) {
        *at++ = '"';
        memcpy(at, word, word_n);
        at[word_n] = '"';
        end(out, at + word_n + 1);
    }
}

/* ---- words ---- */

const char *label_name(enum metric_label l)
{
    switch (l) {
    case LABEL_NONE:
        return "";
    case LABEL_STABLE:
        return "STABLE";
    case LABEL_INCREASING:
        return "INCREASING";
    case LABEL_DECREASING:
        return "DECREASING";
    }
    return "";
}

const char *spread_label_name(enum metric_label l)
{
    switch (l) {
    case LABEL_NONE:
    case LABEL_STABLE:
        return label_name(l);
    case LABEL_INCREASING:
        return "WIDENING";
    case LABEL_DECREASING:
        return "TIGHTENING";
    }
    return "";
}

const char *answer3_name(enum answer3 a)
{
    switch (a) {
    case ANSWER_UNKNOWN:
        return "UNKNOWN";
    case ANSWER_NO:
        return "NO";
    case ANSWER_YES:
        return "YES";
    }
    return "";
}

const char *level_status_name(enum level_status s)
{
    switch (s) {
    case LEVEL_OPEN:
        return "open";
    case LEVEL_BROKEN:
        return "broken";
    case LEVEL_FLIPPED:
        return "flipped";
    }
    return "";
}

const char *side_name(int side)
{
    return side == OFD_BID ? "bid" : side == OFD_ASK ? "ask" : "";
}

struct behavior *behavior_named(struct behaviors *b, const char *name)
{
#define BEHAVIOR(member, text, dir) \
    if (strcmp(name, text) == 0) {  \
        return &b->member;          \
    }
#include "behaviors.def"
#undef BEHAVIOR
    return NULL;
}

bool pattern_member_is_fixed(const char *name)
{
    size_t n = strlen(name);
    /* the lengths of the literals are known when this is compiled */
#define IS(word) (n == sizeof(word) - 1 && memcmp(name, word, sizeof(word) - 1) == 0)
    return IS("id") || IS("type") || IS("detector") || IS("side") || IS("dir") || IS("state") ||
           IS("value") || IS("timestamp") || IS("onset_ms") || IS("confirmed_ms") ||
           IS("peak_ms") || IS("end_ms") || IS("end_reason") || IS("level_px") || IS("quality") ||
           IS("description") || IS("ns");
#undef IS
}
