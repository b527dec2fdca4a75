/* SPDX-License-Identifier: MIT */
#include "flat.h"

#include "decimal.h"
#include "word.h"

#include <stdlib.h>
#include <string.h>

enum { DEPTH_MAX = 15, NUMBER_MAX = 60, NAME_MAX_N = 255, EXACT_DIGITS = 15, SEEN_WORDS = 16 };

struct scan {
    const char *p, *end;
};

/* High bits of the bytes that end plain text: quote, backslash, control, not ASCII. Above the
 * first of them there may be more than there are. */
static uint64_t special(uint64_t word)
{
    uint64_t quote = word ^ WORD_OF('"'), backslash = word ^ WORD_OF('\\');
    return ((quote - WORD_OF(1)) | (backslash - WORD_OF(1)) | (word - WORD_OF(0x20)) | word) &
           WORD_OF(0x80);
}

static bool is_plain(unsigned char c)
{
    return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

/* Moves to the first byte that is not plain text. */
static void skip_plain(struct scan *s)
{
    for (; s->end - s->p >= 8; s->p += 8) {
        uint64_t found = special(word_load(s->p));
        if (found != 0) {
            s->p += word_first(found);
            return;
        }
    }
    while (s->p < s->end && is_plain((unsigned char)*s->p)) {
        s->p++;
    }
}

static void skip_space(struct scan *s)
{
    while (s->p < s->end && (*s->p == ' ' || *s->p == '\n' || *s->p == '\t' || *s->p == '\r')) {
        s->p++;
    }
}

/* Behind the white space stands c: it is passed. */
static bool take(struct scan *s, char c)
{
    skip_space(s);
    bool there = s->p < s->end && *s->p == c;
    s->p += there;
    return there;
}

/* Behind its first quote. */
static bool take_text(struct scan *s, const char **raw_out, size_t *n_out)
{
    *raw_out = s->p;
    skip_plain(s);
    *n_out = (size_t)(s->p - *raw_out);
    bool ends = s->p < s->end && *s->p == '"';
    s->p += ends;
    return ends;
}

static size_t take_digits(struct scan *s)
{
    const char *from = s->p;
    while (s->p < s->end && *s->p >= '0' && *s->p <= '9') {
        s->p++;
    }
    return (size_t)(s->p - from);
}

static bool take_number(struct scan *s)
{
    const char *from = s->p;
    s->p += s->p < s->end && *s->p == '-';
    const char *whole = s->p;
    size_t n = take_digits(s);
    if (n == 0 || (n > 1 && *whole == '0')) {
        return false;
    }
    if (s->p < s->end && *s->p == '.') {
        s->p++;
        if (take_digits(s) == 0) {
            return false;
        }
    }
    if (s->p < s->end && (*s->p | 0x20) == 'e') {
        s->p++;
        s->p += s->p < s->end && (*s->p == '-' || *s->p == '+');
        if (take_digits(s) == 0) {
            return false;
        }
    }
    return s->p - from <= NUMBER_MAX;
}

static bool take_word(struct scan *s, const char *word)
{
    size_t n = strlen(word);
    bool there = (size_t)(s->end - s->p) >= n && memcmp(s->p, word, n) == 0;
    s->p += there ? n : 0;
    return there;
}

static bool take_nested(struct scan *s, int depth);

static bool take_value(struct scan *s, struct flat_item *out, int depth)
{
    size_t n;
    skip_space(s);
    out->raw = s->p;
    if (s->p == s->end || depth > DEPTH_MAX) {
        return false;
    }
    switch (*s->p) {
    case '"':
        s->p++;
        out->kind = FLAT_TEXT;
        if (!take_text(s, &out->raw, &n)) {
            return false;
        }
        out->raw_n = (uint32_t)n;
        return true;
    case '{':
    case '[':
        out->kind = *s->p == '{' ? FLAT_OBJECT : FLAT_LIST;
        if (!take_nested(s, depth)) {
            return false;
        }
        break;
    case 't':
    case 'f':
    case 'n':
        out->kind = FLAT_OTHER;
        if (!take_word(s, "true") && !take_word(s, "false") && !take_word(s, "null")) {
            return false;
        }
        break;
    default:
        out->kind = FLAT_NUMBER;
        if (!take_number(s)) {
            return false;
        }
        break;
    }
    out->raw_n = (uint32_t)(s->p - out->raw);
    return true;
}

static uint64_t head_of(const char *name, size_t n)
{
    uint64_t head = 0;
    memcpy(&head, name, n < sizeof head ? n : sizeof head);
    return head;
}

static bool take_name(struct scan *s, struct flat_item *out)
{
    size_t n;
    if (!take(s, '"') || !take_text(s, &out->name, &n) || n > NAME_MAX_N) {
        return false;
    }
    out->name_n = (uint8_t)n;
    out->head = head_of(out->name, n);
    return take(s, ':');
}

static bool take_item(struct scan *s, struct flat_item *out, bool named, int depth)
{
    out->name = NULL;
    return (!named || take_name(s, out)) && take_value(s, out, depth);
}

/* An object or list whose members nobody asked for. */
static bool take_nested(struct scan *s, int depth)
{
    struct flat_item ignored;
    bool named = *s->p++ == '{';
    char close = named ? '}' : ']';
    if (take(s, close)) {
        return true;
    }
    do {
        if (!take_item(s, &ignored, named, depth + 1)) {
            return false;
        }
    } while (take(s, ','));
    return take(s, close);
}

/* Whether a name with such a beginning and length was not seen before; says no too often. */
static bool is_new(uint64_t seen[SEEN_WORDS], const struct flat_item *item)
{
    uint64_t hash = (item->head + item->name_n) * UINT64_C(0x9e3779b97f4a7c15);
    uint64_t *word = &seen[hash >> 60], bit = UINT64_C(1) << (hash >> 54 & 63);
    bool fresh = (*word & bit) == 0;
    *word |= bit;
    return fresh;
}

static bool scan_all(struct flat *out, const char *text, size_t n, bool named)
{
    struct scan s = { .p = text, .end = text + n };
    char close = named ? '}' : ']';
    uint64_t seen[SEEN_WORDS] = { 0 };
    out->n = out->next = 0;
    out->distinct = true;
    if (n > UINT32_MAX || !take(&s, named ? '{' : '[')) {
        return false;
    }
    if (!take(&s, close)) {
        do {
            if (out->n == FLAT_MAX || !take_item(&s, &out->items[out->n], named, 1)) {
                return false;
            }
            out->distinct = out->distinct && (!named || is_new(seen, &out->items[out->n]));
            out->n++;
        } while (take(&s, ','));
        if (!take(&s, close)) {
            return false;
        }
    }
    skip_space(&s);
    return s.p == s.end;
}

bool flat_object(struct flat *out, const char *text, size_t n)
{
    return scan_all(out, text, n, true);
}

bool flat_list(struct flat *out, const char *text, size_t n)
{
    return scan_all(out, text, n, false);
}

static bool is_called(const struct flat_item *item, uint64_t head, const char *name, size_t n)
{
    return item->head == head && item->name_n == n &&
           (n <= sizeof head || memcmp(item->name, name, n) == 0);
}

const struct flat_item *flat_get(struct flat *f, const char *name)
{
    size_t n = strlen(name);
    uint64_t head = head_of(name, n);
    if (f->distinct && f->next < f->n && is_called(&f->items[f->next], head, name, n)) {
        return &f->items[f->next++];
    }
    for (int i = 0; i < f->n; i++) {
        if (is_called(&f->items[i], head, name, n)) {
            f->next = i + 1;
            return &f->items[i];
        }
    }
    return NULL;
}

double flat_number(const struct flat_item *item)
{
    double x = 0;
    if (!decimal_parse_double(item->raw, item->raw_n, &x, NULL)) {
        char copy[NUMBER_MAX + 1];
        memcpy(copy, item->raw, item->raw_n);
        copy[item->raw_n] = '\0';
        x = strtod(copy, NULL); /* over the range of a double: infinite */
    }
    return x;
}

bool flat_is_shortest(const struct flat_item *item)
{
    const char *p = item->raw, *end = p + item->raw_n;
    bool negative = p < end && *p == '-', point = false;
    p += negative;
    const char *first = p;
    for (; p < end; p++) {
        if (*p == '.') {
            point = true;
        } else if (*p < '0' || *p > '9') {
            return false;
        }
    }
    if (end - first - point > EXACT_DIGITS || (!point && negative && *first == '0')) {
        return false;
    }
    /* smaller ones are written with an exponent */
    bool small = point && end - first >= 6 && memcmp(first, "0.0000", 6) == 0;
    return !point || (end[-1] != '0' && !small);
}
