/* SPDX-License-Identifier: MIT */
#include "json_scan.h"

#include "utf8.h"

#include <stdint.h>
#include <string.h>

static bool skip_value(struct json_scan *s, int depth, struct json_value *out);

static void skip_space(struct json_scan *s)
{
    while (s->p < s->end && (*s->p == ' ' || *s->p == '\t' || *s->p == '\n' || *s->p == '\r')) {
        s->p++;
    }
}

bool json_char(struct json_scan *s, char c)
{
    skip_space(s);
    if (s->p == s->end || *s->p != c) {
        return false;
    }
    s->p++;
    return true;
}

bool json_at_end(struct json_scan *s)
{
    skip_space(s);
    return s->p == s->end;
}

/* ---- strings ---- */

static bool hex4(const char *p, const char *end, uint32_t *out)
{
    if (end - p < 4) {
        return false;
    }
    *out = 0;
    for (int i = 0; i < 4; i++) {
        char c = p[i];
        uint32_t digit;
        if (c >= '0' && c <= '9') {
            digit = (uint32_t)(c - '0');
        } else if (c >= 'a' && c <= 'f') {
            digit = (uint32_t)(c - 'a' + 10);
        } else if (c >= 'A' && c <= 'F') {
            digit = (uint32_t)(c - 'A' + 10);
        } else {
            return false;
        }
        *out = *out * 16 + digit;
    }
    return true;
}

/* p: behind "\u". Returns the bytes read, 4 or (a surrogate pair) 10; 0: no character. */
static size_t unicode_escape(const char *p, const char *end, uint32_t *out)
{
    uint32_t low;
    if (!hex4(p, end, out) || (*out >= 0xDC00 && *out <= 0xDFFF)) {
        return 0;
    }
    if (*out < 0xD800 || *out > 0xDFFF) {
        return 4;
    }
    if (end - p < 10 || p[4] != '\\' || p[5] != 'u' || !hex4(p + 6, end, &low) || low < 0xDC00 ||
        low > 0xDFFF) {
        return 0;
    }
    *out = 0x10000 + ((*out - 0xD800) << 10) + (low - 0xDC00);
    return 10;
}

/* Bytes of the character or escape at p within a string; 0: neither. */
static size_t string_step(const char *p, const char *end)
{
    uint32_t point;
    if ((unsigned char)*p < 0x20) {
        return 0;
    }
    if ((unsigned char)*p < 0x80 && *p != '\\') {
        return 1;
    }
    if (*p != '\\') {
        return utf8_step(p, (size_t)(end - p), &point);
    }
    if (end - p < 2) {
        return 0;
    }
    if (p[1] == 'u') {
        size_t n = unicode_escape(p + 2, end, &point);
        return n == 0 ? 0 : 2 + n;
    }
    return strchr("\"\\/bfnrt", p[1]) != NULL && p[1] != '\0' ? 2 : 0;
}

bool json_string(struct json_scan *s, struct text *raw_out)
{
    if (!json_char(s, '"')) {
        return false;
    }
    const char *start = s->p;
    while (s->p < s->end && *s->p != '"') {
        size_t n = string_step(s->p, s->end);
        if (n == 0) {
            return false;
        }
        s->p += n;
    }
    *raw_out = (struct text){ .p = start, .n = (size_t)(s->p - start) };
    return json_char(s, '"');
}

static size_t utf8_encode(uint32_t point, char out[4])
{
    static const unsigned char lead[5] = { 0, 0, 0xC0, 0xE0, 0xF0 };
    size_t n = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    for (size_t i = n - 1; i > 0; i--) {
        out[i] = (char)(0x80 | (point & 0x3F));
        point >>= 6;
    }
    out[0] = (char)(lead[n] | point);
    return n;
}

/* The character or escape at p. Returns the bytes read. */
static size_t decode_step(const char *p, const char *end, char out[4], size_t *n_out)
{
    static const char escapes[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
    uint32_t point = 0;
    *n_out = 1;
    if (*p != '\\') {
        out[0] = *p;
        return 1;
    }
    if (p[1] != 'u') {
        const char *at = strchr(escapes, p[1]);
        CHECK(at != NULL);
        out[0] = meanings[at - escapes];
        return 2;
    }
    size_t n = unicode_escape(p + 2, end, &point);
    CHECK(n > 0);
    *n_out = utf8_encode(point, out);
    return 2 + n;
}

size_t json_decode(struct text raw, char *out, size_t cap)
{
    const char *p = raw.p, *end = raw.p + raw.n;
    size_t total = 0;
    while (p < end) {
        char bytes[4];
        size_t n = 0;
        p += decode_step(p, end, bytes, &n);
        if (total + n <= cap) {
            memcpy(out + total, bytes, n);
        }
        total += n;
    }
    return total;
}

/* ---- values ---- */

static bool skip_digits(struct json_scan *s)
{
    const char *start = s->p;
    while (s->p < s->end && *s->p >= '0' && *s->p <= '9') {
        s->p++;
    }
    return s->p > start;
}

static bool skip_char(struct json_scan *s, char c)
{
    bool there = s->p < s->end && *s->p == c;
    s->p += there ? 1 : 0;
    return there;
}

static bool skip_number(struct json_scan *s)
{
    (void)skip_char(s, '-');
    if (!skip_char(s, '0') && !skip_digits(s)) {
        return false;
    }
    if (skip_char(s, '.') && !skip_digits(s)) {
        return false;
    }
    if (skip_char(s, 'e') || skip_char(s, 'E')) {
        if (!skip_char(s, '+')) {
            (void)skip_char(s, '-');
        }
        return skip_digits(s);
    }
    return true;
}

static bool skip_word(struct json_scan *s, const char *word)
{
    size_t n = strlen(word);
    if ((size_t)(s->end - s->p) < n || memcmp(s->p, word, n) != 0) {
        return false;
    }
    s->p += n;
    return true;
}

/* The rest of an array or object, of which the opening bracket is read. */
static bool skip_items(struct json_scan *s, char close, int depth)
{
    struct json_value item;
    struct text key;
    if (depth > JSON_DEPTH_MAX) {
        return false;
    }
    if (json_char(s, close)) {
        return true;
    }
    do {
        if (close == '}' && (!json_string(s, &key) || !json_char(s, ':'))) {
            return false;
        }
        if (!skip_value(s, depth, &item)) {
            return false;
        }
    } while (json_char(s, ','));
    return json_char(s, close);
}

static bool skip_value(struct json_scan *s, int depth, struct json_value *out)
{
    bool ok;
    skip_space(s);
    if (s->p == s->end) {
        return false;
    }
    const char *start = s->p;
    out->kind = JSON_OTHER;
    switch (*s->p) {
    case '"':
        out->kind = JSON_STRING;
        return json_string(s, &out->raw);
    case '{':
        s->p++;
        ok = skip_items(s, '}', depth + 1);
        break;
    case '[':
        s->p++;
        ok = skip_items(s, ']', depth + 1);
        break;
    case 'n':
        out->kind = JSON_NULL;
        ok = skip_word(s, "null");
        break;
    case 't':
        ok = skip_word(s, "true");
        break;
    case 'f':
        ok = skip_word(s, "false");
        break;
    default:
        out->kind = JSON_NUMBER;
        ok = skip_number(s);
        break;
    }
    out->raw = (struct text){ .p = start, .n = (size_t)(s->p - start) };
    return ok;
}

bool json_value(struct json_scan *s, struct json_value *out)
{
    return skip_value(s, 0, out);
}
