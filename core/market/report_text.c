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
    if (fabs(x) < WHOLE_MAX && x >= trunc(x) && x <= trunc(x)) {
        return decimal_print_i64(out, (int64_t)x);
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

/* ---- members of a JSON object ---- */

/* Names are of our own making or declared, and need no escapes. */
void put_key(struct buf *out, const char *name)
{
    size_t n = strlen(name);
    bool first = out->len > 0 && out->data[out->len - 1] == '{';
    char *at = buf_room(out, n + 6);
    if (at == NULL) {
        return;
    }
    if (!first) {
        *at++ = ',';
        *at++ = ' ';
    }
    *at++ = '"';
    memcpy(at, name, n + 1); /* its NUL is written over */
    memcpy(at + n, "\": ", 4);
    out->len += n + (first ? 4 : 6);
}

static bool survives_double(const char *text, size_t n)
{
    size_t digits = n;
    for (size_t i = 0; n > EXACT_DIGITS && i < n; i++) {
        digits -= text[i] < '0' || text[i] > '9';
    }
    return digits <= EXACT_DIGITS;
}

static void put_digits(struct buf *out, const char *name, const char *text, size_t n)
{
    bool exact = survives_double(text, n);
    put_key(out, name);
    if (!exact) {
        buf_putc(out, '"');
    }
    buf_add(out, text, n);
    if (!exact) {
        buf_putc(out, '"');
    }
}

void put_int(struct buf *out, const char *name, int64_t x)
{
    char text[DECIMAL_MAX];
    put_digits(out, name, text, decimal_print_i64(text, x));
}

void put_px(struct buf *out, const char *name, int64_t px)
{
    char text[DECIMAL_MAX];
    put_digits(out, name, text, decimal_print_px(text, px, 1));
}

void put_number(struct buf *out, const char *name, double x)
{
    char text[DECIMAL_MAX];
    put_key(out, name);
    buf_add(out, text, text_number(text, x));
}

void put_ms(struct buf *out, const char *name, int64_t ns)
{
    char text[DECIMAL_MAX];
    put_key(out, name);
    buf_add(out, text, text_ms(text, ns));
}

void put_text(struct buf *out, const char *name, const char *text)
{
    put_key(out, name);
    buf_json(out, text, strlen(text));
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
